"""Text from elsewhere, made fit to be shown: nothing in it that a terminal would obey or that no file can hold."""

from __future__ import annotations

import unicodedata
from typing import Any

from rich.markup import escape


def printable(text: str) -> str:
    r"""The text with every character that is obeyed rather than shown as its escape: ``\x1b``, ``\u202e``, ``\ud800``.

    These are controls but for line feed and tab, marks that turn or hide the text about them, and lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(c if is_shown(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def is_shown(character: str) -> bool:
    """Whether a terminal shows the character, or moves on by it as a writer means."""
    return character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"


def printable_data(value: Any) -> Any:
    """Data as JSON gives it, every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): printable_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable_data(item) for item in value]
    return value


def shown(text: object) -> str:
    """The text for `rich`, which is to show it and take nothing in it for markup."""
    return escape(printable(str(text)))

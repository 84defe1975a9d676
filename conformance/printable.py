"""Text from elsewhere, made fit to be shown: nothing in it that a terminal would obey or that no file can
hold.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

BRACKET = re.compile(r"(\\*)(\[|\Z)")
"""An opening bracket, or the end, and the backslashes before it: where `rich` looks for markup."""


def printable(text: str) -> str:
    r"""The text with every character that is obeyed rather than shown as its escape: ``\x1b``, ``\u202e``,
    ``\ud800``.

    These are controls but for line feed and tab, marks that turn or hide the text about them, and lone
    surrogates.
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
    """The text as markup for `rich` that shows it as it is.

    (`rich.markup.escape` errs where backslashes meet brackets.)
    """
    return BRACKET.sub(escaped, printable(str(text)))


def escaped(found: re.Match[str]) -> str:
    """Backslashes doubled, and an empty style after them, so that the next thing is not escaped by the last
    of them.
    """
    backslashes, bracket = found.groups()
    apart = f"{backslashes * 2}[none][/none]" if backslashes else ""
    return apart + ("\\[" if bracket else "")

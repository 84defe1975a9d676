"""The command ``finding``: what a framework gets wrong, in full."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from ..errors import SuiteError, instead
from ..judging.findings import load, texts
from .terminal import terminal


def finding(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Words of its heading or of its line; without any, all findings are listed."),
    ] = None,
) -> None:
    """Print the findings that these words name in full: what is wrong, since which release, the cases that
    show it, whom it hurts, and the way around it. Without words, list all findings.
    """
    console = terminal()
    if not words:
        for heading in texts():
            console.print(Text(heading), soft_wrap=True)
        return
    found = headings_with(" ".join(words))
    if not found:
        named = " ".join(words)
        listed = "a part of a heading; `compatlosses finding` lists them"
        raise SuiteError(f"no finding is named {named!r}{instead(named, texts(), listed)}")
    for heading in found:
        console.print(Text(heading, "bold"))
        for label, text in texts()[heading]:
            console.print(Padding(Text.assemble((f"{label}: ", "bold"), text), (0, 0, 0, 2), expand=False))


def headings_with(words: str) -> list[str]:
    """The headings of the findings that have these words, in any letter case: in the heading, or in the line
    of words that an answer prints.
    """
    lines = {heading: str(finding) for heading, finding in load().items()}
    return [
        heading
        for heading in texts()
        if words.lower() in heading.lower() or words.lower() in lines.get(heading, "").lower()
    ]

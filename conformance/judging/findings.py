"""Findings in words: what an answer says of each in one line, and the entries of docs/findings.md in full."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..places import FINDINGS, FINDINGS_PAGE

POINT = re.compile(r"^- \*\*(\w[\w ]*):\*\* (.*?)(?=^- \*\*|^\S|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """A finding: the heading of its entry in docs/findings.md, and its words."""

    heading: str
    words: str
    since: str = ""
    """The first release in which it was seen, where an earlier one was seen without it."""
    unsteady: bool = False
    """Whether a run may pass it by, such as what is read of memory that nobody wrote."""

    @property
    def whose(self) -> str:
        """What stands before the colon of the heading: a framework, a release of it, or a part of the
        shim.
        """
        return self.heading.partition(": ")[0] if ": " in self.heading else ""

    def __str__(self) -> str:
        since = f" (since {self.since})" if self.since else ""
        return f"{self.whose}: {self.words}{since}" if self.whose else self.words + since


def headings() -> frozenset[str]:
    """The headings of the findings that are written down."""
    return frozenset(texts())


@cache
def load(path: Path = FINDINGS) -> dict[str, Finding]:
    """The findings by heading."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        heading: Finding(heading, entry["words"], entry.get("since", ""), entry.get("unsteady", False))
        for heading, entry in entries.items()
    }


@cache
def texts(path: Path = FINDINGS_PAGE) -> dict[str, tuple[tuple[str, str], ...]]:
    """The entries of the page by heading, each as pairs of a label, such as 'What', and its text."""
    sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    parted = (section.partition("\n") for section in sections)
    return {heading.strip(): tuple(points(body)) for heading, _, body in parted}


def points(body: str) -> Iterator[tuple[str, str]]:
    """The points of an entry: '- **What:** text', over some lines."""
    for label, text in POINT.findall(body):
        yield label, " ".join(text.split())


def finding_of(source: str) -> Finding:
    """The finding that an expectation names. One without words, or a link, speaks for itself."""
    return load().get(source) or Finding(source, source.partition(": ")[2] or source)

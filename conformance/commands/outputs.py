"""The files that a run is written to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import files
from ..results.junit import junit

Table = dict[str, Any]


@dataclass
class Outputs:
    """The files that a run is written to; None for those that are not wanted."""

    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    markdown: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """The files."""
        every = (self.json, self.junit, self.html, self.markdown)
        return [path for path in every if path is not None]

    @property
    def names(self) -> tuple[str, ...]:
        """The files, as people are told of them."""
        return tuple(str(path) for path in self.paths if not files.is_standard_output(path))

    @property
    def take_standard_output(self) -> bool:
        """Whether one of them is standard output: what is for people then goes to standard error."""
        return any(map(files.is_standard_output, self.paths))

    def check(self) -> None:
        """Refuse, before the run, what cannot be written after it."""
        files.check_all_writable(self.paths)
        if self.html is not None:
            from ..report import html  # noqa: F401 -- what it needs is missed now, not after the run

    def write(self, tables: Sequence[Table], summary: str) -> None:
        """Write everything that can be written.

        Raises:
            ResultError: what could not be written, after the rest was.
        """
        files.write_all(self.texts(tables, summary))

    def texts(self, tables: Sequence[Table], summary: str) -> Iterator[tuple[Path, str]]:
        """The files and what goes into each: as JSON the first run, as JUnit and as a page all, as Markdown
        the summary.
        """
        if self.json is not None and tables:
            yield self.json, json.dumps(tables[0], ensure_ascii=False) + "\n"
        if self.junit is not None:
            yield self.junit, junit(tables)
        if self.html is not None:
            yield self.html, page_of(tables)
        if self.markdown is not None:
            yield self.markdown, summary


def page_of(tables: Sequence[Table], labels: Sequence[str] = ()) -> str:
    """The page of some runs. What it is made with is imported when a page is wanted."""
    from ..report.html import page

    return page(tables, labels=labels)

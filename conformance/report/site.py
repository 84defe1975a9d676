"""The report as a small static site: an index, a page for each framework, loss and finding, and beside them
the page of all cases, which alone has a script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from ..printable import printable_data
from ..results.answer import counted, title_of
from ..results.releases import Standing
from .html import TITLE, Links, dates, page_of, rendered, style
from .summary import slug_of, summary_of
from .views import Summary

Table = dict[str, Any]
CASES = "report.html"
"""The page of all cases."""
INDEX = Links("", CASES, "finding/{}.html")
INNER = Links("../", f"../{CASES}", "../finding/{}.html")
"""The links of pages in folders."""
EMPTY = Summary((), (), (), (), ())


def site(runs: Sequence[Table], labels: Sequence[str] = ()) -> Iterator[tuple[PurePosixPath, str]]:
    """The files of the site of some runs, as `results.read` gives them, and what each holds."""
    runs = [printable_data(run) for run in runs]
    summary = summary_of(runs, labels)
    common = {"title": TITLE, "site": summary, "entry": None, "losses": ()}
    size = counted(sum(len(run["verdicts"]) for run in runs), "verdict")
    yield PurePosixPath("style.css"), style()
    yield PurePosixPath(CASES), page_of(runs, summary, TITLE, labels)
    yield (
        PurePosixPath("index.html"),
        rendered(
            "site.html.j2",
            **{**common, "losses": summary.losses},
            links=INDEX,
            heading=TITLE,
            about=f"{size}, run {', '.join(dates(runs))}",
            view=summary,
        ),
    )
    for name, heading, about, values in inner(summary):
        yield (
            PurePosixPath(f"{name}.html"),
            rendered("site.html.j2", **{**common, **values}, links=INNER, heading=heading, about=about),
        )


def inner(summary: Summary) -> Iterator[tuple[str, str, str, Table]]:
    """The pages in folders: name, heading, what they are about, and the template's own values."""
    for framework in summary.frameworks:
        yield (
            f"framework/{slug_of(framework)}",
            title_of(framework),
            "",
            {"view": of_framework(summary, framework)},
        )
    for loss in summary.losses:
        yield f"loss/{loss}", loss, "The cases of one loss.", {"view": of_loss(summary, loss)}
    for entry in summary.entries:
        about = "" if entry.known else "New: no finding explains it."
        yield f"finding/{entry.slug}", entry.title, about, {"view": EMPTY, "entry": entry}


def of_framework(summary: Summary, framework: str) -> Summary:
    """The part of one framework: its own functions, and the shim on its tensors."""
    rows = [
        replace(row, cells=tuple(cell for cell in row.cells if cell.release.framework == framework))
        for row in summary.rows
    ]
    return Summary(
        tuple(release for release in summary.releases if release.framework == framework),
        tuple(card for card in summary.cards if card.release.framework == framework),
        tuple(row for row in rows if any(cell.total for cell in row.cells)),
        tuple(
            entry
            for entry in summary.entries
            if any(place.release.framework == framework for place in entry.places)
        ),
        tuple(pair for pair in summary.pairs if pair.new.framework == framework),
    )


def of_loss(summary: Summary, loss: str) -> Summary:
    """The part of one loss: its behaviours, in the releases that were called with it, and its findings."""
    rows = [
        replace(row, cells=tuple(replace(cell, by_loss=part(cell.by_loss, loss)) for cell in row.cells))
        for row in summary.rows
    ]
    called = {cell.release.title for row in rows for cell in row.cells if cell.total}
    shown = [
        replace(row, cells=tuple(cell for cell in row.cells if cell.release.title in called)) for row in rows
    ]
    return Summary(
        tuple(release for release in summary.releases if release.title in called),
        (),
        tuple(row for row in shown if any(cell.total for cell in row.cells)),
        tuple(entry for entry in summary.entries if loss in entry.losses),
        (),
    )


def part(by_loss: Mapping[str, Standing], loss: str) -> Mapping[str, Standing]:
    """The standing of one loss alone."""
    return {loss: by_loss[loss]} if loss in by_loss else {}

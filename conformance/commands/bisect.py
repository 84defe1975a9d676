"""``conform --at 'torch>=2.1' --first-bad``: the first release of a range in which a chosen case fails."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import typer

from ..errors import SuiteError
from ..judging.selection import Selection
from ..lab.bisect import Search, Trial, trial_of
from ..lab.jobs import run_job
from ..lab.published import releases_within
from ..lab.recipes import Release
from ..printable import printable
from . import select
from .lab import jobs_of, stopping
from .releases import Lines
from .terminal import terminal, terminating


def first_bad(ranges: Sequence[str], selection: Selection) -> NoReturn:
    """Find the first bad release, and end: with 0 where the answer is known, with 3 where it is not."""
    if len(ranges) != 1:
        raise SuiteError("--first-bad takes one range of releases, such as --at 'torch>=2.1'")
    if not selection.cases:
        raise SuiteError("--first-bad needs --case: a release is bad where one of these cases fails")
    chosen = selection if selection.implementations else replace(selection, implementations=("native",))
    select.check(chosen)
    search = Search(releases_within(ranges[0], selection.folders.recipes))
    console = terminal()
    console.print(
        f"{len(search.releases)} releases from {search.releases[0]} to {search.releases[-1]}", style="dim"
    )
    with terminating():
        try:
            for trial in search.go(lambda release: tried(release, chosen)):
                why = " ".join(printable(trial.why).split())
                console.print(f"{trial.state:8}{trial.release}  {why}", markup=False, highlight=False)
        except KeyboardInterrupt:
            console.print(f"interrupted; {search.answer()[1]}", markup=False, highlight=False)
            raise typer.Exit(130) from None
    answered, words = search.answer()
    console.print(words, style="bold", markup=False, highlight=False)
    raise typer.Exit(0 if answered else 3)


def tried(release: Release, selection: Selection) -> Trial:
    """Run a release in its environment, which is kept for the next time."""
    (job,) = jobs_of([release], selection)
    halt = threading.Event()
    with Lines([release]) as lines, stopping(halt):
        return trial_of(run_job(job, halt, lines.notice))

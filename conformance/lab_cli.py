"""The lab's commands: ``conform --at`` and ``--lab``, ``lab list`` and ``lab remove``."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from . import compact, environments, results
from .lab import Finished, Job, run_all, run_job
from .machines import executor_at
from .recipes import LabError, Release, release_of, releases_in
from .report import text

lab = typer.Typer(help="The environments in which other versions are run.", no_args_is_help=True)


@dataclass
class Outputs:
    """The files that a run is written to; None for those that are not asked for."""

    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    folder: Path | None = None
    """Of one compact file for each release."""

    def write(self, finished: Sequence[Finished], partial: bool) -> None:
        """Write what was asked for; `folder` has its files already."""
        tables = [one.as_json() for one in finished]
        for table in tables:
            table["partial"] = partial
        if self.json is not None and tables:
            results.write(self.json, json.dumps(tables[0], ensure_ascii=False) + "\n")
        if self.junit is not None:
            results.write(self.junit, results.junit([verdict for one in finished for verdict in one.verdicts]))
        if self.html is not None:
            from .report.html import page

            results.write(self.html, page(tables))


def planned(at: Sequence[str], file: Path | None) -> list[Release]:
    """The releases that are asked for, each once.

    Raises:
        LabError: one that cannot be read.
    """
    releases = [release_of(text) for text in at] + (releases_in(file) if file is not None else [])
    return list(dict.fromkeys(releases))


def conform_releases(jobs: Sequence[Job], outputs: Outputs, verbose: bool, at_a_time: int, dask: str | None = None) -> int:
    """Run releases, here or on a cluster, print what came of each as it comes, write what was asked for; the exit status."""
    if outputs.json is not None and len(jobs) > 1:
        raise LabError("--json takes the run of one release; for several, --results FOLDER writes a file for each")
    console, progress = Console(), Console(stderr=True)
    finished: list[Finished] = []
    interrupted = False
    halt = threading.Event()
    run = run_job if dask else partial(run_job, halt=halt)
    began = time.monotonic()
    progress.print(
        f"{len(jobs)} {'release' if len(jobs) == 1 else 'releases'}; an environment is made where there is none yet",
        style="dim",
    )
    try:
        with executor_at(dask, at_a_time) as executor, stopping(halt):
            for one in run_all(jobs, executor, run):
                finished.append(one)
                progress.print(f"{len(finished)} of {len(jobs)}: {one.release}, {one.seconds:.0f} s", style="dim")
                if outputs.folder is not None and one.verdicts:
                    name = f"{one.release.distribution}-{one.release.version}.json"
                    results.write(outputs.folder / name, compact.dumps(one.as_json()))
                text.matrix(console, one.targets, one.verdicts)
                text.details(console, one.targets, one.verdicts, verbose)
                text.agreement(console, one.pairs)
    except KeyboardInterrupt:
        interrupted = True
    order = [job.release for job in jobs]
    finished.sort(key=lambda one: order.index(one.release))
    outputs.write(finished, interrupted)
    verdicts = [verdict for one in finished for verdict in one.verdicts]
    text.summary(console, verdicts, len({verdict.case for verdict in verdicts}), time.monotonic() - began)
    if interrupted:
        console.print("[bold yellow]interrupted: the results are partial[/]")
        return 130
    if any(target.error or not target.implementations() for one in finished for target in one.targets):
        return 3
    unexplained = any(pair.unexplained for one in finished for pair in one.pairs)
    return 1 if unexplained or any(verdict.expectation in text.WRONG for verdict in verdicts) else 0


@contextmanager
def stopping(halt: threading.Event) -> Iterator[None]:
    """Set the event before an interruption goes further, so that nobody waits for whole jobs to end."""
    try:
        yield
    except BaseException:
        halt.set()
        raise


@lab.command("list")
def list_environments() -> None:
    """List the environments in the cache, with their sizes."""
    console = Console()
    try:
        there = environments.kept()
    except LabError as error:
        complain(str(error))
    table = Table("environment", "state")
    table.add_column("size", justify="right")
    for one in there:
        table.add_row(one.name, "ready" if one.whole else "[yellow]unfinished[/]", f"{one.size / 1e9:.1f} GB")
    console.print(table if there else "no environments")
    console.print(f"[dim]in {escape(str(environments.folder()))}[/]", soft_wrap=True)


@lab.command("remove")
def remove_environments(
    names: Annotated[list[str] | None, typer.Argument(help="Environments, or releases such as torch==2.1.0.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Remove every environment.")] = False,
) -> None:
    """Remove environments from the cache."""
    if bool(names) == everything:
        complain("name the environments to remove, or give --all")
    try:
        gone = environments.removed([one.name for one in environments.kept()] if everything else names or [])
    except LabError as error:
        complain(str(error))
    for one in gone:
        print(f"removed {one.name}")


def complain(message: str) -> NoReturn:
    """Say what is wrong with the call, and end with status 2."""
    from .cli import wrong

    wrong(message)

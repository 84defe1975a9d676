"""The commands ``lab run``, ``lab list`` and ``lab remove``: releases that are not installed here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from .. import files
from ..judging.selection import Selection
from ..lab import environments
from ..lab.jobs import ENDING_SECONDS, Batch, Finished, Job, run_job
from ..lab.machines import ClusterError, executor_at
from ..lab.recipes import LabError, Release, release_of, releases_in
from ..printable import shown
from ..report import answer as answers
from ..report import text
from ..results import compact
from ..results.answer import Answer, answer_of
from ..running.line import CASE_SECONDS
from ..running.target import CPU, Machine
from . import select
from .options import (
    DEFAULT_JOBS,
    Cases,
    CasesFolder,
    Device,
    ExpectationsFolder,
    HtmlFile,
    Implementations,
    Jobs,
    JsonFile,
    JunitFile,
    MarkdownFile,
    Modes,
    RecipesFile,
    Threads,
    Timeout,
    Verbose,
)
from .outputs import Outputs
from .releases import Lines
from .select import check_modes, folders_of, selection_of
from .terminal import print_error, print_lines, terminal, terminating


def run(
    releases: Annotated[
        list[str] | None,
        typer.Argument(help="Releases such as torch==2.1.0 paddlepaddle==2.6.2, or wheels' paths."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A file that lists releases.")] = None,
    case: Cases = None,
    implementation: Implementations = None,
    mode: Modes = None,
    jobs: Jobs = DEFAULT_JOBS,
    timeout: Timeout = CASE_SECONDS,
    json_file: JsonFile = None,
    junit_file: JunitFile = None,
    html_file: HtmlFile = None,
    markdown_file: MarkdownFile = None,
    folder: Annotated[
        Path | None, typer.Option("--results", help="Write a compact file for each release here.")
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove each release's environment after its run.")
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(help="Run them on the Dask cluster at this address, such as tcp://scheduler:8786."),
    ] = None,
    cases: CasesFolder = None,
    expectations: ExpectationsFolder = None,
    recipes: RecipesFile = None,
    device: Device = CPU,
    threads: Threads = None,
    verbose: Verbose = False,
) -> None:
    """Run the cases against releases that are not installed here, each in an environment that is made for
    it.
    """
    outputs = ReleaseOutputs(json_file, junit_file, html_file, markdown_file, folder)
    folders = folders_of(cases, expectations, recipes)
    selection = selection_of((case, implementation, mode), timeout, folders, Machine(device, threads))
    run_releases(jobs_of(planned(releases or [], file), selection, remove), outputs, verbose, jobs, dask)


def jobs_of(releases: Sequence[Release], selection: Selection, remove: bool = False) -> list[Job]:
    """The jobs that the options name, checked."""
    select.check(selection)
    for release in releases if selection.modes else ():
        check_modes([release.framework], selection.modes)
    return [Job(release, selection, remove) for release in releases]


def run_releases(
    jobs: Sequence[Job], outputs: ReleaseOutputs, verbose: bool, at_a_time: int, dask: str | None = None
) -> NoReturn:
    """Run releases, and end with their exit status."""
    with terminating():
        status = conformed(jobs, outputs, verbose, at_a_time, dask)
    raise typer.Exit(status)


def planned(names: Sequence[str], file: Path | None) -> list[Release]:
    """The releases that are named here and in a file, each once.

    Raises:
        LabError: one that cannot be read, or there are none.
    """
    releases = [release_of(name) for name in names] + (releases_in(file) if file is not None else [])
    if not releases:
        raise LabError("no release is named; expected some, such as torch==2.1.0, or --file FILE")
    return list(dict.fromkeys(releases))


@dataclass
class ReleaseOutputs(Outputs):
    """The files that runs of releases are written to."""

    folder: Path | None = None
    """Of one compact file for each release."""
    faults: list[str] = field(default_factory=list)
    """What could not be written."""
    kept: set[Release] = field(default_factory=set)
    """The releases that have their file in the folder."""

    def check(self) -> None:
        """Refuse what cannot be written before the run, not after; make the folder."""
        super().check()
        if self.folder is not None:
            files.check_folder(self.folder)

    def keep(self, one: Finished) -> None:
        """Write a release's own file at once: what comes later may go wrong."""
        if self.folder is None or not one.verdicts or one.release in self.kept:
            return
        path = self.folder / f"{one.release.distribution}-{one.release.version}.json"
        try:
            files.write(path, compact.dumps(one.as_json()))
        except files.ResultError as error:
            self.faults.append(str(error))
        self.kept.add(one.release)

    def write_rest(self, finished: Sequence[Finished], summary: str) -> None:
        """Write everything that is not written yet.

        Raises:
            ResultError: what could not be written, now or before; the rest was.
        """
        for one in finished:
            self.keep(one)
        try:
            tables = [one.as_json() for one in finished]
            self.write(tables, summary)
        except files.ResultError as error:
            self.faults.append(str(error))
        if self.faults:
            raise files.ResultError("; ".join(self.faults))


@dataclass
class Progress:
    """What has come of the releases so far, and is printed as it comes."""

    console: Console
    aside: Console
    outputs: ReleaseOutputs
    order: list[Release]
    verbose: bool
    finished: list[Finished] = field(default_factory=list)

    def take(self, one: Finished) -> None:
        """Print a release's results and keep them; a second time, nothing."""
        if any(known is one for known in self.finished):
            return
        self.finished.append(one)
        self.finished.sort(key=lambda known: self.order.index(known.release))
        count = f"{len(self.finished)} of {len(self.order)}: {one.release}, {one.seconds:.0f} s"
        self.aside.print(count + (", interrupted" if one.partial else ""), style="dim")
        try:
            if self.verbose:
                text.matrix(self.console, one.targets, one.verdicts)
                text.details(self.console, one.targets, one.verdicts)
                text.agreement(self.console, one.pairs)
        finally:
            self.outputs.keep(one)


def conformed(
    jobs: Sequence[Job], outputs: ReleaseOutputs, verbose: bool, at_a_time: int, dask: str | None = None
) -> int:
    """Run releases, here or on a cluster, print what came of each as it comes, write what was asked for; the
    exit status.

    Raises:
        LabError: the call is wrong.
        ResultError: something could not be written; the rest was.
    """
    if outputs.json is not None and len(jobs) > 1:
        raise LabError(
            "--json takes the run of one release; for several, --results FOLDER writes a file for each"
        )
    outputs.check()
    console = terminal(stderr=outputs.take_standard_output)
    progress = Progress(console, terminal(stderr=True), outputs, [job.release for job in jobs], verbose)
    began = time.monotonic()
    progress.aside.print(
        f"{len(jobs)} {'release' if len(jobs) == 1 else 'releases'}; an environment is made where there is "
        f"none yet",
        style="dim",
    )
    trouble, interrupted = "", False
    try:
        run_jobs(jobs, progress, at_a_time, dask)
    except KeyboardInterrupt:
        interrupted = True
    except ClusterError as error:
        trouble = str(error) + without_results(progress)
    except BaseException:
        outputs.write_rest(progress.finished, "")
        raise
    found = answer_of([one.as_json() for one in progress.finished])
    status = 130 if interrupted else 3 if trouble else status_of(progress.finished, found)
    stopped = "interrupted: the results are partial" if interrupted else trouble
    ending = answers.Ending(status, outputs.names, time.monotonic() - began, stopped)
    try:
        if trouble:
            print_error(trouble)
        print_lines(console, answers.lines(found, ending))
    finally:
        outputs.write_rest(progress.finished, answers.markdown(found, ending))
    return status


def without_results(progress: Progress) -> str:
    """Which releases have no results, to go on from why."""
    there = {one.release for one in progress.finished}
    missing = [str(release) for release in progress.order if release not in there]
    return f"; without results: {', '.join(missing)}" if missing else ""


def status_of(finished: Sequence[Finished], found: Answer) -> int:
    """The exit status of releases that were all run."""
    if any(target.error or not target.implementations() for one in finished for target in one.targets):
        return 3
    if not any(one.verdicts for one in finished):
        return 3
    return 1 if found.new or found.differing else 0


def run_jobs(jobs: Sequence[Job], progress: Progress, at_a_time: int, dask: str | None) -> None:
    """Run the jobs, and take what comes; when interrupted, what the releases under way have by then."""
    halt = threading.Event()
    with Lines(progress.order) as lines, executor_at(dask, at_a_time) as executor, stopping(halt):
        # A job that goes to another machine says nothing on the way.
        run = run_job if dask else partial(run_job, halt=halt, notice=lines.notice)
        batch = Batch(jobs, executor, run)
        try:
            for one in batch.results():
                lines.done(one.release)
                progress.take(one)
        except KeyboardInterrupt:
            halt.set()
            progress.aside.print("interrupted; what the releases under way have by now is saved", style="dim")
            for one in batch.rest(0 if dask else ENDING_SECONDS):
                progress.take(one)
            raise
        finally:
            batch.cancel()


@contextmanager
def stopping(halt: threading.Event) -> Iterator[None]:
    """Set the event before an interruption goes further, so that nobody waits for whole jobs to end."""
    try:
        yield
    except BaseException:
        halt.set()
        raise


def list_environments() -> None:
    """List the environments in the cache, with their sizes."""
    console = terminal()
    there = environments.kept()
    table = Table("environment", "state")
    table.add_column("size", justify="right")
    for one in there:
        table.add_row(one.name, "ready" if one.whole else "[yellow]unfinished[/]", f"{one.size / 1e9:.1f} GB")
    console.print(table if there else "no environments")
    console.print(f"[dim]in {shown(str(environments.folder()))}[/]", soft_wrap=True)


def remove_environments(
    names: Annotated[
        list[str] | None, typer.Argument(help="Environments, or releases such as torch==2.1.0.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Remove every environment.")] = False,
) -> None:
    """Remove environments from the cache."""
    if bool(names) == everything:
        raise LabError("name the environments to remove, or give --all")
    gone = environments.removed([one.name for one in environments.kept()] if everything else names or [])
    for one in gone:
        print(f"removed {one.name}")

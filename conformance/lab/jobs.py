"""The lab: versions that are not installed here, each in its own environment, on any `concurrent.futures`
executor.

What is sent to an executor is a `Job` and the function `run_job`; what comes back is a `Finished`. All three
pickle, so that the other end may be another machine: it makes its own environments.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from ..judging import agreement, curves
from ..judging.judge import Verdict
from ..judging.run import Run
from ..judging.selection import Selection
from ..judging.tally import tallies
from ..model.case import Case
from ..model.implementations import KINDS, possible
from ..places import WORKER
from ..results import results
from ..running.channel import Answer
from ..running.processes import Halted, check_halt, halting
from ..running.target import Target
from ..worker.drivers import modes_of
from . import environments
from .machines import Cluster
from .recipes import LabError, Recipe, Release, recipe_for

Table = dict[str, Any]
POLL_SECONDS = 0.2
ENDING_SECONDS = 60.0
"""How long releases under way may take to hand in what they have, once they are to end."""


@dataclass(frozen=True)
class Job:
    """A release to be run, and how."""

    release: Release
    selection: Selection = field(default_factory=Selection)
    """Without modes, what the recipe says."""
    remove: bool = False
    """Whether the environment goes when the run is over."""


@dataclass
class Finished:
    """What came of a job."""

    release: Release
    targets: list[Target]
    verdicts: list[Verdict] = field(default_factory=list)
    curves: list[curves.Curve] = field(default_factory=list)
    pairs: list[agreement.Pair] = field(default_factory=list)
    """The shim beside the native functions."""
    cases: tuple[Case, ...] = ()
    seconds: float = 0.0
    partial: bool = False
    """Whether it was interrupted."""

    def as_json(self) -> Table:
        """The run as data."""
        compared = [pair.to_json() for pair in self.pairs]
        tallied = tallies(self.verdicts, {case.id: case.dtype for case in self.cases})
        return results.as_json(
            self.targets,
            self.verdicts,
            self.partial,
            self.curves,
            self.cases,
            compared,
            self.seconds,
            tallied,
        )


Notice = Callable[[Release, str, int, "int | None"], None]
"""Hears what a release is at, and how many of its calls are done, of how many."""


def unheard(release: Release, what: str, done: int, total: int | None) -> None:
    """A notice for nobody."""


def run_job(job: Job, halt: threading.Event | None = None, notice: Notice = unheard) -> Finished:
    """Run a release in its environment.

    What stands in the way is told as its targets' error. The event, once set, ends it.
    """
    began = time.monotonic()
    halt = halt or threading.Event()
    with halting(halt), ExitStack() as held:
        try:
            check_halt()
            recipe = recipe_for(job.release, job.selection.folders.recipes)
            environment = environments.environment_of(job.release, recipe)
            notice(job.release, "its environment", 0, None)
            held.enter_context(environments.locked(environment))
            place = environments.made(environment)
            if job.remove:
                held.callback(shutil.rmtree, place, ignore_errors=True)
            modes = modes_by_kind(job, recipe)
            if modes["shim"]:
                environments.put_shim(place)
        except (LabError, Halted) as error:
            return not_run(job.release, str(error), time.monotonic() - began, halt.is_set())
        python = str(environments.python_in(place))
        # Nothing of the current folder is in the reach of a worker.
        folder = held.enter_context(
            tempfile.TemporaryDirectory(prefix="compatlosses-", ignore_cleanup_errors=True)
        )
        name = job.release.framework
        targets = [
            replace(target_in(python, name, kind, mode, folder), machine=job.selection.machine)
            for kind in KINDS
            for mode in modes[kind]
        ]
        return ran(job, targets, began, halt, notice)


def not_run(release: Release, error: str, seconds: float = 0.0, partial: bool = False) -> Finished:
    """A release that could not be run, and why."""
    target = Target(release.framework, "native", version=release.version, error=error)
    return Finished(release, [target], seconds=seconds, partial=partial)


def modes_by_kind(job: Job, recipe: Recipe) -> dict[str, list[str]]:
    """The modes in which native functions and the shim are run, as far as they hold what a job runs.

    Where the job names no mode they are the recipe's, and eager alone for the shim.
    """
    name, selection = job.release.framework, job.selection
    chosen = [mode for mode in modes_of(name) if any(fnmatchcase(mode, p) for p in selection.modes)]
    usual = {"native": recipe.modes, "shim": ("eager",) if recipe.shim else ()}
    asked = {"native": chosen, "shim": chosen if recipe.shim else []}
    return {
        kind: [
            mode
            for mode in (asked if selection.modes else usual)[kind]
            if any(map(selection.wants, possible(name, kind, mode)))
        ]
        for kind in KINDS
    }


def target_in(python: str, framework: str, kind: str, mode: str, folder: str | None = None) -> Target:
    """A target whose worker runs in another interpreter, isolated from this one's paths and from the worker's
    own folder.
    """
    return Target(
        framework, kind, [python, "-I", "-u", str(WORKER), framework, kind, mode], mode=mode, folder=folder
    )


def ran(
    job: Job, targets: list[Target], began: float, halt: threading.Event, notice: Notice = unheard
) -> Finished:
    """The cases, run one target after another and held against the expectations."""
    selection = job.selection
    chosen = selection.chosen_cases()
    run = Run(
        targets,
        chosen,
        selection.wants,
        selection.seconds,
        with_curves=selection.whole,
        whole=not selection.modes,
        halt=halt,
    )
    with ending(run):
        run.go(1, Count(job.release, run, notice).take)
    book = selection.book()
    version = next((target.version for target in targets if target.version), "")
    for verdict in run.verdicts:
        book.say(verdict, version)
    pairs = agreement.compare(chosen, run.answers, run.verdicts)
    return Finished(
        job.release, targets, run.verdicts, run.curves, pairs, chosen, time.monotonic() - began, halt.is_set()
    )


@dataclass
class Count:
    """Counts the calls of a release as they are answered."""

    release: Release
    run: Run
    notice: Notice
    done: int = 0
    total: int = 0
    begun: set[int] = field(default_factory=set)

    def take(self, target: Target, verdict: Verdict | None, answer: Answer | None) -> None:
        """Count an answer; the calls of a target are known with its first one."""
        if verdict is None and answer is None:
            return
        if id(target) not in self.begun:
            self.begun.add(id(target))
            self.total += len(self.run.work(target))
        self.done += 1
        self.notice(self.release, target.label, self.done, self.total)


@contextmanager
def ending(run: Run) -> Iterator[None]:
    """End the run's workers once it is halted, so that nobody waits for the answer of one that hangs."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            for worker in [*run.workers] if run.halt.is_set() else ():
                worker.end()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


class Batch:
    """Jobs on an executor, and those that are still out."""

    def __init__(self, jobs: Sequence[Job], executor: Executor, run: Callable[[Job], Finished]) -> None:
        self.cluster = executor if isinstance(executor, Cluster) else None
        self.out: dict[Future[Finished], Release] = {executor.submit(run, job): job.release for job in jobs}

    def results(self) -> Iterator[Finished]:
        """Each result as it comes. A job whose machine is lost for good is told as its target's error.

        Raises:
            ClusterError: no result can come any more.
        """
        while self.out:
            done, _ = wait(self.out, POLL_SECONDS, FIRST_COMPLETED)
            for future in done:
                if future.cancelled() and self.cluster:
                    self.cluster.check(0)  # Dask cancels what it has lost the scheduler of
                yield result_of(future, self.out[future])
                del self.out[future]  # only now: a caller that is interrupted finds it again
            if not done and self.cluster:
                self.cluster.check()

    def rest(self, seconds: float) -> Iterator[Finished]:
        """What the jobs under way hand in within so many seconds, once they are to end; those that have not
        begun never do.
        """
        for future in [future for future in self.out if future.cancel()]:
            del self.out[future]
        done, _ = wait(self.out, seconds)
        for future in done:
            yield result_of(future, self.out.pop(future))

    def cancel(self) -> None:
        """Give up what is out."""
        for future in self.out:
            future.cancel()


def result_of(future: Future[Finished], release: Release) -> Finished:
    """What a job's future holds: its result, or why there is none."""
    try:
        return future.result(0)
    except CancelledError:
        return not_run(release, "the job was cancelled: its machine is gone")
    except Exception as error:
        return not_run(release, f"{type(error).__name__}: {error}")


def run_all(
    jobs: Sequence[Job], executor: Executor, run: Callable[[Job], Finished] = run_job
) -> Iterator[Finished]:
    """Run jobs on an executor; each result as it comes, until all are there or the caller wants no more."""
    batch = Batch(jobs, executor, run)
    try:
        yield from batch.results()
    finally:
        batch.cancel()

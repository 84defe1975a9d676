"""The lab: versions that are not installed here, each in its own environment, on any `concurrent.futures` executor.

What is sent to an executor is a `Job` and the function `run_job`; what comes back is a `Finished`. All three pickle, so that
the other end may be another machine: it makes its own environments.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from . import agreement, cases, curves, environments, expectations, results
from .implementations import Implementation
from .judge import Verdict
from .recipes import LabError, Release, recipe_for
from .runner import CASE_SECONDS, WORKER, Run, Target
from .tally import tallies

Table = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A release to be run, and how."""

    release: Release
    cases: tuple[str, ...] = ()
    """Patterns of ids; none for all of them."""
    implementations: tuple[str, ...] = ()
    """'native', 'shim' or patterns of names; none for all of them."""
    seconds: float = CASE_SECONDS
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
    cases: tuple[str, ...] = ()
    seconds: float = 0.0

    def as_json(self) -> Table:
        """The run as data."""
        wanted = set(self.cases)
        of = [case for case in cases.load() if case.id in wanted]
        compared = [pair.to_json() for pair in self.pairs]
        tallied = tallies(self.verdicts, {case.id: case.dtype for case in of})
        return results.as_json(self.targets, self.verdicts, False, self.curves, of, compared, self.seconds, tallied)


def run_job(job: Job, halt: threading.Event | None = None) -> Finished:
    """Run a release in its environment. What stands in the way is told as its targets' error. The event, once set, ends it."""
    began = time.monotonic()
    halt = halt or threading.Event()
    try:
        if halt.is_set():
            raise LabError("interrupted")
        recipe = recipe_for(job.release)
        environment = environments.environment_of(job.release, recipe)
        place = environments.made(environment)
        kinds = [kind for kind in ("native", "shim") if kind_is_wanted(kind, job.implementations)]
        if job.release.framework == "numpy":
            kinds = ["shim"] if "shim" in kinds else []
        if not recipe.shim:
            kinds = [kind for kind in kinds if kind != "shim"]
        elif "shim" in kinds:
            environments.put_shim(place)
    except LabError as error:
        target = Target(job.release.framework, "native", version=job.release.version, error=str(error))
        return Finished(job.release, [target], seconds=time.monotonic() - began)
    python = str(environments.python_in(place))
    targets = [target_in(python, job.release.framework, kind, mode) for kind in kinds for mode in modes_of(kind, recipe.modes)]
    try:
        return ran(job, targets, began, halt)
    finally:
        if job.remove:
            shutil.rmtree(place, ignore_errors=True)


def modes_of(kind: str, modes: Sequence[str]) -> Sequence[str]:
    """The modes in which a kind is run: the shim in eager mode alone."""
    return modes if kind == "native" else ("eager",)


def target_in(python: str, framework: str, kind: str, mode: str) -> Target:
    """A target whose worker runs in another interpreter, isolated from this one's paths and from the worker's own folder."""
    return Target(framework, kind, [python, "-I", "-u", str(WORKER), framework, kind, mode], mode=mode)


def ran(job: Job, targets: list[Target], began: float, halt: threading.Event) -> Finished:
    """The cases, run one target after another and held against the expectations."""
    chosen = [case for case in cases.load() if not job.cases or any(fnmatchcase(case.id, p) for p in job.cases)]

    def wanted(candidate: Implementation) -> bool:
        patterns = job.implementations
        return not patterns or any(p == candidate.kind or fnmatchcase(candidate.name, p) for p in patterns)

    run = Run(targets, chosen, wanted, job.seconds, with_curves=not job.cases, halt=halt)
    run.go(1)
    known = expectations.load()
    versions = {target.framework: target.version for target in targets if target.version}
    expectations.apply(run.verdicts, versions, known)
    pairs = agreement.compare(chosen, run.answers, run.verdicts)
    ids = tuple(case.id for case in chosen)
    return Finished(job.release, targets, run.verdicts, run.curves, pairs, ids, time.monotonic() - began)


def kind_is_wanted(kind: str, patterns: Sequence[str]) -> bool:
    """Whether a target of this kind can hold what is asked for."""
    shim = kind == "shim"
    return not patterns or any(
        pattern == kind or (pattern not in ("native", "shim") and pattern.startswith(("compatlosses", "*")) >= shim)
        for pattern in patterns
    )


def run_all(jobs: Sequence[Job], executor: Executor, run: Callable[[Job], Finished] = run_job) -> Iterator[Finished]:
    """Run jobs on an executor; each result as it comes. A job whose machine is lost for good is told as its target's error."""
    futures = {executor.submit(run, job): job for job in jobs}
    try:
        for future in as_completed(futures):
            release = futures[future].release
            error = future.exception()
            if error is None:
                yield future.result()
            else:
                said = f"{type(error).__name__}: {error}"
                yield Finished(release, [Target(release.framework, "native", version=release.version, error=said)])
    finally:
        for future in futures:
            future.cancel()

"""A fuzz: random calls dealt to the implementations, judged as cases are, each kind of failure made small."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from ..judging import judge as judging
from ..judging.expectations import Book, Expectation
from ..judging.judge import Verdict, judge
from ..judging.reviewed import Reviewed
from ..judging.severity import FAILURES, ORDER, severity_of
from ..model.case import Case
from ..model.implementations import Implementation
from ..oracle.derived import element
from ..running.channel import Answer
from ..running.line import CASE_SECONDS, Line
from ..running.target import Target, TargetError
from ..running.workers import Worker
from .draw import drawn
from .known import Known, lessons
from .shrink import shrunk

LARGEST_COUNT = 10**8
FORGET = 1000
"""Calls after which the oracle's memory is emptied: random numbers seldom come again."""
MOST_KINDS = 10
"""Kinds of failure that are made small, for each target."""


@dataclass
class Failure:
    """A kind of failure: its smallest call, what was said of it, and how many calls failed in this way."""

    implementation: Implementation
    checks: frozenset[str]
    case: Case
    message: str
    severity: str = ""
    """How bad a new failure is; empty where this implementation is known to fail so: by these checks, in
    these strata, as badly.
    """
    count: int = 1

    @property
    def known(self) -> bool:
        """Whether it is known."""
        return not self.severity


@dataclass
class Fuzz:
    """What is drawn, where it runs, and what has come of it so far."""

    targets: list[Target]
    seed: int
    count: int
    wanted: Callable[[Implementation], bool]
    expectations: Sequence[Expectation] = ()
    reviewed: Reviewed = field(default_factory=Reviewed)
    seconds: float = CASE_SECONDS
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls by implementation and status."""
    failures: list[Failure] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    workers: list[Worker] = field(default_factory=list)

    def go(self, jobs: int, notice: Callable[[Target], None] = lambda target: None) -> None:
        """Run every target's share, so many at a time. An interruption stops all and keeps what is done."""
        with ThreadPoolExecutor(jobs) as pool:
            # The slowest first.
            ordered = sorted(self.targets, key=lambda target: target.framework != "mindspore")
            futures = [pool.submit(self.run_target, target, notice) for target in ordered]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self.stopped.set()
                for worker in self.workers:
                    worker.end()
                raise

    def watch(self, worker: Worker) -> None:
        """Have the worker end with the fuzz, also one that is started while the fuzz is being stopped."""
        self.workers.append(worker)
        if self.stopped.is_set():
            worker.end()

    def run_target(self, target: Target, notice: Callable[[Target], None]) -> None:
        """Run one target's share of the calls."""
        try:
            line = Line(target, self.seconds, self.watch)
        except TargetError as error:
            self.tell(target, error)
            return
        kinds: dict[tuple[str, ...], Failure] = {}
        try:
            known = self.learnt(line)
            for number, (implementation, case, answer, _) in enumerate(line.answered(self.work(target))):
                verdict = judged(case, implementation, answer)
                self.statuses[implementation.label, verdict.status] += 1
                if verdict.status in FAILURES:
                    self.note(kinds, known, (implementation, case, verdict))
                if number % FORGET == 0:
                    forget()
                notice(target)
                if self.stopped.is_set():
                    break
            for failure in new_ones(kinds.values())[:MOST_KINDS]:
                if not self.stopped.is_set():
                    make_small(line, failure, known)
        except TargetError as error:
            self.tell(target, error)
        finally:
            self.failures += kinds.values()
            line.close()

    def learnt(self, line: Line) -> Known:
        """How badly a target's own functions are known to err, and where; the expectations tell of the
        shim.
        """
        known = Known(Book(self.expectations, self.reviewed))
        mine = line.target.implementations() if line.target.kind == "native" else []
        for implementation, case, answer, _ in line.answered(lessons([*filter(self.wanted, mine)])):
            if self.stopped.is_set():
                break
            known.learn(case, implementation, judged(case, implementation, answer))
        return known

    def tell(self, target: Target, error: TargetError) -> None:
        """Note why a target could not be run, unless the fuzz was stopped."""
        if not self.stopped.is_set():
            target.error = str(error)

    def work(self, target: Target) -> Iterator[tuple[Implementation, Case]]:
        """This target's calls: places are dealt to the targets in turn, and by each to its
        implementations.
        """
        chosen = [
            implementation for implementation in target.implementations() if self.wanted(implementation)
        ]
        step = len(self.targets)
        for place in range(self.targets.index(target), self.count if chosen else 0, step):
            implementation = chosen[place // step % len(chosen)]
            yield implementation, drawn(self.seed, place, implementation)

    def note(
        self,
        kinds: dict[tuple[str, ...], Failure],
        known: Known,
        judged: tuple[Implementation, Case, Verdict],
    ) -> None:
        """Count a failure with those of its kind: of the same implementation, by the same gravest check that
        nobody knows of, as badly; known ones by all their checks.
        """
        implementation, case, verdict = judged
        new = unknown(known, case, implementation, verdict)
        checks = {check.id: severity_of(vars(check)) for check in verdict.checks if check.id in new}
        gravest = min(checks, key=lambda id: ORDER.index(checks[id]), default="")
        key = (
            implementation.name,
            checks.get(gravest, ""),
            *([gravest] if new else sorted(failing(verdict))),
        )
        if key in kinds:
            kinds[key].count += 1
            return
        found = frozenset(key[2:])
        said = message_of(verdict, found)
        kinds[key] = Failure(implementation, found, case, said, checks.get(gravest, ""))


def new_ones(failures: Iterable[Failure]) -> list[Failure]:
    """The kinds of failure that nobody knows of, the worst and the most frequent first."""
    new = [failure for failure in failures if not failure.known]
    return sorted(new, key=lambda one: (ORDER.index(one.severity), -one.count, one.implementation.label))


def message_of(verdict: Verdict, checks: frozenset[str]) -> str:
    """What was said by these checks."""
    return "; ".join(check.message for check in verdict.checks if check.id in checks)


def judged(case: Case, implementation: Implementation, answer: Answer) -> Verdict:
    """The verdict on an answer. A mean over weights whose sum is 0 has no exact outcome: whatever comes back
    passes.
    """
    try:
        return judge(case, implementation, answer)
    except ZeroDivisionError:
        whose = (implementation.name, implementation.framework, implementation.kind)
        return Verdict(case.id, *whose, "pass", mode=implementation.mode)


def unknown(known: Known, case: Case, implementation: Implementation, verdict: Verdict) -> frozenset[str]:
    """The failed checks that nobody knows of: of the shim, those that no expectation names."""
    if implementation.kind == "native":
        return known.unknown(case, implementation, verdict)
    return failing(verdict) - told_of(known.book.expectations, implementation)


def failing(verdict: Verdict) -> frozenset[str]:
    """The checks that failed, as expectations name them."""
    return frozenset(check.id for check in verdict.checks if check.status in FAILURES)


def told_of(expectations: Sequence[Expectation], implementation: Implementation) -> set[str]:
    """The checks of an implementation that some case is expected to fail."""
    speaking = [
        e
        for e in expectations
        if e.covers(implementation.framework, implementation.name, implementation.version)
    ]
    return {check for expectation in speaking for part in expectation.failing for check in part.checks}


def forget() -> None:
    """Empty what the oracle remembers."""
    with judging.KNOWN_LOCK:
        judging.KNOWN.clear()
        element.cache_clear()


def make_small(line: Line, failure: Failure, known: Known) -> None:
    """Make the call of a new failure small, for as long as one of the same checks fails in a new way."""

    def again(case: Case) -> Verdict:
        line.send(failure.implementation, case)
        return judged(case, failure.implementation, line.receive())

    def fails(case: Case) -> bool:
        return bool(unknown(known, case, failure.implementation, again(case)) & failure.checks)

    case = shrunk(failure.case, fails)
    failure.case = replace(case, id=f"{failure.case.id}/{case.dtype}-{math.prod(case.first.shape)}")
    failure.message = message_of(again(case), failure.checks) or failure.message

"""A run: the cases on every target, each answer judged as it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..model.case import Case
from ..model.implementations import Implementation, applies, known_frameworks
from ..model.modes import in_modes
from ..running.channel import Answer
from ..running.line import CASE_SECONDS, Line
from ..running.target import Target, TargetError
from ..running.workers import Worker
from . import curves
from .judge import Verdict, judge

Work = tuple[Implementation, Case]
Notice = Callable[[Target, Verdict | None, Answer | None], None]
"""Hears of each answer, with its verdict if it has one; of neither when a target is done."""


class Calls:
    """What is left to ask of a target, for all workers that share it. The first one makes it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.work: Iterator[Work] | None = None
        self.workers = 1
        self.began = time.monotonic()

    def __iter__(self) -> Iterator[Work]:
        return self

    def __next__(self) -> Work:
        with self.lock:
            return next(self.work or iter(()))

    def fill(self, work: Callable[[], Sequence[Work]]) -> None:
        """Make the work known, unless it is."""
        with self.lock:
            if self.work is None:
                self.work = iter(work())

    def join(self) -> bool:
        """Take part, unless all have left; whether that was possible."""
        with self.lock:
            self.workers += self.workers > 0
            return self.workers > 0

    def leave(self) -> bool:
        """Take part no longer; whether that was the last one."""
        with self.lock:
            self.workers -= 1
            return self.workers == 0


@dataclass
class Run:
    """A run over targets, and what has come of it so far."""

    targets: list[Target]
    cases: Sequence[Case]
    pattern: Callable[[Implementation], bool] = lambda implementation: True
    seconds: float = CASE_SECONDS
    verdicts: list[Verdict] = field(default_factory=list)
    answers: dict[tuple[str, Implementation], Answer] = field(default_factory=dict)
    with_curves: bool = False
    whole: bool = True
    """Whether modes other than eager run every case, not only those for modes."""
    curves: list[curves.Curve] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    halt: threading.Event = field(default_factory=threading.Event)
    """Set from outside, it ends the run, and perhaps others with it."""
    workers: list[Worker] = field(default_factory=list)
    calls: dict[int, Calls] = field(default_factory=dict)
    """By the identity of a target that is being run."""

    @property
    def over(self) -> bool:
        """Whether nothing more is to be run."""
        return self.stopped.is_set() or self.halt.is_set()

    def go(self, jobs: int, notice: Notice = lambda target, verdict, answer: None) -> None:
        """Run every target, so many at a time. An interruption stops all and keeps what is done."""
        # The slowest first; MindSpore's other one as soon as that is done, and not beside it.
        place = {("mindspore", "shim"): 0, ("mindspore", "native"): 2}
        ordered = sorted(
            self.targets, key=lambda t: place.get((t.framework, t.kind), 1 if t.kind == "shim" else 3)
        )
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(self.run_target, target, notice) for target in ordered]
            futures += [pool.submit(self.help, target, notice) for target in ordered if is_shared(target)]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self.stopped.set()
                for future in futures:
                    future.cancel()
                for worker in self.workers:
                    worker.end()
                raise

    def note(self, worker: Worker) -> None:
        """Have the worker end with the run, also one that is started while the run is being stopped."""
        self.workers.append(worker)
        if self.over:
            worker.end()

    def run_target(self, target: Target, notice: Notice) -> None:
        """Run the cases on one target, unless it is known that it cannot be run."""
        calls = self.calls[id(target)] = Calls()
        self.ask(target, calls, notice)

    def help(self, target: Target, notice: Notice) -> None:
        """Take a part of the calls of a target that is still being run, by a worker of its own."""
        calls = self.calls.get(id(target))
        if calls is not None and calls.join():
            self.ask(target, calls, notice)

    def ask(self, target: Target, calls: Calls, notice: Notice) -> None:
        """Have a worker answer calls until none is left. The last one ends the target."""
        try:
            if target.error:
                return
            line = Line(target, self.seconds, self.note)
            try:
                calls.fill(lambda: self.work(target))
                self.follow(line, calls, notice)
            finally:
                line.close()
        except TargetError as error:
            if not self.over:
                target.error = str(error)
        finally:
            if calls.leave():
                target.seconds = round(time.monotonic() - calls.began, 2)
                notice(target, None, None)

    def work(self, target: Target) -> list[Work]:
        """What a target is asked, in order, once its worker has said what can be called."""
        whole = self.whole or target.mode == "eager"
        chosen = [case for case in self.cases if whole or in_modes(case.id)]
        chosen += curves.cases() if self.with_curves and whole else ()
        return [(i, c) for i in target.implementations() if self.pattern(i) for c in chosen if applies(c, i)]

    def follow(self, line: Line, calls: Calls, notice: Notice) -> None:
        """Judge each answer as it comes, until the run is over."""
        for implementation, case, answer, seconds in line.answered(calls):
            if self.over:
                return
            if any(case is curve for curve in curves.cases()):
                self.curves.append(curves.measure(case, implementation, answer))
                notice(line.target, None, answer)
                continue
            verdict = judge(case, implementation, answer, seconds)
            self.verdicts.append(verdict)
            self.answers[case.id, implementation] = answer
            notice(line.target, verdict, answer)


def is_shared(target: Target) -> bool:
    """Whether several workers share a target's calls: each call must depend on nothing before it."""
    known = known_frameworks().get(target.framework)
    shim = target.kind == "shim" and target.mode == "eager" and target.own is None
    return shim and known is not None and known.workers > 1

"""A run: the cases on every target, each answer judged as it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..model.case import Case
from ..model.implementations import Implementation, applies
from ..model.modes import in_modes
from ..running.channel import Answer
from ..running.line import CASE_SECONDS, Line
from ..running.target import Target, TargetError
from ..running.workers import Worker
from . import curves
from .judge import Verdict, judge

Notice = Callable[[Target, Verdict | None, Answer | None], None]
"""Hears of each answer, with its verdict if it has one; of neither when a target is done."""


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
        began = time.monotonic()
        try:
            if target.error:
                return
            line = Line(target, self.seconds, self.note)
            try:
                self.follow(line, notice)
            finally:
                line.close()
        except TargetError as error:
            if not self.over:
                target.error = str(error)
        finally:
            target.seconds = round(time.monotonic() - began, 2)
            notice(target, None, None)

    def work(self, target: Target) -> list[tuple[Implementation, Case]]:
        """What a target is asked, in order, once its worker has said what can be called."""
        whole = self.whole or target.mode == "eager"
        chosen = [case for case in self.cases if whole or in_modes(case.id)]
        chosen += curves.cases() if self.with_curves and whole else ()
        return [(i, c) for i in target.implementations() if self.pattern(i) for c in chosen if applies(c, i)]

    def follow(self, line: Line, notice: Notice) -> None:
        """Judge each answer as it comes, until the run is over."""
        for implementation, case, answer, seconds in line.answered(iter(self.work(line.target))):
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

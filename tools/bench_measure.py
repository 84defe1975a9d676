"""Timing many calls side by side: rounds over all of them in shuffled order, so that a busy moment hits
everybody.
"""

from __future__ import annotations

import gc
import random
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench_programs import Step


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure. Each call has a budget at each size: slow ones have fewer samples."""

    budget: float
    """Seconds for one call at one size."""
    sample: float
    """Seconds that one sample lasts at least: fast calls are repeated within it."""
    least: int
    most: int


# Samples shorter than the time for which a busy system stops a process: most of them then run undisturbed.
FULL = Plan(budget=0.35, sample=0.001, least=3, most=60)
QUICK = Plan(budget=0.06, sample=0.001, least=2, most=9)


@dataclass(slots=True)
class Job:
    """One call and its samples, in seconds a call."""

    program: str
    """The framework and its mode."""
    who: str
    """'native', 'shim', or what else is measured beside the two."""
    name: str
    """The loss and its form."""
    shape: tuple[int, ...]
    call: Step
    repeats: int = 1
    spent: float = 0.0
    samples: list[float] = field(default_factory=list)

    def open(self, plan: Plan) -> bool:
        """Whether more samples are wanted."""
        n = len(self.samples)
        return n < plan.least or (n < plan.most and self.spent < plan.budget)

    @property
    def least(self) -> float:
        """The least time: what the call costs where nothing disturbs it."""
        return min(self.samples)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The first quartile, the median and the third quartile."""
        if len(self.samples) == 1:
            return self.samples[0], self.samples[0], self.samples[0]
        first, median, third = statistics.quantiles(self.samples, n=4, method="inclusive")
        return first, median, third


def ready(job: Job, plan: Plan) -> Job:
    """A job that has been called, so that all is compiled, and timed roughly."""
    job.call()
    rough = timed(job.call, 1)
    if rough < plan.sample:
        rough = timed(job.call, max(1, int(plan.sample / 4 / rough)))
    job.repeats = max(1, round(plan.sample / rough))
    return job


def interleave(jobs: list[Job], plan: Plan, seed: int, progress: Callable[[Job], None]) -> None:
    """Take samples until every job has enough: each round visits all that want more, in another order."""
    order = random.Random(seed)
    waiting = list(jobs)
    while waiting:
        order.shuffle(waiting)
        for job in waiting:
            progress(job)
            sample(job)
        waiting = [job for job in waiting if job.open(plan)]


def sample(job: Job) -> None:
    """Take one sample: an untimed call to bring the data back into the caches, unless calls are slow, then
    the timed ones.
    """
    started = time.perf_counter()
    if job.repeats > 1:
        job.call()
    job.samples.append(timed(job.call, job.repeats))
    job.spent += time.perf_counter() - started


def timed(call: Callable[[], Any], repeats: int) -> float:
    """Seconds a call, the mean of ``repeats`` in a row without the garbage collector."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        started = time.perf_counter()
        for _ in range(repeats):
            call()
        return (time.perf_counter() - started) / repeats
    finally:
        if collecting:
            gc.enable()


def said(error: Exception) -> str:
    """An error in one line without any path."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {re.sub(r'(?:/[^/ :]+){2,}', '...', lines[0])}"[:300]

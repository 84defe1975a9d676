"""Timing many calls side by side: rounds over all of them in shuffled order, so that a busy moment hits
everybody.
"""

from __future__ import annotations

import gc
import random
import re
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bench_implementations import Call, Implementation, NotOffered
from bench_problem import VARIANTS, Problem, Variant, check

import compatlosses
from compatlosses.threads import default_num_threads, get_num_threads, set_num_threads


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure. Each call has a budget at each size: slow ones have fewer samples."""

    budget: float
    """Seconds for one call at one size."""
    sample: float
    """Seconds that one sample lasts at least: fast calls are repeated within it."""
    patience: float
    """Seconds after which a call has been measured long enough, whatever ``least`` says."""
    least: int
    most: int


# Samples shorter than the time for which a busy system stops a process: most of them then run undisturbed.
FULL = Plan(budget=0.6, sample=0.002, patience=12, least=3, most=60)
QUICK = Plan(budget=0.08, sample=0.001, patience=3, least=3, most=9)


@dataclass(slots=True)
class Job:
    """One call and its samples, in seconds a call."""

    implementation: Implementation
    variant: Variant
    size: int
    call: Call
    executor: str | None = None
    off: float | None = None
    """The relative error of the loss; None for what computes none."""
    repeats: int = 1
    spent: float = 0.0
    samples: list[float] = field(default_factory=list)

    def open(self, plan: Plan) -> bool:
        """Whether more samples are wanted."""
        n = len(self.samples)
        if n < plan.least:
            return n == 0 or self.spent < plan.patience
        return n < plan.most and self.spent < plan.budget

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The first quartile, the median and the third quartile."""
        if len(self.samples) == 1:
            return self.samples[0], self.samples[0], self.samples[0]
        first, median, third = statistics.quantiles(self.samples, n=4, method="inclusive")
        return first, median, third


def prepared(
    implementations: Iterable[Implementation],
    given: Problem,
    plan: Plan,
    failed: dict[str, str],
    progress: Callable[[str], None],
) -> list[Job]:
    """A job for each variant of each implementation, called and its answer checked.

    What cannot be measured goes into ``failed``.
    """
    jobs = []
    for implementation in implementations:
        for variant in VARIANTS:
            if implementation.framework == "copy" and variant != VARIANTS[0]:
                continue
            progress(f"{implementation}, {variant}: first calls")
            try:
                jobs.append(prepare(implementation, given, variant, plan))
            except NotOffered as reason:
                failed[f"{implementation}, pos_weight"] = str(reason)
            except Exception as error:
                failed[f"{implementation}, {variant}"] = said(error)
    return jobs


def prepare(implementation: Implementation, given: Problem, variant: Variant, plan: Plan) -> Job:
    """A job that has been called, checked and timed roughly."""
    use_threads(implementation.threads)
    call = implementation.prepare(given, variant)
    loss, gradient = call()  # whatever compiles, compiles now
    job = Job(implementation, variant, given.size, call, executor(implementation, given))
    if loss is not None:
        read = implementation.array
        job.off = check(given, variant, read(loss), None if gradient is None else read(gradient))
    rough = timed(call, 1)
    if rough < plan.sample:
        rough = timed(call, max(1, int(plan.sample / 4 / rough)))
    job.repeats = max(1, round(plan.sample / rough))
    return job


def executor(implementation: Implementation, given: Problem) -> str | None:
    """Which executor the shim says it runs on for these tensors; None for what is not the shim."""
    if implementation.tensors is None:
        return None
    return compatlosses.executor_of(
        compatlosses.binary_cross_entropy_with_logits, *implementation.tensors(given)
    )


def interleave(
    jobs: list[Job], plan: Plan, seed: int, progress: Callable[[Job], None], done: Callable[[], None]
) -> None:
    """Take samples until every job has enough: each round visits all jobs that want more, in
    another order.
    """
    order = random.Random(seed)
    waiting = list(jobs)
    while waiting:
        order.shuffle(waiting)
        for job in waiting:
            progress(job)
            sample(job, plan)
            if not job.open(plan):
                done()
        waiting = [job for job in waiting if job.open(plan)]


def sample(job: Job, plan: Plan) -> None:
    """Take one sample: an untimed call to bring the data back into the caches, unless calls are slow, then
    the timed ones.
    """
    started = time.perf_counter()
    use_threads(job.implementation.threads)
    if job.repeats > 1 or not job.samples or job.samples[-1] < 0.25:
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


def use_threads(threads: int | None) -> None:
    """Let compatlosses use so many threads; None: its default."""
    wanted = default_num_threads() if threads is None else threads
    if get_num_threads() != wanted:
        set_num_threads(wanted)


def said(error: Exception) -> str:
    """An error in one line without any path."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {re.sub(r'(?:/[^/ :]+){2,}', '...', lines[0])}"[:300]

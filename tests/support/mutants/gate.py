"""The gate: an implementation through the worker's seam, judged case by case until the first unexpected
verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any
from unittest import mock

from compatlosses.conformance import cases, implementations, judge, runner, worker

from .correct import Correct

NAMES = {name: name for name in cases.ARGUMENTS}
OPTIONS = {
    "neutral": ("reduction", "ignore_index", "normalize"),
    "torch": ("reduction", "size_average", "reduce"),
}


class Seam(worker.Function):  # type: ignore[misc]
    """An implementation that is an object in this process."""

    def __init__(self, loss: Correct) -> None:
        names = NAMES if loss.api == "neutral" else {**NAMES, "logits": "input", "targets": "target"}
        super().__init__("", type(loss).__name__, names, OPTIONS[loss.api])
        self.loss = loss

    def find(self) -> Any:
        return self.loss


def verdicts(loss: Correct, chosen: Iterable[cases.Case]) -> Iterator[tuple[cases.Case, judge.Verdict]]:
    """The verdict on each case that applies, one at a time: whoever has seen enough stops asking."""
    name = type(loss).__name__
    with mock.patch.dict(implementations.SHIM, {name: loss.api}), one_thread():
        implementation = implementations.Implementation(name, "torch", "shim", "0")
        session = worker.Session("torch", {name: Seam(loss)})
        session.available()
        for case in chosen:
            if judge.applies(case, implementation):
                answer = session.answer(runner.request_of(case, name))
                yield case, judge.judge(case, implementation, answer)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch's number of threads, which the worker sets."""
    import torch

    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def stratum_first(pattern: str) -> list[cases.Case]:
    """All cases, those of the stratum that the pattern names before the others."""
    everything = cases.load()
    return sorted(everything, key=lambda case: not fnmatchcase(case.id, pattern))

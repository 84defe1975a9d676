"""The gate: an implementation through the worker's seam, judged case by case until the first unexpected
verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any
from unittest import mock

from compatlosses.conformance.judging import judge
from compatlosses.conformance.model import cases, implementations
from compatlosses.conformance.model.case import Case
from compatlosses.conformance.model.losses import FIRST, LOSSES, MASK
from compatlosses.conformance.running.request import request_of
from compatlosses.conformance.worker.calls import Function
from compatlosses.conformance.worker.drivers import driver_of
from compatlosses.conformance.worker.session import Session

from .correct import Correct
from .differences import Difference
from .elements import Element
from .rows import Rows

NAMES = {name: name for name in LOSSES[FIRST].arguments}
OPTIONS = {
    "neutral": ("reduction", "ignore_index", "divisor"),
    "torch": ("reduction", "size_average", "reduce"),
}


Wrong = Correct | Difference | Element | Rows


class Seam(Function):  # type: ignore[misc]
    """An implementation that is an object in this process."""

    def __init__(self, loss: Wrong) -> None:
        names = NAMES if loss.api == "neutral" else {**NAMES, "logits": "input", "targets": "target"}
        super().__init__("", type(loss).__name__, names, OPTIONS[loss.api])
        if isinstance(loss, (Difference, Element)):
            of = LOSSES[loss.loss]
            self.required = tuple(name for name in of.arguments if name == "variances")
            self.arguments = {name: name for name in of.arguments}
            self.options = (*OPTIONS["neutral"], *of.parameters)
        if isinstance(loss, Rows):
            self.arguments = {name: name for name in LOSSES[loss.loss].arguments}
            self.options = (*OPTIONS["neutral"], "axis", "weighting", "label_smoothing")
        if isinstance(loss, (Difference, Rows)):
            self.arguments[MASK] = MASK
            self.options = (*self.options, "dtype")
        self.loss = loss

    def find(self) -> Any:
        return self.loss


def verdicts(loss: Wrong, chosen: Iterable[Case]) -> Iterator[tuple[Case, judge.Verdict]]:
    """The verdict on each case that applies, one at a time: whoever has seen enough stops asking."""
    name = type(loss).__name__
    row = implementations.Row(name, loss=getattr(loss, "loss", FIRST), api=loss.api, primary=True)
    with mock.patch.dict(implementations.TABLE, {name: row}), one_thread():
        implementation = implementations.Implementation(name, "torch", "shim", "0")
        session = Session(driver_of("torch"), {name: Seam(loss)})
        session.available()
        for case in chosen:
            if implementations.applies(case, implementation):
                answer = session.answer(request_of(case, name))
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


def stratum_first(pattern: str) -> list[Case]:
    """All cases, those of the stratum that the pattern names before the others."""
    everything = cases.load()
    return sorted(everything, key=lambda case: not fnmatchcase(case.id, pattern))

"""What the tests of losses of elements share: how far a result is off, and calls without compiled loops."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from frameworks import forget_plans

import compatlosses as cl
from compatlosses.conformance.model.rounding import last_place
from compatlosses.conformance.model.rounding import remainder as in_two

BOUND = {"float16": 0.5005, "bfloat16": 0.5005, "float32": 0.51, "float64": 4.0}
"""ULP of one element."""


@contextmanager
def without_loops() -> Iterator[None]:
    """A loss without compiled loops goes to the formula; no call is remembered from before."""
    losses = [module.LOSS for module in cl.definitions.MODULES]
    with pytest.MonkeyPatch.context() as patch:
        forget_plans(patch)
        loops = [loss.loops for loss in losses]
        for loss in losses:
            object.__setattr__(loss, "loops", "")
        try:
            yield
        finally:
            for loss, module in zip(losses, loops, strict=True):
                object.__setattr__(loss, "loops", module)


def ulps(got: float, truth: Any, dtype: str) -> float:
    """How far a result is from the exact number, in units of the last place there; 0 for the same infinity or
    NaN.
    """
    if isinstance(truth, float):
        return 0.0 if got == truth or (got != got and truth != truth) else math.inf
    head, rest = in_two(truth)
    if math.isinf(got):
        largest = {
            "float16": 65520.0,
            "bfloat16": 3.39e38,
            "float32": 3.4028236e38,
            "float64": 1.7976931348623157e308,
        }[dtype]
        return 0.0 if abs(head) >= largest and (head > 0) == (got > 0) else math.inf
    return abs((got - head) - rest) / 2.0 ** last_place(truth, dtype)

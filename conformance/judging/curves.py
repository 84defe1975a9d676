"""The error in ULPs against the logit, densely: a measurement for a picture, beside the cases and without a
verdict.

A curve is two calls of the worker's ordinary kind, one for label 0 and one for label 1, so that every worker
can answer them.
"""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ..model.case import Case, Tensor
from ..model.implementations import Implementation
from ..model.rounding import round_float
from ..oracle.exact import Floats, Outcome, expected
from ..running.channel import Answer
from .judge import arrived, errors_in_ulps, jsonable

CENTRES = range(-110, 111)
"""The whole logits that the cells lie around: float32's exponential leaves its normal and subnormal numbers
within.
"""
DRAWN = 3
NEAR_ZERO = (1e-30, 1e-7, 1e-4, 1e-2)
DTYPE = "float32"


@dataclass
class Curve:
    """By cell, the largest error in ULPs of the loss and of its gradient by the logit, at one label."""

    framework: str
    kind: str
    implementation: str
    version: str
    label: float
    value: list[float] = field(default_factory=list)
    gradient: list[float] = field(default_factory=list)
    why: str = ""
    """Why a list is empty."""

    def to_json(self) -> dict[str, Any]:
        """As data, an unbounded error as 'inf'."""
        data: dict[str, Any] = jsonable(asdict(self))
        return data


@cache
def logits() -> tuple[tuple[float, ...], ...]:
    """The logits of each cell: its centre and a few drawn from half a step around it, the same in
    every run.
    """
    draw = random.Random(20)
    cells = []
    for centre in CENTRES:
        inside = [float(centre), *(centre + draw.uniform(-0.5, 0.5) for _ in range(DRAWN))]
        if centre == 0:
            inside += [sign * size for size in NEAR_ZERO for sign in (1.0, -1.0)]
        cells.append(tuple(round_float(x, DTYPE) for x in inside))
    return tuple(cells)


@cache
def cases() -> tuple[Case, ...]:
    """The two calls."""
    flat = tuple(x for cell in logits() for x in cell)
    shape = (len(flat),)
    return tuple(
        Case(
            id=f"curve/label-{label:g}",
            clause="the error against the logit",
            tensors={
                "logits": Tensor(DTYPE, shape, flat),
                "targets": Tensor(DTYPE, shape, (label,) * len(flat)),
            },
            options={"reduction": "none"},
            differentiate=("logits",),
        )
        for label in (0.0, 1.0)
    )


def measure(case: Case, implementation: Implementation, answer: Answer) -> Curve:
    """The curve that an answer comes to."""
    curve = Curve(
        implementation.framework,
        implementation.kind,
        implementation.name,
        implementation.version,
        case.tensors["targets"].values[0],
    )
    if answer["outcome"] != "value":
        curve.why = f"{answer['outcome']}: {answer.get('message', '')}"[:300]
        return curve
    exact = exact_outcomes()[case.id]
    curve.value = by_cell(answer["value"], exact["value"])
    curve.gradient = by_cell(answer["gradients"].get("logits"), exact["logits"])
    if not (curve.value and curve.gradient):
        curve.why = "no array of the logits' shape came back"
    return curve


@cache
def exact_outcomes() -> dict[str, dict[str, Outcome]]:
    """The exact outcomes by id, once for all implementations: without weights every formula is the same."""
    return {case.id: expected(case) for case in cases()}


def by_cell(got: Answer | None, exact: Outcome) -> list[float]:
    """The largest error of each cell to three digits; nothing if the array is not there."""
    values: Floats = arrived(got) if got is not None and "data" in got else np.array([])
    if values.size != exact.rounded.size:
        return []
    errors = errors_in_ulps(values, exact)
    ends = np.cumsum([0, *(len(cell) for cell in logits())])
    worst = [float(errors[start:end].max()) for start, end in pairwise(ends)]
    return [float(f"{error:.3g}") if math.isfinite(error) else error for error in worst]

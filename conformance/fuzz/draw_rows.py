"""Random calls of the losses of rows: at most 36 elements, of the strata of a row's logits and targets."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Any

from ..model import cases as data
from ..model.case import Case, Tensor
from ..model.implementations import Implementation
from ..model.rounding import FORMATS, round_float
from ..model.rows import INDICES, PROBABILITIES, rows_shape
from .numbers import (
    Stratum,
    infinite,
    largest,
    nan,
    ordinary,
    ordinary_factor,
    saturating,
    tiny,
    values,
    wide,
    zero,
)

CLAUSE = "the loss of each row's class, its derivatives, and the reductions; drawn at random"
IGNORED = (-100, -1, 0, 1, 255)


def call(draw: Random, identifier: str, implementation: Implementation) -> Case:
    """A call that is to succeed."""
    row, api, numpy = implementation.row, implementation.api, implementation.framework == "numpy"
    kind = draw.choice(api.targets)
    dtype = draw.choice([d for d in api.dtypes if d in FORMATS and (not numpy or d != "bfloat16")])
    options = options_of(draw, implementation, kind)
    shape, axis = shape_of(draw, options, implementation)
    first = "logits" if row.loss == "cross_entropy" else "log_probabilities"
    weighted = "weight" in row.arguments and draw.random() < 0.45
    numbers = strata(draw, dtype, weighted)
    tensors = {first: Tensor(dtype, shape, tuple(values(draw, dtype, math.prod(shape), numbers)))}
    tensors["targets"] = targets(draw, kind, tensors[first], axis, options.get("ignore_index", api.ignored))
    if weighted:
        tensors["weight"] = Tensor(
            dtype, (shape[axis],), tuple(values(draw, dtype, shape[axis], (ordinary_factor,)))
        )
    if api.divisor == "counted" and "divisor" in row.options and draw.random() < 0.4:
        known = ("counted", "all", *(["weights"] if "weight" in tensors else []))
        options["divisor"] = draw.choice(known)
    if draw.random() < 0.15:
        tensors[first] = replace(tensors[first], view=draw.choice(data.VIEWS))
    by = [name for name in tensors if tensors[name].dtype in FORMATS and name not in api.constant]
    wrt = tuple(name for name in by if draw.random() < 0.6)
    cotangent = draw.choice((-0.75, 0.5, 2.0)) if wrt and not numpy and draw.random() < 0.3 else None
    return Case(
        identifier,
        CLAUSE,
        tensors,
        options,
        wrt,
        cotangent,
        apis=(implementation.api_name,),
        loss=row.loss,
    )


def options_of(draw: Random, implementation: Implementation, kind: str) -> dict[str, Any]:
    """Options that the API has."""
    row, options = implementation.row, dict[str, Any]()
    if "reduction" in row.options:
        options["reduction"] = draw.choice([*row.spelled.get("reduction", ("none", "mean", "sum"))])
    if "ignore_index" in row.options and kind == INDICES and draw.random() < 0.5:
        options["ignore_index"] = draw.choice(IGNORED)
    if "label_smoothing" in row.options and draw.random() < 0.3:
        options["label_smoothing"] = draw.choice((0.1, 0.25, 0.5))
    if "weighting" in row.options and draw.random() < 0.3:
        options["weighting"] = draw.choice(("class", "row"))
    return options


def shape_of(
    draw: Random, options: dict[str, Any], implementation: Implementation
) -> tuple[tuple[int, ...], int]:
    """A shape of two or three dimensions with a class axis, which goes into the options where it is not the
    API's own.
    """
    api, axes = implementation.api, implementation.row.spelled.get("axis")
    rows, classes = draw.choice((1, 2, 3, 4, 5)), draw.choice((2, 3, 4, 5, 6))
    if api.dimensions or draw.random() < 0.7:
        return (rows, classes), 1
    free = axes is None and "axis" in implementation.row.options
    axis = draw.choice((0, 1, 2)) if free else api.axis % 3
    shape = [min(rows, 3), 2]
    shape.insert(axis, classes)
    if free and axis != api.axis % 3:
        options["axis"] = axis
    return tuple(shape), axis


def strata(draw: Random, dtype: str, weighted: bool) -> tuple[Stratum, ...]:
    """The strata of logits: infinite ones and NaN seldom, and not where a mean may divide by weights, whose
    slopes would be differences of infinities; in double precision none whose sums overflow on the way.
    """
    rest = (tiny, wide) if dtype == "float64" else (tiny, largest)
    special = draw.random() < 0.15 and not weighted
    masked = (infinite, nan) if special else ()
    return (zero, ordinary, ordinary, ordinary, saturating, *rest, *masked)


def targets(draw: Random, kind: str, first: Tensor, axis: int, ignored: int | None) -> Tensor:
    """Targets of the kind; the first of indices always counts."""
    classes, shape = first.shape[axis], rows_shape(first.shape, axis)
    if kind == PROBABILITIES:
        return Tensor(first.dtype, first.shape, probabilities(draw, first, axis))
    counting = [index for index in range(classes) if index != ignored]
    indices = [draw.choice(counting) for _ in range(math.prod(shape))]
    if ignored is not None:
        indices[1:] = [ignored if draw.random() < 0.3 else index for index in indices[1:]]
    return Tensor("index", shape, tuple(map(float, indices)))


def probabilities(draw: Random, first: Tensor, axis: int) -> tuple[float, ...]:
    """Numbers that add up to 1 along the axis, up to their rounding."""
    classes, inner = first.shape[axis], math.prod(first.shape[axis + 1 :])
    found = [0.0] * len(first.values)
    for row in range(len(found) // classes):
        start = row // inner * classes * inner + row % inner
        shares = [draw.choice((0.0, draw.random(), draw.random())) for _ in range(classes)]
        shares[draw.randrange(classes)] += 1.0 if draw.random() < 0.3 else draw.random() + 0.01
        for place, share in enumerate(shares):
            found[start + place * inner] = round_float(share / sum(shares), first.dtype)
    return tuple(found)

"""Random calls over the strata of the cases. What is drawn is a case: a failing draw can be saved as one.

Draw ``number`` of ``seed`` depends on those two and on the API alone. Sizes are bounded: at most 36 distinct
elements a tensor, at most 10^4 repeats of up to 10 pairs.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

from ..model import cases as data
from ..model.case import Case, Repeat, Tensor
from ..model.implementations import WIDE, Implementation, applies
from ..model.losses import DIFFERENCE, FIRST, LOSSES
from ..model.rounding import FORMATS, round_float
from . import draw_elements, draw_rows
from .numbers import (
    Stratum,
    far,
    hard,
    infinite,
    largest,
    nan,
    ordinary,
    ordinary_factor,
    outside,
    saturating,
    soft,
    tiny,
    values,
    wide,
    wide_factor,
    zero,
)

CLAUSE = (
    "loss = w [(1 - y) softplus(x) + p y softplus(-x)], its derivatives, and the reductions; drawn at random"
)
DIFFERENCES = "the loss of r = x - y, its derivatives, and the reductions; drawn at random"
SENTINELS = (0.1, -100.1, 60000.7, math.nan)
"""What is ignored besides numbers that every dtype holds: others are compared as the targets' dtype has them.
"""
REFUSALS = 0.06
"""The share of draws that a document refuses."""


def drawn(seed: int, place: int, implementation: Implementation) -> Case:
    """The call of this place in the sequence of this seed, for an implementation's API."""
    draw = Random(f"{seed}/{place}")
    identifier = data.named(implementation.row.loss, f"fuzz/{seed}/{place}")
    if draw.random() < REFUSALS:
        refused = [case for case in refusals() if applies(case, implementation)]
        if refused:
            return refusal(draw, identifier, draw.choice(refused))
    if LOSSES[implementation.row.loss].rows:
        return draw_rows.call(draw, identifier, implementation)
    if LOSSES[implementation.row.loss].elements:
        return draw_elements.call(draw, identifier, implementation, shape_of(draw))
    if implementation.row.loss != FIRST:
        return difference(draw, identifier, implementation)
    if draw.random() < 0.05:
        return long(draw, identifier, implementation)
    return call(draw, identifier, implementation)


@cache
def refusals() -> tuple[Case, ...]:
    """The suite's own calls that a document refuses: each is a stratum of its own."""
    return tuple(case for case in data.load() if case.errors)


def refusal(draw: Random, identifier: str, case: Case) -> Case:
    """One of them with other numbers in it."""
    tensors = dict(case.tensors)
    for name, tensor in tensors.items():
        # What is no probability or no variance may be what is refused.
        reason = case.of.elements and not all(0.0 <= value <= 1.0 for value in tensor.values)
        if tensor.dtype in FORMATS and not reason:
            values = tuple(round_float(draw.uniform(0.01, 0.99), tensor.dtype) for _ in tensor.values)
            tensors[name] = replace(tensor, values=values)
    return replace(case, id=identifier, tensors=tensors)


def long(draw: Random, identifier: str, implementation: Implementation) -> Case:
    """A long input of a few distinct pairs."""
    dtype = dtype_of(draw, implementation)
    count = draw.randint(1, 10)
    size = (ordinary, saturating, tiny)
    tensors = {
        "logits": Tensor(dtype, (count,), tuple(values(draw, dtype, count, size))),
        "targets": Tensor(dtype, (count,), tuple(values(draw, dtype, count, (hard, soft)))),
    }
    repeat = Repeat(10 ** draw.randint(1, 4), draw.randrange(2**31))
    options = (
        {} if implementation.api_name == "fluid" else {"reduction": draw.choice(("none", "mean", "sum"))}
    )
    wrt = ("logits",) if draw.random() < 0.5 else ()
    return Case(identifier, CLAUSE, tensors, options, wrt, repeat=repeat, apis=(implementation.api_name,))


def call(draw: Random, identifier: str, implementation: Implementation) -> Case:
    """A call that is to succeed."""
    api, numpy = implementation.api_name, implementation.framework == "numpy"
    dtype = dtype_of(draw, implementation)
    options = options_of(draw, api)
    shape = shape_of(draw)
    size = math.prod(shape)
    summed = dtype == "float64"
    tensors = {
        "logits": Tensor(dtype, shape, tuple(values(draw, dtype, size, logits(summed)))),
        "targets": Tensor(dtype, shape, tuple(labels(draw, dtype, size, options, api))),
    }
    for name in ("weight", "pos_weight"):
        if api != "fluid" and draw.random() < 0.45:
            tensors[name] = factor(draw, dtype, shape, mixed=api == "neutral")
    if size and shape and draw.random() < 0.2:
        view = draw.choice(data.VIEWS)
        for name in ("logits", "targets") if draw.random() < 0.7 else ("logits",):
            tensors[name] = replace(tensors[name], view=view)
    wrt = tuple(name for name in tensors if draw.random() < 0.6)
    plain = options.get("reduction") == "none" and "ignore_index" not in options
    second = plain and not numpy and dtype in WIDE and set(options) <= {"reduction"} and draw.random() < 0.3
    if second:
        wrt = ("logits",)
    cotangent = (
        None
        if numpy or second or not wrt or draw.random() < 0.6
        else draw.choice((-0.75, 0.0, 0.5, 2.0, 3.75))
    )
    return Case(identifier, CLAUSE, tensors, options, wrt, cotangent, second, apis=(api,))


def difference(draw: Random, identifier: str, implementation: Implementation) -> Case:
    """A call of a loss of a difference that is to succeed."""
    row, api = implementation.row, implementation.api
    dtype = draw.choice(api.alone) if api.alone else dtype_of(draw, implementation)
    shape = shape_of(draw)
    shape = shape if math.prod(shape) and shape else (3,)
    size = math.prod(shape)
    numbers = (zero, ordinary, ordinary, infinite, nan, *(() if dtype == "float64" else (tiny, largest)))
    tensors = {
        name: Tensor(dtype, shape, tuple(values(draw, dtype, size, numbers))) for name in DIFFERENCE[:2]
    }
    if "weight" in row.arguments and draw.random() < 0.4:
        tensors["weight"] = Tensor(dtype, shape, tuple(values(draw, dtype, size, (ordinary_factor,))))
    options: dict[str, Any] = {}
    if "reduction" in row.options:
        options["reduction"] = draw.choice([*row.spelled.get("reduction", ("none", "mean", "sum"))])
    for name in LOSSES[row.loss].parameters:
        if name in row.options and draw.random() < 0.6:
            options[name] = draw.choice((0.25, 0.5, 1.0, 2.0, 8.0))
    if draw.random() < 0.2:
        view = draw.choice(data.VIEWS)
        tensors.update({name: replace(tensors[name], view=view) for name in DIFFERENCE[:2]})
    wrt = tuple(name for name in tensors if draw.random() < 0.6)
    cotangent = draw.choice((-0.75, 0.5, 2.0)) if draw.random() < 0.3 else None
    incoming = cotangent if wrt and implementation.framework != "numpy" else None
    apis = (implementation.api_name,)
    return Case(identifier, DIFFERENCES, tensors, options, wrt, incoming, apis=apis, loss=row.loss)


def dtype_of(draw: Random, implementation: Implementation) -> str:
    """A dtype that the document has; NumPy has no bfloat16."""
    return draw.choice(
        [d for d in implementation.api.dtypes if (implementation.framework, d) != ("numpy", "bfloat16")]
    )


def options_of(draw: Random, api: str) -> dict[str, Any]:
    """Options that the API has."""
    options: dict[str, Any] = {}
    if api != "fluid" and draw.random() < 0.9:
        options["reduction"] = draw.choice(("none", "mean", "sum"))
    if api == "torch" and draw.random() < 0.15:
        options[draw.choice(("size_average", "reduce"))] = draw.random() < 0.5
    if api in ("neutral", "fluid") and draw.random() < 0.4:
        options["ignore_index"] = draw.choice((-100, -1, 0, 1, 255, *(SENTINELS if api == "neutral" else ())))
        options["divisor"] = draw.choice(("counted", "all"))
    return options


def shape_of(draw: Random) -> tuple[int, ...]:
    """A shape of 0 to 5 dimensions, seldom empty."""
    dimensions = draw.choice((0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5))
    shape = [draw.choice((1, 2, 3, 4, 5)) for _ in range(dimensions)]
    while math.prod(shape) > 36:
        shape[shape.index(max(shape))] -= 1
    if shape and draw.random() < 0.04:
        shape[draw.randrange(dimensions)] = 0
    return tuple(shape)


def factor(draw: Random, dtype: str, shape: tuple[int, ...], mixed: bool) -> Tensor:
    """A weight that broadcasts to the shape: leading dimensions left out, others 1."""
    if mixed and draw.random() < 0.15:
        dtype = draw.choice(("float32", "float64"))
    kept = shape[draw.randint(0, len(shape)) :] if draw.random() < 0.5 else shape
    own = tuple(1 if draw.random() < 0.3 else length for length in kept)
    return Tensor(
        dtype, own, tuple(values(draw, dtype, math.prod(own), (hard, ordinary_factor, wide_factor)))
    )


def labels(draw: Random, dtype: str, count: int, options: dict[str, Any], api: str) -> list[float]:
    """Labels; with an ignored value, some of it. fluid ignores -100 unless it is told otherwise."""
    # What Paddle 2.0's formula loses beyond [0, 1] in double precision is told in docs/findings.md.
    beyond = () if (api, dtype) == ("paddle-2.0", "float64") else (outside, far)
    found = values(draw, dtype, count, (hard, hard, soft, *beyond))
    ignored = options.get("ignore_index")
    if ignored is not None:
        found = [round_float(float(ignored), dtype) if draw.random() < 0.3 else value for value in found]
    elif api == "fluid":
        found = [0.0 if value == -100.0 else value for value in found]
    return found


def logits(bounded: bool) -> tuple[Stratum, ...]:
    """The strata of logits; in double precision without those whose sums overflow on the way."""
    return (zero, tiny, ordinary, ordinary, saturating, wide if bounded else largest, infinite, nan)

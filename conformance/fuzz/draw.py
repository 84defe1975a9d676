"""Random calls over the strata of the cases. What is drawn is a case: a failing draw can be saved as one.

Draw ``number`` of ``seed`` depends on those two and on the API alone. Sizes are bounded: at most 36 distinct
elements a tensor, at most 10^4 repeats of up to 10 pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

from ..model import cases as data
from ..model.case import Case, Repeat, Tensor
from ..model.implementations import WIDE, Implementation, applies
from ..model.losses import DIFFERENCE, FIRST, LOSSES
from ..model.rounding import FORMATS, round_float

CLAUSE = (
    "loss = w [(1 - y) softplus(x) + p y softplus(-x)], its derivatives, and the reductions; drawn at random"
)
DIFFERENCES = "the loss of r = x - y, its derivatives, and the reductions; drawn at random"
SENTINELS = (0.1, -100.1, 60000.7, math.nan)
"""What is ignored besides numbers that every dtype holds: others are compared as the targets' dtype has them.
"""
REFUSALS = 0.06
"""The share of draws that a document refuses."""
LARGEST_FACTOR = 1e3
WIDEST = 1e150
"""Double precision has no wider accumulator, so sums in it are not drawn of numbers whose partial sums
overflow.
"""


def drawn(seed: int, place: int, implementation: Implementation) -> Case:
    """The call of this place in the sequence of this seed, for an implementation's API."""
    draw = Random(f"{seed}/{place}")
    identifier = data.named(implementation.row.loss, f"fuzz/{seed}/{place}")
    if draw.random() < REFUSALS:
        refused = [case for case in refusals() if applies(case, implementation)]
        if refused:
            return refusal(draw, identifier, draw.choice(refused))
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
        if tensor.dtype in FORMATS:
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


# Numbers, by stratum.

Stratum = Callable[[Random, str], float]


def values(draw: Random, dtype: str, count: int, strata: Sequence[Stratum]) -> list[float]:
    """Numbers of one to three of the strata, rounded to the dtype."""
    chosen = draw.sample(list(strata), min(len(strata), draw.choice((1, 2, 3))))
    return [round_float(draw.choice(chosen)(draw, dtype), dtype) for _ in range(count)]


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


def sign(draw: Random) -> float:
    """1 or -1."""
    return draw.choice((-1.0, 1.0))


def logarithmic(draw: Random, low: float, high: float) -> float:
    """Between two bounds, each power as likely."""
    return math.exp(draw.uniform(math.log(low), math.log(high)))


def zero(draw: Random, dtype: str) -> float:
    """Zero of either sign."""
    return draw.choice((0.0, -0.0))


def tiny(draw: Random, dtype: str) -> float:
    """Subnormal, the smallest normal, or anything up to 1e-3."""
    least = FORMATS[dtype].smallest
    size = draw.choice((FORMATS[dtype].subnormal, least, logarithmic(draw, least, 1e-3)))
    return sign(draw) * size


def ordinary(draw: Random, dtype: str) -> float:
    """Within [-10, 10]: even, whole, or small."""
    return draw.choice(
        (draw.uniform(-10.0, 10.0), float(draw.randint(-10, 10)), sign(draw) * logarithmic(draw, 1e-3, 10.0))
    )


def saturating(draw: Random, dtype: str) -> float:
    """Where the sigmoid is nearly 0 or 1."""
    # In double precision only where e^-|x| is no subnormal number, which a coefficient would magnify
    # (docs/numerics.md).
    return sign(draw) * logarithmic(draw, 10.0, 700.0 if dtype == "float64" else 1e3)


def largest(draw: Random, dtype: str) -> float:
    """From 1e3 to the largest number of the dtype."""
    most = FORMATS[dtype].largest
    return sign(draw) * (most if draw.random() < 0.3 else logarithmic(draw, 1e3, most))


def wide(draw: Random, dtype: str) -> float:
    """From 1e3 to where sums in double precision stay finite."""
    return sign(draw) * logarithmic(draw, 1e3, WIDEST)


def infinite(draw: Random, dtype: str) -> float:
    """Infinity of either sign."""
    return sign(draw) * math.inf


def nan(draw: Random, dtype: str) -> float:
    """NaN among ordinary numbers."""
    return math.nan if draw.random() < 0.3 else draw.uniform(-10.0, 10.0)


def hard(draw: Random, dtype: str) -> float:
    """0 or 1."""
    return draw.choice((0.0, 1.0))


def soft(draw: Random, dtype: str) -> float:
    """Between 0 and 1, often close to one of them."""
    return draw.choice((draw.random(), logarithmic(draw, 1e-6, 0.1), 1.0 - logarithmic(draw, 1e-6, 0.1), 0.5))


def outside(draw: Random, dtype: str) -> float:
    """A little below 0 or above 1."""
    return draw.choice((draw.uniform(-2.0, 0.0), draw.uniform(1.0, 3.0)))


def far(draw: Random, dtype: str) -> float:
    """What people mark elements with."""
    return draw.choice((-100.0, 255.0, -1.0, 2.0, 10.0))


def ordinary_factor(draw: Random, dtype: str) -> float:
    """A weight as people use it."""
    return draw.uniform(0.1, 5.0)


def wide_factor(draw: Random, dtype: str) -> float:
    """A weight of any order of magnitude up to 1e3 either way."""
    return logarithmic(draw, 1 / LARGEST_FACTOR, LARGEST_FACTOR)

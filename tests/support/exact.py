"""The exact loss and its derivatives, one element at a time, by the conformance suite's oracle; and distances
from them in ULP.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, NamedTuple

from compatlosses.conformance.oracle.jets import ENDLESS, Jet, arguments, exp, log1p, mp
from compatlosses.conformance.oracle.textbook import binary_cross_entropy_with_logits

mpf = mp.mpf


class Exact(NamedTuple):
    """An exact value, and the largest of the terms that it is a sum of: what rounding errors are proportional
    to.
    """

    value: Any
    scale: Any


def summed(terms: Iterable[Any]) -> Exact:
    """The sum of exact terms."""
    found = list(terms)
    sizes = [abs(term) for term in found if abs(term) < ENDLESS]
    return Exact(limit(mp.fsum(found)), max(sizes, default=mpf(0)))


def limit(value: Any) -> Any:
    """A number; what is endless is infinite."""
    return mp.inf * mp.sign(value) if abs(value) > ENDLESS else value


@lru_cache(maxsize=10_000)
def softplus_of(x: float) -> Jet:
    """log(1 + e^x), whose derivative is 1 / (1 + e^-x)."""
    return log1p(exp(arguments((x,))[0]))


def softplus(x: float) -> Any:
    """log(1 + e^x)."""
    return limit(softplus_of(x).value)


def sigmoid(x: float) -> Any:
    """1 / (1 + e^-x)."""
    return softplus_of(x).slopes[0]


def slope_of_sigmoid(x: float) -> Any:
    """Its derivative."""
    return softplus_of(x).bend


@lru_cache(maxsize=50_000)
def terms_of(x: float, y: float, w: float, p: float) -> tuple[Jet, ...]:
    """The terms of the loss of one element."""
    return binary_cross_entropy_with_logits(*arguments((x, y, w, p)))


def loss(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """The loss of one element."""
    return summed(term.value for term in terms_of(x, y, w, p))


def slope(place: int, x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its derivative by the argument at a place."""
    return summed(term.slopes[place] for term in terms_of(x, y, w, p))


d_logits, d_targets, d_weight, d_pos_weight = [partial(slope, place) for place in range(4)]


def d2_logits(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its second derivative by the logit."""
    return summed(term.bend for term in terms_of(x, y, w, p))


def d2_logits_targets(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its mixed second derivative by the logit and the target: the loss is a line in the target, so that the
    slope at target 1 less that at target 0 is the same everywhere.
    """
    ends = [*terms_of(x, 1.0, w, p), *(-term for term in terms_of(x, 0.0, w, p))]
    return summed(term.slopes[0] for term in ends)


DERIVATIVES: dict[str, Callable[..., Exact]] = {
    "logits": d_logits,
    "targets": d_targets,
    "weight": d_weight,
    "pos_weight": d_pos_weight,
}

_PRECISION = {"float16": (11, -14), "bfloat16": (8, -126), "float32": (24, -126), "float64": (53, -1022)}
LARGEST = {
    "float16": 65504.0,
    "bfloat16": float(mpf(2) ** 128 - mpf(2) ** 120),
    "float32": float(mpf(2) ** 128 - mpf(2) ** 104),
    "float64": float(mpf(2) ** 1024 - mpf(2) ** 971),
}
SMALLEST = {"float16": 2.0**-24, "bfloat16": 2.0**-133, "float32": 2.0**-149, "float64": 5e-324}


def ulps(got: float, exact: Exact, dtype: str) -> float:
    """|got - exact| in units of the spacing of ``dtype`` at the exact value, or at its largest term where
    terms cancel.

    NaN for NaN and infinity for infinity are 0; a finite value beyond the largest of ``dtype`` rounds to
    infinity.
    """
    value = exact.value
    if mp.isnan(value):
        return 0.0 if math.isnan(got) else math.inf
    if math.isnan(got):
        return math.inf
    if mp.isinf(value):
        return 0.0 if got == value else math.inf
    bits, lowest = _PRECISION[dtype]
    size = max(abs(value), exact.scale)
    exponent = lowest if size == 0 else max(mp.frexp(size)[1] - 1, lowest)
    spacing = mpf(2) ** (exponent - bits + 1)
    if abs(value) >= LARGEST[dtype] + spacing / 2:
        return 0.0 if math.isinf(got) and got * value > 0 else math.inf
    return float(abs(mpf(got) - value) / spacing)


def worst(got: Iterable[float], expected: Iterable[Exact], dtype: str) -> tuple[float, int]:
    """The largest distance in ULP, and the index of its element."""
    distances = [ulps(float(g), e, dtype) for g, e in zip(got, expected, strict=True)]
    at = max(range(len(distances)), key=distances.__getitem__)
    return distances[at], at

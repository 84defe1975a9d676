"""The exact loss and its derivatives, by mpmath, one element at a time, and distances from them in ULP.

Written from the definition -[p y log s + (1 - y) log(1 - s)] with s = 1 / (1 + e^-x), not from the library's
formula. Zero coefficients remove their term, infinite logits are limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mpmath.ctx_mp import MPContext

# A context of its own: the precision of mpmath's shared one belongs to the conformance suite's oracle.
mp = MPContext()
mp.prec = 240
mpf = mp.mpf

Number = Any
"""A multiprecision number or a float."""


def minus_log_sigmoid(x: float) -> mpf:
    """-log(1 / (1 + e^-x)), which is softplus(-x)."""
    if math.isnan(x):
        return mp.nan
    if math.isinf(x):
        return mpf(0) if x > 0 else mp.inf
    return mp.log1p(mp.exp(-mpf(x))) if x > -200 else -mpf(x) + mp.log1p(mp.exp(mpf(x)))


def sigmoid(x: float) -> mpf:
    """1 / (1 + e^-x)."""
    if math.isnan(x):
        return mp.nan
    if math.isinf(x):
        return mpf(1) if x > 0 else mpf(0)
    return 1 / (1 + mp.exp(-mpf(x)))


class Exact(NamedTuple):
    """An exact value, and the largest of the terms that it is a sum of: what rounding errors are proportional
    to.
    """

    value: mpf
    scale: mpf


def times(*factors: Number) -> mpf:
    """The product; 0 if a factor is 0 and none is NaN."""
    values = [mpf(factor) for factor in factors]
    if any(mp.isnan(value) for value in values):
        return mp.nan
    if any(value == 0 for value in values):
        return mpf(0)
    product = mpf(1)
    for value in values:
        product *= value
    return product


def weighted(w: float, a: mpf, b: mpf) -> Exact:
    """w (a + b)."""
    terms = [times(w, a), times(w, b)]
    return Exact(times(w, a + b), max((abs(term) for term in terms if mp.isfinite(term)), default=mpf(0)))


def loss(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """The loss of one element."""
    return weighted(w, times(p, y, minus_log_sigmoid(x)), times(1 - mpf(y), minus_log_sigmoid(-x)))


def d_logits(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its derivative by the logit."""
    return weighted(w, times(1 - mpf(y), sigmoid(x)), -times(p, y, sigmoid(-x)))


def d_targets(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its derivative by the target."""
    return weighted(w, times(p, minus_log_sigmoid(x)), -minus_log_sigmoid(-x))


def d_weight(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its derivative by the weight."""
    return loss(x, y, 1.0, p)


def d_pos_weight(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its derivative by the positive weight."""
    return weighted(w, times(y, minus_log_sigmoid(x)), mpf(0))


def d2_logits(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its second derivative by the logit."""
    spread = times(sigmoid(x), sigmoid(-x))
    return weighted(w, times(1 - mpf(y), spread), times(p, y, spread))


def d2_logits_targets(x: float, y: float, w: float = 1.0, p: float = 1.0) -> Exact:
    """Its mixed second derivative by the logit and the target."""
    return weighted(w, -sigmoid(x), -times(p, sigmoid(-x)))


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
    exponent = lowest if size == 0 else max(int(mp.floor(mp.log(size, 2))), lowest)
    spacing = mpf(2) ** (exponent - bits + 1)
    if abs(value) >= LARGEST[dtype] + spacing / 2:
        return 0.0 if math.isinf(got) and got * value > 0 else math.inf
    return float(abs(mpf(got) - value) / spacing)


def worst(got: Iterable[float], expected: Iterable[Exact], dtype: str) -> tuple[float, int]:
    """The largest distance in ULP, and the index of its element."""
    distances = [ulps(float(g), e, dtype) for g, e in zip(got, expected, strict=True)]
    at = max(range(len(distances)), key=distances.__getitem__)
    return distances[at], at

"""The exact softmax cross entropy of a row and its derivatives, by mpmath. See `exact`.

Written as -sum q_c log(e^x_c / sum_j e^x_j), not as the library has it. An infinite logit is a limit; where
infinities of one sign meet there is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from exact import Exact
from mpmath.ctx_mp import MPContext

mp = MPContext()
mp.prec = 240
mpf = mp.mpf

Row = Sequence[float]
Number = Any
"""A multiprecision number or a float."""


def times(*factors: Number) -> Number:
    """The product; 0 where a factor is 0 and none is NaN."""
    values = [mpf(factor) for factor in factors]
    if any(value == 0 for value in values) and not any(mp.isnan(value) for value in values):
        return mpf(0)
    return mp.fprod(values)


def probabilities(x: Row) -> list[Number]:
    """The softmax of a row."""
    if any(math.isnan(v) for v in x) or x.count(math.inf) > 1 or all(v == -math.inf for v in x):
        return [mp.nan] * len(x)
    if math.inf in x:
        return [mpf(1 if v == math.inf else 0) for v in x]
    powers = [mpf(0) if v == -math.inf else mp.exp(mpf(v)) for v in x]
    total = mp.fsum(powers)
    return [power / total for power in powers]


def others(p: Sequence[Number]) -> list[Number]:
    """For each class the sum of all numbers but its own."""
    total = mp.fsum(p)
    # A difference would have no digits of what lies beyond those of the precision.
    return [
        mp.fsum([*p[:c], *p[c + 1 :]]) if abs(total - v) < abs(total) / 2 else total - v
        for c, v in enumerate(p)
    ]


def surprise(p: Sequence[Number], c: int) -> Number:
    """Minus the logarithm of the probability of class c."""
    if mp.isnan(p[c]):
        return mp.nan
    if p[c] == 0:
        return mp.inf
    return -mp.log1p(-mp.fsum([*p[:c], *p[c + 1 :]])) if p[c] > 0.5 else -mp.log(p[c])


def one_hot(y: int, classes: int) -> list[float]:
    """The probabilities that an index stands for."""
    return [1.0 if c == y else 0.0 for c in range(classes)]


def smoothed(q: Row, s: float) -> list[Number]:
    """Probabilities moved towards one that is the same for all classes."""
    return [mpf(v) * (1 - mpf(s)) + mpf(s) / len(q) for v in q]


def term(q: Number, w: float, p: Sequence[Number], c: int) -> Number:
    """The part of class c in a row's loss."""
    return p[c] * 0 if q == 0 else times(w, q, surprise(p, c))


def loss(x: Row, q: Sequence[Number], w: Row | None = None) -> Exact:
    """The loss of a row with a number for each class."""
    p = probabilities(x)
    terms = [term(v, 1 if w is None else w[c], p, c) for c, v in enumerate(q)]
    return Exact(mp.fsum(terms), max((abs(term) for term in terms if mp.isfinite(term)), default=mpf(0)))


def d_logits(x: Row, q: Sequence[Number], w: Row | None = None) -> list[Exact]:
    """Its derivatives by the logits."""
    p = probabilities(x)
    v = [times(1 if w is None else w[c], target) for c, target in enumerate(q)]
    found = []
    for c, (other, rest) in enumerate(zip(others(v), others(p), strict=True)):
        a, b = times(p[c], other), times(v[c], rest)
        found.append(Exact(a - b, max(abs(a), abs(b)) if mp.isfinite(a) else mpf(0)))
    return found


def d_targets(x: Row, w: Row | None = None) -> list[Exact]:
    """Its derivatives by the targets."""
    p = probabilities(x)
    return [Exact(times(1 if w is None else w[c], surprise(p, c)), mpf(0)) for c in range(len(x))]


def d2_logits(x: Row, q: Sequence[Number], a: int, b: int) -> Exact:
    """Its second derivative by two logits."""
    p, total = probabilities(x), mp.fsum([mpf(v) for v in q])
    value = p[a] * others(p)[a] if a == b else -p[a] * p[b]
    return Exact(total * value, mpf(0))

"""Numbers that carry their derivatives along: the oracle states a loss and never a derivative.

A `Jet` is a value with its derivatives by each argument and its second derivative by the first. Arithmetic is
mpmath's. An infinite argument is one of 10^2000, beyond what any format can tell from infinity, so that no
limit is written by hand; a difference of two such numbers is NaN, as that of two infinities, and a factor of
0 makes a product 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mpmath.ctx_mp import MPContext

from ..model.rounding import POINT, Exact

mp = MPContext()
"""A context of its own: the precision of mpmath's shared one belongs to whoever else is in the process."""
mp.prec = 1500
"""Enough to tell 700 + e^-700 from 700: it decides which way a tie rounds in half precision."""
Mpf = Any
"""A number of that context; mpmath has no types."""

ZERO, ONE = mp.mpf(0), mp.mpf(1)
FAR = mp.mpf(10) ** 2000
ENDLESS = mp.mpf(10) ** 1000
"""What is farther than this counts as infinite."""


@dataclass(frozen=True, slots=True)
class Jet:
    """A number, its derivatives by the arguments, and the second by the first of them."""

    value: Mpf
    slopes: tuple[Mpf, ...]
    bend: Mpf = ZERO

    def __add__(self, other: Jet | float) -> Jet:
        b = self._lifted(other)
        slopes = tuple([_plus(p, q) for p, q in zip(self.slopes, b.slopes, strict=True)])
        return Jet(_sum(self.value, b.value), slopes, _plus(self.bend, b.bend))

    def __mul__(self, other: Jet | float) -> Jet:
        b = self._lifted(other)
        slopes = tuple(
            [
                _plus(_times(p, b.value), _times(q, self.value))
                for p, q in zip(self.slopes, b.slopes, strict=True)
            ]
        )
        both = _times(_times(self.slopes[0], b.slopes[0]), 2)
        bend = _plus(_plus(_times(self.bend, b.value), both), _times(b.bend, self.value))
        return Jet(self.value * b.value, slopes, bend)

    def __neg__(self) -> Jet:
        return Jet(-self.value, tuple([_times(slope, -1) for slope in self.slopes]), _times(self.bend, -1))

    def __sub__(self, other: Jet | float) -> Jet:
        return self + -self._lifted(other)

    def __rsub__(self, other: float) -> Jet:
        return -self + other

    def __truediv__(self, other: Jet | float) -> Jet:
        b = self._lifted(other)
        return self * b.through(1 / b.value, -1 / b.value**2, 2 / b.value**3)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rtruediv__(self, other: float) -> Jet:
        return self._lifted(other) / self

    def through(self, value: Mpf, slope: Mpf, bend: Mpf) -> Jet:
        """A function of this number, given its value and two derivatives there."""
        curved = _times(_times(self.slopes[0], self.slopes[0]), bend)
        return Jet(
            value, tuple([_times(own, slope) for own in self.slopes]), _plus(_times(self.bend, slope), curved)
        )

    def _lifted(self, other: Jet | float) -> Jet:
        return other if isinstance(other, Jet) else Jet(mp.mpf(other), (ZERO,) * len(self.slopes))


def _plus(a: Mpf, b: Mpf) -> Mpf:
    """The sum of two derivatives."""
    return b if a is ZERO else a if b is ZERO else a + b


def _times(derivative: Mpf, factor: Mpf) -> Mpf:
    """A derivative times a factor. Of what does not depend on an argument it is 0, beside NaN too."""
    return ZERO if derivative is ZERO or factor is ZERO else derivative * factor


def _sum(a: Mpf, b: Mpf) -> Mpf:
    """a + b; NaN where both are endless and opposite."""
    if abs(a) > ENDLESS and abs(b) > ENDLESS and (a > 0) != (b > 0):
        return mp.nan
    return a + b


def arguments(values: Sequence[float]) -> list[Jet]:
    """The arguments of a loss as jets."""
    count = len(values)
    return [
        Jet(_near(value), tuple([ONE if k == i else ZERO for k in range(count)]))
        for i, value in enumerate(values)
    ]


def _near(value: float) -> Mpf:
    return FAR if value == math.inf else -FAR if value == -math.inf else mp.mpf(value)


def exp(a: Jet) -> Jet:
    """e^a."""
    e = power(a.value._mpf_)
    return a.through(e, e, e)


@lru_cache(maxsize=20_000)
def power(parts: tuple[int, ...]) -> Mpf:
    """e to a number of these parts: mpmath's own hash of a number takes many for one."""
    value = mp.make_mpf(parts)
    # Of an infinite argument only the size matters.
    return mp.exp(value) if not abs(value) > ENDLESS else mp.ldexp(1, int(value / mp.ln2))


def log(a: Jet) -> Jet:
    """The natural logarithm."""
    return a.through(mp.log(a.value), 1 / a.value, -1 / a.value**2)


def log1p(a: Jet) -> Jet:
    """log(1 + a), true for small a."""
    rest = 1 / (1 + a.value)
    return a.through(log1p_of(a.value._mpf_), rest, -(rest**2))


@lru_cache(maxsize=20_000)
def log1p_of(parts: tuple[int, ...]) -> Mpf:
    """log(1 + a number of these parts)."""
    return mp.log1p(mp.make_mpf(parts))


def absolute(a: Jet) -> Jet:
    """|a|, with the subgradient of least norm, 0, at 0."""
    return a if a.value > 0 else -a if a.value < 0 else a.through(a.value, ZERO * a.value, ZERO)


def choose(condition: bool, a: Callable[[], Jet], b: Callable[[], Jet]) -> Jet:
    """One of two pieces of a loss."""
    return a() if condition else b()


def fixed(value: Mpf) -> Exact:
    """A number as a count of 2**-POINT; what is endless, as infinite."""
    if mp.isnan(value):
        return math.nan
    if abs(value) > ENDLESS:
        return math.inf if value > 0 else -math.inf
    sign, mantissa, exponent, _ = value._mpf_
    shift = exponent + POINT
    size: int = int(mantissa) << shift if shift >= 0 else int(mantissa) >> -shift
    return -size if sign else size

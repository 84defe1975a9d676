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
        slopes = tuple([p + q for p, q in zip(self.slopes, b.slopes, strict=True)])
        return Jet(_sum(self.value, b.value), slopes, self.bend + b.bend)

    def __mul__(self, other: Jet | float) -> Jet:
        b = self._lifted(other)
        slopes = tuple([p * b.value + self.value * q for p, q in zip(self.slopes, b.slopes, strict=True)])
        bend = self.bend * b.value + 2 * self.slopes[0] * b.slopes[0] + self.value * b.bend
        return Jet(self.value * b.value, slopes, bend)

    def __neg__(self) -> Jet:
        return Jet(-self.value, tuple([-slope for slope in self.slopes]), -self.bend)

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
        return Jet(
            value, tuple([slope * own for own in self.slopes]), slope * self.bend + bend * self.slopes[0] ** 2
        )

    def _lifted(self, other: Jet | float) -> Jet:
        return other if isinstance(other, Jet) else Jet(mp.mpf(other), (ZERO,) * len(self.slopes))


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
    """e^a.

    Of a number in the millions only the size matters: no format holds it, and its logarithm has the same
    digits.
    """
    e = mp.exp(a.value) if not abs(a.value) > 1e6 else mp.ldexp(1, int(a.value / mp.ln2))
    return a.through(e, e, e)


def log(a: Jet) -> Jet:
    """The natural logarithm."""
    return a.through(mp.log(a.value), 1 / a.value, -1 / a.value**2)


def log1p(a: Jet) -> Jet:
    """log(1 + a), true for small a."""
    rest = 1 / (1 + a.value)
    return a.through(mp.log1p(a.value), rest, -(rest**2))


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

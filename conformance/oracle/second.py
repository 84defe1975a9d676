"""A second oracle, derived otherwise: to check the first on every case.

It works in decimal arithmetic on loss = w [(1 - y) x + (1 + (p - 1) y) softplus(-x)], the other algebraic
form, whose terms cancel; enough digits make that harmless. Derivatives are not formulas here: the form is
computed on numbers that carry their derivatives along. An infinite logit is a logit of 10^2000, beyond what
any format can tell from infinity.
"""

from __future__ import annotations

import decimal
import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from ..model.rounding import POINT, Exact
from .exact import Quantities

CONTEXT = decimal.Context(prec=2500, Emin=-(10**9), Emax=10**9, traps=[decimal.InvalidOperation])
ZERO, ONE = Decimal(0), Decimal(1)
FAR = Decimal(10) ** 2000
SETTLED = 3000
"""Beyond this logit, e^-|x| is below every format and softplus is the positive part."""


@dataclass(frozen=True)
class Jet:
    """A number with its derivatives by x, y, w and p, and the second by x."""

    value: Decimal
    slope: tuple[Decimal, Decimal, Decimal, Decimal]
    bend: Decimal = ZERO

    def __add__(self, other: Jet) -> Jet:
        slope = [a + b for a, b in zip(self.slope, other.slope, strict=True)]
        return Jet(self.value + other.value, (slope[0], slope[1], slope[2], slope[3]), self.bend + other.bend)

    def __mul__(self, other: Jet) -> Jet:
        slope = [a * other.value + self.value * b for a, b in zip(self.slope, other.slope, strict=True)]
        bend = self.bend * other.value + 2 * self.slope[0] * other.slope[0] + self.value * other.bend
        return Jet(self.value * other.value, (slope[0], slope[1], slope[2], slope[3]), bend)

    def __neg__(self) -> Jet:
        return constant(-ONE) * self


def constant(value: Decimal) -> Jet:
    """A number that depends on nothing."""
    return Jet(value, (ZERO, ZERO, ZERO, ZERO))


def variable(value: Decimal, place: int) -> Jet:
    """One of the arguments."""
    slope = [ONE if place == index else ZERO for index in range(4)]
    return Jet(value, (slope[0], slope[1], slope[2], slope[3]))


def log_of_one_and_exp_of_minus(x: Decimal) -> Jet:
    """ln(1 + e^-x) with its derivatives by x."""
    if x > SETTLED:
        return Jet(ZERO, (ZERO,) * 4)
    if x < -SETTLED:
        return Jet(-x, (-ONE, ZERO, ZERO, ZERO))
    small = (-x).exp()
    share = small / (1 + small)
    return Jet((1 + small).ln(), (-share, ZERO, ZERO, ZERO), share * (1 - share))


def digits(x: float) -> int:
    """How many digits keep what cancels in an element apart: those of e^-|x|, or of a tiny or a huge logit
    beside 1.
    """
    if math.isinf(x):
        return 2500
    if x and not 1e-15 < abs(x) < 1e15:
        return 1100
    return 150 + int(min(abs(x), 1000.0))


def element(x: float, y: float, w: float, p: float, formula: str) -> Quantities:
    """As `oracle.element`, each quantity one exact number.

    A NaN argument is followed by hand: jets of NaN say nothing.
    """
    if any(math.isnan(value) for value in (y, w, p)):
        raise ValueError("the second oracle takes NaN in the logit alone")
    if math.isnan(x):
        names = ("value", "logits", "targets", "weight", "pos_weight", "second")
        return {name: (math.nan,) for name in names}
    return dict(
        zip(
            ("value", "logits", "targets", "weight", "pos_weight", "second"),
            finite(x, y, w, p, formula),
            strict=True,
        )
    )


@lru_cache(maxsize=100_000)
def finite(x: float, y: float, w: float, p: float, formula: str) -> tuple[tuple[Exact], ...]:
    """The quantities of an element without NaN."""
    with decimal.localcontext(CONTEXT):
        # Few digits do where nothing cancels to below them; the smallest e^x asks for most.
        decimal.getcontext().prec = digits(x)
        at = FAR.copy_sign(Decimal(x)) if math.isinf(x) else Decimal(x)
        logit, label, weight, positive = (
            variable(value, i) for i, value in enumerate((at, Decimal(y), Decimal(w), Decimal(p)))
        )
        tail = log_of_one_and_exp_of_minus(at)
        rest = constant(ONE) + -label
        extra = (positive + constant(-ONE)) * label + constant(ONE)
        loss = (
            weight * extra * (rest * logit + tail)
            if formula == "whole"
            else weight * (rest * logit + extra * tail)
        )
        return tuple((fixed(value),) for value in (loss.value, *loss.slope, loss.bend))


def fixed(value: Decimal) -> Exact:
    """A decimal as a count of 2**-POINT; what is as far as a far logit, as infinite."""
    if not value or value.adjusted() < -450:
        return 0
    if value.adjusted() > 1000:
        return math.inf if value > 0 else -math.inf
    with decimal.localcontext(CONTEXT):
        return int((value * Decimal(2) ** POINT).to_integral_value())

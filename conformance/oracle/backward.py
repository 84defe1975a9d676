"""Numbers that remember what they were made of: derivatives by many arguments at once.

A `Number` is a value with the numbers that it was made of, and its derivative by each of them; the chain rule
carries derivatives back from a result to all arguments. Arithmetic is mpmath's. An infinite argument is one
of 10^2000, as in `jets`, so that no limit is written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

from .jets import FAR, ONE, ZERO, Mpf, log1p_of, mp, power

Made = tuple["Number", Mpf]
"""A number that another was made of, and the derivative by it."""


class Tape:
    """The numbers of one computation, in the order in which they were made."""

    def __init__(self) -> None:
        self.numbers: list[Number] = []

    def number(self, value: Mpf, *made_of: Made) -> Number:
        """A new number; without what it was made of, an argument."""
        made = Number(self, value, made_of)
        self.numbers.append(made)
        return made

    def total(self, terms: Sequence[Number]) -> Number:
        """The sum."""
        return self.number(mp.fsum([term.value for term in terms]), *[(term, ONE) for term in terms])

    def carry_back(self, result: Number) -> None:
        """Give each number the derivative of the result by it, and the sum of the sizes of its terms."""
        for number in self.numbers:
            number.slope = number.size = ZERO
        result.slope = result.size = ONE
        for number in reversed(self.numbers):
            if number.size != 0:
                for other, slope in number.made_of:
                    other.slope += slope * number.slope
                    other.size += abs(slope) * number.size


class Number:
    """A value, and where it comes from."""

    __slots__ = ("made_of", "size", "slope", "tape", "value")

    def __init__(self, tape: Tape, value: Mpf, made_of: tuple[Made, ...]) -> None:
        self.tape, self.value, self.made_of = tape, value, made_of
        self.slope: Mpf = ZERO
        self.size: Mpf = ZERO

    def __add__(self, other: Number) -> Number:
        return self.tape.number(self.value + other.value, (self, ONE), (other, ONE))

    def __mul__(self, other: Number) -> Number:
        return self.tape.number(self.value * other.value, (self, other.value), (other, self.value))

    def __truediv__(self, other: Number) -> Number:
        ratio = self.value / other.value
        return self.tape.number(ratio, (self, 1 / other.value), (other, -ratio / other.value))

    def __neg__(self) -> Number:
        return self.tape.number(-self.value, (self, -ONE))

    def line(self, factor: Mpf, constant: Mpf) -> Number:
        """The number times a factor, plus a constant."""
        return self.tape.number(self.value * factor + constant, (self, factor))


def near(value: float) -> Mpf:
    """An argument; an infinite one as a far one."""
    return FAR if value == float("inf") else -FAR if value == -float("inf") else mp.mpf(value)


def exp(a: Number) -> Number:
    """e^a"""
    e = power(a.value._mpf_)
    return a.tape.number(e, (a, e))


def log(a: Number) -> Number:
    """The natural logarithm; endless at 0"""
    if a.value == 0:
        return a.tape.number(-FAR, (a, FAR))
    return a.tape.number(mp.log(a.value), (a, 1 / a.value))


def log1p(a: Number) -> Number:
    """log(1 + a), true for small a"""
    return a.tape.number(log1p_of(a.value._mpf_), (a, 1 / (1 + a.value)))

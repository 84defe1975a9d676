"""Rounding once: exact numbers to the float formats, by integers alone.

An exact number is an integer count of 2**-POINT, or a float that is infinite or NaN. POINT leaves 326 bits
below the smallest float64, so that neither a rounding nor a distance in ULPs ever sees the end of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

POINT = 1400
Exact = int | float
"""A count of 2**-POINT; a float only for what no integer is."""


@dataclass(frozen=True)
class Format:
    """A binary float format: bits of precision, and exponents of its least and greatest normal numbers."""

    precision: int
    least: int
    greatest: int

    @property
    def largest(self) -> float:
        return math.ldexp(2.0 - math.ldexp(1.0, 1 - self.precision), self.greatest)

    @property
    def smallest(self) -> float:
        return math.ldexp(1.0, self.least)

    @property
    def subnormal(self) -> float:
        return math.ldexp(1.0, self.least - self.precision + 1)


FORMATS = {
    "float16": Format(11, -14, 15),
    "bfloat16": Format(8, -126, 127),
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
}


def fixed(value: float) -> Exact:
    """A float as an exact number."""
    if not math.isfinite(value):
        return value
    top, bottom = value.as_integer_ratio()
    return (top << POINT) // bottom


def last_place(value: Exact, dtype: str) -> int:
    """The exponent of the spacing of the format at the value; at its greatest beyond."""
    form = FORMATS[dtype]
    if isinstance(value, float):
        return form.greatest - form.precision + 1
    exponent = abs(value).bit_length() - 1 - POINT if value else form.least
    return min(max(exponent, form.least), form.greatest) - form.precision + 1


def rounded(value: Exact, dtype: str) -> float:
    """The nearest number of the format, ties to even; infinite where that is beyond the largest."""
    if isinstance(value, float):
        return value
    place = last_place(value, dtype)
    shift = place + POINT
    whole, rest = divmod(abs(value), 1 << shift)
    half = 1 << (shift - 1)
    if rest > half or (rest == half and whole & 1):
        whole += 1
    sign = -1.0 if value < 0 else 1.0
    if whole.bit_length() + place > FORMATS[dtype].greatest + 1:
        return sign * math.inf
    return sign * math.ldexp(whole, place)


def round_float(value: float, dtype: str) -> float:
    """A float64 rounded to a format; the sign of zero kept."""
    if value == 0.0:
        return value
    return math.copysign(rounded(fixed(value), dtype), value) if math.isfinite(value) else value


def remainder(value: Exact) -> tuple[float, float]:
    """The value as a float64 and what that leaves, also as one."""
    if isinstance(value, float):
        return value, 0.0
    head = rounded(value, "float64")
    if math.isinf(head):
        return head, 0.0
    rest = fixed(head)
    assert isinstance(rest, int)
    return head, rounded(value - rest, "float64")

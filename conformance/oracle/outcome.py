"""Exact arrays: rounded once, with what a result is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..model.rounding import Exact, last_place, remainder, rounded

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """An exact array: rounded to the dtype, as float64 with its remainder, and one ULP at each element."""

    shape: tuple[int, ...]
    rounded: Floats
    head: Floats
    rest: Floats
    ulp: Floats
    axis: int = -1
    """Of a loss of rows, the class axis of the logits, from 0 on."""


def exact_sum(terms: Sequence[Exact]) -> Exact:
    """The sum; NaN from NaN and from opposite infinities alone."""
    special = [term for term in terms if isinstance(term, float)]
    return sum(special) if special else sum(terms)


def scaled(value: Exact, factor: Fraction) -> Exact:
    """The value times the factor."""
    if isinstance(value, float):
        return value * float(factor)
    return value * factor.numerator // factor.denominator


def made(exact: list[Exact], size: list[Exact], shape: tuple[int, ...], dtype: str) -> Outcome:
    """An outcome from exact numbers.

    A ULP is the spacing at the sum of the terms' sizes: the value's own if none cancels.
    """
    pairs = [remainder(value) for value in exact]
    return Outcome(
        shape,
        np.array([rounded(value, dtype) for value in exact], float),
        np.array([pair[0] for pair in pairs], float),
        np.array([pair[1] for pair in pairs], float),
        np.array([2.0 ** last_place(value, dtype) for value in size], float),
    )

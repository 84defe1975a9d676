"""Sums of a block and of the blocks, in an order that follows from the number of elements alone."""

from __future__ import annotations

import numpy as np

from . import scalar
from .pieces import inner

BLOCK = 1024


@inner
def fill(numbers, first, last, number):  # type: ignore[no-untyped-def]
    """A number to some places of a row. Numba compiles the assignment to a slice with all the words of the
    error that another shape would be, which takes a second.
    """
    for i in range(first, last):
        numbers[i] = number


@inner
def put(pairs, place, pair):  # type: ignore[no-untyped-def]
    """A pair to a row of two. It is no slice, for the same reason."""
    pairs[place, 0], pairs[place, 1] = pair


@inner
def tree_sum(values, n):  # type: ignore[no-untyped-def]
    """The sum of the first n of BLOCK float64, by halves, in place; rounding errors are left where
    they fall.
    """
    half = BLOCK
    while half >= 2 * n and half > 1:  # the rest would be zeros
        half //= 2
    fill(values, n, half, 0.0)
    while half > 1:
        half //= 2
        for i in range(half):
            values[i] = values[i] + values[half + i]
    return values[0], 0.0


@inner
def compensated_tree_sum(values, lost, n):  # type: ignore[no-untyped-def]
    """Like `tree_sum`, and what the roundings lost, in the scratch array ``lost``."""
    half = BLOCK
    while half >= 2 * n and half > 1:
        half //= 2
    fill(values, n, half, 0.0)
    fill(lost, 0, half, 0.0)
    while half > 1:
        half //= 2
        for i in range(half):
            a = values[i]
            b = values[half + i]
            s = a + b
            t = s - a
            values[i] = s
            lost[i] = (lost[i] + lost[half + i]) + ((a - (s - t)) + (b - t))
    return values[0], lost[0]


@inner
def quotient(partials, divisor):  # type: ignore[no-untyped-def]
    """The sum of pairs (block, 2) in order, over ``divisor``, rounded once. Infinities survive."""
    high = 0.0
    low = 0.0
    for i in range(partials.shape[0]):
        a = partials[i, 0]
        s = high + a
        t = s - high
        low += ((high - (s - t)) + (a - t)) + partials[i, 1]
        high = s
    if not np.isfinite(high):
        return high / divisor
    s = high + low
    low = low - (s - high)
    ratio = s / divisor
    return ratio + (scalar.fma(-ratio, divisor, s) + low) / divisor

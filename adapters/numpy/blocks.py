"""A computation by blocks of rows, whose temporaries stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

BLOCK = 8192
"""Elements of a block, at the least: 64 KiB of double."""


def by_blocks(function: Callable[..., Array], *inputs: Array | None) -> Array:
    """``function(*inputs)`` of some rows at a time, in double.

    The first input has a first axis, which that of all others goes with: it is as long, 1, or not there.
    """
    x = inputs[0]
    assert x is not None
    if x.size <= BLOCK or x.ndim == 0:
        return np.asarray(function(*inputs))
    count, rows = x.shape[0], max(1, BLOCK * x.shape[0] // x.size)
    first = np.asarray(function(*rows_of(inputs, x, 0, rows)))
    result = np.empty((count, *first.shape[1:]))
    result[:rows] = first
    for start in range(rows, count, rows):
        result[start : start + rows] = function(*rows_of(inputs, x, start, start + rows))
    return result


def rows_of(inputs: tuple[Array | None, ...], x: Array, start: int, end: int) -> list[Array | None]:
    """These rows of each input that has as many dimensions as ``x``; a single row is that of all."""
    return [a if a is None or a.ndim < x.ndim or a.shape[0] == 1 else a[start:end] for a in inputs]

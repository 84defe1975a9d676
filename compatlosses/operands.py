"""What the kernels are told of arrays: a row of integers each (see `memory`).

Working out the rows takes longer than a small loss does, so they are kept for the shapes, strides and dtypes
that come again; only the addresses are new each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Layout = tuple[np.dtype[Any], tuple[int, ...], tuple[int, ...]]
"""The dtype, shape and strides of an array."""

BFLOAT16 = np.dtype([("bfloat16", np.uint16)])
SUMMED = 4
ABSENT = [-1, 0, 0]


class Table(NamedTuple):
    """The operands' rows, and the memory that their addresses lead to: whoever holds the one holds
    the other.
    """

    rows: NDArray[np.int64]
    memory: list[Array | None]


def table(
    shape: tuple[int, ...],
    inputs: Sequence[Array | None],
    outputs: Sequence[Array | None],
    sums: Sequence[Array | None],
) -> Table:
    """The operands of a call. inputs broadcast to ``shape``; outputs are contiguous, the first the loss.

    sums: for each other output, what is summed in its place: two float64 for each element of its own shape.
    """
    # Loops, not comprehensions: each would be a call, and a small loss is mostly calls.
    layouts: list[Layout | None] = []
    written: list[tuple[np.dtype[Any], tuple[int, ...]] | None] = []
    memory: list[Array | None] = []
    for a in inputs:
        layouts.append(None if a is None else (a.dtype, a.shape, a.strides))
        memory.append(a)
    summed: list[bool] = []
    for i, out in enumerate(outputs):
        total = sums[i - 1] if i else None
        written.append(None if out is None else (out.dtype, out.shape))
        memory.append(out if total is None else total)
        if i:
            summed.append(total is not None)
    rows = template(shape, tuple(layouts), tuple(written), tuple(summed)).copy()
    for k, a in enumerate(memory):
        if a is not None:
            rows[k, 1] = a.__array_interface__["data"][0]
    return Table(rows, memory)


@lru_cache(maxsize=256)
def template(
    shape: tuple[int, ...],
    inputs: tuple[Layout | None, ...],
    outputs: tuple[tuple[np.dtype[Any], tuple[int, ...]] | None, ...],
    summed: tuple[bool, ...],
) -> NDArray[np.int64]:
    """The rows without addresses."""
    rows = [ABSENT if a is None else described(*a, shape) for a in inputs]
    for out, total in zip(outputs, (False, *summed), strict=True):
        if out is None:
            rows.append(ABSENT)
        else:
            rows.append(accumulator(out[1], shape) if total else [code(out[0]), 0, 0])
    width = max(map(len, rows)) + 1
    return np.array([row + [0] * (width - len(row)) for row in rows], np.int64)


def described(
    dtype: np.dtype[Any], own: tuple[int, ...], strides: tuple[int, ...], shape: tuple[int, ...]
) -> list[int]:
    """The row of an input, broadcast to ``shape``."""
    return [code(dtype), 0, *merged(own, strides, shape)]


def accumulator(own: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """The row of running sums over what ``own`` lacks of ``shape``."""
    like = np.empty(own)
    return [SUMMED, 0, *merged(own, tuple(stride // 8 for stride in like.strides), shape), like.size]


def address(array: Array) -> int:
    """Where its first element lies."""
    return int(array.__array_interface__["data"][0])


@lru_cache(maxsize=64)
def code(dtype: np.dtype[Any]) -> int:
    """The kernels' number for a floating dtype; -1 for any other."""
    names = ("float64", "float32", "float16", "bfloat16")
    name = "bfloat16" if dtype == BFLOAT16 else dtype.name
    return names.index(name) if name in names and dtype.isnative else -1


def readable(arrays: Sequence[Array | float | None]) -> list[Array | None]:
    """Arrays the kernels can read: themselves if they can be, else copies, in float64 what has another
    dtype.
    """
    found: list[Array | None] = []
    for a in arrays:
        if a is None:
            found.append(None)
        elif not isinstance(a, np.ndarray):
            found.append(np.array(a, np.float64))
        elif a.dtype.isnative and code(a.dtype) >= 0 and a.flags.aligned:
            found.append(a)
        else:
            found.append(copied(a))
    return found


def copied(a: Array) -> Array:
    """A copy in this machine's byte order, of float64 where the kernels lack the dtype."""
    if not a.dtype.isnative:
        a = a.astype(a.dtype.newbyteorder("="))
    return a.astype(np.float64) if code(a.dtype) < 0 else a.copy()


def merged(own: tuple[int, ...], strides: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """ndim, shape and strides of an array broadcast to ``shape``, in as few dimensions as can be."""
    missing = len(shape) - len(own)
    sizes: list[int] = []
    steps: list[int] = []
    for i, n in enumerate(shape):
        step = 0 if i < missing or own[i - missing] == 1 else strides[i - missing]
        if n == 1:
            continue
        if sizes and steps[-1] == step * n:
            sizes[-1] *= n
            steps[-1] = step
        else:
            sizes.append(n)
            steps.append(step)
    if not any(steps):
        return [0]
    return [len(sizes), *sizes, *steps]

"""What the loops of all losses of elements share: access to memory, what counts, sums. See `kernels` for the
rest.

The operands are the rows of a table (see `memory`), in the order of the constants below. An absent input is
1, an absent output is not computed. What a thread does with a block before and after the arithmetic of a loss
is compiled once for all losses and called by its address: merged into each of them it would cost seconds of
compilation a loss.
"""

from __future__ import annotations

from inspect import isfunction
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from ..kernels import entries
from ..memory import FLOAT32, FLOAT64, SUMMED, pointer, walk, write
from ..pieces import claimed, end, inner, join, leave
from ..scalar import IEEE, apart, inlined, set_mode
from ..sums import BLOCK, compensated_tree_sum, fill, tree_sum
from . import by_address, contiguous, logarithms, rows_scalar, words
from .by_address import call, called_by_address, merged
from .contiguous import contiguous_loops, owned

FIRST, SECOND, THIRD, WEIGHT, MASK, COTANGENT, LOSS, BY_FIRST, BY_SECOND, BY_THIRD, BY_WEIGHT, ROWS = range(
    12
)

LOST = ROWS * BLOCK
"""The place in scratch, behind a block of each operand, of what the roundings of a sum lost."""
SETTINGS = LOST + BLOCK
"""That of three numbers: whether a target is ignored, which one, and what the losses are divided by."""
INDEX = SETTINGS + 3
"""That of an integer for each dimension."""


@inner
def scratch_of(table, ignoring, ignored, divisor):  # type: ignore[no-untyped-def]
    """A thread's scratch memory."""
    scratch = np.empty(INDEX + table.shape[1])
    scratch[SETTINGS], scratch[SETTINGS + 1], scratch[SETTINGS + 2] = ignoring, ignored, divisor
    return scratch


@inner
def same(a, b):  # type: ignore[no-untyped-def]
    """Whether two numbers are equal; NaN is equal to NaN."""
    return a == b or (a != a and b != b)


@called_by_address(__name__)
def gather(rows, columns, block, size, scratch):  # type: ignore[no-untyped-def]
    """A block of the inputs into scratch; how many elements it has.

    What repeats as one number is read at block -1 alone.
    """
    table = carray(pointer(rows), (ROWS, columns), np.int64)
    values = carray(pointer(scratch), (ROWS, BLOCK), np.float64)
    index = carray(pointer(scratch + 8 * INDEX), (columns,), np.int64)
    start = max(block, 0) * BLOCK
    n = min(BLOCK, size - start)
    for k in range(LOSS):
        if block < 0 and table[k, 0] < 0:
            fill(values[k], 0, n, 1.0)
        elif table[k, 0] >= 0 and (table[k, 2] == 0) == (block < 0):
            walk(table[k], start, n, values[k], index)
    return n


@called_by_address(__name__)
def scatter(rows, columns, block, size, scratch):  # type: ignore[no-untyped-def]
    """Losses and gradients of a block to memory, 0 where an element does not count."""
    table = carray(pointer(rows), (ROWS, columns), np.int64)
    values = carray(pointer(scratch), (ROWS, BLOCK), np.float64)
    settings = carray(pointer(scratch + 8 * SETTINGS), (3,), np.float64)
    index = carray(pointer(scratch + 8 * INDEX), (columns,), np.int64)
    ignoring, ignored, divisor = settings[0] != 0.0, settings[1], settings[2]
    n = min(BLOCK, size - block * BLOCK)
    if ignoring or table[MASK, 0] >= 0:
        for j in range(n):
            if values[MASK, j] == 0.0 or (ignoring and same(values[SECOND, j], ignored)):
                for k in range(LOSS, ROWS):
                    values[k, j] = 0.0
    if table[LOSS, 0] >= 0 and divisor != 1.0:
        for j in range(n):
            values[LOSS, j] /= divisor
    for k in range(LOSS, ROWS):
        code = table[k, 0]
        if code == SUMMED:
            walk(table[k], block * BLOCK, n, values[k], index)
        elif code >= 0:
            item = 8 if code == FLOAT64 else 4 if code == FLOAT32 else 2
            write(code, table[k, 1] + block * BLOCK * item, values[k], n)
    return n


@called_by_address(__name__)
def summed(partials, block, size, scratch, exact):  # type: ignore[no-untyped-def]
    """The sum of a block's losses into its place among the partial sums."""
    place = carray(pointer(partials + 16 * block), (2,), np.float64)
    losses = carray(pointer(scratch + 8 * LOSS * BLOCK), (BLOCK,), np.float64)
    n = min(BLOCK, size - block * BLOCK)
    if exact:
        lost = carray(pointer(scratch + 8 * LOST), (BLOCK,), np.float64)
        place[0], place[1] = compensated_tree_sum(losses, lost, n)
    else:
        place[0], place[1] = tree_sum(losses, n)
    return n


@merged
def three(value, by_first, by_second, by_third, parameters, work):  # type: ignore[no-untyped-def]
    """The blocks of a loss of three inputs that this thread can claim. work: the job (see
    `elementwise.evaluated`) and scratch.
    """
    (gather, scatter, summed, exact, table, size, _, _, cotangent, divisor, partials, progress), memory = work
    rows, columns, place = table.ctypes.data, table.shape[1], memory.ctypes.data
    scratch = memory[:LOST].reshape((ROWS, BLOCK))
    scale = cotangent / divisor
    call(gather, (rows, columns, -1, size, place))
    x, y, z, w, g = scratch[FIRST], scratch[SECOND], scratch[THIRD], scratch[WEIGHT], scratch[COTANGENT]
    wants = table[LOSS, 0] >= 0 or partials.size > 0
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = call(gather, (rows, columns, block, size, place))
            if wants:
                for j in range(n):
                    scratch[LOSS, j] = value(x[j], y[j], z[j], w[j], *parameters)
            if table[BY_FIRST, 0] >= 0:
                for j in range(n):
                    slope = by_first(x[j], y[j], z[j], w[j], *parameters)
                    scratch[BY_FIRST, j] = slope * (g[j] * scale)
            if table[BY_SECOND, 0] >= 0:
                for j in range(n):
                    slope = by_second(x[j], y[j], z[j], w[j], *parameters)
                    scratch[BY_SECOND, j] = slope * (g[j] * scale)
            if table[BY_THIRD, 0] >= 0:
                for j in range(n):
                    slope = by_third(x[j], y[j], z[j], w[j], *parameters)
                    scratch[BY_THIRD, j] = slope * (g[j] * scale)
            if table[BY_WEIGHT, 0] >= 0:
                for j in range(n):
                    slope = value(x[j], y[j], z[j], 1.0, *parameters)
                    scratch[BY_WEIGHT, j] = slope * (g[j] * scale)
            call(scatter, (rows, columns, block, size, place))
            if partials.size:
                call(summed, (partials.ctypes.data, block, size, place, exact))
        first = claimed(progress, last)
    leave(progress)


@merged
def two(value, by_first, by_second, parameters, work):  # type: ignore[no-untyped-def]
    """The blocks of a loss of two inputs that this thread can claim. work: the job (see
    `elementwise.evaluated`) and scratch.
    """
    (gather, scatter, summed, exact, table, size, _, _, cotangent, divisor, partials, progress), memory = work
    rows, columns, place = table.ctypes.data, table.shape[1], memory.ctypes.data
    scratch = memory[:LOST].reshape((ROWS, BLOCK))
    scale = cotangent / divisor
    call(gather, (rows, columns, -1, size, place))
    x, y, w, g = scratch[FIRST], scratch[SECOND], scratch[WEIGHT], scratch[COTANGENT]
    losses, by_x, by_y, by_w = scratch[LOSS], scratch[BY_FIRST], scratch[BY_SECOND], scratch[BY_WEIGHT]
    wants = table[LOSS, 0] >= 0 or partials.size > 0
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = call(gather, (rows, columns, block, size, place))
            if wants:
                for j in range(n):
                    losses[j] = value(x[j], y[j], w[j], *parameters)
            if table[BY_FIRST, 0] >= 0:
                for j in range(n):
                    by_x[j] = by_first(x[j], y[j], w[j], *parameters) * (g[j] * scale)
            if table[BY_SECOND, 0] >= 0:
                for j in range(n):
                    by_y[j] = by_second(x[j], y[j], w[j], *parameters) * (g[j] * scale)
            if table[BY_WEIGHT, 0] >= 0:
                for j in range(n):
                    by_w[j] = value(x[j], y[j], 1.0, *parameters) * (g[j] * scale)
            call(scatter, (rows, columns, block, size, place))
            if partials.size:
                call(summed, (partials.ctypes.data, block, size, place, exact))
        first = claimed(progress, last)
    leave(progress)


@inner
def counted(gather, table, counting, counts, progress, memory):  # type: ignore[no-untyped-def]
    """How many elements of each block count, into ``counts``: of the blocks that this thread can claim.

    counting: how many elements there are, whether a target is ignored, and which.
    """
    size, ignoring, ignored = counting
    rows, columns, place = table.ctypes.data, table.shape[1], memory.ctypes.data
    scratch = memory[:LOST].reshape((ROWS, BLOCK))
    call(gather, (rows, columns, -1, size, place))
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = call(gather, (rows, columns, block, size, place))
            counts[block] = 0
            for j in range(n):
                counts[block] += not (
                    scratch[MASK, j] == 0.0 or (ignoring and same(scratch[SECOND, j], ignored))
                )
        first = claimed(progress, last)
    leave(progress)


_SOURCES = (__name__, *(each.__name__ for each in (by_address, contiguous, words, logarithms, rows_scalar)))
"""The modules whose code is compiled into all loops of elements."""


class Loops(NamedTuple):
    """The entry points of a loss: for contiguous arrays of float32, and for anything."""

    contiguous: Any
    general: Any


def loops(definition: ModuleType, module: str) -> Loops:
    """The compiled loops of a definition with two or three inputs, which belong to ``module``."""
    functions = [compiled(function) for function in definition.written(words)]
    two_inputs = len(functions) == 3
    blocks = owned(blocks_of_two(*functions) if two_inputs else blocks_of_three(*functions), module)

    def general(parameters, job):  # type: ignore[no-untyped-def]
        scratch = scratch_of(job[4], job[6], job[7], job[9])
        mode = set_mode(IEEE)
        blocks(parameters, (job, scratch))
        set_mode(mode)

    general.__module__ = module
    value, slope = [of_three(f) for f in functions[:2]] if two_inputs else functions[:2]
    sources = (definition.__name__, *_SOURCES)
    return Loops(contiguous_loops(value, slope, module, sources), entries(module, *sources)(general))


def of_three(function: Any) -> Any:
    """A function of two inputs as one of three, of which the third is not there."""

    def given_three(x, y, z, w, *parameters):  # type: ignore[no-untyped-def]
        return function(x, y, w, *parameters)

    return inlined(given_three)


def compiled(function: Any) -> Any:
    """A function of a definition, with those of the definition that it calls, for Numba."""
    for cell in function.__closure__ or ():
        if isfunction(cell.cell_contents):
            cell.cell_contents = compiled(cell.cell_contents)
    return inlined(function)


def blocks_of_two(value: Any, by_first: Any, by_second: Any) -> Any:
    """The blocks of a loss of two inputs that this thread can claim."""

    def blocks(parameters, work):  # type: ignore[no-untyped-def]
        apart()
        two(value, by_first, by_second, parameters, work)

    return blocks


def blocks_of_three(value: Any, by_first: Any, by_second: Any, by_third: Any) -> Any:
    """The blocks of a loss of three inputs that this thread can claim."""

    def blocks(parameters, work):  # type: ignore[no-untyped-def]
        apart()
        three(value, by_first, by_second, by_third, parameters, work)

    return blocks

"""What the loops of all losses of elements share: access to memory, what counts, sums. See `kernels` for the
rest.

The operands are the rows of a table (see `memory`), in the order of the constants below. An absent input is
1, an absent output is not computed. What a thread does with a block before and after the arithmetic of a loss
is compiled once for all losses and called by its address: merged into each of them it would cost seconds of
compilation a loss.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import isfunction
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import carray, njit, types  # type: ignore[attr-defined]
from numba.core.ccallback import CFunc
from numba.extending import intrinsic

from ..kernels import entries, kept
from ..memory import FLOAT32, FLOAT64, SUMMED, pointer, walk, write
from ..pieces import claimed, end, inner, join, leave
from ..scalar import IEEE, apart, inlined, set_mode
from ..sums import BLOCK, compensated_tree_sum, tree_sum
from . import contiguous, logarithms, rows_scalar, words
from .contiguous import contiguous_loops, owned

FIRST, SECOND, THIRD, WEIGHT, MASK, COTANGENT, LOSS, BY_FIRST, BY_SECOND, BY_THIRD, BY_WEIGHT, ROWS = range(
    12
)

merged: Callable[..., Any] = njit(nogil=True, error_model="numpy", inline="always")


def shared(function: Callable[..., Any]) -> int:
    """The address of a function of seven int64 and two float64 that returns an int64, compiled once for all
    losses.
    """
    signature = (*[types.int64] * 7, types.float64, types.float64), types.int64
    compiled: Any = CFunc(function, signature, locals={}, options={"nopython": True, "error_model": "numpy"})
    kept(compiled, function, __name__)
    compiled.compile()
    return int(compiled.address)


def _call(typing: Any, address: Any, *arguments: Any) -> Any:
    """Call a function that is `shared`."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        i64, f64 = ir.IntType(64), ir.DoubleType()
        function = builder.inttoptr(args[0], ir.FunctionType(i64, [i64] * 7 + [f64] * 2).as_pointer())
        return builder.call(function, args[1:])

    return types.int64(*[types.int64] * 8, types.float64, types.float64), build


def _call_shared(typing, address, rows, columns, block, size, values, index, flags, ignored, divisor):  # type: ignore[no-untyped-def]
    return _call(typing, address, rows, columns, block, size, values, index, flags, ignored, divisor)


call: Callable[..., Any] = intrinsic(_call_shared)


@inner
def same(a, b):  # type: ignore[no-untyped-def]
    """Whether two numbers are equal; NaN is equal to NaN."""
    return a == b or (a != a and b != b)


@shared
def gather(rows, columns, block, size, values, index, flags, ignored, divisor):  # type: ignore[no-untyped-def]
    """A block of the inputs into scratch; how many elements it has.

    What repeats as one number is read at block -1 alone.
    """
    table = carray(pointer(rows), (ROWS, columns), np.int64)
    scratch = carray(pointer(values), (ROWS, BLOCK), np.float64)
    start = max(block, 0) * BLOCK
    n = min(BLOCK, size - start)
    for k in range(LOSS):
        if block < 0 and table[k, 0] < 0:
            scratch[k, :n] = 1.0
        elif table[k, 0] >= 0 and (table[k, 2] == 0) == (block < 0):
            walk(table[k], start, n, scratch[k], carray(pointer(index), (columns,), np.int64))
    return n


@shared
def scatter(rows, columns, block, size, values, index, flags, ignored, divisor):  # type: ignore[no-untyped-def]
    """Losses and gradients of a block to memory, 0 where an element does not count.

    flags: 1 where one is ignored.
    """
    table = carray(pointer(rows), (ROWS, columns), np.int64)
    scratch = carray(pointer(values), (ROWS, BLOCK), np.float64)
    n = min(BLOCK, size - block * BLOCK)
    if flags or table[MASK, 0] >= 0:
        for j in range(n):
            if scratch[MASK, j] == 0.0 or (flags and same(scratch[SECOND, j], ignored)):
                scratch[LOSS:ROWS, j] = 0.0
    if table[LOSS, 0] >= 0 and divisor != 1.0:
        for j in range(n):
            scratch[LOSS, j] /= divisor
    for k in range(LOSS, ROWS):
        code = table[k, 0]
        if code == SUMMED:
            walk(table[k], block * BLOCK, n, scratch[k], carray(pointer(index), (columns,), np.int64))
        elif code >= 0:
            item = 8 if code == FLOAT64 else 4 if code == FLOAT32 else 2
            write(code, table[k, 1] + block * BLOCK * item, scratch[k], n)
    return n


@shared
def summed(partials, columns, block, size, values, lost, exact, ignored, divisor):  # type: ignore[no-untyped-def]
    """The sum of a block's losses into its place among the partial sums."""
    place = carray(pointer(partials + 16 * block), (2,), np.float64)
    losses = carray(pointer(values), (BLOCK,), np.float64)
    n = min(BLOCK, size - block * BLOCK)
    if exact:
        place[0], place[1] = compensated_tree_sum(losses, carray(pointer(lost), (BLOCK,), np.float64), n)
    else:
        place[0], place[1] = tree_sum(losses, n)
    return n


@merged
def three(value, by_first, by_second, by_third, parameters, job, memory):  # type: ignore[no-untyped-def]
    """The blocks of a loss of three inputs that this thread can claim. job: see `elementwise.evaluated`."""
    gather, scatter, summed, exact, table, size, ignoring, ignored, cotangent, divisor, partials, progress = (
        job
    )
    scratch, lost, index = memory
    rows, columns, values, places = table.ctypes.data, table.shape[1], scratch.ctypes.data, index.ctypes.data
    scale = cotangent / divisor
    call(gather, rows, columns, -1, size, values, places, 0, 0.0, 0.0)
    x, y, z, w, g = scratch[FIRST], scratch[SECOND], scratch[THIRD], scratch[WEIGHT], scratch[COTANGENT]
    wants = table[LOSS, 0] >= 0 or partials.size > 0
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = call(gather, rows, columns, block, size, values, places, 0, 0.0, 0.0)
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
            call(scatter, rows, columns, block, size, values, places, ignoring, ignored, divisor)
            if partials.size:
                losses = values + 8 * BLOCK * LOSS
                call(summed, partials.ctypes.data, 0, block, size, losses, lost.ctypes.data, exact, 0.0, 0.0)
        first = claimed(progress, last)
    leave(progress)


@merged
def two(value, by_first, by_second, parameters, job, memory):  # type: ignore[no-untyped-def]
    """The blocks of a loss of two inputs that this thread can claim. job: see `elementwise.evaluated`."""
    gather, scatter, summed, exact, table, size, ignoring, ignored, cotangent, divisor, partials, progress = (
        job
    )
    scratch, lost, index = memory
    rows, columns, values, places = table.ctypes.data, table.shape[1], scratch.ctypes.data, index.ctypes.data
    scale = cotangent / divisor
    call(gather, rows, columns, -1, size, values, places, 0, 0.0, 0.0)
    x, y, w, g = scratch[FIRST], scratch[SECOND], scratch[WEIGHT], scratch[COTANGENT]
    losses, by_x, by_y, by_w = scratch[LOSS], scratch[BY_FIRST], scratch[BY_SECOND], scratch[BY_WEIGHT]
    wants = table[LOSS, 0] >= 0 or partials.size > 0
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = call(gather, rows, columns, block, size, values, places, 0, 0.0, 0.0)
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
            call(scatter, rows, columns, block, size, values, places, ignoring, ignored, divisor)
            if partials.size:
                sums = partials.ctypes.data
                kept = values + 8 * BLOCK * LOSS
                call(summed, sums, 0, block, size, kept, lost.ctypes.data, exact, 0.0, 0.0)
        first = claimed(progress, last)
    leave(progress)


@inner
def counted(gather, table, size, ignoring, ignored, counts, progress, scratch, index):  # type: ignore[no-untyped-def]
    """How many elements of each block count, into ``counts``: of the blocks that this thread can claim."""
    rows, columns, values, places = table.ctypes.data, table.shape[1], scratch.ctypes.data, index.ctypes.data
    call(gather, rows, columns, -1, size, values, places, 0, 0.0, 0.0)
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = call(gather, rows, columns, block, size, values, places, 0, 0.0, 0.0)
            counts[block] = 0
            for j in range(n):
                counts[block] += not (
                    scratch[MASK, j] == 0.0 or (ignoring and same(scratch[SECOND, j], ignored))
                )
        first = claimed(progress, last)
    leave(progress)


_SOURCES = (__name__, *(each.__name__ for each in (contiguous, words, logarithms, rows_scalar)))
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
        scratch = (np.empty((ROWS, BLOCK)), np.empty(BLOCK), np.empty(job[4].shape[1], np.int64))
        mode = set_mode(IEEE)
        blocks(parameters, job, scratch)
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

    def blocks(parameters, job, scratch):  # type: ignore[no-untyped-def]
        apart()
        two(value, by_first, by_second, parameters, job, scratch)

    return blocks


def blocks_of_three(value: Any, by_first: Any, by_second: Any, by_third: Any) -> Any:
    """The blocks of a loss of three inputs that this thread can claim."""

    def blocks(parameters, job, scratch):  # type: ignore[no-untyped-def]
        apart()
        three(value, by_first, by_second, by_third, parameters, job, scratch)

    return blocks

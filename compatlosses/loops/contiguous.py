"""The loops of a loss of elements over contiguous arrays of float32, which are read and written directly: the
loss and its slope by the first input in one pass.

Arrays are addresses; what is None is absent, and compiled away.

The bits are those of the loops for anything (see `elements`): each element is widened to float64, the same
functions of the definition are computed, and what is stored is rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..kernels import entries
from ..pieces import claimed, end, inner, join, leave
from ..scalar import IEEE, apart, set_mode, wide_vectors
from ..sums import BLOCK, put, quotient, tree_sum


def _load(typing: Any, address: Any, j: Any) -> Any:
    """Element j of the float32 array at an address, as float64; 1 where the address is None."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if isinstance(address, types.NoneType):
            return ir.DoubleType()(1.0)
        array = builder.inttoptr(arguments[0], ir.FloatType().as_pointer())
        return builder.fpext(builder.load(builder.gep(array, [arguments[1]])), ir.DoubleType())

    return types.float64(address, types.int64), build


def _store(typing: Any, address: Any, j: Any, value: Any) -> Any:
    """A float64 rounded to element j of the float32 array at an address; nothing where that is None."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not isinstance(address, types.NoneType):
            array = builder.inttoptr(arguments[0], ir.FloatType().as_pointer())
            builder.store(builder.fptrunc(arguments[2], ir.FloatType()), builder.gep(array, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(address, types.int64, types.float64), build


def _hold(typing: Any, address: Any, j: Any, value: Any) -> Any:
    """A float64 to element j of scratch; nothing where that is None."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if not isinstance(address, types.NoneType):
            array = builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())
            builder.store(arguments[2], builder.gep(array, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(address, types.int64, types.float64), build


def _after(typing: Any, address: Any, elements: Any) -> Any:
    """The address of so many float32 later; None of None."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if isinstance(address, types.NoneType):
            return context.get_dummy_value()
        return builder.add(arguments[0], builder.mul(arguments[1], ir.IntType(64)(4)))

    return address(address, types.int64), build


load: Callable[..., Any] = intrinsic(_load)
store: Callable[..., Any] = intrinsic(_store)
hold: Callable[..., Any] = intrinsic(_hold)
after: Callable[..., Any] = intrinsic(_after)


@inner
def add_up(sums, block, n):  # type: ignore[no-untyped-def]
    """The sum of a block's losses, where sums are wanted."""
    if sums is not None:
        partials, work = sums
        put(partials, block, tree_sum(work, n))


@inner
def finish(partials, divisor, result):  # type: ignore[no-untyped-def]
    """The mean, of a thread that works alone."""
    apart()
    store(result, 0, quotient(partials, divisor))


def contiguous_loops(value: Any, slope: Any, module: str, sources: tuple[str, ...]) -> Any:
    """The entry point ``contiguous`` of a loss and its slope by the first input, for ``module``."""
    blocks = owned(blocks_of(owned(elements_of(value, slope), module)), module)

    def contiguous(parameters, operands, each, whole, scaling, progress):  # type: ignore[no-untyped-def]
        scale = scaling[0] / scaling[1]
        # One of the two is None, and Numba compiles nothing of what stands under it.
        if each is not None:
            losses, slopes = each
            mode = set_mode(IEEE)
            blocks(parameters, operands, (losses, slopes, None), scale, None, progress)
            set_mode(mode)
        if whole is not None:
            slopes, given, result = whole
            partials = given if given.size else np.empty(((operands[0] + BLOCK - 1) // BLOCK, 2))
            work = np.empty(BLOCK)
            made = None, slopes, work.ctypes.data
            mode = set_mode(IEEE)
            blocks(parameters, operands, made, scale, (partials, work), progress)
            if given.size == 0:
                finish(partials, scaling[1], result)
            set_mode(mode)

    contiguous.__module__ = module
    return entries(module, *sources)(contiguous)


def owned(function: Any, module: str) -> Any:
    """A function for Numba that belongs to ``module``: Numba names code by module and function, and what was
    kept by two processes may be loaded into one.
    """
    function.__module__ = module
    return inner(function)


def elements_of(value: Any, slope: Any) -> Callable[..., Any]:
    """The n elements of a block.

    inputs: addresses of float32, None for 1. factors: those of weight and cotangent. made: where the losses
    go, the gradients, and the losses as float64, each None where it is not wanted.
    """

    def elements(parameters, inputs, factors, made, scale, n):  # type: ignore[no-untyped-def]
        wide_vectors()
        x, y, z = inputs
        w, g = factors
        losses, slopes, work = made
        for j in range(n):
            u, v, t, heavy = load(x, j), load(y, j), load(z, j), load(w, j)
            loss = value(u, v, t, heavy, *parameters)
            store(losses, j, loss)
            hold(work, j, loss)
            store(slopes, j, slope(u, v, t, heavy, *parameters) * (load(g, j) * scale))

    return elements


def blocks_of(elements: Any) -> Callable[..., Any]:
    """The blocks that this thread can claim."""

    def blocks(parameters, operands, made, scale, sums, progress):  # type: ignore[no-untyped-def]
        apart()
        size, (x, y, z), (w, g) = operands
        losses, slopes, work = made
        count = (size + BLOCK - 1) // BLOCK
        join(progress)
        first = claimed(progress, 0)
        while first < count:
            last = end(progress, first, count)
            for block in range(first, last):
                i = block * BLOCK
                n = min(BLOCK, size - i)
                inputs = after(x, i), after(y, i), after(z, i)
                out = after(losses, i), after(slopes, i), work
                elements(parameters, inputs, (after(w, i), after(g, i)), out, scale, n)
                add_up(sums, block, n)
            first = claimed(progress, last)
        leave(progress)

    return blocks

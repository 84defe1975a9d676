"""The kernels, whatever the loss: elements in blocks, and the sum of what the blocks come to.

Some functions take more arguments than elsewhere: a tuple that is made within a program of Triton's holds no
None, and a kernel's functions, constants and integers are each an argument of their own kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import triton
import triton.language as tl

from .words import word

kernel: Callable[..., Any] = triton.jit(do_not_specialize=["count", "whole"])

BLOCK = 1024
"""Elements of a program."""
WIDTH = 4096
"""Blocks' sums that the last program adds at a time."""


@word
def operand(pointer, period: tl.constexpr, places, inside):  # type: ignore[no-untyped-def]
    """A block of an input in double, or None. It repeats after ``period`` elements; 0: never."""
    if pointer is None:
        return None
    else:
        at = places if period == 0 else places % period
        return tl.load(pointer + at, mask=inside, other=0).to(tl.float64)


@word
def number_at(pointer, whole):  # type: ignore[no-untyped-def]
    """The number in memory, else the integer ``whole``, in double; None where both are absent."""
    if pointer is not None:
        return tl.load(pointer).to(tl.float64)
    elif whole is not None:
        return whole.to(tl.float64)
    else:
        return None


@word
def over(x, divisor):  # type: ignore[no-untyped-def]
    """x, divided where there is a divisor."""
    if divisor is None:
        return x
    else:
        return x / divisor


@word
def rounded(x, dtype: tl.constexpr):  # type: ignore[no-untyped-def]
    """A double, rounded once: on the way to half precision it is rounded to odd, which decides nothing."""
    if dtype == tl.float64:
        return x
    elif dtype == tl.float32:
        return x.to(tl.float32)
    else:
        single = x.to(tl.float32)
        back = single.to(tl.float64)
        code = single.to(tl.int32, bitcast=True)
        code = tl.where(tl.abs(back) > tl.abs(x), code - 1, code)
        code = tl.where(back != x, code | 1, code)
        if dtype == tl.float16:
            return code.to(tl.float32, bitcast=True).to(dtype)
        else:  # by integers, as Triton's interpreter cuts off
            code = tl.where(x != x, 0x7FC00000, code + 0x7FFF + ((code >> 16) & 1))
            return (code >> 16).to(tl.int16).to(dtype, bitcast=True)


@word
def applied(function: tl.constexpr, x, y, z, w, parameters, three: tl.constexpr):  # type: ignore[no-untyped-def]
    """A function of a definition with two or three inputs."""
    if three:
        return function(x, y, z, w, *parameters)
    else:
        return function(x, y, w, *parameters)


@kernel
def elements(  # type: ignore[no-untyped-def]
    inputs,
    periods,
    counts,
    cotangent,
    divisor,
    whole,
    size,
    results,
    value: tl.constexpr,
    slope: tl.constexpr,
    parameters,
    three: tl.constexpr,
    each: tl.constexpr,
    kept: tl.constexpr,
    block: tl.constexpr,
):
    """A block of elements: their losses, or the sum of those, and their slopes by the first input.

    inputs: those of the definition and the weight. counts: where elements count, or None for everywhere.
    cotangent: None, a number, or with ``each`` a number for each element. divisor: a number, or else the
    integer ``whole``, or neither. results: (losses, sums, slopes), None for what is not wanted; ``kept``: the
    slopes are there already for a cotangent of 1. value, slope: the definition's. three: it has three inputs.
    """
    places = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = places < size
    if cotangent is None:
        factor = tl.full((), 1.0, tl.float64)
    elif each:
        factor = tl.load(cotangent + places, mask=inside, other=0).to(tl.float64)
    else:
        factor = tl.load(cotangent).to(tl.float64)
        if kept:  # noqa: SIM102 - known when this is compiled; the number is not
            if factor == 1.0:
                return
    x = operand(inputs[0], periods[0], places, inside)
    y = operand(inputs[1], periods[1], places, inside)
    z = operand(inputs[2], periods[2], places, inside)
    w = operand(inputs[3], periods[3], places, inside)
    by = number_at(divisor, whole)
    counted = inside
    if counts is not None:
        counted = inside & (tl.load(counts + places, mask=inside, other=0) != 0)
    if results[0] is not None:
        loss = tl.where(counted, applied(value, x, y, z, w, parameters, three), 0.0)
        tl.store(results[0] + places, rounded(over(loss, by), results[0].dtype.element_ty), mask=inside)
    if results[1] is not None:
        loss = tl.where(counted, applied(value, x, y, z, w, parameters, three), 0.0)
        tl.store(results[1] + tl.program_id(0), tl.sum(loss, 0))
    if results[2] is not None:
        if by is not None:
            by = tl.where(by == 0.0, 1.0, by)
        scale = over(factor, by)
        gradient = tl.where(counted, applied(slope, x, y, z, w, parameters, three) * scale, 0.0)
        tl.store(results[2] + places, rounded(gradient, results[2].dtype.element_ty), mask=inside)


@kernel
def total(sums, count, divisor, whole, result, width: tl.constexpr):  # type: ignore[no-untyped-def]
    """The sum of the blocks' sums over the divisor, in one order."""
    lanes = tl.zeros([width], tl.float64)
    for start in range(0, count, width):
        places = start + tl.arange(0, width)
        lanes += tl.load(sums + places, mask=places < count, other=0.0)
    tl.store(result, rounded(over(tl.sum(lanes, 0), number_at(divisor, whole)), result.dtype.element_ty))

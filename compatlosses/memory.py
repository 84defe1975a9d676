"""How compiled loops get at memory of any dtype and layout: a block at a time, in logical (C) order, as
float64.

An operand is one row of an int64 table: ``[code, address, ndim, *shape, *strides]`` with byte strides. The
code of what is absent is -1. A gradient that is summed to a smaller shape has the code SUMMED and strides in
elements; its address is that of two float64 arrays of its size one after the other: running sums, and what
their roundings lost. The size follows the strides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from .pieces import inner
from .scalar import bits, from_bits

FLOAT64, FLOAT32, FLOAT16, BFLOAT16, SUMMED = range(5)


def _pointer(typing: Any, address: Any) -> Any:
    """An int64 address as an untyped pointer."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), build


pointer: Callable[..., Any] = intrinsic(_pointer)


# --- dtypes of 16 bits --------------------------------------------------------------------------------------


@inner
def decode_float16(h):  # type: ignore[no-untyped-def]
    """The float64 that 16 bits are."""
    magnitude = np.int64(h & 0x7FFF) << 42  # ten bits of fraction at the top of a float64's 52
    value = from_bits(magnitude) * 2.0**1008
    value = from_bits(magnitude | (0x7FF << 52)) if (h & 0x7C00) == 0x7C00 else value
    return -value if h & 0x8000 else value


@inner
def decode_bfloat16(h):  # type: ignore[no-untyped-def]
    """The float64 that 16 bits are."""
    magnitude = np.int64(h & 0x7FFF) << 45
    value = from_bits(magnitude) * 2.0**896
    value = from_bits(magnitude | (0x7FF << 52)) if (h & 0x7F80) == 0x7F80 else value
    return -value if h & 0x8000 else value


@inner
def encode(v, fraction, smallest, limit):  # type: ignore[no-untyped-def]
    """A float64 rounded once, ties to even, to 16 bits: ``fraction`` bits of it, normal from 2^smallest on,
    infinite at limit.

    Adding 1.5 * 2^52 quanta rounds to a multiple of the quantum, constant below the normal numbers, and
    leaves that multiple in the lowest bits.
    """
    m = min(abs(v), limit)
    exponent = max(bits(m) & (0x7FF << 52), np.int64(1023 + smallest) << 52)
    magic = from_bits(exponent + (np.int64(52 - fraction) << 52)) * 1.5
    quanta = bits(m + magic) - bits(magic)
    h = (((exponent >> 52) - (1023 + smallest)) << fraction) + quanta
    nan = (0x7FFF >> (fraction - 1)) << (
        fraction - 1
    )  # all of the exponent, and the first bit of the fraction
    h = nan if v != v else h
    return np.uint16(h | ((bits(v) >> 48) & 0x8000))


@inner
def encode_float16(v):  # type: ignore[no-untyped-def]
    """The 16 bits of a float64 rounded to float16."""
    return encode(v, 10, -14, 2.0**16)


@inner
def encode_bfloat16(v):  # type: ignore[no-untyped-def]
    """The 16 bits of a float64 rounded to bfloat16."""
    return encode(v, 7, -126, 2.0**128)


# --- reading and writing ------------------------------------------------------------------------------------


@inner
def read(code, address, stride, out, start, n):  # type: ignore[no-untyped-def]
    """n elements of dtype ``code``, ``stride`` bytes apart, into out[start:start + n] as float64."""
    to = out[start : start + n]
    if code == FLOAT32:
        if stride == 4:
            f = carray(pointer(address), (n,), np.float32)
            for i in range(n):
                to[i] = f[i]
        else:
            for i in range(n):
                to[i] = carray(pointer(address + i * stride), (1,), np.float32)[0]
    elif code == FLOAT64:
        if stride == 8:
            d = carray(pointer(address), (n,), np.float64)
            for i in range(n):
                to[i] = d[i]
        else:
            for i in range(n):
                to[i] = carray(pointer(address + i * stride), (1,), np.float64)[0]
    elif code == FLOAT16:
        for i in range(n):
            to[i] = decode_float16(carray(pointer(address + i * stride), (1,), np.uint16)[0])
    else:
        for i in range(n):
            to[i] = decode_bfloat16(carray(pointer(address + i * stride), (1,), np.uint16)[0])


@inner
def write(code, address, values, n):  # type: ignore[no-untyped-def]
    """n values rounded to the dtype ``code`` and stored one after the other."""
    if code == FLOAT32:
        f = carray(pointer(address), (n,), np.float32)
        for i in range(n):
            f[i] = values[i]
    elif code == FLOAT64:
        d = carray(pointer(address), (n,), np.float64)
        for i in range(n):
            d[i] = values[i]
    else:
        h = carray(pointer(address), (n,), np.uint16)
        if code == FLOAT16:
            for i in range(n):
                h[i] = encode_float16(values[i])
        else:
            for i in range(n):
                h[i] = encode_bfloat16(values[i])


@inner
def add_run(sums, lost, at, stride, values, start, n):  # type: ignore[no-untyped-def]
    """values[start:start + n] added to sums[at], sums[at + stride], ..."""
    for i in range(n):
        j = at + i * stride
        a = sums[j]
        b = values[start + i]
        s = a + b
        t = s - a
        sums[j] = s
        lost[j] += (a - (s - t)) + (b - t)


@inner
def walk(row, start, n, values, index):  # type: ignore[no-untyped-def]
    """Elements start to start + n of an operand in C order: read into ``values``, or added up from it where
    SUMMED.

    index: int64 scratch, one place a dimension. Goes by runs along the last dimension.
    """
    code = row[0]
    base = row[1]
    ndim = row[2]
    shape = row[3 : 3 + ndim]
    strides = row[3 + ndim : 3 + 2 * ndim]
    size = 1
    for d in range(ndim):
        size *= shape[d]
    sums = carray(pointer(base), (1,), np.float64)
    lost = sums
    if code == SUMMED:
        size = row[3 + 2 * ndim]
        sums = carray(pointer(base), (size,), np.float64)
        lost = carray(pointer(base + 8 * size), (size,), np.float64)
    if ndim == 0:
        if code == SUMMED:
            add_run(sums, lost, 0, 0, values, 0, n)
        else:
            read(code, base, 0, values, 0, n)
        return
    rest = start
    offset = 0
    for d in range(ndim - 1, -1, -1):
        index[d] = rest % shape[d]
        rest //= shape[d]
        offset += index[d] * strides[d]
    width = shape[ndim - 1]
    stride = strides[ndim - 1]
    done = 0
    while True:
        take = min(width - index[ndim - 1], n - done)
        if code == SUMMED:
            add_run(sums, lost, offset, stride, values, done, take)
        else:
            read(code, base + offset, stride, values, done, take)
        done += take
        if done == n:
            return
        offset -= index[ndim - 1] * stride
        index[ndim - 1] = 0
        d = ndim - 2
        while True:  # like an odometer; it cannot run over, as elements are left
            index[d] += 1
            offset += strides[d]
            if index[d] < shape[d]:
                break
            offset -= shape[d] * strides[d]
            index[d] = 0
            d -= 1

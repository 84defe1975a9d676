"""How the loops over rows get at memory: the addresses of some rows, numbers there, tiles of rows and
classes.

A row is one place of the logits without their class axis; rows are numbered in logical (C) order. An operand
is one row of an int64 table: ``[code, address, step, ndim, *shape, *strides]``, shape and byte strides of its
rows, and ``step`` the bytes from a class to the next. The code of what is absent is -1. A tile has the number
of class c of row r at ``c * width + r``: what is computed side by side lies side by side.
"""

from __future__ import annotations

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from ..memory import (
    FLOAT16,
    FLOAT32,
    FLOAT64,
    decode_bfloat16,
    decode_float16,
    encode_bfloat16,
    encode_float16,
    pointer,
    read,
    write,
)
from ..pieces import inner

CODE, ADDRESS, STEP, NDIM, SHAPE = range(5)
LOGITS, TARGETS, MASK, COTANGENT, LOSS, BY_LOGITS, BY_TARGETS, OPERANDS = range(8)
COLUMNS, FIRST_OPERAND = 21, 22
"""The places in a plan of the number of a table's columns, and of the table."""
INT64, INT32, UINT32, INT16, UINT16, INT8, UINT8 = range(16, 23)
"""The codes of integers. An uint64 is an int64 of its bits, a bool an uint8."""


@inner
def table_of(address):  # type: ignore[no-untyped-def]
    """The operands of the plan at an address."""
    columns = carray(pointer(address), (FIRST_OPERAND,), np.int64)[COLUMNS]
    return carray(pointer(address + 8 * FIRST_OPERAND), (OPERANDS, columns), np.int64)


@inner
def places(operand, start, n, out, index):  # type: ignore[no-untyped-def]
    """The addresses of rows start to start + n of an operand.

    index: int64 scratch, one place a dimension.
    """
    ndim = operand[NDIM]
    shape = operand[SHAPE : SHAPE + ndim]
    strides = operand[SHAPE + ndim : SHAPE + 2 * ndim]
    offset = operand[ADDRESS]
    if ndim == 0:
        for i in range(n):
            out[i] = offset
        return
    rest = start
    for d in range(ndim - 1, -1, -1):
        index[d] = rest % shape[d]
        rest //= shape[d]
        offset += index[d] * strides[d]
    last = ndim - 1
    done = 0
    while done < n:
        take = min(shape[last] - index[last], n - done)
        for i in range(take):
            out[done + i] = offset + i * strides[last]
        done += take
        offset -= index[last] * strides[last]
        index[last] = 0
        d = last - 1
        while d >= 0 and done < n:  # like an odometer
            index[d] += 1
            offset += strides[d]
            if index[d] < shape[d]:
                break
            offset -= shape[d] * strides[d]
            index[d] = 0
            d -= 1


@inner
def item_of(code):  # type: ignore[no-untyped-def]
    """The bytes of a floating number."""
    return 8 if code == FLOAT64 else 4 if code == FLOAT32 else 2


@inner
def load(code, address):  # type: ignore[no-untyped-def]
    """The floating number at an address."""
    if code == FLOAT32:
        return np.float64(carray(pointer(address), (1,), np.float32)[0])
    if code == FLOAT64:
        return carray(pointer(address), (1,), np.float64)[0]
    if code == FLOAT16:
        return decode_float16(carray(pointer(address), (1,), np.uint16)[0])
    return decode_bfloat16(carray(pointer(address), (1,), np.uint16)[0])


@inner
def store(code, address, value):  # type: ignore[no-untyped-def]
    """A number rounded to a floating dtype and put to an address."""
    if code == FLOAT32:
        carray(pointer(address), (1,), np.float32)[0] = value
    elif code == FLOAT64:
        carray(pointer(address), (1,), np.float64)[0] = value
    elif code == FLOAT16:
        carray(pointer(address), (1,), np.uint16)[0] = encode_float16(value)
    else:
        carray(pointer(address), (1,), np.uint16)[0] = encode_bfloat16(value)


@inner
def load_integer(code, address):  # type: ignore[no-untyped-def]
    """The integer at an address."""
    if code == INT64:
        return carray(pointer(address), (1,), np.int64)[0]
    if code == INT32:
        return np.int64(carray(pointer(address), (1,), np.int32)[0])
    if code == UINT32:
        return np.int64(carray(pointer(address), (1,), np.uint32)[0])
    if code == INT16:
        return np.int64(carray(pointer(address), (1,), np.int16)[0])
    if code == UINT16:
        return np.int64(carray(pointer(address), (1,), np.uint16)[0])
    if code == INT8:
        return np.int64(carray(pointer(address), (1,), np.int8)[0])
    return np.int64(carray(pointer(address), (1,), np.uint8)[0])


@inner
def read_integers(code, addresses, n, out):  # type: ignore[no-untyped-def]
    """n integers at their addresses."""
    if code == INT64:
        for i in range(n):
            out[i] = carray(pointer(addresses[i]), (1,), np.int64)[0]
    else:
        for i in range(n):
            out[i] = load_integer(code, addresses[i])


@inner
def even(addresses, width):  # type: ignore[no-untyped-def]
    """The bytes between the addresses of neighbouring rows; -1 where they differ."""
    if width == 1:
        return np.int64(0)
    stride = addresses[1] - addresses[0]
    others = 0
    for r in range(width):
        others += addresses[r] - addresses[0] != r * stride
    return stride if others == 0 and stride >= 0 else np.int64(-1)


@inner
def read_tile(operand, addresses, first, n, width, tile):  # type: ignore[no-untyped-def]
    """Classes first to first + n of some rows into a tile, as float64."""
    code, step = operand[CODE], operand[STEP]
    stride = even(addresses, width)
    for c in range(n):
        offset = (first + c) * step
        if stride >= 0:
            read(code, addresses[0] + offset, stride, tile, c * width, width)
        else:
            for r in range(width):
                tile[c * width + r] = load(code, addresses[r] + offset)


@inner
def write_tile(operand, addresses, first, n, width, tile):  # type: ignore[no-untyped-def]
    """A tile to classes first to first + n of some rows, rounded to the operand's dtype."""
    code, step = operand[CODE], operand[STEP]
    together = even(addresses, width) == item_of(code)
    for c in range(n):
        offset = (first + c) * step
        if together:
            write(code, addresses[0] + offset, tile[c * width : (c + 1) * width], width)
        else:
            for r in range(width):
                store(code, addresses[r] + offset, tile[c * width + r])

"""Losses of rows with class indices and logits of at most 32 bits whose classes lie side by side, a row
at a time. See `rows`."""

from __future__ import annotations

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from ..memory import FLOAT32, pointer, write
from ..pieces import inner
from ..scalar import product
from ..sums import BLOCK
from . import rows_classes
from .by_address import call, called_by_address, merged
from .rows_classes import loss_of_index, losses_of_class, row_sum, slope_of_class
from .rows_memory import BY_LOGITS, CODE, LOGITS, item_of, load, store, table_of
from .rows_plan import (
    AT,
    AT_BY_LOGITS,
    AT_LOGITS,
    CLASS,
    CLASSES,
    COUNTS,
    FACTOR,
    HANDED_IN,
    INVERSE,
    KEPT,
    LARGEST,
    OTHERS,
    PREPARED,
    ROW_LOSS,
    SPAN,
    integers_of,
    numbers_of,
    plan_at,
    room_of,
)
from .rows_scalar import narrow_exp, ordered, ordered_bits, single

MODULES = (*rows_classes.MODULES, __name__)


@called_by_address(*MODULES)
def adjacent(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """A tile of rows with class indices and logits of at most 32 bits whose classes lie side by side, as
    those of the gradient do.
    """
    plan = plan_at(address)
    n = call(plan[PREPARED], (address, tile, scratch, 0, 0))
    table = table_of(address)
    state, integers = numbers_of(plan, scratch), integers_of(plan, scratch)
    classes = plan[CLASSES]
    room = room_of(plan, scratch)
    spare = carray(pointer(room), (BLOCK,), np.float64)
    narrow = carray(pointer(room + 8 * BLOCK), (BLOCK,), np.float32)
    kept = (min(classes, KEPT) + SPAN - 1) // SPAN * SPAN
    e = carray(pointer(room + 16 * BLOCK), (kept,), np.float64)
    for r in range(n):
        adjacent_row(plan, table, r, state, integers, (e, narrow, spare))
    call(plan[HANDED_IN], (address, tile, scratch, 0, 0))
    return n


@inner
def adjacent_row(plan, table, r, state, integers, room):  # type: ignore[no-untyped-def]
    """Loss and gradient of row r of a tile.

    room: scratch for exponentials, for logits as float32, and for anything.
    """
    e, narrow, spare = room
    classes = plan[CLASSES]
    code, address = table[LOGITS, CODE], integers[AT_LOGITS, r]
    out, place = table[BY_LOGITS, CODE], integers[AT_BY_LOGITS, r]
    z = integers[CLASS, r]
    if not integers[COUNTS, r]:
        state[ROW_LOSS, r] = 0.0
        if out >= 0:
            cleared(out, place, classes, spare)
        return
    highest = ordered(np.float32(-np.inf))
    for first in range(0, classes, BLOCK):
        n = min(BLOCK, classes - first)
        highest = row_maximum(chunk(code, address, first, n, narrow).view(np.int32), n, highest)
    largest = single(highest)
    state[LARGEST, r] = largest
    state[OTHERS, r] = 0.0
    for first in range(0, classes, BLOCK):
        n = min(BLOCK, classes - first)
        at = e[first:] if classes <= KEPT else e
        x = chunk(code, address, first, n, narrow)
        row_exponentials(x, largest, n, at)
        if first <= z < first + n:
            state[AT, r] = x[z - first]
            at[z - first] = 0.0
        state[OTHERS, r] += row_sum(at, n, spare)
    losses_of_class(None, state, r, r + 1)
    loss_of_index(None, state, integers, r)
    if out < 0:
        return
    factor = state[FACTOR, r] * state[INVERSE, r]
    for first in range(0, classes, BLOCK):
        n = min(BLOCK, classes - first)
        at = e[first:] if classes <= KEPT else e
        if classes > KEPT:
            row_exponentials(chunk(code, address, first, n, narrow), largest, n, at)
        scaled(out, place + first * item_of(out), at, factor, n)
    if z >= 0:
        store(out, place + z * item_of(out), product(state[FACTOR, r], slope_of_class(None, state, r)))


@inner
def chunk(code, address, first, n, narrow):  # type: ignore[no-untyped-def]
    """Some logits of a row as float32: in their place, or in ``narrow``."""
    if code == FLOAT32:
        return carray(pointer(address + 4 * first), (n,), np.float32)
    for i in range(n):
        narrow[i] = load(code, address + 2 * (first + i))
    return narrow[:n]


@inner
def row_maximum(x, n, highest):  # type: ignore[no-untyped-def]
    """The largest of n numbers, given as their bits, and of ``highest``, `ordered`. A NaN is above or below
    all.
    """
    for i in range(n):
        value = ordered_bits(x[i])
        highest = value if value > highest else highest
    return highest


@inner
def row_exponentials(x, largest, n, e):  # type: ignore[no-untyped-def]
    """exp(x - largest) of n numbers."""
    m = np.float64(largest)
    if m == np.inf:
        for i in range(n):
            e[i] = narrow_exp(0.0 if x[i] == largest else x[i] - m)
    else:
        for i in range(n):
            e[i] = narrow_exp(np.float64(x[i]) - m)


@inner
def scaled(code, address, e, factor, n):  # type: ignore[no-untyped-def]
    """e times factor to memory."""
    if code == FLOAT32:
        out = carray(pointer(address), (n,), np.float32)
        for i in range(n):
            out[i] = e[i] * factor
    else:
        for i in range(n):
            e[i] = e[i] * factor
        write(code, address, e, n)


@merged
def cleared(code, address, classes, spare):  # type: ignore[no-untyped-def]
    """Zeros to memory."""
    for i in range(BLOCK):
        spare[i] = 0.0
    for first in range(0, classes, BLOCK):
        write(code, address + first * item_of(code), spare, min(BLOCK, classes - first))

"""What a tile of rows begins and ends with, whatever computes it, and which of its rows count. See `rows`."""

from __future__ import annotations

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from ..memory import pointer
from ..pieces import inner
from ..scalar import fma, from_bits
from ..sums import BLOCK, compensated_tree_sum, tree_sum
from . import rows_classes
from .by_address import call, called_by_address
from .rows_classes import weigh_rows
from .rows_memory import (
    BY_LOGITS,
    BY_TARGETS,
    CODE,
    COTANGENT,
    LOGITS,
    LOSS,
    MASK,
    TARGETS,
    load,
    places,
    read_integers,
    store,
    table_of,
)
from .rows_plan import (
    AT,
    AT_BY_LOGITS,
    AT_BY_TARGETS,
    AT_LOGITS,
    AT_OTHER,
    AT_TARGETS,
    BY_ROW,
    CLASS,
    CLASSES,
    COUNTS,
    GATHERED,
    GIVEN,
    HEAVY,
    HEAVY_LO,
    IGNORED,
    IGNORING,
    LOST,
    PARTIALS,
    ROW_LOSS,
    ROWS,
    SCALE,
    SMOOTHING,
    SOFT,
    TARGETS_TILE,
    WEIGHTS,
    WIDTH,
    index_of,
    integers_of,
    numbers_of,
    plan_at,
    tile_of,
    weights_of,
)
from .rows_scalar import two_sum

MODULES = (*rows_classes.MODULES, __name__)


@called_by_address(*MODULES)
def prepared(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """Which rows of a tile count, the classes of their indices, their weights and cotangents; and where they
    are in memory.
    """
    plan = plan_at(address)
    table = table_of(address)
    state, integers = numbers_of(plan, scratch), integers_of(plan, scratch)
    index = index_of(plan, scratch)
    start = tile * plan[WIDTH]
    n = min(plan[WIDTH], plan[ROWS] - start)
    scale = from_bits(plan[SCALE])
    counted(plan, table, (start, n), state, integers, index)
    for r in range(n):
        state[GIVEN, r] = scale
        state[AT, r] = np.nan
    if table[COTANGENT, CODE] >= 0:
        places(table[COTANGENT], start, n, integers[AT_OTHER], index)
        for r in range(n):
            state[GIVEN, r] = load(table[COTANGENT, CODE], integers[AT_OTHER, r]) * scale
    places(table[LOGITS], start, n, integers[AT_LOGITS], index)
    if plan[SOFT]:
        places(table[TARGETS], start, n, integers[AT_TARGETS], index)
    if table[BY_LOGITS, CODE] >= 0:
        places(table[BY_LOGITS], start, n, integers[AT_BY_LOGITS], index)
    if table[BY_TARGETS, CODE] >= 0:
        places(table[BY_TARGETS], start, n, integers[AT_BY_TARGETS], index)
    return n


@inner
def counted(plan, table, rows, state, integers, index):  # type: ignore[no-untyped-def]
    """Which rows of a tile count, the classes of their indices, and the weights of these.

    rows: the first one, and how many. index: int64 scratch, one place a dimension.
    """
    start, n = rows
    counts, named, heavy = integers[COUNTS], integers[CLASS], state[HEAVY]
    for r in range(n):
        counts[r] = 1
        named[r] = -1
        heavy[r] = 1.0
    if table[MASK, CODE] >= 0:
        places(table[MASK], start, n, integers[AT_OTHER], index)
        read_integers(table[MASK, CODE], integers[AT_OTHER], n, counts)
    if plan[SOFT]:
        return
    places(table[TARGETS], start, n, integers[AT_TARGETS], index)
    read_integers(table[TARGETS, CODE], integers[AT_TARGETS], n, named)
    classes, ignored = plan[CLASSES], plan[IGNORED]
    if plan[IGNORING]:
        for r in range(n):
            counts[r] = 0 if named[r] == ignored else counts[r]
    for r in range(n):
        named[r] = named[r] if (named[r] >= 0) & (named[r] < classes) else -1
    if plan[WEIGHTS]:
        weights = weights_of(plan)
        for r in range(n):
            heavy[r] = weights[named[r]] if named[r] >= 0 else 1.0


@called_by_address(*MODULES)
def handed_in(address, tile, scratch, exact, _):  # type: ignore[no-untyped-def]
    """The losses of a tile to memory, and their sum to its place among the sums of tiles."""
    plan = plan_at(address)
    table = table_of(address)
    state, integers = numbers_of(plan, scratch), integers_of(plan, scratch)
    width = plan[WIDTH]
    index = index_of(plan, scratch)
    n = min(width, plan[ROWS] - tile * width)
    if table[LOSS, CODE] >= 0:
        places(table[LOSS], tile * width, n, integers[AT_OTHER], index)
        for r in range(n):
            store(table[LOSS, CODE], integers[AT_OTHER, r], state[ROW_LOSS, r])
    if plan[PARTIALS]:
        sums = carray(pointer(plan[PARTIALS] + 16 * tile), (2,), np.float64)
        if exact:
            sums[0], sums[1] = compensated_tree_sum(state[ROW_LOSS], state[LOST], n)
        else:
            sums[0], sums[1] = tree_sum(state[ROW_LOSS], n)
    return n


@called_by_address(*MODULES)
def tallied(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """How many rows of a tile count; their weights, two numbers; the first row whose index is no class, or
    -1: into the sums of tiles, which have four places a tile here.

    The weight of a row is that of its index's class, or the sum of all classes' weights, each times its
    target. Targets are smoothed first where the weights are those of rows.
    """
    plan = plan_at(address)
    table = table_of(address)
    state, integers = numbers_of(plan, scratch), integers_of(plan, scratch)
    start = tile * plan[WIDTH]
    width = min(plan[WIDTH], plan[ROWS] - start)
    index = index_of(plan, scratch)
    counted(plan, table, (start, width), state, integers, index)
    smoothing = from_bits(plan[SMOOTHING])
    weights = weights_of(plan)
    every = 0.0
    if plan[WEIGHTS] and plan[SOFT]:
        targets = tile_of(plan, scratch, TARGETS_TILE)
        places(table[TARGETS], start, width, integers[AT_TARGETS], index)
        for r in range(width):
            state[HEAVY, r] = 0.0
            state[HEAVY_LO, r] = 0.0
        for first in range(0, plan[CLASSES], BLOCK):
            n = call(plan[GATHERED], (address, TARGETS, scratch, first, width))
            weigh_rows(weights, (first, n, width), state, targets)
        for r in range(width):
            state[HEAVY, r] += state[HEAVY_LO, r]
    if plan[WEIGHTS] and plan[BY_ROW] and smoothing > 0.0:
        for c in range(plan[CLASSES]):
            every += weights[c]
        for r in range(width):
            w = state[HEAVY, r]
            state[HEAVY, r] = fma(-smoothing, w, w) + smoothing * (every / plan[CLASSES])
    found = carray(pointer(plan[PARTIALS] + 32 * tile), (4,), np.float64)
    count, bad = 0, -1
    high, low = 0.0, 0.0
    for r in range(width):
        if integers[COUNTS, r]:
            count += 1
            high, lost = two_sum(high, state[HEAVY, r])
            low += lost
            if bad < 0 and not plan[SOFT] and integers[CLASS, r] < 0:
                bad = start + r
    found[0] = count
    found[1] = high
    found[2] = low
    found[3] = bad
    return width

"""What the loops over rows have in memory: a call as a plan, and a thread's scratch.

A call is a *plan*, an int64 array: the places below, then the operands (see `rows_memory`). The scratch of a
thread begins with the numbers of a tile's rows, then the integers of these; then one place a dimension; the
rest is for what a tile is computed with."""

from __future__ import annotations

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from ..memory import pointer
from ..sums import BLOCK
from . import by_address, rows_memory
from .by_address import merged
from .rows_memory import FIRST_OPERAND

(
    ROWS, CLASSES, WIDTH, SOFT, IGNORING, IGNORED, BY_ROW, SMOOTHING, SCALE, WEIGHTS, PARTIALS, RUNNING,
    PREPARED, HANDED_IN, GATHERED, SCATTERED, TALLIED, DIVIDES, EMPTY, RESULT, RESULT_CODE,
) = range(21)  # fmt: skip
"""The places of a plan. How many rows, classes, and rows of a tile; whether targets are probabilities;
whether rows with an index do not count, and which; whether the weights are those of rows; label smoothing,
and what the gradients are multiplied by, as the bits of a float64; addresses, 0 for none: of one weight a
class, of the sums of tiles, of running sums; of the functions of these names, of `tallied` only where rows
are counted or their classes checked; what a mean divides by, and whether that is 1 where nothing counts; the
address and the dtype of a reduced loss.
"""

AT_LOGITS, AT_TARGETS, AT_BY_LOGITS, AT_BY_TARGETS, AT_OTHER, CLASS, COUNTS, INTEGERS = range(8)
"""Of each row of a tile: addresses, the class of its index (-1 where there is none), whether it counts."""

(
    LARGEST, AT, OTHERS, OTHERS_LO, NLL, NLL_LO, INVERSE, INVERSE_LO, FACTOR, ROW_LOSS, LOST, SHARE, SHARE_LO,
    DISTANCE, DISTANCE_LO, HEAVY, HEAVY_LO, GIVEN, NUMBERS,
) = range(19)  # fmt: skip
"""Of each row of a tile; where there are two, a number and what its roundings lost.

The largest logit; the logit of class z; the sum of the other exponentials; the loss of class z; 1 over the
sum of all exponentials; what slopes are multiplied by; the loss; scratch; the sum of the targets; the sum of
each target times its class's distance from the largest logit; the weight of the row; its cotangent times
SCALE."""

X, TARGETS_TILE, E, SPARE, LOST_TILE, TILES = range(6)
"""The tiles in scratch: logits; targets; exponentials, then gradients; scratch; what the roundings of the
exponentials lost. The two last ones are of those who need them."""

KEPT = 32768
"""Classes whose exponentials are kept between the sum and the gradient: 256 KiB."""

DIMENSIONS = 64
"""Of an array, at most."""

LANES = 32
"""Sums of exponentials that are added to side by side."""

SPAN = 8 * LANES
"""Classes that are added to the lanes at a time."""

MODULES = (by_address.__name__, rows_memory.__name__, __name__)
"""The code of these is a part of all loops over rows."""


def scratch_size(width: int, classes: int, side_by_side: bool) -> int:
    """The float64 of scratch that a thread needs, for `rows_adjacent` or for all else."""
    rows = (2 * NUMBERS + INTEGERS) * width + DIMENSIONS
    if side_by_side:
        return rows + 2 * BLOCK + -(-min(classes, KEPT) // SPAN) * SPAN
    return rows + TILES * width * min(classes, BLOCK)


@merged
def plan_at(address):  # type: ignore[no-untyped-def]
    """The plan at an address."""
    return carray(pointer(address), (FIRST_OPERAND,), np.int64)


@merged
def weights_of(plan):  # type: ignore[no-untyped-def]
    """One weight a class; where there are none, of no use."""
    return carray(pointer(plan[WEIGHTS]), (plan[CLASSES],), np.float64)


@merged
def numbers_of(plan, scratch):  # type: ignore[no-untyped-def]
    """The numbers of a tile's rows, in scratch."""
    return carray(pointer(scratch), (NUMBERS, 2 * plan[WIDTH]), np.float64)


@merged
def integers_of(plan, scratch):  # type: ignore[no-untyped-def]
    """The integers of a tile's rows, in scratch."""
    return carray(pointer(scratch + 16 * NUMBERS * plan[WIDTH]), (INTEGERS, plan[WIDTH]), np.int64)


@merged
def index_of(plan, scratch):  # type: ignore[no-untyped-def]
    """Scratch of one place a dimension."""
    return carray(pointer(scratch + 8 * (2 * NUMBERS + INTEGERS) * plan[WIDTH]), (DIMENSIONS,), np.int64)


@merged
def room_of(plan, scratch):  # type: ignore[no-untyped-def]
    """The address of the rest of the scratch."""
    return scratch + 8 * ((2 * NUMBERS + INTEGERS) * plan[WIDTH] + DIMENSIONS)


@merged
def tile_of(plan, scratch, which):  # type: ignore[no-untyped-def]
    """A tile in scratch."""
    size = plan[WIDTH] * min(plan[CLASSES], BLOCK)
    return carray(pointer(room_of(plan, scratch) + 8 * which * size), (size,), np.float64)


@merged
def line(tile, c, width):  # type: ignore[no-untyped-def]
    """The numbers of class c of a tile."""
    return tile[c * width : (c + 1) * width]

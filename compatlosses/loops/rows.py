"""The compiled loops of losses of rows: softmax cross entropy and its gradients. See `rows_memory` for
operands and tiles, `kernels` for what is true of all compiled loops.

With m the largest logit of a row, z its class, and e_c = exp(x_c - m), the sum over all classes but z,
``others``, is what keeps the digits of small losses: log1p(others) is the loss of class z, and minus its
slope is others / (others + 1). A row with a class index has that class for z, whatever its logit: its loss is
(m - x_z) + log(others + e_z) then. A row goes through memory once, as long as it stays in the cache: for m,
for the sum, for the gradient.

A call is a *plan*, an int64 array: the places below, then the operands. What is done with a tile is a
function that is called by its address: by `alone`, which does a whole call, or by `run`, which does what a
thread can claim of it. `adjacent` takes class indices, and logits of at most 32 bits whose classes lie side
by side, a row at a time; `rows_general` takes anything. Both add the exponentials of 1024 classes in 32
lanes, and the lanes by halves, so that they give the same bits."""

from __future__ import annotations

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from ..kernels import entries
from ..memory import FLOAT32, pointer, write
from ..pieces import claimed, end, inner, join, leave
from ..scalar import IEEE, apart, bits, fma, from_bits, product, set_mode, wide_exp_of
from ..sums import BLOCK, compensated_tree_sum, quotient, tree_sum
from . import by_address, rows_memory, rows_scalar
from .by_address import call, called_by_address, merged
from .rows_memory import (
    ADDRESS,
    BY_LOGITS,
    BY_TARGETS,
    CODE,
    COTANGENT,
    FIRST_OPERAND,
    LOGITS,
    LOSS,
    MASK,
    TARGETS,
    item_of,
    load,
    places,
    read_integers,
    store,
)
from .rows_scalar import (
    narrow_exp,
    narrow_log1p,
    ordered,
    ordered_bits,
    single,
    two_product,
    two_sum,
    wide_log1p,
)

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

ONE, ALL_ROWS, COUNTED, WEIGHED = range(4)
"""What a mean divides by."""

KEPT = 32768
"""Classes whose exponentials are kept between the sum and the gradient: 256 KiB."""

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

DIMENSIONS = 64
"""Of an array, at most."""

LANES = 32
"""Sums of exponentials that are added to side by side."""

SPAN = 8 * LANES
"""Classes that are added to the lanes at a time."""

MODULES = (__name__, by_address.__name__, rows_memory.__name__, rows_scalar.__name__)
entry = entries(*MODULES)


@entry
def placed(plan, scale, memory):  # type: ignore[no-untyped-def]
    """The factor of the gradients, and the addresses of operands and of a reduced loss, into a plan.

    memory: the bytes of the operands in their order, and of the reduced loss; no bytes for what is absent, or
    has its address in the plan already.
    """
    place(plan, scale, memory)


@inner
def place(plan, scale, memory):  # type: ignore[no-untyped-def]
    """The same."""
    logits, targets, mask, cotangent, loss, by_logits, by_targets, result = memory
    plan[SCALE] = bits(scale)
    table = rows_memory.table_of(plan.ctypes.data)
    put(table, LOGITS, logits)
    put(table, TARGETS, targets)
    put(table, MASK, mask)
    put(table, COTANGENT, cotangent)
    put(table, LOSS, loss)
    put(table, BY_LOGITS, by_logits)
    put(table, BY_TARGETS, by_targets)
    if result.size:
        plan[RESULT] = result.ctypes.data


@merged
def put(table, operand, memory):  # type: ignore[no-untyped-def]
    """The address of an operand into its row of the table."""
    if memory.size:
        table[operand, ADDRESS] = memory.ctypes.data


@entry
def alone(function, form, size, scale, memory):  # type: ignore[no-untyped-def]
    """A whole call on one thread: its tiles by the function at an address. The first row whose index is no
    class, or -1.

    form: the plan without what `placed` puts into it. size: of the scratch, float64. memory: as `placed` has
    it. Bytes come as arrays, as Python takes longer to find an address than the rest of a small call does.
    """
    plan = form.copy()
    place(plan, scale, memory)
    return done(function, plan, size)


@entry
def alone_at(function, form, size, addresses):  # type: ignore[no-untyped-def]
    """The same with a scale of 1, from the addresses of logits, targets, the gradient by the logits and the
    reduced loss, 0 for none.
    """
    plan = form.copy()
    logits, targets, by_logits, result = addresses
    plan[SCALE] = bits(1.0)
    plan[RESULT] = result
    table = rows_memory.table_of(plan.ctypes.data)
    table[LOGITS, ADDRESS] = logits
    table[TARGETS, ADDRESS] = targets
    table[BY_LOGITS, ADDRESS] = by_logits
    return done(function, plan, size)


@inner
def done(function, plan, size):  # type: ignore[no-untyped-def]
    """All tiles of a plan, on this thread."""
    tiles = (plan[ROWS] + plan[WIDTH] - 1) // plan[WIDTH]
    scratch = np.empty(size)
    tallies = np.empty((tiles if plan[TALLIED] else 0, 4))
    partials = np.empty((tiles if plan[RESULT] else 0, 2))
    mode = set_mode(IEEE)
    bad = alone_in_mode(function, plan, tiles, scratch, tallies, partials)
    set_mode(mode)
    return bad


@inner
def alone_in_mode(function, plan, tiles, scratch, tallies, partials):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    if plan[TALLIED]:
        plan[PARTIALS] = tallies.ctypes.data
        for tile in range(tiles):
            call(plan[TALLIED], (plan.ctypes.data, tile, scratch.ctypes.data, 0, 0))
        plan[PARTIALS] = 0
    divisor, bad = divided(plan, tallies)
    if bad >= 0:
        return bad
    if plan[RESULT]:
        plan[PARTIALS] = partials.ctypes.data
    for tile in range(tiles):
        call(function, (plan.ctypes.data, tile, scratch.ctypes.data, 0, 0))
    total(plan, partials, divisor, scratch)
    return np.int64(-1)


@entry
def run(function, plan, share, size, progress):  # type: ignore[no-untyped-def]
    """The tiles of a plan that this thread can claim, by the function at an address.

    share: units of work a tile. size: of the scratch, float64.
    """
    scratch = np.empty(size)
    mode = set_mode(IEEE)
    run_tiles(function, plan, share, scratch, progress)
    set_mode(mode)


@inner
def run_tiles(function, plan, share, scratch, progress):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    units = (plan[ROWS] + plan[WIDTH] - 1) // plan[WIDTH] * share
    join(progress)
    first = claimed(progress, 0)
    while first < units:
        last = end(progress, first, units)
        for tile in range((first + share - 1) // share, (last + share - 1) // share):
            call(function, (plan.ctypes.data, tile, scratch.ctypes.data, 0, 0))
        first = claimed(progress, last)
    leave(progress)


@entry
def divided_and_scaled(plan, tallies):  # type: ignore[no-untyped-def]
    """The divisor of the tallies of all tiles, put into the plan's scale; and the first row whose index is no
    class, or -1.
    """
    mode = set_mode(IEEE)
    found = divided_in_mode(plan, tallies)
    set_mode(mode)
    return found


@inner
def divided_in_mode(plan, tallies):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    return divided(plan, tallies)


@entry
def totalled(plan, partials, divisor):  # type: ignore[no-untyped-def]
    """A reduced loss, from the sums of all tiles, to its memory."""
    number = np.empty(1)
    mode = set_mode(IEEE)
    total_in_mode(plan, partials, divisor, number)
    set_mode(mode)


@inner
def total_in_mode(plan, partials, divisor, number):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    total(plan, partials, divisor, number)


@inner
def total(plan, partials, divisor, number):  # type: ignore[no-untyped-def]
    """The same. number: scratch."""
    if plan[RESULT]:
        number[0] = quotient(partials, divisor)
        write(plan[RESULT_CODE], plan[RESULT], number, 1)


def scratch_size(width: int, classes: int, side_by_side: bool) -> int:
    """The float64 of scratch that a thread needs, for `adjacent` or for all else."""
    rows = (2 * NUMBERS + INTEGERS) * width + DIMENSIONS
    if side_by_side:
        return rows + 2 * BLOCK + -(-min(classes, KEPT) // SPAN) * SPAN
    return rows + TILES * width * min(classes, BLOCK)


# --- what every tile begins and ends with -------------------------------------------------------------------


@merged
def numbers_of(plan, scratch):  # type: ignore[no-untyped-def]
    """The numbers of a tile's rows, in scratch."""
    return carray(pointer(scratch), (NUMBERS, 2 * plan[WIDTH]), np.float64)


@merged
def integers_of(plan, scratch):  # type: ignore[no-untyped-def]
    """The integers of a tile's rows, in scratch."""
    return carray(pointer(scratch + 16 * NUMBERS * plan[WIDTH]), (INTEGERS, plan[WIDTH]), np.int64)


X, TARGETS_TILE, E, SPARE, LOST_TILE, TILES = range(6)
"""The tiles in scratch: logits; targets; exponentials, then gradients; scratch; what the roundings of the
exponentials lost. The two last ones are of those who need them."""


@merged
def tile_of(plan, scratch, which):  # type: ignore[no-untyped-def]
    """A tile in scratch."""
    size = plan[WIDTH] * min(plan[CLASSES], BLOCK)
    return carray(pointer(room_of(plan, scratch) + 8 * which * size), (size,), np.float64)


@merged
def line(tile, c, width):  # type: ignore[no-untyped-def]
    """The numbers of class c of a tile."""
    return tile[c * width : (c + 1) * width]


@merged
def room_of(plan, scratch):  # type: ignore[no-untyped-def]
    """The address of the rest of the scratch."""
    return scratch + 8 * ((2 * NUMBERS + INTEGERS) * plan[WIDTH] + DIMENSIONS)


@merged
def plan_at(address):  # type: ignore[no-untyped-def]
    """The plan at an address."""
    return carray(pointer(address), (FIRST_OPERAND,), np.int64)


@merged
def weights_of(plan):  # type: ignore[no-untyped-def]
    """One weight a class; where there are none, of no use."""
    return carray(pointer(plan[WEIGHTS]), (plan[CLASSES],), np.float64)


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
def prepared(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """Which rows of a tile count, the classes of their indices, their weights and cotangents; and where they
    are in memory.
    """
    plan = plan_at(address)
    table = rows_memory.table_of(address)
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


@merged
def index_of(plan, scratch):  # type: ignore[no-untyped-def]
    """Scratch of one place a dimension."""
    return carray(pointer(scratch + 8 * (2 * NUMBERS + INTEGERS) * plan[WIDTH]), (DIMENSIONS,), np.int64)


@called_by_address(*MODULES)
def handed_in(address, tile, scratch, exact, _):  # type: ignore[no-untyped-def]
    """The losses of a tile to memory, and their sum to its place among the sums of tiles."""
    plan = plan_at(address)
    table = rows_memory.table_of(address)
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


# --- what the mean divides by -------------------------------------------------------------------------------


@called_by_address(*MODULES)
def tallied(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """How many rows of a tile count; their weights, two numbers; the first row whose index is no class, or
    -1: into the sums of tiles, which have four places a tile here.

    The weight of a row is that of its index's class, or the sum of all classes' weights, each times its
    target. Targets are smoothed first where the weights are those of rows.
    """
    plan = plan_at(address)
    table = rows_memory.table_of(address)
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


@inner
def divided(plan, tallies):  # type: ignore[no-untyped-def]
    """What the losses are divided by, put into the plan's scale; NaN where nothing is there to divide by and
    the result is none. And the first row whose index is no class, or -1.
    """
    bad = -1.0
    number = 1.0 * plan[ROWS]
    if plan[TALLIED]:
        number = 0.0
        for tile in range(tallies.shape[0] - 1, -1, -1):
            number += tallies[tile, 0]
            bad = tallies[tile, 3] if tallies[tile, 3] >= 0.0 else bad
        if plan[DIVIDES] == WEIGHED and plan[WEIGHTS]:
            number = quotient(tallies[:, 1:3], 1.0)
    if plan[DIVIDES] == ONE:
        number = 1.0
    elif plan[DIVIDES] == ALL_ROWS:
        number = 1.0 * plan[ROWS]
    elif number == 0.0 and plan[EMPTY] and plan[ROWS]:
        number = 1.0
    if number == 0.0:
        number = np.nan
    # Where nothing is there to divide by, there is no gradient either.
    if number == number:
        plan[SCALE] = bits(from_bits(plan[SCALE]) / number)
    return number, np.int64(bad)


@inner
def weigh_rows(weights, part, state, targets):  # type: ignore[no-untyped-def]
    """The weights of a tile's rows, added up: of each class times its target."""
    first, n, width = part
    for c in range(n):
        w, ts = weights[first + c], line(targets, c, width)
        for r in range(width):
            state[HEAVY, r], rest = two_sum(state[HEAVY, r], product(w, ts[r]))
            state[HEAVY_LO, r] += rest


# --- sums over the classes ----------------------------------------------------------------------------------


@inner
def column_sums(exact, part, e, lost, spare, sums):  # type: ignore[no-untyped-def]
    """Sums of a tile's columns, up to 1024 classes, added to ``sums``: high parts, and low ones.

    lost: what is to be added to each number, used up; only where ``exact`` is not None.
    """
    _, n, width = part
    high, low = sums
    lanes = LANES
    while lanes > n:  # the rest would be zeros
        lanes //= 2
    for i in range(lanes * width):
        spare[i] = e[i]
    # Slices, as an index that is a sum could be negative to the compiler, which then vectorises nothing.
    for first in range(lanes, n, lanes):
        at = first * width
        add_pairs(exact, spare, lost, e[at:], lost[at:], min(lanes, n - first) * width)
    while lanes > 1:
        lanes //= 2
        size = lanes * width
        add_pairs(exact, spare, lost, spare[size:], lost[size:], size)
    for r in range(width):
        if exact is None:
            high[r] = high[r] + spare[r]
        else:
            high[r], rest = two_sum(high[r], spare[r])
            low[r] += lost[r] + rest


@inner
def row_sum(e, n, lanes):  # type: ignore[no-untyped-def]
    """The sum of n exponentials, up to 1024, as `column_sums` has it. Behind them is room up to a multiple of
    SPAN.

    lanes: scratch.
    """
    size = (n + SPAN - 1) // SPAN * SPAN
    e[n:size] = 0.0
    for i in range(LANES):
        lanes[i] = 0.0
    for start in range(0, size, SPAN):
        s = e[start : start + SPAN]
        for i in range(LANES):
            early = lanes[i] + s[i] + s[32 + i] + s[64 + i] + s[96 + i]
            lanes[i] = early + s[128 + i] + s[160 + i] + s[192 + i] + s[224 + i]
    half = LANES
    while half > 1:
        half //= 2
        others = lanes[half:]
        for i in range(half):
            lanes[i] = lanes[i] + others[i]
    return lanes[0]


@inner
def add_pairs(exact, a, a_lo, b, b_lo, n):  # type: ignore[no-untyped-def]
    """b added to a, of n numbers; ``a_lo`` then holds what is to be added to each."""
    for i in range(n):
        if exact is None:
            a[i] = a[i] + b[i]
        else:
            a[i], rest = two_sum(a[i], b[i])
            a_lo[i] = (a_lo[i] + b_lo[i]) + rest


@merged
def losses_of_class(exact, state, first, last):  # type: ignore[no-untyped-def]
    """The loss of class z, and 1 over the sum of all exponentials, of some rows. NaN where infinities of one
    sign meet.
    """
    if exact is None:
        given = state[LARGEST, first:last], state[AT, first:last], state[OTHERS, first:last]
        found = state[NLL, first:last], state[INVERSE, first:last]
        narrow_losses_of_class(given, state[LOST, first:last], found, last - first)
    else:
        for r in range(first, last):
            wide_loss_of_class(state, r)


@inner
def narrow_losses_of_class(given, e, found, n):  # type: ignore[no-untyped-def]
    """The same, with the precision of float32. Short loops over few arrays: the compiler vectorises those.

    given: the largest logits, those of class z, the sums of the others. e: scratch. found: the losses, and 1
    over the sums of all.
    """
    largest, at, others = given
    nll, inverse = found
    for r in range(n):
        e[r] = narrow_exp(0.0 if at[r] == largest[r] else at[r] - largest[r])
    for r in range(n):
        nll[r] = narrow_log1p(others[r] if at[r] == largest[r] else (others[r] - 1.0) + e[r])
    for r in range(n):
        m = largest[r]
        inverse[r] = np.nan if undefined(m, others[r] + e[r]) else 1.0 / (others[r] + e[r])
    for r in range(n):
        m = largest[r]
        loss = (0.0 if at[r] == m else m - at[r]) + nll[r]
        nll[r] = np.nan if undefined(m, others[r] + e[r]) else loss


@merged
def wide_loss_of_class(state, r):  # type: ignore[no-untyped-def]
    """The same of one row, with the care that the last bits of float64 need."""
    m = state[LARGEST, r]
    others, others_lo = state[OTHERS, r], state[OTHERS_LO, r]
    same = state[AT, r] == m
    d, d_lo = two_sum(m, -state[AT, r])
    d = 0.0 if same else d
    e, e_lo = wide_exp_of(-d, -d_lo)
    total, total_lo = two_sum(others, e)
    total_lo += others_lo + e_lo
    u, u_lo = two_sum(others - 1.0, e)
    u = others if same else u
    log, log_lo = wide_log1p(u, others_lo + (0.0 if same else u_lo + e_lo))
    nll, nll_lo = two_sum(d, log)
    inverse = 1.0 / total
    state[NLL, r] = np.nan if undefined(m, total) else nll
    state[NLL_LO, r] = nll_lo + (d_lo + log_lo)
    state[INVERSE, r] = np.nan if undefined(m, total) else inverse
    state[INVERSE_LO, r] = (fma(-inverse, total, 1.0) - inverse * total_lo) * inverse


@merged
def undefined(largest, total):  # type: ignore[no-untyped-def]
    """Whether infinities of one sign meet in a row."""
    return (largest == -np.inf) | ((largest == np.inf) & (total >= 2.0))


@merged
def loss_of_index(exact, state, integers, r):  # type: ignore[no-untyped-def]
    """The loss of row r, which has an index, and what its slopes are multiplied by."""
    w = state[HEAVY, r]
    state[FACTOR, r] = w * state[GIVEN, r]
    loss = product(w, state[NLL, r])
    if exact is not None:
        lost = two_product(w, state[NLL, r])[1] + w * state[NLL_LO, r]
        loss = loss + lost if np.isfinite(loss) else loss
    state[ROW_LOSS, r] = loss if integers[COUNTS, r] else 0.0


@merged
def slope_of_class(exact, state, r):  # type: ignore[no-untyped-def]
    """Minus the probability of all classes but z, of row r."""
    others, inverse = state[OTHERS, r], state[INVERSE, r]
    rest = others * inverse
    if exact is not None:
        rest += others * state[INVERSE_LO, r] + state[OTHERS_LO, r] * inverse
    return -rest


# --- class indices, classes side by side --------------------------------------------------------------------


@called_by_address(*MODULES)
def adjacent(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """A tile of rows with class indices and logits of at most 32 bits whose classes lie side by side, as
    those of the gradient do.
    """
    plan = plan_at(address)
    n = call(plan[PREPARED], (address, tile, scratch, 0, 0))
    table = rows_memory.table_of(address)
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

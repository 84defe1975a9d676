"""The compiled loops of losses of rows: softmax cross entropy and its gradients. See `rows_memory` for
operands and tiles, `kernels` for what is true of all compiled loops.

With m the largest logit of a row, z its class, and e_c = exp(x_c - m), the sum over all classes but z,
``others``, is what keeps the digits of small losses: log1p(others) is the loss of class z, and minus its
slope is others / (others + 1). A row with a class index has that class for z, whatever its logit: its loss is
(m - x_z) + log(others + e_z) then. A row goes through memory once, as long as it stays in the cache: for m,
for the sum, for the gradient.

This file holds what Python calls. A call is a plan (see `rows_plan`). What is done with a tile is a function
that is called by its address: by `alone`, which does a whole call, or by `run`, which does what a thread can
claim of it. `rows_adjacent` takes class indices, and logits of at most 32 bits whose classes lie side by
side, a row at a time; `rows_general` takes anything. Both begin and end a tile by `rows_tiles`, and add the
exponentials of 1024 classes by `rows_classes`: in 32 lanes, and the lanes by halves, so that they give the
same bits."""

from __future__ import annotations

import numpy as np

from ..kernels import entries
from ..memory import write
from ..pieces import claimed, end, inner, join, leave
from ..scalar import IEEE, apart, bits, from_bits, set_mode
from ..sums import quotient
from . import rows_plan
from .by_address import call, merged
from .rows_memory import ADDRESS, BY_LOGITS, BY_TARGETS, COTANGENT, LOGITS, LOSS, MASK, TARGETS, table_of
from .rows_plan import DIVIDES, EMPTY, PARTIALS, RESULT, RESULT_CODE, ROWS, SCALE, TALLIED, WEIGHTS, WIDTH

ONE, ALL_ROWS, COUNTED, WEIGHED = range(4)
"""What a mean divides by."""

MODULES = (*rows_plan.MODULES, __name__)
entry = entries(*MODULES)


# --- a whole call -------------------------------------------------------------------------------------------


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
    table = table_of(plan.ctypes.data)
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


# --- a call on several threads ------------------------------------------------------------------------------


@entry
def placed(plan, scale, memory):  # type: ignore[no-untyped-def]
    """The factor of the gradients, and the addresses of operands and of a reduced loss, into a plan.

    memory: the bytes of the operands in their order, and of the reduced loss; no bytes for what is absent, or
    has its address in the plan already.
    """
    place(plan, scale, memory)


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


# --- what both are made of ----------------------------------------------------------------------------------


@inner
def place(plan, scale, memory):  # type: ignore[no-untyped-def]
    """The same."""
    logits, targets, mask, cotangent, loss, by_logits, by_targets, result = memory
    plan[SCALE] = bits(scale)
    table = table_of(plan.ctypes.data)
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
def total(plan, partials, divisor, number):  # type: ignore[no-untyped-def]
    """The same. number: scratch."""
    if plan[RESULT]:
        number[0] = quotient(partials, divisor)
        write(plan[RESULT_CODE], plan[RESULT], number, 1)

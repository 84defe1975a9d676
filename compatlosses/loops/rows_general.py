"""Losses of rows of any targets, dtypes and layouts, a tile at a time: rows are computed side by side. See
`rows`.

A *part* of a tile is some of its classes: the first one, how many, and how many rows the tile has.

Targets that are probabilities, or smoothed, are a number v for each class: the loss is the sum of v (m - x)
over the classes, and of v times log1p(others), with z the class of the largest logit. The slope by x is p V -
v, with p the class's probability and V the sum of all v; written p (V - v) - v (1 - p), where 1 - p is a sum
of probabilities, nothing cancels in it but what the targets bring."""

from __future__ import annotations

import numpy as np
from numba import carray  # type: ignore[attr-defined]

from ..memory import pointer
from ..pieces import inner
from ..scalar import fma, from_bits, product, wide_exp_of
from ..sums import BLOCK
from . import rows_classes
from .by_address import call, called_by_address, merged
from .rows_classes import column_sums, loss_of_index, losses_of_class, slope_of_class, weigh_rows
from .rows_memory import BY_LOGITS, BY_TARGETS, CODE, LOGITS, TARGETS, read_tile, table_of, write_tile
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
    DISTANCE,
    DISTANCE_LO,
    FACTOR,
    GATHERED,
    GIVEN,
    HANDED_IN,
    HEAVY,
    HEAVY_LO,
    INVERSE,
    INVERSE_LO,
    LARGEST,
    LOST_TILE,
    NLL,
    NLL_LO,
    OTHERS,
    OTHERS_LO,
    PREPARED,
    ROW_LOSS,
    RUNNING,
    SCATTERED,
    SHARE,
    SHARE_LO,
    SMOOTHING,
    SOFT,
    SPARE,
    TARGETS_TILE,
    WEIGHTS,
    E,
    X,
    integers_of,
    line,
    numbers_of,
    plan_at,
    tile_of,
    weights_of,
)
from .rows_scalar import narrow_exp, two_product, two_sum

MODULES = (*rows_classes.MODULES, __name__)


@called_by_address(*MODULES)
def gathered(address, operand, scratch, first, width):  # type: ignore[no-untyped-def]
    """Up to 1024 classes of some rows from memory, the logits or the targets, into a tile of scratch."""
    plan, table, integers = plan_at(address), table_of(address), integers_of(plan_at(address), scratch)
    n = min(BLOCK, plan[CLASSES] - first)
    if operand == LOGITS:
        read_tile(table[operand], integers[AT_LOGITS], first, n, width, tile_of(plan, scratch, X))
    else:
        read_tile(table[operand], integers[AT_TARGETS], first, n, width, tile_of(plan, scratch, TARGETS_TILE))
    return n


@called_by_address(*MODULES)
def scattered(address, operand, scratch, first, width):  # type: ignore[no-untyped-def]
    """A tile of gradients by logits or targets to memory: zeros in rows that do not count."""
    plan, table, integers = plan_at(address), table_of(address), integers_of(plan_at(address), scratch)
    n = min(BLOCK, plan[CLASSES] - first)
    tile = tile_of(plan, scratch, E if operand == BY_LOGITS else TARGETS_TILE)
    for r in range(width):
        if not integers[COUNTS, r]:
            for c in range(n):
                tile[c * width + r] = 0.0
    addresses = integers[AT_BY_LOGITS if operand == BY_LOGITS else AT_BY_TARGETS]
    write_tile(table[operand], addresses, first, n, width, tile)
    return n


@called_by_address(*MODULES)
def narrow(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """A tile, with the precision of float32."""
    return losses_and_gradients(None, address, tile, scratch)


@called_by_address(*MODULES)
def wide(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """A tile, with the care that the last bits of float64 need."""
    return losses_and_gradients(True, address, tile, scratch)


@merged
def losses_and_gradients(exact, address, tile, scratch):  # type: ignore[no-untyped-def]
    """A tile. exact: None, or True."""
    plan, table = plan_at(address), table_of(address)
    width = call(plan[PREPARED], (address, tile, scratch, 0, 0))
    losses(exact, address, scratch, width)
    call(plan[HANDED_IN], (address, tile, scratch, 0 if exact is None else 1, 0))
    if table[BY_LOGITS, CODE] >= 0 or table[BY_TARGETS, CODE] >= 0 or plan[RUNNING]:
        gradients(exact, address, scratch, width)
    return width


# --- the losses ---------------------------------------------------------------------------------------------


@inner
def losses(exact, address, scratch, width):  # type: ignore[no-untyped-def]
    """The losses of a tile's rows, and what their slopes are multiplied by. Up to 1024 classes, their logits,
    exponentials and weighed targets stay in scratch.
    """
    plan = plan_at(address)
    state, integers = numbers_of(plan, scratch), integers_of(plan, scratch)
    x, e, targets = tile_of(plan, scratch, X), tile_of(plan, scratch, E), tile_of(plan, scratch, TARGETS_TILE)
    spare, lost = tile_of(plan, scratch, SPARE), tile_of(plan, scratch, LOST_TILE)
    classes, blended = plan[CLASSES], plan[SOFT] or plan[SMOOTHING]
    named = integers[AT_OTHER]
    largest = state[LARGEST]
    for r in range(width):
        largest[r] = -np.inf
        state[OTHERS, r] = 0.0
        state[OTHERS_LO, r] = 0.0
    for first in range(0, classes, BLOCK):
        n = call(plan[GATHERED], (address, LOGITS, scratch, first, width))
        column_maxima(x, n, width, largest)
    for r in range(width):
        named[r] = -1 if blended else integers[CLASS, r]
    if blended:
        for r in range(width):
            state[AT, r] = largest[r]
            for k in range(SHARE, GIVEN):
                state[k, r] = 0.0
    for first in range(0, classes, BLOCK):
        n = min(BLOCK, classes - first)
        part = first, n, width
        if classes > BLOCK:
            call(plan[GATHERED], (address, LOGITS, scratch, first, width))
        if blended:
            find(part, x, largest, named)
        column_exponentials(exact, part, x, largest, e, lost)
        for r in range(width):
            if first <= named[r] < first + n:
                if not blended:
                    state[AT, r] = x[(named[r] - first) * width + r]
                e[(named[r] - first) * width + r] = 0.0
                if exact is not None:
                    lost[(named[r] - first) * width + r] = 0.0
        column_sums(exact, part, e, lost, spare, (state[OTHERS], state[OTHERS_LO]))
        if blended:
            blend(plan, address, scratch, part, integers, targets)
            if plan[WEIGHTS] and plan[BY_ROW]:
                weigh_rows(weights_of(plan), part, state, targets)
            weigh_classes(plan, part, targets)
            distances(exact, part, state, x, targets)
    losses_of_class(exact, state, 0, width)
    if blended:
        losses_of_blends(exact, plan, state, integers, width)
    else:
        for r in range(width):
            loss_of_index(exact, state, integers, r)


@merged
def column_maxima(x, n, width, largest):  # type: ignore[no-untyped-def]
    """The largest numbers of a tile's columns and of ``largest``, into it. NaN is passed over."""
    for c in range(n):
        xs = line(x, c, width)
        for r in range(width):
            largest[r] = xs[r] if xs[r] > largest[r] else largest[r]


@merged
def find(part, x, largest, named):  # type: ignore[no-untyped-def]
    """The first class that has the largest logit of its row, where none has been found before."""
    first, n, width = part
    for c in range(n):
        xs = line(x, c, width)
        for r in range(width):
            named[r] = first + c if (named[r] < 0) & (xs[r] == largest[r]) else named[r]


@inner
def column_exponentials(exact, part, x, largest, e, lost):  # type: ignore[no-untyped-def]
    """exp(x - largest) of a tile; what its roundings lost where ``exact``."""
    _, n, width = part
    for c in range(n):
        xs, es, lows = line(x, c, width), line(e, c, width), line(lost, c, width)
        for r in range(width):
            m = largest[r]
            if exact is None:
                es[r] = narrow_exp(0.0 if xs[r] == m else xs[r] - m)
            else:
                d, d_lo = two_sum(xs[r], -m)
                es[r], lows[r] = wide_exp_of(0.0 if xs[r] == m else d, d_lo)


@inner
def blend(plan, address, scratch, part, integers, targets):  # type: ignore[no-untyped-def]
    """The targets of a tile, those of an index 1 and 0, smoothed."""
    first, n, width = part
    if plan[SOFT]:
        call(plan[GATHERED], (address, TARGETS, scratch, first, width))
    else:
        for i in range(n * width):
            targets[i] = 0.0
        for r in range(width):
            if first <= integers[CLASS, r] < first + n:
                targets[(integers[CLASS, r] - first) * width + r] = 1.0
    smoothing = from_bits(plan[SMOOTHING])
    if smoothing > 0.0:
        for i in range(n * width):
            targets[i] = fma(-smoothing, targets[i], targets[i]) + smoothing / plan[CLASSES]


@merged
def weigh_classes(plan, part, targets):  # type: ignore[no-untyped-def]
    """The targets of a tile times the weights of their classes, where these are not those of rows."""
    first, n, width = part
    if plan[WEIGHTS] and not plan[BY_ROW]:
        weights = weights_of(plan)
        for c in range(n):
            w, ts = weights[first + c], line(targets, c, width)
            for r in range(width):
                ts[r] = product(w, ts[r])


@inner
def distances(exact, part, state, x, targets):  # type: ignore[no-untyped-def]
    """The sums of the targets, and of each times its class's distance from the largest logit."""
    _, n, width = part
    for c in range(n):
        xs, ts = line(x, c, width), line(targets, c, width)
        for r in range(width):
            v = ts[r]
            m = state[LARGEST, r]
            state[SHARE, r], rest = two_sum(state[SHARE, r], v)
            state[SHARE_LO, r] += rest
            d, d_lo = two_sum(m, -xs[r])
            d = 0.0 if xs[r] == m else d
            p, p_lo = two_product(v, d)
            p = 0.0 if (p != p) & (v == v) & (d == d) else p
            state[DISTANCE, r], rest = two_sum(state[DISTANCE, r], p)
            state[DISTANCE_LO, r] += rest + p_lo
            if exact is not None:
                state[DISTANCE_LO, r] += v * d_lo


@merged
def losses_of_blends(exact, plan, state, integers, width):  # type: ignore[no-untyped-def]
    """Losses of rows with a number for each class, and what their slopes are multiplied by.

    Into DISTANCE goes the loss before the row's weight.
    """
    for r in range(width):
        p, p_lo = two_product(state[SHARE, r], state[NLL, r])
        p_lo += state[SHARE_LO, r] * state[NLL, r]
        if exact is not None:
            p_lo += state[SHARE, r] * state[NLL_LO, r]
        loss, lost = two_sum(state[DISTANCE, r], p)
        lost += state[DISTANCE_LO, r] + p_lo
        loss = loss + lost if lost == lost else loss
        state[DISTANCE, r] = loss
        heavy = 1.0
        if plan[WEIGHTS] and plan[BY_ROW]:
            heavy = state[HEAVY, r] + state[HEAVY_LO, r]
        if not plan[SOFT] and integers[CLASS, r] < 0:
            heavy = np.nan
        state[HEAVY, r] = heavy
        state[FACTOR, r] = heavy * state[GIVEN, r]
        state[ROW_LOSS, r] = product(heavy, loss) if integers[COUNTS, r] else 0.0


# --- the gradients ------------------------------------------------------------------------------------------


@inner
def gradients(exact, address, scratch, width):  # type: ignore[no-untyped-def]
    """The gradients of a tile to memory, after `losses`."""
    plan, table = plan_at(address), table_of(address)
    state, integers = numbers_of(plan, scratch), integers_of(plan, scratch)
    x, e, targets = tile_of(plan, scratch, X), tile_of(plan, scratch, E), tile_of(plan, scratch, TARGETS_TILE)
    lost = tile_of(plan, scratch, LOST_TILE)
    classes, blended = plan[CLASSES], plan[SOFT] or plan[SMOOTHING]
    named = integers[AT_OTHER]
    largest = state[LARGEST]
    if plan[RUNNING] and not blended:
        add_losses(plan, state, integers, width)
    for r in range(width):
        named[r] = -1 if blended else integers[CLASS, r]
    for first in range(0, classes, BLOCK):
        n = min(BLOCK, classes - first)
        part = first, n, width
        if classes > BLOCK:
            call(plan[GATHERED], (address, LOGITS, scratch, first, width))
            column_exponentials(exact, part, x, largest, e, lost)
            if blended:
                blend(plan, address, scratch, part, integers, targets)
                weigh_classes(plan, part, targets)
        if blended:
            slopes_of_blends(exact, part, state, named, (x, targets, e))
        else:
            slopes_of_indices(exact, part, state, named, e)
        if table[BY_LOGITS, CODE] >= 0:
            call(plan[SCATTERED], (address, BY_LOGITS, scratch, first, width))
        if table[BY_TARGETS, CODE] >= 0 or (plan[RUNNING] and blended):
            if plan[RUNNING] and not plan[BY_ROW]:
                blend(plan, address, scratch, part, integers, targets)
            other_slopes(plan, part, state, integers, x, targets)
        if table[BY_TARGETS, CODE] >= 0:
            call(plan[SCATTERED], (address, BY_TARGETS, scratch, first, width))


@merged
def slopes_of_indices(exact, part, state, named, e):  # type: ignore[no-untyped-def]
    """Gradients by the logits of rows with an index, in place of the exponentials."""
    first, n, width = part
    for r in range(width):
        f, inverse = state[FACTOR, r], state[INVERSE, r]
        state[SHARE, r] = f * inverse
        if exact is not None:
            state[SHARE, r], rest = two_product(f, inverse)
            state[SHARE_LO, r] = rest + f * state[INVERSE_LO, r] if np.isfinite(f) else 0.0
    multiply(exact, e, state[SHARE], state[SHARE_LO], n, width)
    for r in range(width):
        if first <= named[r] < first + n:
            e[(named[r] - first) * width + r] = product(state[FACTOR, r], slope_of_class(exact, state, r))


@inner
def multiply(exact, e, factor, factor_lo, n, width):  # type: ignore[no-untyped-def]
    """A tile times a factor for each row."""
    for c in range(n):
        es = line(e, c, width)
        for r in range(width):
            if exact is None:
                es[r] = es[r] * factor[r]
            else:
                es[r] = fma(es[r], factor[r], es[r] * factor_lo[r])


@inner
def slopes_of_blends(exact, part, state, named, tiles):  # type: ignore[no-untyped-def]
    """Gradients by the logits of rows with a number for each class, in place of the exponentials.

    tiles: logits, targets, exponentials.
    """
    first, n, width = part
    x, targets, e = tiles
    for c in range(n):
        xs, ts, es = line(x, c, width), line(targets, c, width), line(e, c, width)
        for r in range(width):
            v = ts[r]
            inverse, others = state[INVERSE, r], state[OTHERS, r]
            probability = es[r] * inverse
            rest = (others + (1.0 - es[r])) * inverse
            if named[r] < 0 and xs[r] == state[LARGEST, r]:
                named[r] = first + c
                probability = inverse
                rest = -slope_of_class(exact, state, r)
            slope = product(probability, (state[SHARE, r] - v) + state[SHARE_LO, r])
            es[r] = product(state[FACTOR, r], slope - product(v, rest))


@merged
def add_losses(plan, state, integers, width):  # type: ignore[no-untyped-def]
    """Gradients by the weights of the classes of indices, added to their running sums."""
    running = carray(pointer(plan[RUNNING]), (2 * plan[CLASSES],), np.float64)
    for r in range(width):
        z = integers[CLASS, r]
        if integers[COUNTS, r] and z >= 0:
            add(running, plan[CLASSES], z, state[NLL, r] * state[GIVEN, r])


@inner
def other_slopes(plan, part, state, integers, x, targets):  # type: ignore[no-untyped-def]
    """Gradients by targets that are probabilities, in place of them, and by weights, added to their running
    sums.
    """
    first, n, width = part
    smoothing = from_bits(plan[SMOOTHING])
    weights = weights_of(plan)
    running = carray(pointer(plan[RUNNING]), (2 * plan[CLASSES],), np.float64)
    for c in range(n):
        w = weights[first + c] if plan[WEIGHTS] else 1.0
        xs, ts = line(x, c, width), line(targets, c, width)
        for r in range(width):
            m = state[LARGEST, r]
            nll = (0.0 if xs[r] == m else m - xs[r]) + state[NLL, r]
            if plan[RUNNING] and integers[COUNTS, r]:
                loss = state[DISTANCE, r] if plan[BY_ROW] else nll
                add(running, plan[CLASSES], first + c, product(ts[r], loss) * state[GIVEN, r])
            slope = product(w, nll)
            if plan[BY_ROW]:
                slope = product(state[HEAVY, r], nll)
                if plan[WEIGHTS]:
                    slope += product(w, state[DISTANCE, r])
            ts[r] = slope * (state[GIVEN, r] * (1.0 - smoothing))


@inner
def add(running, n, i, value):  # type: ignore[no-untyped-def]
    """A value added to the running sum i, of n."""
    running[i], lost = two_sum(running[i], value)
    running[n + i] += lost

"""Sums over the classes of rows, and what follows from them: the loss of one class, and its slope. See
`rows`."""

from __future__ import annotations

import numpy as np

from ..pieces import inner
from ..scalar import fma, product, wide_exp_of
from . import rows_plan, rows_scalar
from .by_address import merged
from .rows_plan import (
    AT,
    COUNTS,
    FACTOR,
    GIVEN,
    HEAVY,
    HEAVY_LO,
    INVERSE,
    INVERSE_LO,
    LANES,
    LARGEST,
    LOST,
    NLL,
    NLL_LO,
    OTHERS,
    OTHERS_LO,
    ROW_LOSS,
    SPAN,
    line,
)
from .rows_scalar import narrow_exp, narrow_log1p, two_product, two_sum, wide_log1p

MODULES = (*rows_plan.MODULES, rows_scalar.__name__, __name__)


# --- sums ---------------------------------------------------------------------------------------------------


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
def add_pairs(exact, a, a_lo, b, b_lo, n):  # type: ignore[no-untyped-def]
    """b added to a, of n numbers; ``a_lo`` then holds what is to be added to each."""
    for i in range(n):
        if exact is None:
            a[i] = a[i] + b[i]
        else:
            a[i], rest = two_sum(a[i], b[i])
            a_lo[i] = (a_lo[i] + b_lo[i]) + rest


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
def weigh_rows(weights, part, state, targets):  # type: ignore[no-untyped-def]
    """The weights of a tile's rows, added up: of each class times its target."""
    first, n, width = part
    for c in range(n):
        w, ts = weights[first + c], line(targets, c, width)
        for r in range(width):
            state[HEAVY, r], rest = two_sum(state[HEAVY, r], product(w, ts[r]))
            state[HEAVY_LO, r] += rest


# --- of one class -------------------------------------------------------------------------------------------


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

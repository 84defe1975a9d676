"""Binary cross entropy with logits of contiguous arrays of one dtype, which are read and written directly."""

from __future__ import annotations

import numpy as np

from ..pieces import claimed, end, inner, join, leave
from ..scalar import IEEE, apart, product, set_mode, wide_vectors
from ..sums import BLOCK, compensated_tree_sum, put, quotient, tree_sum
from . import logits
from .entries import entries
from .logits import at, times


@entries(__name__, logits.__name__)
def contiguous(exact, operands, each, whole, scaling, progress):  # type: ignore[no-untyped-def]
    """1-D arrays of one dtype, float32 or float64; what is None is absent, and compiled away.

    exact: None with float32's care. operands: logits, targets, positive weight, and None or a pair, weight
    and cotangent. The weights may be shorter and repeat, and be float64. scaling: cotangent and divisor.

    each: the losses of single elements, and the gradients by the logits times cotangent / divisor. whole: the
    same gradients, the blocks' sums, float64 (blocks, 2), and a 0-D array. A thread that works alone leaves
    the sums empty, and has their total over the divisor put into the array, rounded once. One of the two is
    None: Numba compiles nothing of what stands under it, and would of what an `else` holds.
    """
    x, y, p, factors = operands
    rows = x, y, repeated(p, x.size), factors_of(factors, x.size)
    periods = length(p), shortest(factors)
    work = np.empty(logits.END)
    if each is not None:
        losses, slopes = each
        mode = set_mode(IEEE)
        blocks(exact, (rows, periods), (losses, slopes, losses, None), scaling, work, progress)
        set_mode(mode)
    if whole is not None:
        slopes, partials, result = whole
        alone = partials.size == 0
        if alone:
            partials = np.empty(((x.size + BLOCK - 1) // BLOCK, 2))
        mode = set_mode(IEEE)
        blocks(exact, (rows, periods), (True, slopes, None, partials), scaling, work, progress)
        if alone:
            average(partials, scaling[1], result)
        set_mode(mode)


# --- operands that repeat -----------------------------------------------------------------------------------


@inner
def length(row):  # type: ignore[no-untyped-def]
    """After how many elements a row repeats."""
    if row is None:
        return 1
    return row.size


@inner
def repeated(row, size):  # type: ignore[no-untyped-def]
    """A row of which a block of consecutive elements can be had: itself, or a few repetitions of what is
    shorter.
    """
    if row is None:
        return None
    if row.size == size:
        return row
    longer = np.empty(min(size, BLOCK + row.size), row.dtype)
    for j in range(longer.size):
        longer[j] = row[j] if j < row.size else longer[j - row.size]
    return longer


@inner
def part(row, start, n):  # type: ignore[no-untyped-def]
    """n elements of a row, if there is one."""
    if row is None:
        return None
    return row[start : start + n]


@inner
def factors_of(factors, size):  # type: ignore[no-untyped-def]
    """Weight and cotangent, so that a block of consecutive elements can be had of each."""
    if factors is None:
        return None
    w, g = factors
    return repeated(w, size), g


@inner
def shortest(factors):  # type: ignore[no-untyped-def]
    """After how many elements the weight repeats."""
    if factors is None:
        return 1
    w, _ = factors
    return length(w)


@inner
def parts(factors, period, start, n):  # type: ignore[no-untyped-def]
    """n elements of weight and cotangent, if there are such."""
    if factors is None:
        return None
    w, g = factors
    return part(w, start % period, n), part(g, start, n)


# --- blocks -------------------------------------------------------------------------------------------------


@inner
def blocks(exact, operands, made, scaling, work, progress):  # type: ignore[no-untyped-def]
    """The blocks that this thread can claim.

    made: whether losses are wanted, the gradients, the losses one by one, and the blocks' sums.
    """
    apart()
    (x, y, p, factors), (period, repetition) = operands
    wanted, slopes, losses, partials = made
    scale = scaling[0] / scaling[1]
    count = (x.size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < count:
        last = end(progress, first, count)
        for block in range(first, last):
            i = block * BLOCK
            n = min(BLOCK, x.size - i)
            given = x[i : i + n], y[i : i + n], part(p, i % period, n)
            by_logits = part(slopes, i, n)
            compute(exact, given, parts(factors, repetition, i, n), work, (wanted, by_logits), scale)
            store(losses, work, i, n)
            add_up(exact, partials, work, block, n)
        first = claimed(progress, last)
    leave(progress)


@inner
def compute(exact, given, factors, work, made, scale):  # type: ignore[no-untyped-def]
    """A block's losses into scratch, and its gradients."""
    wanted, slopes = made
    n = given[0].size
    if factors is None:
        logits.elements(exact, given, work, (wanted, None, slopes), scale, n)
    else:
        w, g = factors
        logits.elements(exact, given, work, (wanted, None, work[logits.SLOPES : logits.END]), 1.0, n)
        weigh_losses(w, work, n)
        weigh_slopes(slopes, w, g, work, scale)


@inner
def weigh_losses(w, work, n):  # type: ignore[no-untyped-def]
    """Put the weight into losses."""
    if w is None:
        return
    wide_vectors()
    for i in range(n):
        work[logits.LOSSES + i] = product(np.float64(w[i]), work[logits.LOSSES + i])


@inner
def weigh_slopes(slopes, w, g, work, scale):  # type: ignore[no-untyped-def]
    """Put weight, cotangent and scale into gradients."""
    if slopes is None:
        return
    wide_vectors()
    for i in range(slopes.size):
        slopes[i] = times(w, at(w, i), work[logits.SLOPES + i]) * (at(g, i) * scale)


@inner
def store(losses, work, start, n):  # type: ignore[no-untyped-def]
    """A block's losses to where they are wanted one by one."""
    if losses is None:
        return
    wide_vectors()
    out = losses[start : start + n]
    for i in range(n):
        out[i] = work[logits.LOSSES + i]


@inner
def add_up(exact, partials, work, block, n):  # type: ignore[no-untyped-def]
    """The sum of a block's losses, where sums are wanted."""
    if partials is None:
        return
    values = work[logits.LOSSES : logits.LOSSES + BLOCK]
    if exact is None:
        put(partials, block, tree_sum(values, n))
    else:
        put(partials, block, compensated_tree_sum(values, work[logits.BIG : logits.BIG + BLOCK], n))


@inner
def average(partials, divisor, result):  # type: ignore[no-untyped-def]
    """The sum of the blocks' sums over ``divisor``, rounded to the dtype of ``result``."""
    apart()
    result[()] = quotient(partials, divisor)

"""Binary cross entropy with logits of operands of any dtypes and layouts, with gradients by all of them.

Each block of each operand is first gathered as float64 into scratch that stays in the cache, and results are
rounded on their way out (see `memory`). The operands are the rows of a table, in the order of the constants
below; an absent input is 1, an absent output is not computed.
"""

from __future__ import annotations

import numpy as np

from .. import scalar
from ..memory import FLOAT32, FLOAT64, SUMMED, walk, write
from ..pieces import claimed, end, inner, join, leave
from ..scalar import IEEE, apart, set_mode, wide_vectors
from ..sums import BLOCK, compensated_tree_sum, fill, put, tree_sum
from . import logits
from .entries import entries

LOGITS, TARGETS, WEIGHT, POS_WEIGHT, COTANGENT, LOSS, BY_LOGITS, BY_TARGETS, BY_WEIGHT, BY_POS_WEIGHT = range(
    10
)
END = 10
"""How many operands there are. Scratch rows are numbered like them."""

entry = entries(__name__, logits.__name__)


@inner
def finite(values, n):  # type: ignore[no-untyped-def]
    """Whether the first n are."""
    others = 0
    for i in range(n):
        others += values[i] - values[i] != 0.0
    return others == 0


@inner
def weigh(r, work, scale, n):  # type: ignore[no-untyped-def]
    """Put the weight into losses and gradients by the logit, cotangent and scale into the latter."""
    wide_vectors()
    for i in range(n):
        w = r[WEIGHT, i]
        r[LOSS, i] = scalar.product(w, work[logits.LOSSES + i])
        r[BY_LOGITS, i] = scalar.product(w, work[logits.SLOPES + i]) * (r[COTANGENT, i] * scale)


@inner
def other_gradients(r, work, scale, n):  # type: ignore[no-untyped-def]
    """The gradients by target, weight and positive weight of n elements."""
    for i in range(n):
        u = r[LOGITS, i]
        w = r[WEIGHT, i]
        log1p = work[logits.LOG1P + i]
        g = r[COTANGENT, i] * scale
        r[BY_TARGETS, i] = scalar.product(w, scalar.by_target(u, r[POS_WEIGHT, i], log1p)) * g
        r[BY_WEIGHT, i] = work[logits.LOSSES + i] * g
        r[BY_POS_WEIGHT, i] = scalar.product(w, scalar.by_pos_weight(u, r[TARGETS, i], log1p)) * g


@inner
def rescued(r, work, scale, n):  # type: ignore[no-untyped-def]
    """Where a product overflowed before a small weight met it, multiply in the other order: coefficients
    first.
    """
    for i in range(n):
        w = r[WEIGHT, i]
        if not 0.0 < abs(w) < 1.0:
            continue
        u = r[LOGITS, i]
        v = scalar.product(w, r[TARGETS, i])
        p = r[POS_WEIGHT, i]
        g = r[COTANGENT, i] * scale
        if np.isinf(r[LOSS, i]):
            a = w - v
            b = scalar.product(p, v)
            c = b if scalar.negative(u) else a
            r[LOSS, i] = scalar.loss(abs(u), c, scalar.product(a + b, work[logits.LOG1P + i]))
        if np.isinf(r[BY_TARGETS, i]):
            linear = scalar.product(w * p, -u) if u < 0.0 else w * -u
            r[BY_TARGETS, i] = (scalar.product(w * (p - 1.0), work[logits.LOG1P + i]) + linear) * g
        if np.isinf(r[BY_POS_WEIGHT, i]):
            r[BY_POS_WEIGHT, i] = scalar.by_pos_weight(u, v, work[logits.LOG1P + i]) * g


# --- the loop -----------------------------------------------------------------------------------------------


@entry
def general(exact, table, counting, scaling, partials, progress):  # type: ignore[no-untyped-def]
    """The operands in ``table``.

    exact: None with float32's care. counting: how many elements there are, whether those count for nothing
    whose target is a number, and that number; NaN equals NaN. scaling: cotangent and divisor. Gradients are
    multiplied by the one over the other, the losses of single elements divided by divisor. partials: float64
    (blocks, 2) that takes the blocks' sums, or of size 0.
    """
    scratch = np.empty((END, BLOCK)), np.empty(logits.END), np.empty(table.shape[1], np.int64)
    mode = set_mode(IEEE)
    general_blocks(exact, (table, partials), counting, scaling, scratch, progress)
    set_mode(mode)


@inner
def general_blocks(exact, memory, counting, scaling, places, progress):  # type: ignore[no-untyped-def]
    """The blocks of `general` that this thread can claim."""
    apart()
    table, partials = memory
    scratch, work, index = places
    size, ignoring, ignored = counting
    cotangent, divisor = scaling
    scratch[BY_TARGETS] = 1.0  # they are looked at below, wanted or not
    scratch[BY_POS_WEIGHT] = 1.0
    gather(table, -1, min(BLOCK, size), scratch, index)
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = min(BLOCK, size - block * BLOCK)
            gather(table, block, n, scratch, index)
            compute(exact, table, scratch, work, cotangent / divisor, n)
            if ignoring:
                for j in range(n):
                    if same(scratch[TARGETS, j], ignored):
                        for k in range(LOSS, END):
                            scratch[k, j] = 0.0
            if divisor != 1.0 and table[LOSS, 0] >= 0:
                for j in range(n):
                    scratch[LOSS, j] /= divisor
            scatter(table, block, n, scratch, index)
            if partials.size:
                put(partials, block, block_sum(exact, scratch[LOSS], work[logits.BIG :], n))
        first = claimed(progress, last)
    leave(progress)


@inner
def gather(table, block, n, scratch, index):  # type: ignore[no-untyped-def]
    """A block of the inputs into scratch. What repeats as one number is read at block -1 alone."""
    for k in range(LOSS):
        if block < 0 and table[k, 0] < 0:
            fill(scratch[k], 0, n, 1.0)
        elif table[k, 0] >= 0 and (table[k, 2] == 0) == (block < 0):
            walk(table[k], max(block, 0) * BLOCK, n, scratch[k], index)


@inner
def compute(exact, table, scratch, work, scale, n):  # type: ignore[no-untyped-def]
    """Losses and gradients of the n elements in scratch."""
    given = scratch[LOGITS], scratch[TARGETS], scratch[POS_WEIGHT]
    logits.elements(exact, given, work, (True, True, work[logits.SLOPES : logits.END]), 1.0, n)
    weigh(scratch, work, scale, n)
    if table[BY_TARGETS, 0] >= 0 or table[BY_WEIGHT, 0] >= 0 or table[BY_POS_WEIGHT, 0] >= 0:
        other_gradients(scratch, work, scale, n)
    if table[WEIGHT, 0] >= 0 and not (
        finite(scratch[LOSS], n) and finite(scratch[BY_TARGETS], n) and finite(scratch[BY_POS_WEIGHT], n)
    ):
        rescued(scratch, work, scale, n)


@inner
def scatter(table, block, n, scratch, index):  # type: ignore[no-untyped-def]
    """Losses and gradients of a block to memory, or to running sums."""
    for k in range(LOSS, END):
        code = table[k, 0]
        if code == SUMMED:
            walk(table[k], block * BLOCK, n, scratch[k], index)
        elif code >= 0:
            item = 8 if code == FLOAT64 else 4 if code == FLOAT32 else 2
            write(code, table[k, 1] + block * BLOCK * item, scratch[k], n)


@inner
def block_sum(exact, values, lost, n):  # type: ignore[no-untyped-def]
    """The sum of n values, and what its roundings lost."""
    return tree_sum(values, n) if exact is None else compensated_tree_sum(values, lost, n)


@inner
def same(a, b):  # type: ignore[no-untyped-def]
    """Whether two numbers are equal; NaN is equal to NaN."""
    return a == b or (a != a and b != b)


@entry
def count(table, size, ignored, counts, progress):  # type: ignore[no-untyped-def]
    """How many targets of each block are not ``ignored``, into ``counts``."""
    scratch = np.empty(BLOCK)
    index = np.empty(table.shape[1], np.int64)
    mode = set_mode(IEEE)
    count_blocks(table[TARGETS], (size, ignored), counts, (scratch, index), progress)
    set_mode(mode)


@inner
def count_blocks(targets, counting, counts, places, progress):  # type: ignore[no-untyped-def]
    """The blocks of `count` that this thread can claim."""
    apart()
    size, ignored = counting
    scratch, index = places
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = min(BLOCK, size - block * BLOCK)
            walk(targets, block * BLOCK, n, scratch, index)
            counts[block] = 0
            for j in range(n):
                counts[block] += not same(scratch[j], ignored)
        first = claimed(progress, last)
    leave(progress)

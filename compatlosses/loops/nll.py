"""The compiled loops of the negative log-likelihood from class indices: a row's loss and slope are those of
one class, whatever the others hold. See `rows`.
"""

from __future__ import annotations

from ..memory import write
from ..scalar import product
from ..sums import BLOCK, fill
from . import rows_plan
from .by_address import call, called_by_address, merged
from .rows_memory import BY_LOGITS, CODE, LOGITS, STEP, item_of, load, store, table_of, write_tile
from .rows_plan import (
    AT_BY_LOGITS,
    AT_LOGITS,
    CLASS,
    CLASSES,
    COUNTS,
    GIVEN,
    HANDED_IN,
    HEAVY,
    PREPARED,
    ROW_LOSS,
    X,
    integers_of,
    numbers_of,
    plan_at,
    tile_of,
)

MODULES = (*rows_plan.MODULES, __name__)


@called_by_address(*MODULES)
def narrow(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """A tile, with the precision of float32."""
    return losses_and_gradients(0, address, tile, scratch)


@called_by_address(*MODULES)
def wide(address, tile, scratch, _, __):  # type: ignore[no-untyped-def]
    """A tile, whose sum has the care that the last bits of float64 need."""
    return losses_and_gradients(1, address, tile, scratch)


@merged
def losses_and_gradients(exact, address, tile, scratch):  # type: ignore[no-untyped-def]
    """A tile. exact: 0 or 1."""
    plan, table = plan_at(address), table_of(address)
    state, integers = numbers_of(plan, scratch), integers_of(plan, scratch)
    width = call(plan[PREPARED], (address, tile, scratch, 0, 0))
    code, step = table[LOGITS, CODE], table[LOGITS, STEP]
    for r in range(width):
        state[ROW_LOSS, r] = 0.0
        if integers[COUNTS, r]:
            x = load(code, integers[AT_LOGITS, r] + integers[CLASS, r] * step)
            state[ROW_LOSS, r] = product(state[HEAVY, r], -x)
    call(plan[HANDED_IN], (address, tile, scratch, exact, 0))
    if table[BY_LOGITS, CODE] >= 0:
        emptied(plan, table, scratch, integers, width)
        code, step = table[BY_LOGITS, CODE], table[BY_LOGITS, STEP]
        for r in range(width):
            if integers[COUNTS, r]:
                slope = -(state[HEAVY, r] * state[GIVEN, r])
                store(code, integers[AT_BY_LOGITS, r] + integers[CLASS, r] * step, slope)
    return width


@merged
def emptied(plan, table, scratch, integers, width):  # type: ignore[no-untyped-def]
    """Zeros to the gradient of a tile."""
    classes, code, item = plan[CLASSES], table[BY_LOGITS, CODE], item_of(table[BY_LOGITS, CODE])
    zeros = tile_of(plan, scratch, X)
    fill(zeros, 0, zeros.size, 0.0)
    for first in range(0, classes, BLOCK):
        n = min(BLOCK, classes - first)
        if table[BY_LOGITS, STEP] == item:
            for r in range(width):
                write(code, integers[AT_BY_LOGITS, r] + first * item, zeros, n)
        else:
            write_tile(table[BY_LOGITS], integers[AT_BY_LOGITS], first, n, width, zeros)

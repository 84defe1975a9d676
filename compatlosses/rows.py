"""The fused executor for losses of rows: loss and gradients together, by the loops of `loops.rows`.

A row is one place of the logits without their class axis. See `fused` for the dtypes of arrays, and for what
is true of all fused results."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fused import BLOCK, FLOAT64, compiled, has_float64, number, numbers
from .operands import Layout, address, code, merged, readable
from .protocols import Array, Reduction
from .request import NOT_ASKED, Arrays, Found, Request, loaded
from .threads import ALONE, together

INTEGERS = {"int64": 16, "uint64": 16, "int32": 17, "uint32": 18, "int16": 19, "uint16": 20, "int8": 21}
"""The loops' numbers for integers, see `loops.rows_memory`; that of bools and uint8 is 22."""
LOGITS, TARGETS, MASK, COTANGENT, LOSS, BY_LOGITS, BY_TARGETS = range(7)
OPERANDS, ADDRESS, STEP = 7, 1, 2
(
    ROWS, CLASSES, WIDTH, SOFT, IGNORING, IGNORED, BY_ROW, SMOOTHING, SCALE, WEIGHTS, PARTIALS, RUNNING,
    PREPARED, HANDED_IN, GATHERED, SCATTERED, COLUMNS, HEAD,
) = range(18)  # fmt: skip
"""The places of a plan; see `loops.rows`, which cannot be imported where Numba is not."""
FEW = 64
"""Fewer classes are too few for the processor's vectors: several rows are computed side by side."""

Plan = NDArray[np.int64]


class Problem(NamedTuple):
    """A call as the loops see it."""

    plan: Plan
    classes: int
    width: int
    """How many rows a tile has. The sums of the losses go by it."""
    tiles: int
    operands: tuple[Array | None, ...]
    weights: Array | None

    @property
    def soft(self) -> bool:
        """Whether targets are probabilities."""
        return bool(self.plan[SOFT])


def evaluated(
    request: Request,
    arrays: Arrays,
    wrt: tuple[bool, ...],
    cotangent: Array | float | None,
    wants_loss: bool,
) -> Found:
    """The loss, if wanted, and the gradients ``wrt`` times the cotangent: a number, or an array where nothing
    is reduced.

    arrays: logits; targets, integers without the class axis or floating numbers with it; one weight a class.

    Raises:
        IndexError: a row that counts has an index that is no class.
    """
    x, y, weight = arrays
    axis, name, dtype, empty = request.parameters[0], request.reduction[0], request.dtype, request.empty
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    by_logits = empty(x.shape, x.dtype) if wrt[0] else None
    by_targets = empty(y.shape, y.dtype) if wrt[1] else None
    by_weight = empty(weight.shape, weight.dtype) if wrt[2] else None
    loss = empty(shape, dtype) if wants_loss and name == "none" else None
    each = cotangent if isinstance(cotangent, np.ndarray) and cotangent.ndim else None
    problem = posed(request, arrays, shape, each, (loss, by_logits, by_targets))
    divisor = divisor_of(request.reduction, problem, y, shape)
    # Where nothing is there to divide by, there is no gradient either.
    scale = (1.0 if each is not None else number(cotangent)) / (1.0 if math.isnan(divisor) else divisor)
    partials = np.empty((problem.tiles, 2)) if wants_loss and name != "none" else None
    running = None if by_weight is None else np.zeros(2 * problem.classes)
    if problem.tiles:
        fill(problem, dtype == FLOAT64 or has_float64(arrays), scale, partials, running)
    else:
        for gradient in (by_logits, by_targets):
            if gradient is not None:
                gradient[...] = np.zeros((), gradient.dtype)
    if by_weight is not None:
        compiled().store_sums(running, code(by_weight.dtype), address(by_weight))
    if partials is not None:
        loss = np.empty((), dtype)
        compiled().total(partials, divisor, code(dtype), address(loss))
    return NOT_ASKED if loss is None else loss, (by_logits, by_targets, by_weight)


# --- a call as the loops see it -----------------------------------------------------------------------------


def posed(
    request: Request,
    arrays: Arrays,
    shape: tuple[int, ...],
    cotangent: Array | None,
    outputs: tuple[Array | None, Array | None, Array | None],
) -> Problem:
    """A call, but for what its gradients are multiplied by, and for its sums."""
    x, y, weight = arrays
    axis, smoothing = request.parameters
    operands = (*readable((x,)), usable(y), usable(request.reduction[4]), *readable((cotangent,)), *outputs)
    layouts = tuple([None if a is None else (a.dtype, a.shape, a.strides) for a in operands])
    classes = x.shape[axis]
    plan = template(shape, classes, axis, y.dtype.kind not in "iub", layouts).copy()
    weights = None if weight is None else numbers(readable((weight,))[0])  # type: ignore[arg-type]
    if weights is not None:
        plan[WEIGHTS], plan[BY_ROW] = address(weights), request.loss.rows == "row"
    ignored = request.reduction[2]
    if ignored is not None:
        plan[IGNORING] = 1
        plan[IGNORED] = (int(ignored) + 2**63) % 2**64 - 2**63  # the bits of an uint64
    if smoothing:
        plan.view(np.float64)[SMOOTHING] = smoothing
    columns = (len(plan) - HEAD) // OPERANDS
    place = HEAD + ADDRESS
    for a in operands:
        if a is not None:
            plan[place] = address(a)
        place += columns
    width = rows_of_tile(classes)
    return Problem(plan, classes, width, -(-math.prod(shape) // width), operands, weights)


def rows_of_tile(classes: int) -> int:
    """How many rows are computed at a time."""
    return 16 if classes >= FEW else BLOCK // max(classes, 1) // 16 * 16


def usable(array: Array | None) -> Array | None:
    """Targets or a mask as the loops can read them: themselves if it can be, else a copy."""
    if array is None or array.dtype.kind not in "iub":
        return readable((array,))[0]
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    return array if array.flags.aligned else array.copy()


@lru_cache(maxsize=256)
def template(
    shape: tuple[int, ...], classes: int, axis: int, soft: bool, layouts: tuple[Layout | None, ...]
) -> Plan:
    """A plan of what goes by shapes, strides and dtypes alone."""
    rows: list[list[int]] = []
    for i, layout in enumerate(layouts):
        if layout is None:
            rows.append([-1, 0, 0, 0])
            continue
        dtype, own, strides = layout
        step = 0
        if i in (LOGITS, BY_LOGITS, BY_TARGETS) or (i == TARGETS and soft):
            step = strides[axis]
            own, strides = own[:axis] + own[axis + 1 :], strides[:axis] + strides[axis + 1 :]
        kind = INTEGERS.get(dtype.name, 22) if dtype.kind in "iub" else code(dtype)
        rows.append([kind, 0, step, *merged(own, strides, shape)])
    columns = max(map(len, rows))
    plan = np.zeros(HEAD + OPERANDS * columns, np.int64)
    plan[ROWS], plan[CLASSES], plan[WIDTH] = math.prod(shape), classes, rows_of_tile(classes)
    plan[SOFT], plan[COLUMNS] = soft, columns
    for to, row in zip(plan[HEAD:].reshape(OPERANDS, columns), rows, strict=True):
        to[: len(row)] = row
    return plan


# --- the loops ----------------------------------------------------------------------------------------------


def loops() -> Any:
    """The compiled loops that every call needs."""
    return loaded("compatlosses.loops.rows")


def general_loops() -> Any:
    """The compiled loops that take anything."""
    return loaded("compatlosses.loops.rows_general")


def fill(problem: Problem, exact: bool, scale: float, partials: Array | None, running: Array | None) -> None:
    """Compute a problem: its losses, their sums, and its gradients times ``scale``."""
    plan = problem.plan
    plan.view(np.float64)[SCALE] = scale
    if partials is not None:
        plan[PARTIALS] = address(partials)
    if running is not None:
        plan[RUNNING] = address(running)
    memory = (problem, partials, running)
    if side_by_side(problem) and not exact and running is None:
        run(loops().adjacent(), problem, memory)
        return
    general = general_loops()
    plan[GATHERED], plan[SCATTERED] = general.gathered(), general.scattered()
    # Running sums have one order, and need one thread.
    run(general.wide() if exact else general.narrow(), problem, memory, alone=running is not None)


def side_by_side(problem: Problem) -> bool:
    """Whether the loop takes it that goes along the classes of a row: from indices, over neighbours in
    memory.
    """
    plan = problem.plan
    if problem.classes < FEW or plan[SOFT] or plan[SMOOTHING]:
        return False
    columns = (len(plan) - HEAD) // OPERANDS
    for i in (LOGITS, BY_LOGITS):
        a = problem.operands[i]
        if a is not None and plan[HEAD + i * columns + STEP] != a.itemsize:
            return False
    return True


def run(function: int, problem: Problem, memory: Any, alone: bool = False) -> None:
    """Do all tiles by the function at an address. Every thread at work holds ``memory``."""
    plan, kernels = problem.plan, loops()
    plan[PREPARED], plan[HANDED_IN] = kernels.prepared(), kernels.handed_in()
    share = max(1, problem.width * problem.classes // BLOCK)
    size = kernels.scratch_size(problem.width, problem.classes)

    def task(progress: Array) -> Any:
        kernels.run(function, plan, share, size, progress)
        return memory

    if alone:
        task(ALONE)
    else:
        together(task, problem.tiles * share, compiled())


# --- what the mean divides by -------------------------------------------------------------------------------


def divisor_of(reduction: Reduction, problem: Problem, targets: Array, shape: tuple[int, ...]) -> float:
    """What the losses are divided by; NaN where nothing is there to divide by and the result is none.

    Raises:
        IndexError: a row that counts has an index that is no class.
    """
    _, divisor, ignored, empty, _ = reduction
    weighs = divisor == "weights" and problem.weights is not None
    counts = weighs or (divisor in ("counted", "weights") and problem.operands[MASK] is not None)
    if not problem.tiles:
        return 1.0 if divisor == "one" else math.nan
    number = float(problem.plan[ROWS])
    if counts or not problem.soft:
        tallies = np.empty((problem.tiles, 4))
        problem.plan[PARTIALS] = address(tallies)
        problem.plan[GATHERED] = general_loops().gathered() if problem.soft else 0
        run(loops().tallied(), problem, (problem, tallies))
        problem.plan[PARTIALS] = 0  # the memory of the tallies ends here
        number, row = loops().tallies_total(tallies, 1 if weighs else 0)
        if row >= 0:
            refuse(targets, shape, row, problem.classes, ignored)
    if divisor == "one":
        return 1.0
    if divisor == "all":
        return float(problem.plan[ROWS])
    return number or (1.0 if empty == 0.0 else math.nan)


def check_classes(targets: Array, classes: int, ignored: float | None, mask: Array | None) -> None:
    """Refuse indices of which one, of a row that counts, is no class.

    Raises:
        IndexError: such an index.
    """
    wrong = (targets < 0) | (targets >= classes)
    if ignored is not None:
        wrong &= targets != ignored
    if mask is not None:
        wrong = wrong & mask
    if wrong.any():
        refuse(targets, targets.shape, int(wrong.argmax()), classes, ignored)


def refuse(targets: Array, shape: tuple[int, ...], row: int, classes: int, ignored: float | None) -> None:
    """Raise the IndexError for a row whose index is no class."""
    place = tuple([int(i) for i in np.unravel_index(row, shape)])
    ignoring = "" if ignored is None else f", or {ignored} for a row that does not count"
    raise IndexError(
        f"targets holds {targets[place]} at {list(place)}; expected the index of a class, "
        f"from 0 to {classes - 1}{ignoring}"
    )

"""The fused executor for losses of rows: loss and gradients together, by the loops of `loops.rows`.

A row is one place of the logits without their class axis. See `fused` for the dtypes of arrays, and for what
is true of all fused results."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fused import BLOCK, FLOAT64, compiled, number, numbers
from .operands import Layout, address, code, merged, readable
from .protocols import Array
from .request import NOT_ASKED, Arrays, Found, Request, loaded
from .threads import LEAST, get_num_threads, together

INTEGERS = {"int64": 16, "uint64": 16, "int32": 17, "uint32": 18, "int16": 19, "uint16": 20, "int8": 21}
"""The loops' numbers for integers, see `loops.rows_memory`; that of bools and uint8 is 22."""
DIVISORS = ("one", "all", "counted", "weights")
"""What a mean divides by, in the order of the loops' numbers for it."""
LOGITS, TARGETS, MASK, COTANGENT, LOSS, BY_LOGITS, BY_TARGETS = range(7)
OPERANDS, ADDRESS, STEP = 7, 1, 2
(
    ROWS, CLASSES, WIDTH, SOFT, IGNORING, IGNORED, BY_ROW, SMOOTHING, SCALE, WEIGHTS, PARTIALS, RUNNING,
    PREPARED, HANDED_IN, GATHERED, SCATTERED, TALLIED, DIVIDES, EMPTY, RESULT, RESULT_CODE, COLUMNS, HEAD,
) = range(23)  # fmt: skip
"""The places of a plan; see `loops.rows`, which cannot be imported where Numba is not."""
FEW = 64
"""Fewer classes are too few for the processor's vectors: several rows are computed side by side."""
BYTES = np.dtype(np.uint8)
NO_BYTES = np.empty(0, BYTES)

Plan = NDArray[np.int64]


class Form(NamedTuple):
    """What goes by a call's options, shapes, strides and dtypes alone."""

    plan: Plan
    """All but addresses of memory, and what gradients are multiplied by."""
    function: int
    """The address of what does a tile."""
    tiles: int
    scratch: int
    """The float64 of scratch that a thread needs."""
    share: int
    """Units of work a tile."""


class Options(NamedTuple):
    """What a form goes by, but for the operands."""

    axis: int
    smoothing: float
    ignored: float | None
    divisor: str
    zero_of_none: bool
    """Whether the mean over no row is 0."""
    by_row: bool
    """Whether weights are those of rows."""
    dtype: np.dtype[Any]
    """Of the result."""
    reduced: bool
    """Whether a reduced loss is wanted."""
    weight: np.dtype[Any] | None
    """The dtype of the weights, None where there are none."""
    running: bool
    """Whether gradients by the weights are wanted."""


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
    axis, smoothing = request.parameters
    name, divisor, ignored, empty_mean, mask = request.reduction
    dtype, empty = request.dtype, request.empty
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    by_logits = empty(x.shape, x.dtype) if wrt[0] else None
    by_targets = empty(y.shape, y.dtype) if wrt[1] else None
    by_weight = empty(weight.shape, weight.dtype) if wrt[2] else None
    loss = empty(shape, dtype) if wants_loss and name == "none" else None
    result = np.empty((), dtype) if wants_loss and name != "none" else None
    each = cotangent if isinstance(cotangent, np.ndarray) and cotangent.ndim else None
    options = Options(
        int(axis),
        smoothing,
        ignored,
        divisor,
        empty_mean == 0.0,
        request.loss.rows == "row",
        dtype,
        result is not None,
        None if weight is None else weight.dtype,
        by_weight is not None,
    )
    inputs = (usable(x), usable(y), usable(mask), usable(each))
    operands = (*inputs, loss, by_logits, by_targets)
    form = form_of(shape, x.shape[axis], options, tuple([layout_of(a) for a in operands]))

    plan = form.plan.copy()
    place(plan, operands, result)
    plan.view(np.float64)[SCALE] = 1.0 if each is not None else number(cotangent)
    weights = None if weight is None else numbers(readable((weight,))[0])  # type: ignore[arg-type]
    if weights is not None:
        plan[WEIGHTS] = address(weights)
    running = None if by_weight is None else np.zeros(2 * x.shape[axis])
    if running is not None:
        plan[RUNNING] = address(running)

    bad = computed(form, plan, (operands, result, weights, running))
    if bad >= 0:
        refuse(y, shape, bad, x.shape[axis], ignored)
    if by_weight is not None:
        compiled().store_sums(running, code(by_weight.dtype), address(by_weight))
    if loss is None:
        loss = NOT_ASKED if result is None else result
    return loss, (by_logits, by_targets, by_weight)


# --- a call as the loops see it -----------------------------------------------------------------------------


def layout_of(a: Array | None) -> Layout | None:
    """The dtype, shape and strides of an array."""
    return None if a is None else (a.dtype, a.shape, a.strides)


def place(plan: Plan, operands: tuple[Array | None, ...], result: Array | None) -> None:
    """The addresses of a call's operands and of its reduced loss, into its plan."""
    columns = int(plan[COLUMNS])
    memory: list[Array] = []
    for i, a in enumerate(operands):
        if a is None:
            memory.append(NO_BYTES)
        elif a.flags.carray:  # for read-only arrays Numba would compile another function
            memory.append(a.ravel().view(BYTES))
        else:
            memory.append(NO_BYTES)
            plan[HEAD + i * columns + ADDRESS] = address(a)
    memory.append(NO_BYTES if result is None else result.ravel().view(BYTES))
    loops().placed(plan, *memory)


def rows_of_tile(classes: int) -> int:
    """How many rows are computed at a time."""
    return 16 if classes >= FEW else min(BLOCK, 4 * BLOCK // classes // 16 * 16)


def usable(array: Array | None) -> Array | None:
    """An input as the loops can read it: itself if it can be, else a copy."""
    if array is None or array.dtype.kind not in "iub":
        return readable((array,))[0]
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    return array if array.flags.aligned else array.copy()


@lru_cache(maxsize=256)
def form_of(
    shape: tuple[int, ...], classes: int, options: Options, layouts: tuple[Layout | None, ...]
) -> Form:
    """The form of a call. shape: that of the rows. layouts: those of the operands."""
    targets = layouts[TARGETS]
    soft = targets is not None and targets[0].kind not in "iub"
    width = rows_of_tile(classes)
    plan = template(shape, options.axis, soft, layouts)
    plan[ROWS], plan[CLASSES], plan[WIDTH], plan[SOFT] = math.prod(shape), classes, width, soft
    if options.ignored is not None:
        plan[IGNORING] = 1
        plan[IGNORED] = (int(options.ignored) + 2**63) % 2**64 - 2**63  # the bits of an uint64
    plan[BY_ROW] = options.by_row and options.weight is not None
    plan.view(np.float64)[SMOOTHING] = options.smoothing
    plan[DIVIDES], plan[EMPTY] = DIVISORS.index(options.divisor), options.zero_of_none
    plan[RESULT_CODE] = code(options.dtype)

    kernels = loops()
    plan[PREPARED], plan[HANDED_IN] = kernels.prepared(), kernels.handed_in()
    weighs = options.divisor == "weights" and options.weight is not None
    masked = options.divisor in ("counted", "weights") and layouts[MASK] is not None
    if weighs or masked or not soft:
        plan[TALLIED] = kernels.tallied()
    exact = is_exact(options, layouts)
    beside = not exact and not options.running and side_by_side(plan, options, layouts)
    if beside:
        function = kernels.adjacent()
    else:
        general = loaded("compatlosses.loops.rows_general")
        function = general.wide() if exact else general.narrow()
        plan[GATHERED], plan[SCATTERED] = general.gathered(), general.scattered()
    tiles = -(-math.prod(shape) // width)
    scratch = kernels.scratch_size(width, classes, beside)
    return Form(plan, function, tiles, scratch, max(1, width * classes // BLOCK))


def is_exact(options: Options, layouts: tuple[Layout | None, ...]) -> bool:
    """Whether there is a float64, whose last bits need care."""
    given = (options.dtype, options.weight, *[a[0] for a in layouts[: TARGETS + 1] if a is not None])
    return any(dtype is not None and dtype == FLOAT64 for dtype in given)  # to NumPy None is float64


def side_by_side(plan: Plan, options: Options, layouts: tuple[Layout | None, ...]) -> bool:
    """Whether the loop takes it that goes along the classes of a row: from indices, over neighbours in
    memory.
    """
    if plan[CLASSES] < FEW or plan[SOFT] or options.smoothing:
        return False
    for i in (LOGITS, BY_LOGITS):
        a = layouts[i]
        if a is not None and plan[HEAD + i * plan[COLUMNS] + STEP] != a[0].itemsize:
            return False
    return True


def template(shape: tuple[int, ...], axis: int, soft: bool, layouts: tuple[Layout | None, ...]) -> Plan:
    """A plan of operands alone."""
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
    plan[COLUMNS] = columns
    for to, row in zip(plan[HEAD:].reshape(OPERANDS, columns), rows, strict=True):
        to[: len(row)] = row
    return plan


# --- the loops ----------------------------------------------------------------------------------------------


def loops() -> Any:
    """The compiled loops that every call needs."""
    return loaded("compatlosses.loops.rows")


def computed(form: Form, plan: Plan, memory: Any) -> int:
    """Compute a call. The first row whose index is no class, -1 where there is none.

    Every thread at work holds ``memory``.
    """
    kernels = loops()
    # Running sums have one order, and need one thread.
    if form.tiles * form.share < 2 * LEAST or get_num_threads() == 1 or plan[RUNNING]:
        return int(kernels.alone(form.function, plan, form.scratch))
    tallies = np.empty((form.tiles if plan[TALLIED] else 0, 4))
    if plan[TALLIED]:
        plan[PARTIALS] = address(tallies)
        run(int(plan[TALLIED]), form, plan, (memory, tallies))
        plan[PARTIALS] = 0
    divisor, bad = kernels.divided_and_scaled(plan, tallies)
    if bad >= 0:
        return int(bad)
    partials = np.empty((form.tiles if plan[RESULT] else 0, 2))
    if plan[RESULT]:
        plan[PARTIALS] = address(partials)
    run(form.function, form, plan, (memory, partials))
    kernels.totalled(plan, partials, divisor)
    return -1


def run(function: int, form: Form, plan: Plan, memory: Any) -> None:
    """Do all tiles by the function at an address, on several threads."""
    kernels = loops()

    def task(progress: Array) -> Any:
        kernels.run(function, plan, form.share, form.scratch, progress)
        return memory

    together(task, form.tiles * form.share, compiled())


# --- indices that are no class ------------------------------------------------------------------------------


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

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
from .request import NOT_ASKED, Arrays, Direct, Found, Request, loaded
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
"""The places of a plan; see `loops.rows_plan`, which cannot be imported where Numba is not."""
FEW = 64
"""Fewer classes are too few for the processor's vectors: several rows are computed side by side."""
BYTES = np.dtype(np.uint8)
NO_BYTES = np.empty(0, BYTES)
LOOPS = "compatlosses.loops.rows"
"""The loops of softmax cross entropy, part of which those of other losses of rows use."""
READABLE = frozenset(
    [np.dtype(name) for name in ("float16", "float32", "float64", "uint64", "uint8", "bool", *INTEGERS)]
)
"""The dtypes that the loops read, but for bfloat16."""

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


Options = tuple[tuple[float, ...], tuple[Any, ...], str, str, np.dtype[Any]]
"""What a form goes by, but for arrays: of a request the parameters, the reduction without the mask, whose the
weights are, the module of the loops, and the dtype."""


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
    axis = int(request.parameters[0])
    reduction, dtype, empty = request.reduction, request.dtype, request.empty
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    by_logits = empty(x.shape, x.dtype) if wrt[0] else None
    by_targets = empty(y.shape, y.dtype) if wrt[1] else None
    by_weight = empty(weight.shape, weight.dtype) if wrt[2] else None
    loss = result = None
    if wants_loss and reduction[0] == "none":
        loss = empty(shape, dtype)
    elif wants_loss:
        result = np.empty((), dtype)
    each, scale = None, 1.0
    if isinstance(cotangent, np.ndarray) and cotangent.ndim:
        each = cotangent
    elif cotangent is not None:
        scale = number(cotangent)
    weights = None if weight is None else numbers(readable((weight,))[0])  # type: ignore[arg-type]
    running = None if by_weight is None else np.zeros(2 * x.shape[axis])

    inputs = (usable(x), usable(y), None if reduction[4] is None else usable(reduction[4]), usable(each))
    layouts = tuple([None if a is None else (a.dtype, a.shape, a.strides) for a in inputs])
    options = options_of(request)
    form = form_of(options, layouts, None if weight is None else weight.dtype, wrt, wants_loss)
    plan = form.plan
    if weights is not None:
        plan = plan.copy()
        plan[WEIGHTS], plan[RUNNING] = address(weights), 0 if running is None else address(running)
    operands = (*inputs, loss, by_logits, by_targets, result)
    bad = computed(form, plan, scale, operands, (weights, running))
    if bad >= 0:
        refuse(y, shape, bad, x.shape[axis], reduction[2])
    if by_weight is not None:
        compiled().store_sums(running, code(by_weight.dtype), address(by_weight))
    if loss is None:
        loss = NOT_ASKED if result is None else result
    return loss, (by_logits, by_targets, by_weight)


def direct(request: Request, arrays: Arrays, wrt: tuple[bool, ...]) -> Direct | None:
    """How calls like one of these arrays are computed from addresses alone; None where they are not."""
    x, y, weight = arrays
    if weight is not None or not {x.dtype, y.dtype} <= READABLE:
        return None
    options = options_of(request)
    layouts = ((x.dtype, x.shape, x.strides), (y.dtype, y.shape, y.strides), None, None)
    form = form_of(options, layouts, None, wrt, True)
    if form.tiles * form.share >= 2 * LEAST:
        return None
    alone, (plan, function, _, scratch, _) = loops().alone_at, form
    odd = max(x.itemsize, y.itemsize) - 1

    def compute(inputs: list[int], gradient: int, loss: int) -> bool:
        logits, targets, _ = inputs
        if (logits | targets) & odd:
            return False
        return bool(alone(function, plan, scratch, (logits, targets, gradient, loss)) < 0)

    return Direct(compute, request.dtype, wrt[0])


# --- a call as the loops see it -----------------------------------------------------------------------------


def options_of(request: Request) -> Options:
    """What the form of a request's call goes by, but for arrays."""
    loss, parameters, reduction, dtype, _ = request
    return parameters, reduction[:4], loss.rows, loss.loops, dtype


def rows_of_tile(classes: int) -> int:
    """How many rows are computed at a time."""
    return 16 if classes >= FEW else min(BLOCK, 4 * BLOCK // classes // 16 * 16)


def usable(array: Array | None) -> Array | None:
    """An input as the loops can read it: itself if it can be, else a copy."""
    if array is None or (array.flags.aligned and array.dtype in READABLE):
        return array
    if array.dtype.kind not in "iub":
        return readable((array,))[0]
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    return array if array.flags.aligned else array.copy()


@lru_cache(maxsize=256)
def form_of(
    options: Options,
    inputs: tuple[Layout | None, ...],
    weight: np.dtype[Any] | None,
    wrt: tuple[bool, ...],
    wants_loss: bool,
) -> Form:
    """The form of a call. inputs: the layouts of logits, targets, mask and cotangent. weight: its dtype."""
    (place, smoothing), (name, divisor, ignored, of_none), by, module, dtype = options
    axis = int(place)
    x, y, *_ = inputs
    assert x is not None and y is not None
    whole = x[1]
    shape, classes, soft = whole[:axis] + whole[axis + 1 :], whole[axis], y[0].kind not in "iub"
    layouts = (
        *inputs,
        contiguous(dtype, shape) if wants_loss and name == "none" else None,
        contiguous(x[0], whole) if wrt[0] else None,
        contiguous(y[0], y[1]) if wrt[1] else None,
    )
    width = rows_of_tile(classes)
    plan = template(shape, axis, soft, layouts)
    plan[ROWS], plan[CLASSES], plan[WIDTH], plan[SOFT] = math.prod(shape), classes, width, soft
    if ignored is not None:
        plan[IGNORING] = 1
        plan[IGNORED] = (int(ignored) + 2**63) % 2**64 - 2**63  # the bits of an uint64
    plan[BY_ROW] = by == "row" and weight is not None
    plan.view(np.float64)[SMOOTHING] = smoothing
    plan[DIVIDES], plan[EMPTY], plan[RESULT_CODE] = DIVISORS.index(divisor), of_none == 0.0, code(dtype)

    shared = loaded("compatlosses.loops.rows_tiles")
    plan[PREPARED], plan[HANDED_IN] = shared.prepared(), shared.handed_in()
    weighs = divisor == "weights" and weight is not None
    if weighs or not soft or (divisor in ("counted", "weights") and inputs[MASK] is not None):
        plan[TALLIED] = shared.tallied()
    # To NumPy None is float64.
    exact = any(a is not None and a == FLOAT64 for a in (dtype, weight, x[0], y[0]))
    beside = module == LOOPS and not exact and not wrt[2] and not smoothing and side_by_side(plan, layouts)
    if beside:
        function = loaded("compatlosses.loops.rows_adjacent").adjacent()
    elif module != LOOPS:
        function = loaded(module).wide() if exact else loaded(module).narrow()
    else:
        general = loaded("compatlosses.loops.rows_general")
        function = general.wide() if exact else general.narrow()
        plan[GATHERED], plan[SCATTERED] = general.gathered(), general.scattered()
    tiles = -(-math.prod(shape) // width)
    scratch = loaded("compatlosses.loops.rows_plan").scratch_size(width, classes, beside)
    return Form(plan, function, tiles, scratch, max(1, width * classes // BLOCK))


def contiguous(dtype: np.dtype[Any], shape: tuple[int, ...]) -> Layout:
    """The layout of an array in C order."""
    strides: tuple[int, ...] = ()
    step = dtype.itemsize
    for n in reversed(shape):
        strides, step = (step, *strides), step * n
    return dtype, shape, strides


def side_by_side(plan: Plan, layouts: tuple[Layout | None, ...]) -> bool:
    """Whether the loop takes it that goes along the classes of a row: from indices, over neighbours in
    memory.
    """
    if plan[CLASSES] < FEW or plan[SOFT]:
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
    return loaded(LOOPS)


def computed(form: Form, plan: Plan, scale: float, operands: tuple[Array | None, ...], other: Any) -> int:
    """Compute a call. The first row whose index is no class, -1 where there is none.

    operands: those of the loops, and a reduced loss. Every thread at work holds them and ``other``. scale:
    what the gradients are multiplied by.
    """
    kernels = loops()
    memory: list[Array] = []
    for i, a in enumerate(operands):
        if a is None:
            memory.append(NO_BYTES)
        elif a.flags.carray:
            memory.append(a.ravel().view(BYTES))
        else:  # Numba would compile another function for read-only arrays
            memory.append(NO_BYTES)
            plan = plan.copy()
            plan[HEAD + i * plan[COLUMNS] + ADDRESS] = address(a)
    # Running sums have one order, and need one thread.
    if form.tiles * form.share < 2 * LEAST or get_num_threads() == 1 or plan[RUNNING]:
        return int(kernels.alone(form.function, plan, form.scratch, scale, tuple(memory)))
    plan = plan.copy()
    kernels.placed(plan, scale, tuple(memory))
    held = (operands, other)
    tallies = np.empty((form.tiles if plan[TALLIED] else 0, 4))
    if plan[TALLIED]:
        plan[PARTIALS] = address(tallies)
        run(int(plan[TALLIED]), form, plan, (held, tallies))
        plan[PARTIALS] = 0
    divisor, bad = kernels.divided_and_scaled(plan, tallies)
    if bad >= 0:
        return int(bad)
    partials = np.empty((form.tiles if plan[RESULT] else 0, 2))
    if plan[RESULT]:
        plan[PARTIALS] = address(partials)
    run(form.function, form, plan, (held, partials))
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

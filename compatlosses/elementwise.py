"""The fused executor for losses of elements: loss and gradients in one pass over arrays, by the loops of the
loss's definition.

Arrays come in the order of `Loss.arguments`, the weight last: an array, a number where it broadcasts, or
None. See `fused` for their dtypes, and for what is true of all fused results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .fused import BLOCK, FLOAT32, FLOAT64, NOWHERE, comparable, compiled, has_float64, number, outputs
from .operands import address, code, readable, table
from .protocols import Array, Reduction
from .request import NOT_ASKED, Arrays, Direct, Found, Request, loaded
from .threads import ALONE, LEAST, get_num_threads, together

BY_FIRST = 7
"""The place of the gradient by the first input among the loops' operands."""


def takes(reduction: Reduction) -> bool:
    """Whether the loops know this reduction: not the mean by weights, whose divisor depends on what is
    differentiated.
    """
    return reduction[1] != "weights"


def shared_loops() -> Any:
    """What the loops of all losses share."""
    return loaded("compatlosses.loops.elements")


def evaluated(
    request: Request,
    arrays: Arrays,
    wrt: tuple[bool, ...],
    cotangent: Array | float | None,
    wants_loss: bool,
) -> Found:
    """The loss, if wanted, and the gradients ``wrt`` times the cotangent: a number, or an array where nothing
    is reduced.
    """
    factor = 1.0
    if not isinstance(cotangent, np.ndarray) or not cotangent.ndim:
        factor, cotangent = number(cotangent), None
    if single(request, arrays, wrt, cotangent):
        return contiguous(request, arrays, wrt[0], (factor, cotangent), wants_loss)
    loss, parameters, reduction, dtype, empty = request
    x, size, summed = arrays[0], arrays[0].size, reduction[0] != "none"
    labels, ignored = comparable(arrays[1], reduction[2])
    gradients, sums = outputs(arrays, wrt, size, empty)
    operands = [*placed([x, labels, *arrays[2:]]), reduction[4], cotangent]
    losses = empty(x.shape, dtype) if wants_loss and not summed else None
    operated = table(x.shape, readable(operands), [losses, *placed(gradients)], placed(sums))
    divisor = divisor_of(reduction, operated.rows, x.shape, ignored)
    blocks = -(-size // BLOCK)
    partials = np.empty((blocks, 2)) if summed and wants_loss else NOWHERE
    exact = dtype == FLOAT64 or has_float64(arrays)
    general, shared, ignoring = loaded(loss.loops).general, shared_loops(), int(reduction[2] is not None)
    steps = (shared.gather(), shared.scatter(), shared.summed())
    job = (*steps, int(exact), operated.rows, size, ignoring, ignored, factor, divisor)

    def task(progress: Array) -> None:
        # A thread that holds this holds the operands too, and so the memory that the rows lead to.
        general(parameters, (*job, partials, progress))

    if [total for total in sums if total is not None]:
        task(ALONE)  # running sums have one order, and need one thread
    elif size:
        together(task, blocks, compiled())
    for out, total in zip(gradients, sums, strict=True):
        if total is not None and out is not None:
            compiled().store_sums(total, code(out.dtype), address(out))
    if summed and wants_loss:
        losses = np.empty((), dtype)
        compiled().total(partials, divisor, code(dtype), address(losses))
    return NOT_ASKED if losses is None else losses, gradients


# --- contiguous arrays of float32 ---------------------------------------------------------------------------


def single(request: Request, arrays: Arrays, wrt: tuple[bool, ...], cotangent: Array | None) -> bool:
    """Whether the loop for contiguous arrays of float32 takes a call."""
    reduction, shape = request.reduction, arrays[0].shape
    if request.dtype != FLOAT32 or reduction[2] is not None or reduction[4] is not None or True in wrt[1:]:
        return False
    if reduction[0] == "none" and reduction[1] != "one":
        return False
    # A loop, not all(): a generator would be a call for each.
    for a in (*arrays, cotangent):
        if a is not None and not (
            isinstance(a, np.ndarray) and a.dtype == FLOAT32 and a.shape == shape and a.flags.c_contiguous
        ):
            return False
        if a is not None and not a.flags.aligned:
            return False
    return bool(arrays[0].size)


def contiguous(
    request: Request, arrays: Arrays, wanted: bool, factors: tuple[float, Array | None], wants_loss: bool
) -> Found:
    """The loss, if wanted, and the gradient by the first input, times the ``factors``: a number, and an array
    or None.
    """
    loss, parameters, reduction, dtype, empty = request
    x, size = arrays[0], arrays[0].size
    blocks = -(-size // BLOCK)
    alone = blocks < 2 * LEAST or get_num_threads() == 1
    *inputs, weight = placed([where(a) for a in arrays])
    gradient = empty(x.shape, dtype) if wanted else None
    losses, each, whole = None, None, None
    if wants_loss and reduction[0] != "none":
        losses = np.empty((), dtype)
        partials = NOWHERE if alone else np.empty((blocks, 2))
        whole = where(gradient), partials, address(losses)
    else:
        losses = empty(x.shape, dtype) if wants_loss else None
        each = where(losses), where(gradient)
    operands = size, tuple(inputs), (weight, where(factors[1]))
    scaling = factors[0], divisor_of(reduction, NOWHERE, x.shape, 0.0)
    loop = loaded(loss.loops).contiguous

    def task(progress: Array) -> None:
        loop(parameters, operands, each, whole, scaling, progress)

    if alone:
        task(ALONE)
    else:
        together(task, blocks, compiled())
        if whole is not None:
            compiled().total(whole[1], scaling[1], code(dtype), whole[2])
    return NOT_ASKED if losses is None else losses, (gradient, *[None] * (len(arrays) - 1))


def where(array: Array | None) -> int | None:
    """The address of an array, if there is one."""
    return None if array is None else address(array)


# --- calls that come again ----------------------------------------------------------------------------------


def direct(request: Request, arrays: Arrays, wrt: tuple[bool, ...]) -> Direct | None:
    """How calls like one of these arrays are computed from addresses alone; None where they are not."""
    loss, parameters, reduction, dtype, _ = request
    x, size = arrays[0], arrays[0].size
    blocks = -(-size // BLOCK)
    given = [a for a in arrays if a is not None]
    if blocks >= 2 * LEAST or reduction[2] is not None:
        return None
    if any(a is not b for a, b in zip(given, readable(given), strict=True)):
        return None
    divisor = divisor_of(reduction, NOWHERE, x.shape, 0.0)
    if single(request, arrays, wrt, None):
        return Direct(direct_contiguous(request, arrays, wrt[0], divisor), dtype, wrt[0])
    gradient = np.empty(x.shape, x.dtype) if wrt[0] else None
    results = [None, *placed([gradient, *[None] * (len(arrays) - 1)])]
    rows = table(x.shape, [*placed(arrays), None, None], results, [None] * 4).rows
    places = [i for i, a in enumerate(placed(arrays)) if a is not None]
    arguments = [i for i, a in enumerate(arrays) if a is not None]
    exact, odd = dtype == FLOAT64 or has_float64(arrays), max(a.itemsize for a in given) - 1
    general, shared, total, result = loaded(loss.loops).general, shared_loops(), compiled().total, code(dtype)
    steps = (shared.gather(), shared.scatter(), shared.summed(), int(exact))

    def compute(inputs: list[int], gradient: int, loss: int) -> bool:
        operands, partials = rows.copy(), np.empty((blocks, 2))
        for place, argument in zip(places, arguments, strict=True):
            if inputs[argument] & odd:
                return False
            operands[place, 1] = inputs[argument]
        operands[BY_FIRST, 1] = gradient
        general(parameters, (*steps, operands, size, 0, 0.0, 1.0, divisor, partials, ALONE))
        total(partials, divisor, result, loss)
        return True

    return Direct(compute, dtype, wrt[0])


def direct_contiguous(
    request: Request, arrays: Arrays, wanted: bool, divisor: float
) -> Callable[[list[int], int, int], bool]:
    """The same for contiguous arrays of float32."""
    loss, parameters = request.loss, request.parameters
    loop, size, scaling = loaded(loss.loops).contiguous, arrays[0].size, (1.0, divisor)
    three, weighted = len(arrays) == 4 and arrays[2] is not None, arrays[-1] is not None

    def compute(inputs: list[int], gradient: int, loss: int) -> bool:
        for place in inputs:
            if place & 3:
                return False
        operands = inputs[0], inputs[1], inputs[2] if three else None
        factors = inputs[-1] if weighted else None, None
        whole = gradient if wanted else None, NOWHERE, loss
        loop(parameters, (size, operands, factors), None, whole, scaling, ALONE)
        return True

    return compute


def placed(arrays: Sequence[Any]) -> list[Any]:
    """Operands at the loops' places: a loss of two inputs has nothing at the third."""
    return [*arrays] if len(arrays) == 4 else [arrays[0], arrays[1], None, arrays[2]]


def divisor_of(reduction: Reduction, rows: Array, shape: tuple[int, ...], ignored: float) -> float:
    """What the losses are divided by; NaN where nothing is there to divide by and the result is none."""
    _, divisor, sentinel, empty, mask = reduction
    if divisor == "one":
        return 1.0
    count = size = shape[0] if divisor == "batch" else math.prod(shape)
    if size and divisor == "counted" and (sentinel is not None or mask is not None):
        blocks = -(-size // BLOCK)
        counts = np.empty(blocks, np.int64)
        kernel = loaded("compatlosses.loops.count").count
        gather, counting = shared_loops().gather(), (size, int(sentinel is not None), ignored)
        together(
            lambda progress: kernel(gather, rows, counting, counts, progress),
            blocks,
            compiled(),
        )
        count = int(counts.sum())
        if count == 0 and empty == 0.0:
            return 1.0
    return float(count) if count else math.nan

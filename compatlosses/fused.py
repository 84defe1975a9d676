"""The executor for host memory: loss and gradients in one pass over NumPy arrays, compiled by Numba.

NumPy has no bfloat16: an array of it has the dtype `BFLOAT16`, as ``bits.view(fused.BFLOAT16)`` gives a uint16 array
without a copy; the dtype of that name in ml_dtypes is understood too. A gradient has the dtype of its argument.

Numba is imported when something is first evaluated. Which bits come out depends on the values alone, never on the
memory layout or the number of threads; `kernels` says how, `scalar` how accurate they are. Inputs are only read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .operands import BFLOAT16, address, code, number, readable, table
from .threads import LEAST, get_num_threads, in_pieces, set_num_threads

__all__ = [
    "BFLOAT16", "Result", "available", "evaluate", "get_num_threads", "gradients", "rescalable", "set_num_threads",
    "why_unavailable",
]  # fmt: skip

Array = NDArray[Any]
Weight = Array | float | None
NOT_ASKED: Array = np.empty(0)
"""The loss where only gradients are asked for."""
Wanted = tuple[bool, bool, bool, bool]
"""Whether a gradient is wanted by logits, targets, weight and pos_weight."""
Gradients = tuple[Array | None, Array | None, Array | None, Array | None]
Empty = Callable[[tuple[int, ...], np.dtype[Any]], Array]
"""Makes an array for a loss of each element or a gradient, contiguous in C order: `numpy.empty`, or a framework's."""

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
BLOCK = 1024
NOWHERE = np.empty((0, 2))
NOTHING: dict[np.dtype[Any], tuple[Array, Array]] = {
    dtype: (np.empty(0, dtype), np.empty((), dtype)) for dtype in (FLOAT32, FLOAT64)
}
"""What stands for losses, gradients or a sum that are not wanted, in the dtypes that `plain` takes."""


class Result(NamedTuple):
    """A loss, 0-D where it is reduced, else of the logits' shape, and the gradients asked for.

    gradients: by logits, targets, weight, pos_weight, each of its argument's shape and dtype; None where not asked for.
    """

    loss: Array
    gradients: Gradients


# --- whether it can be used ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def why_unavailable() -> str | None:
    """Why nothing can be evaluated here, in words; None where it can. Imports Numba."""
    try:
        from . import kernels  # noqa: F401
    except ImportError as error:
        return f"Numba cannot be imported ({error}); install compatlosses[fused]"
    return None


def available() -> bool:
    """Whether Numba is here and works."""
    return why_unavailable() is None


@lru_cache(maxsize=1)
def compiled() -> ModuleType:
    """The module of compiled loops."""
    from . import kernels

    return kernels


# --- the two entry points -----------------------------------------------------------------------------------------


def evaluate(
    logits: Array,
    targets: Array,
    weight: Weight = None,
    pos_weight: Weight = None,
    *,
    reduction: str = "mean",
    ignore_index: float | None = None,
    normalize: bool = False,
    wrt: Wanted = (False, False, False, False),
    cotangent: Array | float | None = None,
    dtype: Any = None,
    empty: Empty = np.empty,
) -> Result:
    """The loss and, of the same pass, the gradients asked for.

    logits: any shape and strides; float16, BFLOAT16, float32 or float64. targets: that shape; any of these dtypes, or
    integers or bools, taken as numbers. weight, pos_weight: arrays that broadcast to that shape, or numbers. The inner
    precision is that of float64 throughout, if some array is float64 with the care that its last bits need.

    reduction: 'mean', 'sum' or 'none'. ignore_index, normalize: as in `losses`. cotangent: what the gradients are
    multiplied by before they are rounded, a number, or with reduction 'none' an array of the logits' shape too; None
    for 1. dtype: that of the loss, the logits' if None. Shapes and names are the caller's to check.
    """
    own = logits.dtype
    dtype = own if dtype is None else np.dtype(dtype)
    if (
        weight is None
        and ignore_index is None
        and (own is FLOAT32 or own is FLOAT64)
        and targets.dtype is own
        and dtype is own
        and not (wrt[1] or wrt[2] or wrt[3])
        and not (normalize and reduction == "none")
        and direct(logits)
        and direct(targets)
        and (cotangent is None or type(cotangent) is float)
        and (pos_weight is None or repeats(pos_weight, logits))
    ):
        factor = 1.0 if cotangent is None else cotangent
        return plain(logits, targets, pos_weight, reduction, normalize, wrt[0], factor, empty)
    return general(logits, targets, weight, pos_weight, reduction, ignore_index, normalize, wrt, cotangent, dtype, True, empty)


def gradients(
    logits: Array,
    targets: Array,
    weight: Weight = None,
    pos_weight: Weight = None,
    *,
    cotangent: Array | float | None,
    reduction: str = "mean",
    ignore_index: float | None = None,
    normalize: bool = False,
    wrt: Wanted = (True, False, False, False),
    empty: Empty = np.empty,
) -> Gradients:
    """The gradients asked for alone, as for `evaluate`: what a backward pass calls."""
    return general(
        logits, targets, weight, pos_weight, reduction, ignore_index, normalize, wrt, cotangent, logits.dtype, False, empty
    ).gradients


def rescalable(gradient: Array, cotangent: float) -> bool:
    """Whether gradient * cotangent is as good as a gradient computed with that cotangent.

    Not for half precision, rounded twice then, nor for a factor above 1, which would magnify what a subnormal has lost, nor
    where one has overflowed: its product may fit, and is 0 for the cotangent 0.
    """
    if gradient.dtype not in NOTHING or abs(cotangent) > 1.0:
        return False
    with np.errstate(all="ignore"):
        return bool(np.isfinite(gradient.sum()))


# --- contiguous arrays of one dtype -------------------------------------------------------------------------------


def direct(array: Array) -> bool:
    """Whether the loop for contiguous arrays takes it as it is. (For read-only ones Numba would compile another.)"""
    return array.flags.carray and array.size > 0


def repeats(p: Weight, x: Array) -> bool:
    """Whether a positive weight of x is a number, or a few that repeat along it in C order."""
    return not isinstance(p, np.ndarray) or (
        p.dtype is x.dtype and (p.size == 1 or (p.size <= 16 * BLOCK and p.shape == x.shape[x.ndim - p.ndim :]))
    )


def plain(
    x: Array, y: Array, p: Weight, reduction: str, normalize: bool, wanted: bool, cotangent: float, empty: Empty = np.empty
) -> Result:
    """Loss and gradient by the logits, without weight, and with a positive weight that `repeats`."""
    kernel = compiled().plain
    size = x.size
    blocks = -(-size // BLOCK)
    dtype = x.dtype
    nothing, nowhere = NOTHING[dtype]
    gradient = empty(x.shape, dtype) if wanted else None
    slopes = nothing if gradient is None else flat(gradient)
    a, b = flat(x), flat(y)
    c = None if p is None else flat(np.array(p, np.float64, order="C"))
    divisor = float(size) if reduction == "mean" or normalize else 1.0
    scale = cotangent / divisor

    if reduction != "none" and (blocks < 2 * LEAST or get_num_threads() == 1):
        loss = np.empty((), dtype)
        kernel(a, b, c, nothing, slopes, scale, NOWHERE, 0, blocks, divisor, loss)
    elif reduction != "none":
        partials = np.empty((blocks, 2))
        in_pieces(lambda first, last: kernel(a, b, c, nothing, slopes, scale, partials, first, last, 0.0, nowhere), blocks)
        loss = rounded(compiled().total(partials, divisor), dtype)
    else:
        loss = empty(x.shape, dtype)
        losses = flat(loss)
        in_pieces(lambda first, last: kernel(a, b, c, losses, slopes, scale, NOWHERE, first, last, 0.0, nowhere), blocks)
    return Result(loss, (gradient, None, None, None))


def flat(array: Array) -> Array:
    """A contiguous array in one dimension, without a copy."""
    return array if array.ndim == 1 else array.reshape(-1)


# --- anything -----------------------------------------------------------------------------------------------------


def general(
    x: Array,
    y: Array,
    w: Weight,
    p: Weight,
    reduction: str,
    ignore_index: float | None,
    normalize: bool,
    wrt: Wanted,
    cotangent: Array | float | None,
    dtype: np.dtype[Any],
    wants_loss: bool,
    empty: Empty = np.empty,
) -> Result:
    """Loss and gradients of any dtypes, layouts and weights."""
    kernels = compiled()
    size = x.size
    blocks = -(-size // BLOCK)
    arrays = [a if isinstance(a, np.ndarray) else None for a in (x, y, w, p)]
    summed = reduction != "none"
    factor = 1.0
    if (isinstance(cotangent, np.ndarray) and cotangent.ndim == 0) or isinstance(cotangent, (int, float, np.generic)):
        factor, cotangent = number(cotangent), None

    operands = [readable(a) for a in (x, y, w, p, cotangent)]
    outputs: list[Array | None] = [empty(x.shape, dtype) if wants_loss and not summed else None]
    sums: list[Array | None] = [None] * 4
    for i, a in enumerate(arrays):
        wanted = wrt[i] and a is not None
        outputs.append(empty(a.shape, a.dtype) if wanted and a is not None else None)
        if wanted and a is not None and a.size != size:
            sums[i] = np.zeros(2 * a.size)
    gradients: Gradients = (outputs[1], outputs[2], outputs[3], outputs[4])
    if size == 0:
        for out in outputs[1:]:
            if out is not None:
                out.view(np.uint8 if out.ndim else out.dtype).fill(0) if out.size else None
        nothing = rounded(np.nan if reduction == "mean" else 0.0, dtype) if summed else outputs[0]
        return Result(NOT_ASKED if nothing is None else nothing, gradients)

    rows = table(x.shape, operands, outputs, sums)
    ignore = float("nan")
    if ignore_index is not None and float(ignore_index) == ignore_index:
        ignore = float(ignore_index)
    counted = size
    if normalize and ignore == ignore:
        found: list[int] = []
        in_pieces(lambda first, last: found.append(kernels.count(rows, size, ignore, first, last)), blocks)
        counted = sum(found)
    divisor = float(max(counted, 1)) if normalize else float(size) if reduction == "mean" else 1.0
    exact = dtype == FLOAT64 or any(a is not None and a.dtype == FLOAT64 for a in arrays)
    partials = np.empty((blocks, 2)) if summed and wants_loss else NOWHERE
    scale = factor / divisor

    def task(first: int, last: int) -> None:
        kernels.general(exact, rows, size, ignore, scale, divisor, partials, first, last)

    if any(total is not None for total in sums):
        task(0, blocks)  # running sums have one order, and need one piece
    else:
        in_pieces(task, blocks)

    for i, total in enumerate(sums):
        out = outputs[1 + i]
        if total is not None and out is not None:
            high, low = total.reshape(2, -1)
            kernels.store(code(out.dtype), address(out), np.where(np.isfinite(high), high + low, high))
    if not wants_loss:
        return Result(NOT_ASKED, gradients)
    loss = rounded(kernels.total(partials, divisor), dtype) if summed else outputs[0]
    assert loss is not None
    return Result(loss, gradients)


def rounded(value: float, dtype: np.dtype[Any]) -> Array:
    """A float rounded once to a 0-D array of ``dtype``."""
    if dtype in NOTHING and not abs(value) > 3e38:
        return np.array(value, dtype)
    out: Array = np.empty((), dtype)
    compiled().store(code(dtype), address(out), np.array([value]))
    return out

"""The executor for host memory: loss and gradients in one pass over NumPy arrays, compiled by Numba.

NumPy has no bfloat16: an array of it has the dtype `BFLOAT16`, as ``bits.view(fused.BFLOAT16)`` gives a uint16 array
without a copy; the dtype of that name in ml_dtypes is understood too. A gradient has the dtype of its argument.

Numba is imported when something is first evaluated. Which bits come out depends on the values alone, never on the
memory layout or the number of threads; `kernels` says how, `scalar` how accurate they are. Inputs are only read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .threads import get_num_threads, in_pieces, set_num_threads

__all__ = [
    "BFLOAT16", "Result", "available", "evaluate", "get_num_threads", "gradients", "rescalable", "set_num_threads",
    "why_unavailable",
]  # fmt: skip

Array = NDArray[Any]
Weight = Array | float | None
Wanted = tuple[bool, bool, bool, bool]
"""Whether a gradient is wanted by logits, targets, weight and pos_weight."""
Gradients = tuple[Array | None, Array | None, Array | None, Array | None]

BFLOAT16 = np.dtype([("bfloat16", np.uint16)])
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
BLOCK = 1024
NOWHERE = np.empty((0, 2))
NOTHING: dict[np.dtype[Any], Array] = {FLOAT32: np.empty(0, FLOAT32), FLOAT64: np.empty(0, FLOAT64)}
ABSENT = [-1, 0, 0]


@dataclass(frozen=True, slots=True)
class Result:
    """A loss, reduced to a NumPy scalar or of the logits' shape, and the gradients asked for.

    gradients: by logits, targets, weight, pos_weight, each of its argument's shape and dtype; None where not asked for.
    """

    loss: Array | np.generic
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
) -> Result:
    """The loss and, of the same pass, the gradients asked for.

    logits: any shape and strides; float16, BFLOAT16, float32 or float64. targets: that shape; any of these dtypes, or
    integers or bools, taken as numbers. weight, pos_weight: arrays that broadcast to that shape, or numbers. The inner
    precision is that of float64 throughout, if some array is float64 with the care that its last bits need.

    reduction: 'mean', 'sum' or 'none'. ignore_index, normalize: as in `losses`. cotangent: what the gradients are
    multiplied by before they are rounded, a number, or with reduction 'none' an array of the logits' shape too; None
    for 1. dtype: that of the loss, the logits' if None. Shapes and names are the caller's to check.
    """
    dtype = logits.dtype if dtype is None else dtype
    if (
        weight is None
        and pos_weight is None
        and ignore_index is None
        and logits.dtype == targets.dtype == dtype
        and dtype in NOTHING
        and not (wrt[1] or wrt[2] or wrt[3])
        and direct(logits)
        and direct(targets)
        and (cotangent is None or type(cotangent) is float)
    ):
        return plain(logits, targets, reduction, normalize, wrt[0], 1.0 if cotangent is None else cotangent)
    return general(
        logits, targets, weight, pos_weight, reduction, ignore_index, normalize, wrt, cotangent, np.dtype(dtype), True
    )


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
) -> Gradients:
    """The gradients asked for alone, as for `evaluate`: what a backward pass calls."""
    return general(
        logits, targets, weight, pos_weight, reduction, ignore_index, normalize, wrt, cotangent, logits.dtype, False
    ).gradients


def rescalable(gradient: Array, cotangent: float) -> bool:
    """Whether gradient * cotangent is as good as a gradient computed with that cotangent.

    Not for half precision, rounded twice then, nor for a factor above 1, which would magnify what a subnormal has lost.
    """
    return gradient.dtype in NOTHING and abs(cotangent) <= 1.0


# --- contiguous arrays of one dtype -------------------------------------------------------------------------------


def direct(array: Array) -> bool:
    """Whether the loop for contiguous arrays takes it as it is. (For read-only ones Numba would compile another.)"""
    flags = array.flags
    return flags.c_contiguous and flags.writeable and flags.aligned and array.size > 0


def plain(x: Array, y: Array, reduction: str, normalize: bool, wanted: bool, cotangent: float) -> Result:
    """Unweighted loss and gradient by the logits."""
    kernels = compiled()
    size = x.size
    blocks = -(-size // BLOCK)
    dtype = x.dtype
    nothing: Array = NOTHING[dtype]
    gradient = np.empty(x.shape, dtype) if wanted else None
    if reduction == "none" and normalize:
        return general(x, y, None, None, reduction, None, True, (wanted, False, False, False), cotangent, dtype, True)
    summed = reduction != "none"
    loss: Array = nothing if summed else np.empty(x.shape, dtype)
    partials = np.empty((blocks, 2)) if summed else NOWHERE
    divisor = float(size) if reduction == "mean" or normalize else 1.0
    kernel = kernels.plain_narrow if dtype == FLOAT32 else kernels.plain_wide
    scale = cotangent / divisor
    a, b, c = x.reshape(-1), y.reshape(-1), loss.reshape(-1)
    d = nothing if gradient is None else gradient.reshape(-1)
    if blocks < 256:
        kernel(a, b, c, d, scale, partials, 0, blocks)
    else:
        in_pieces(lambda first, last: kernel(a, b, c, d, scale, partials, first, last), blocks)
    result = rounded(kernels.total(partials, divisor), dtype) if summed else loss
    return Result(result, (gradient, None, None, None))


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
    outputs: list[Array | None] = [np.empty(x.shape, dtype) if wants_loss and not summed else None]
    sums: list[Array | None] = [None] * 4
    for i, a in enumerate(arrays):
        wanted = wrt[i] and a is not None
        outputs.append(np.empty(a.shape, a.dtype) if wanted and a is not None else None)
        if wanted and a is not None and a.size != size:
            sums[i] = np.zeros(2 * a.size)
    gradients: Gradients = (outputs[1], outputs[2], outputs[3], outputs[4])
    if size == 0:
        for out in outputs[1:]:
            if out is not None:
                out.view(np.uint8 if out.ndim else out.dtype).fill(0) if out.size else None
        empty = rounded(np.nan if reduction == "mean" else 0.0, dtype) if summed else outputs[0]
        return Result(empty if empty is not None else np.float64(0), gradients)

    rows = [described(a, a.strides, x.shape) if a is not None else ABSENT for a in operands]
    rows += [described(a, (), ()) if a is not None else ABSENT for a in outputs]
    for i, total in enumerate(sums):
        a = arrays[i]
        if total is not None and a is not None:
            rows[kernels.BY_LOGITS + i] = accumulator(total, a.shape, x.shape)
    width = max(map(len, rows)) + 1
    table = np.array([row + [0] * (width - len(row)) for row in rows])

    ignore = float("nan")
    if ignore_index is not None and float(ignore_index) == ignore_index:
        ignore = float(ignore_index)
    counted = size
    if normalize and ignore == ignore:
        found: list[int] = []
        in_pieces(lambda first, last: found.append(kernels.count(table, size, ignore, first, last)), blocks)
        counted = sum(found)
    divisor = float(max(counted, 1)) if normalize else float(size) if reduction == "mean" else 1.0
    exact = dtype == FLOAT64 or any(a is not None and a.dtype == FLOAT64 for a in arrays)
    kernel = kernels.general_wide if exact else kernels.general_narrow
    partials = np.empty((blocks, 2)) if summed and wants_loss else NOWHERE
    scale = factor / divisor

    def task(first: int, last: int) -> None:
        kernel(table, size, ignore, scale, divisor, partials, first, last)

    if blocks < 256 or any(total is not None for total in sums):
        task(0, blocks)  # running sums have one order, and need one piece
    else:
        in_pieces(task, blocks)

    for i, total in enumerate(sums):
        out = outputs[1 + i]
        if total is not None and out is not None:
            high, low = total.reshape(2, -1)
            kernels.store(code(out.dtype), address(out), np.where(np.isfinite(high), high + low, high))
    if not wants_loss:
        return Result(np.float64(np.nan), gradients)
    loss = rounded(kernels.total(partials, divisor), dtype) if summed else outputs[0]
    assert loss is not None
    return Result(loss, gradients)


# --- how the kernels see an array ---------------------------------------------------------------------------------


def address(array: Array) -> int:
    """Where its first element lies."""
    return int(array.__array_interface__["data"][0])


@lru_cache(maxsize=64)
def code(dtype: np.dtype[Any]) -> int:
    """The kernels' number for a floating dtype; -1 for any other."""
    names = ("float64", "float32", "float16", "bfloat16")
    name = "bfloat16" if dtype == BFLOAT16 else dtype.name
    return names.index(name) if name in names and dtype.isnative else -1


def readable(a: Array | float | None) -> Array | None:
    """An array the kernels can read: itself if it can be, else its numbers in float64, which loses none."""
    if a is None:
        return None
    if not isinstance(a, np.ndarray):
        return np.array(a, np.float64)
    if code(a.dtype) < 0:
        return a.astype(np.float64)
    return a if a.flags.aligned else a.copy()


def described(a: Array, strides: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """The row of an operand, broadcast to ``shape``. An output is contiguous: its row needs neither."""
    if not strides or a.size == 1:
        return [code(a.dtype), address(a), 0]
    return [code(a.dtype), address(a), *merged(a.shape, strides, shape)]


def accumulator(total: Array, own: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """The row of running sums over what ``own`` lacks of ``shape``."""
    size = total.size // 2
    strides = tuple(s // 8 for s in np.empty(own).strides)
    return [4, address(total), *merged(own, strides, shape), size]


def merged(own: tuple[int, ...], strides: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """ndim, shape and strides of an array broadcast to ``shape``, in as few dimensions as can be."""
    missing = len(shape) - len(own)
    sizes: list[int] = []
    steps: list[int] = []
    for i, n in enumerate(shape):
        step = 0 if i < missing or own[i - missing] == 1 else strides[i - missing]
        if n == 1:
            continue
        if sizes and steps[-1] == step * n:
            sizes[-1] *= n
            steps[-1] = step
        else:
            sizes.append(n)
            steps.append(step)
    if not any(steps):
        return [0]
    return [len(sizes), *sizes, *steps]


def number(a: Any) -> float:
    """A scalar of any floating dtype as a float."""
    if isinstance(a, (np.ndarray, np.void)) and a.dtype == BFLOAT16:
        return float((np.asarray(a).view(np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(-1)[0])
    return float(a)


def rounded(value: float, dtype: np.dtype[Any]) -> np.generic:
    """A float rounded once to a NumPy scalar of ``dtype``."""
    if (dtype == FLOAT32 and not abs(value) > 3e38) or dtype == FLOAT64:
        return dtype.type(value)  # type: ignore[no-any-return]
    out = np.empty(1, dtype)
    compiled().store(code(dtype), address(out), np.array([value]))
    return out[0]  # type: ignore[no-any-return]

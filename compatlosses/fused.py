"""The executor for host memory: loss and gradients in one pass over NumPy arrays, compiled by Numba.

NumPy has no bfloat16: an array of it has the dtype `BFLOAT16`, as ``bits.view(fused.BFLOAT16)`` gives a
uint16 array without a copy; the dtype of that name in ml_dtypes is understood too. A gradient has the dtype
of its argument.

Numba is imported when something is first evaluated. Which bits come out depends on the values alone, never on
the memory layout or the number of threads; `kernels` says how, `scalar` how accurate they are. Inputs are
only read.
"""

from __future__ import annotations

import math
import os
import sys
from contextlib import suppress
from importlib import _bootstrap, import_module
from threading import get_ident
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .operands import BFLOAT16, address, code, readable, table
from .request import NOT_ASKED, Arrays, Empty, Found, Request
from .threads import ALONE, LEAST, get_num_threads, set_num_threads, together

__all__ = ["BFLOAT16", "available", "get_num_threads", "set_num_threads", "why_unavailable"]

Array = NDArray[Any]
Weight = Array | float | None

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
BLOCK = 1024
NOWHERE = np.empty((0, 2))


# --- whether it can be used ---------------------------------------------------------------------------------


class Loops:
    """The module of compiled loops, once it is imported, or why it never will be."""

    module: ModuleType | None = None
    missing: str | None = None


def why_unavailable() -> str | None:
    """Why nothing can be evaluated here and now, in words; None where it can. Imports Numba."""
    loops = Loops.module
    if loops is None:
        return why_not_imported()
    return INTERRUPTED if loops.compiling() else None


INTERRUPTED = "this call interrupts the import of Numba, or a compilation, in its own thread"
"""It comes from a signal handler or a finaliser."""


def why_not_imported() -> str | None:
    """Import the compiled loops; why that is not possible."""
    if Loops.missing is not None:
        return Loops.missing
    try:
        import logging  # noqa: F401  Numba does: it wants to be there before a fork that waits for Numba begins

        from numba.core import config

        if config.DISABLE_JIT:  # type: ignore[attr-defined]
            return "Numba compiles nothing, as NUMBA_DISABLE_JIT is set"
        from . import kernels

        if not hasattr(kernels, "LAST"):
            return INTERRUPTED
        Loops.module = kernels
    except Exception as error:
        if half_imported("numba"):
            return INTERRUPTED
        Loops.missing = f"Numba cannot be imported ({error}); install compatlosses[fused]"
        return Loops.missing
    return None


def half_imported(name: str) -> bool:
    """Whether a module's import has begun and not ended."""
    return bool(getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False))


def available() -> bool:
    """Whether Numba is here and works."""
    return why_unavailable() is None


def compiled() -> Any:
    """The module of compiled loops."""
    return Loops.module or imported()


def imported() -> Any:
    """The module of compiled loops where nobody has asked yet whether it is there."""
    why = why_not_imported()
    if Loops.module is None:
        raise ImportError(f"the fused executor is not available here: {why}")
    return Loops.module


# A forked child has not the thread that imports or compiles something, and would wait for it for ever: it is
# awaited.

_held: list[Any] = []
_AWAITED = (__package__, "numba", "llvmlite", "logging")


def _before_fork() -> None:
    """Wait for other threads that import what a call needs, or compile, and keep them from it."""
    while True:
        _hold()
        if not (names := _imported_elsewhere()):
            return
        _after_fork()
        for name in names:
            with suppress(Exception):  # whoever imports it sees that
                import_module(name)


def _imported_elsewhere() -> list[str]:
    """The modules that other threads are importing, of those that a call needs: Python keeps a
    lock for each.
    """
    locks = [(name, lock()) for name, lock in list(getattr(_bootstrap, "_module_locks", {}).items())]
    elsewhere = [name for name, lock in locks if getattr(lock, "owner", None) not in (None, get_ident())]
    return [name for name in elsewhere if name.partition(".")[0] in _AWAITED]


def _hold() -> None:
    """Keep other threads from compiling."""
    if Loops.module is not None:
        for lock in Loops.module.LOCKS:
            lock.__enter__()
            _held.append(lock)


def _after_fork() -> None:
    """Let them go on."""
    while _held:
        _held.pop().__exit__(None, None, None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


# --- the entry point ----------------------------------------------------------------------------------------


def takes(parameters: tuple[float, ...], mask: Array | None) -> bool:
    """Whether this lane knows a call's options: neither smoothed labels nor a mask."""
    return parameters == (0.0,) and mask is None


def evaluated(
    request: Request,
    arrays: Arrays,
    wrt: tuple[bool, ...],
    cotangent: Array | float | None,
    wants_loss: bool,
) -> Found:
    """The loss, if wanted, and the gradients by logits, targets, pos_weight and weight, in one pass.

    By the loop for contiguous arrays where that can be. The inner precision is that of float64 throughout, if
    some array is float64 with the care that its last bits need.

    arrays: logits of any shape and strides, float16, `BFLOAT16`, float32 or float64; targets of that shape,
    also integers or bools, taken as numbers; pos_weight and weight, None, arrays that broadcast to that
    shape, or numbers. cotangent: a factor of the gradients before they are rounded, a number, or with
    reduction 'none' an array of the logits' shape too; None for 1.
    """
    x, y, p, w = arrays
    own = x.dtype
    reduction, divides, ignored, _, _ = request.reduction
    if (
        ignored is None
        # Equal, not the same: an array that was loaded or sent has a dtype object of its own.
        and own in (FLOAT32, FLOAT64)
        and y.dtype == own
        and request.dtype == own
        and not (wrt[1] or wrt[2] or wrt[3])
        and (reduction != "none" or divides == "one")
        and x.flags.carray
        and x.size
        and y.flags.carray
        and (cotangent is None or type(cotangent) is float or (reduction == "none" and alike(cotangent, x)))
        and (p is None or repeats(p, x))
        and (w is None or (own == FLOAT32 and repeats(w, x)))
    ):
        return contiguous(request, arrays, wrt[0], cotangent, wants_loss)
    if any(strange(a) for a in (*arrays, cotangent)):
        x, y, p, w = (usual(a) for a in arrays)
        return evaluated(request, (x, y, p, w), wrt, usual(cotangent), wants_loss)
    return general(request, arrays, wrt, cotangent, wants_loss)


# --- arrays for which Numba would compile another loop ------------------------------------------------------


def strange(a: Any) -> bool:
    """Whether an array is read-only, as JAX's are, or unaligned, as one can be that Dask received."""
    return isinstance(a, np.ndarray) and not (a.flags.writeable and a.flags.aligned)


class ReadOnly:
    """The memory of a read-only array, for a loop that only reads it."""

    def __init__(self, array: Array) -> None:
        interface = array.__array_interface__
        self.array = array
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}


def usual(a: Any) -> Any:
    """A strange array as an aligned one that Numba takes for any other; anything else as it is."""
    if not strange(a):
        return a
    return np.asarray(ReadOnly(a)) if a.flags.aligned else np.require(a, requirements=("A", "W"))


# --- contiguous arrays of one dtype -------------------------------------------------------------------------


def alike(cotangent: Any, x: Array) -> bool:
    """Whether the loop for contiguous arrays takes an array of cotangents of x."""
    return (
        isinstance(cotangent, np.ndarray)
        and cotangent.dtype == x.dtype
        and cotangent.ndim > 0
        and cotangent.flags.carray
    )


def repeats(a: Weight, x: Array) -> bool:
    """Whether a weight of x is a number, or an array of its last dimensions that repeats along it in C
    order.
    """
    return not isinstance(a, np.ndarray) or (
        a.dtype == x.dtype
        and (a.size == 1 or a.shape == x.shape[x.ndim - a.ndim :])
        and (a.size <= 16 * BLOCK or a.size == x.size)
        and a.flags.carray
    )


def contiguous(
    request: Request, arrays: Arrays, wanted: bool, cotangent: Array | float | None, wants_loss: bool
) -> Found:
    """Loss and gradient by the logits, with weights that `repeats`."""
    kernels = Loops.module or imported()
    x, y, p, w = arrays
    reduction, divides, *_ = request.reduction
    dtype = x.dtype
    size = x.size
    blocks = -(-size // BLOCK)
    gradient = request.empty(x.shape, dtype) if wanted else None
    g, factor = None, 1.0 if cotangent is None else cotangent
    if isinstance(cotangent, np.ndarray):
        g, factor = cotangent.reshape(-1), 1.0
    factors = None if w is None and g is None else (row(w), g)
    operands = (x.reshape(-1), y.reshape(-1), row(p), factors)
    scaling = factor, 1.0 if divides == "one" else float(size)
    one = blocks < 2 * LEAST or get_num_threads() == 1

    losses, partials, result = None, NOWHERE, None
    if wants_loss and reduction == "none":
        losses = request.empty(x.shape, dtype)
    elif wants_loss:
        result = np.empty((), dtype)
        partials = NOWHERE if one else np.empty((blocks, 2))
    slopes = None if gradient is None else gradient.reshape(-1)
    each, whole = None, None
    if result is None:
        each = None if losses is None else losses.reshape(-1), slopes
    else:
        whole = slopes, partials, result
    exact = None if dtype == FLOAT32 else True
    if one:
        kernels.contiguous(exact, operands, each, whole, scaling, ALONE)
    else:

        def task(progress: Array) -> None:
            kernels.contiguous(exact, operands, each, whole, scaling, progress)

        together(task, blocks, kernels)
        if result is not None:
            kernels.total(partials, scaling[1], code(dtype), address(result))
    loss = result if losses is None else losses
    return NOT_ASKED if loss is None else loss, (gradient, None, None, None)


def row(a: Weight) -> Array | None:
    """A weight as the loops take it, 1-D; a number in float64."""
    if a is None:
        return None
    return a.reshape(-1) if isinstance(a, np.ndarray) else np.array([a], np.float64)


def numbers(array: Array) -> Array:
    """The numbers of an array of any floating dtype in C order, as float64.

    NumPy's own cast goes by the thread's mode.
    """
    values = np.empty(array.size)
    contiguous = np.require(array, requirements=("C", "A"))
    compiled().widen(code(array.dtype), address(contiguous), values)
    return values


# --- anything -----------------------------------------------------------------------------------------------


def general(
    request: Request,
    arrays: Arrays,
    wrt: tuple[bool, ...],
    cotangent: Array | float | None,
    wants_loss: bool,
) -> Found:
    """Loss and gradients of any dtypes, layouts and weights."""
    kernels = Loops.module or imported()
    x, y, p, w = arrays
    reduction, _, ignore_index, _, _ = request.reduction
    dtype, size = request.dtype, x.size
    blocks = -(-size // BLOCK)
    summed = reduction != "none"
    factor = 1.0
    if not isinstance(cotangent, np.ndarray) or not cotangent.ndim:
        factor, cotangent = 1.0 if cotangent is None else number(cotangent), None
    ignoring = ignore_index is not None
    labels, ignored = comparable(y, ignore_index) if ignoring else (y, 0.0)

    (by_x, by_y, by_p, by_w), (sum_x, sum_y, sum_p, sum_w) = outputs(arrays, wrt, size, request.empty)
    given, sums = (by_x, by_y, by_w, by_p), (sum_x, sum_y, sum_w, sum_p)
    losses = request.empty(x.shape, dtype) if wants_loss and not summed else None
    operated = table(x.shape, readable((x, labels, w, p, cotangent)), (losses, *given), sums)
    divisor = divisor_of(request, operated.rows, size, ignored)
    exact = True if dtype == FLOAT64 or has_float64(arrays) else None
    counting, scaling = (size, ignoring, ignored), (factor, divisor)
    partials = np.empty((blocks, 2)) if summed and wants_loss else NOWHERE

    def task(progress: Array) -> None:
        # A thread that holds this holds the operands too, and so the memory that the rows lead to.
        kernels.general(exact, operated.rows, counting, scaling, partials, progress)

    if [total for total in sums if total is not None]:
        task(ALONE)  # running sums have one order, and need one thread
    elif size:
        together(task, blocks, kernels)

    for out, total in zip(given, sums, strict=True):
        if total is not None and out is not None:
            kernels.store_sums(total, code(out.dtype), address(out))
    if summed and wants_loss:
        losses = np.empty((), dtype)
        kernels.total(partials, divisor, code(dtype), address(losses))
    return NOT_ASKED if losses is None else losses, (by_x, by_y, by_p, by_w)


def has_float64(arrays: Arrays) -> bool:
    """Whether one of the arrays is float64, whose last bits need care."""
    for a in arrays:  # noqa: SIM110 - a generator would be a call for each
        if isinstance(a, np.ndarray) and a.dtype == FLOAT64:
            return True
    return False


def outputs(
    arrays: tuple[Any, ...], wrt: tuple[bool, ...], size: int, empty: Empty
) -> tuple[tuple[Array | None, ...], list[Array | None]]:
    """Memory for the gradients, zeros where there is no element, and running sums for those of fewer
    elements.
    """
    found: list[Array | None] = []
    sums: list[Array | None] = []
    for a, wanted in zip(arrays, wrt, strict=True):
        given = wanted and isinstance(a, np.ndarray)
        result = empty(a.shape, a.dtype) if given else None
        if result is not None and not size:
            result[...] = np.zeros((), a.dtype)
        found.append(result)
        sums.append(np.zeros(2 * a.size) if given and size and a.size != size else None)
    return tuple(found), sums


def divisor_of(request: Request, rows: Array, size: int, ignored: float) -> float:
    """What the losses are divided by; NaN for 0, or 1 where nothing counts and the result then is 0."""
    reduction, divides, sentinel, nothing, _ = request.reduction
    if divides == "one":
        return 1.0
    if not size:
        return math.nan if reduction == "mean" else 1.0
    if divides == "all" or sentinel is None:
        return float(size)
    blocks = -(-size // BLOCK)
    counts = np.empty(blocks, np.int64)
    kernels = compiled()
    together(lambda progress: kernels.count(rows, size, ignored, counts, progress), blocks, kernels)
    return float(counts.sum()) or (1.0 if nothing == 0.0 else math.nan)


def number(cotangent: Any) -> float:
    """A factor as a float: None for 1, a Python number, or a NumPy number of any floating dtype."""
    if cotangent is None:
        return 1.0
    if isinstance(cotangent, (np.ndarray, np.generic)):
        return float(numbers(np.asarray(cotangent))[0])
    return float(cotangent)


def comparable(y: Array, ignore_index: float | None) -> tuple[Array, float]:
    """Targets and a number of theirs that are equal as float64 where, and only where, they are equal.

    An integer that float64 does not tell from its neighbours becomes NaN, which no other integer is.
    """
    if ignore_index is None:
        return y, 0.0
    if y.dtype.kind not in "iu" or abs(ignore_index) < 2**53:
        return y, float(ignore_index)
    labels = y.astype(np.float64)
    labels[y == y.dtype.type(ignore_index)] = np.nan
    return labels, np.nan

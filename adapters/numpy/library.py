"""How NumPy arrays are used.

NumPy has no autograd: `elementwise` is the plain formula, and gradients come from
`compatlosses.value_and_gradients`. Everything is computed in double and rounded once, because NumPy's float32
exp and log1p differ with the processor.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compatlosses import gradients as gradients_of
from compatlosses import libraries, rules
from compatlosses.protocols import Loss
from compatlosses.vocabulary import vocabulary

from . import host as host
from .blocks import by_blocks

NAME = "NumPy"

Array = NDArray[Any]

# By type character, which is the same in every byte order: dtype.name is worked out anew at each look.
_NAMES = {np.dtype(name).char: name for name in (*rules.FLOATING, *rules.INTEGRAL) if name != "bfloat16"}

_THIS: Any = sys.modules[__name__]
"""This module, as the library that the formula is computed with."""


def owns(x: object) -> bool:
    """Whether ``x`` is a NumPy array or scalar."""
    return isinstance(x, (np.ndarray, np.generic))


def why_unsuitable(x: Array, /) -> str | None:
    """Refuse masked arrays: their masks would be lost."""
    if type(x) is np.ndarray or not isinstance(x, np.ma.MaskedArray):
        return None
    return (
        "a NumPy masked array was given; expected a plain array, because its mask would be lost. Fill logits "
        "and weights with "
        "a finite number, logits.filled(0.0), and targets with one that no target has, targets.filled(-1.0), "
        "and call "
        "compatlosses.binary_cross_entropy_with_logits with ignore_index=-1.0."
    )


def shape(x: Array, /) -> tuple[int, ...]:
    """The sizes of ``x`` by dimension."""
    return x.shape


def dtype(x: Array, /) -> str:
    """The name of the element type, whatever its byte order."""
    return _NAMES.get(x.dtype.char) or x.dtype.name


def cast(x: Array, dtype: str, /) -> Array:
    """``x`` with native elements of ``dtype``; overflow to infinity is what rounding asks for and
    no warning.
    """
    with np.errstate(all="ignore"):
        return x.astype(dtype, copy=False)


def constant(value: float, like: Array, /) -> Array:
    """A 0-D array that holds ``value``, of the dtype of ``like``."""
    return np.asarray(value, dtype=like.dtype)


def sum_to(x: Array, like: Array, /) -> Array:
    """``x`` summed to the shape of ``like``, in double."""
    axes = libraries.summed_axes(x.shape, like.shape)
    if not axes:
        return x
    return np.asarray(x.sum(axis=axes, dtype=np.float64)).reshape(like.shape)


def reshape(x: Array, shape: Sequence[int], /) -> Array:
    """``x`` in another shape of the same size."""
    return np.reshape(x, shape)


def broadcast_to(x: Array, shape: Sequence[int], /) -> Array:
    """``x`` repeated to a shape that it broadcasts to."""
    return np.broadcast_to(x, tuple(shape))


def where(condition: Array, a: Array | float, b: Array | float, /) -> Array:
    """``a`` where ``condition`` holds, else ``b``, of the dtype of the array among them."""
    kind = a.dtype if isinstance(a, (np.ndarray, np.generic)) else np.asarray(b).dtype
    return np.where(condition, np.asarray(a, kind), np.asarray(b, kind))


def isinf(x: Array, /) -> Array:
    """Where ``x`` is infinite."""
    return np.asarray(np.isinf(x))


def equal(x: Array, value: float, /) -> Array:
    """Where ``x`` is ``value``, a number that its dtype holds; NaN is NaN."""
    return np.asarray(x == value if value == value else x != x)


def softplus(x: Array, /) -> Array:
    """log(1 + e^x)."""
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64, copy=False)
        return np.asarray(np.maximum(wide, 0.0) + np.log1p(np.exp(-np.abs(wide)))).astype(x.dtype, copy=False)


def sigmoid(x: Array, /) -> Array:
    """1 / (1 + e^-x)."""
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64, copy=False)
        small = np.exp(-np.abs(wide))
        return np.asarray(np.where(wide < 0, small, 1.0) / (1.0 + small)).astype(x.dtype, copy=False)


def sum(x: Array, /) -> Array:
    """The sum of all elements, in double."""
    with np.errstate(all="ignore"):
        total: Array = x.sum(dtype=np.float64)
        return total


def divide(x: Array, divisor: float | Array, /) -> Array:
    """``x`` over a number or a 0-D tensor of its dtype."""
    with np.errstate(all="ignore"):
        quotient: Array = x / divisor
        return quotient


def size(x: Array, /) -> int:
    """The number of elements."""
    return int(x.size)


def tracing() -> bool:
    """NumPy has no compiler."""
    return False


def autocast_dtype(x: Array, /) -> None:
    """NumPy casts nothing by itself."""
    return None


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: Array | None, /) -> Array:
    """The loss of each element, in double."""
    count = len(loss.arguments)

    def of_rows(*rows: Array | None) -> Array:
        *tensors, counts = _wide(rows)
        return np.asarray(gradients_of.elements(_THIS, loss, (*tensors, *inputs[count:]), counts))

    with np.errstate(all="ignore"):
        if _is_one_row(loss, inputs[0]):
            return of_rows(*inputs[:count], counts)
        return by_blocks(of_rows, *inputs[:count], counts)


def gradient(loss: Loss, of: int, g: Array | None, inputs: tuple[Any, ...], counts: Array | None, /) -> Array:
    """The gradient of `elementwise` by one input, times the cotangent ``g`` (None: 1), in double."""
    count = len(loss.arguments)

    def of_rows(*rows: Array | None) -> Array:
        *tensors, counts, g = _wide(rows)
        return np.asarray(gradients_of.gradient(_THIS, loss, of, g, (*tensors, *inputs[count:]), counts))

    with np.errstate(all="ignore"):
        # What is summed over rows has all of them.
        if loss.arguments[of].broadcasts or _is_one_row(loss, inputs[0]):
            return of_rows(*inputs[:count], counts, g)
        return by_blocks(of_rows, *inputs[:count], counts, g)


def _is_one_row(loss: Loss, x: Array) -> bool:
    """Whether the first axis is that of the classes."""
    return loss.rows != "" and x.ndim == 1


def _wide(arrays: Sequence[Array | None]) -> list[Array | None]:
    """Numbers in double, all else as it is."""
    return [x if x is None or x.dtype.kind == "b" else x.astype(np.float64, copy=False) for x in arrays]


# --- rows ---------------------------------------------------------------------------------------------------


def moved(x: Array, source: int, destination: int, /) -> Array:
    """``x`` with an axis at another place."""
    return np.moveaxis(x, source, destination)


def row_sum(x: Array, /) -> Array:
    """The sum along the last axis, which keeps it, with size 1."""
    with np.errstate(all="ignore"):
        return np.asarray(x.sum(axis=-1, keepdims=True))


def row_max(x: Array, /) -> Array:
    """The largest number along the last axis, which keeps it, with size 1."""
    with np.errstate(all="ignore"):
        return np.asarray(x.max(axis=-1, keepdims=True))


def classes(indices: Array, like: Array, /) -> Array:
    """Where each class of ``like`` is the one of ``indices``."""
    return np.asarray(np.arange(like.shape[-1], dtype=np.uint64) == with_axis(indices).astype(np.uint64)) & (
        with_axis(indices) >= 0
    )


def with_axis(x: Array, /) -> Array:
    """``x`` with another last axis, of size 1."""
    return np.asarray(x)[..., None]


def without_axis(x: Array, /) -> Array:
    """``x`` without its last axis, of size 1."""
    return np.asarray(x[..., 0])


def exp(x: Array, /) -> Array:
    """e^x."""
    with np.errstate(all="ignore"):
        return np.asarray(np.exp(x))


def decay(x: Array, /) -> Array:
    """e^-|x|."""
    with np.errstate(all="ignore"):
        return np.asarray(np.exp(-np.abs(x)))


def log(x: Array, /) -> Array:
    """The natural logarithm."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log(x))


def log1p(x: Array, /) -> Array:
    """log(1 + x)."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log1p(x))


def detached(x: Array, /) -> Array:
    """``x``: NumPy has no autograd."""
    return x


OPS = vocabulary(_THIS, sealed=True)

libraries.register(_THIS)

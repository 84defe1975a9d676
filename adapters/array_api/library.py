"""How the arrays of any namespace of the Python array API standard are used: its 2024.12 edition, through
array-api-compat.

Nothing here looks at a value, so that lazy arrays stay lazy, and every operation but sums works element by
element, so that chunked arrays keep their chunks. Everything is computed in double and rounded once. The
standard has no autograd: gradients come from `compatlosses.value_and_gradients`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

from array_api_compat import array_namespace, device, is_dask_array

from compatlosses import gradients as gradients_of
from compatlosses import libraries, rules
from compatlosses.libraries import Shape
from compatlosses.protocols import Loss
from compatlosses.vocabulary import vocabulary

from . import blocks, unknown_sizes
from . import host as host

NAME = "Python array API"

Array = Any

_THIS: Any = sys.modules[__name__]
"""This module, as the library that the formula is computed with."""


def owns(x: object) -> bool:
    """Whether ``x`` is an array of the standard that no other adapter owns: NumPy's and JAX's are arrays of
    it too.
    """
    if not hasattr(type(x), "__array_namespace__") and not is_dask_array(x):
        return False
    return not any(library.owns(x) for library in libraries.installed() if library is not _THIS)


def kind(x: Array, /) -> str:
    """The public name of the type of ``x``: each namespace is a framework of its own."""
    return f"{array_namespace(x).__name__.removeprefix('array_api_compat.')}.{type(x).__name__}"


def shape(x: Array, /) -> Shape:
    """The sizes of ``x`` by dimension; None for one that is not known before Dask computes."""
    return tuple(None if size is None or math.isnan(size) else int(size) for size in x.shape)


def dtype(x: Array, /) -> str:
    """The name of the element type."""
    name = getattr(x.dtype, "name", None)
    if isinstance(name, str):
        return name
    namespace = array_namespace(x)
    for name in (*rules.FLOATING, *rules.INTEGRAL):
        if x.dtype == getattr(namespace, name, None):
            return name
    return str(x.dtype)


def cast(x: Array, dtype: str, /) -> Array:
    """``x`` with elements of ``dtype``; ``x`` itself where it has that dtype already."""
    if _THIS.dtype(x) == dtype:
        return x
    namespace = array_namespace(x)
    # float16 is not in the standard: where a namespace has it, its name is NumPy's.
    return namespace.astype(x, getattr(namespace, dtype, dtype))


def constant(value: float, like: Array, /) -> Array:
    """A 0-D array that holds ``value``, of the dtype and on the device of ``like``."""
    return array_namespace(like).asarray(value, dtype=like.dtype, device=device(like))


def sum_to(x: Array, like: Array, /) -> Array:
    """``x`` summed to the shape of ``like``, in double.

    Raises:
        ValueError: a size that is not known before it is computed decides what is summed.
    """
    sizes, target = shape(x), shape(like)
    extra = len(sizes) - len(target)
    if any(target[i] is None and sizes[extra + i] != 1 for i in range(len(target))) and sizes != target:
        raise ValueError(
            f"a weight has shape {rules.shown(target)} and the logits {rules.shown(sizes)}, and which "
            f"unknown sizes are 1 "
            "is not known before they are computed; expected known sizes, to sum the weight's gradient to "
            "its shape. "
            "Compute them first, in Dask with compute_chunk_sizes()."
        )
    axes = libraries.summed_axes(sizes, target)
    if not axes:
        return x
    namespace = array_namespace(x)
    total = namespace.sum(cast(x, "float64"), axis=axes, keepdims=True)
    return namespace.squeeze(total, axis=tuple(range(extra))) if extra else total


def reshape(x: Array, shape: Sequence[int], /) -> Array:
    """``x`` in another shape of the same size."""
    return array_namespace(x).reshape(x, tuple(shape))


def broadcast_to(x: Array, shape: Sequence[int], /) -> Array:
    """``x`` repeated to a shape that it broadcasts to."""
    return array_namespace(x).broadcast_to(x, tuple(shape))


def where(condition: Array, a: Array | float, b: Array | float, /) -> Array:
    """``a`` where ``condition`` holds, else ``b``, of the dtype of the array among them."""
    return array_namespace(condition).where(condition, a, b)


def isinf(x: Array, /) -> Array:
    """Where ``x`` is infinite."""
    return array_namespace(x).isinf(x)


def equal(x: Array, value: float, /) -> Array:
    """Where ``x`` is ``value``, a number that its dtype holds; NaN is NaN."""
    if dtype(x) == "bool":
        # The standard compares bools with bools alone.
        return x if value else ~x
    return x == value if value == value else x != x


def softplus(x: Array, /) -> Array:
    """log(1 + e^x)."""
    namespace, wide = array_namespace(x), cast(x, "float64")
    # Not where(wide > 0, wide, 0), which would take NaN for 0 and leave it to the second term.
    positive = namespace.where(wide < 0, 0.0, wide)
    return cast(positive + namespace.log1p(namespace.exp(-namespace.abs(wide))), dtype(x))


def sigmoid(x: Array, /) -> Array:
    """1 / (1 + e^-x)."""
    namespace, wide = array_namespace(x), cast(x, "float64")
    small = namespace.exp(-namespace.abs(wide))
    return cast(namespace.where(wide < 0, small, 1.0) / (1.0 + small), dtype(x))


def sum(x: Array, /) -> Array:
    """The 0-D sum of all elements, in double."""
    return array_namespace(x).sum(cast(x, "float64"))


def divide(x: Array, divisor: float | Array, /) -> Array:
    """``x`` over a number or a 0-D array of its dtype."""
    return x / divisor


def size(x: Array, /) -> int | Array:
    """The number of elements: an int, or a 0-D array where a shape is not known before Dask computes."""
    sizes = [size for size in shape(x) if size is not None]
    if len(sizes) == len(x.shape):
        return math.prod(sizes)
    return sum(where(x == x, 1.0, 1.0 + 0.0 * x))


def assured(x: Array, like: Array, same: bool, message: str, /) -> Array:
    """``x``, tied to a check when it is computed: that it has the shape of ``like``, or broadcasts to it."""
    check = unknown_sizes.of_blocks if is_dask_array(x) else unknown_sizes.of_a_program
    return check(x, like, same, message)


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: Array | None, /) -> Array:
    """The loss of each element, in double; of NumPy's blocks in Dask as NumPy's own.

    Raises:
        TypeError: the arrays come from two namespaces.
    """
    if loss.rows == "" and blocks.are_those_of_numpy(inputs[: len(loss.arguments)]):
        return blocks.losses(loss, inputs, counts)
    return gradients_of.elements(_THIS, loss, _wide(loss, inputs), counts)


def gradient(loss: Loss, of: int, g: Array | None, inputs: tuple[Any, ...], counts: Array | None, /) -> Array:
    """The gradient of `elementwise` by one input, times the cotangent ``g`` (None: 1), in double."""
    g = None if g is None else cast(g, "float64")
    whole = not loss.arguments[of].broadcasts and loss.rows == ""
    if whole and blocks.are_those_of_numpy(inputs[: len(loss.arguments)]):
        return blocks.slopes(loss, of, g, inputs, counts)
    return gradients_of.gradient(_THIS, loss, of, g, _wide(loss, inputs), counts)


def _wide(loss: Loss, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs of one namespace, their arrays in double."""
    count = len(loss.arguments)
    array_namespace(*inputs[:count])
    return (*(None if x is None else cast(x, "float64") for x in inputs[:count]), *inputs[count:])


def tracing() -> bool:
    """The standard has no compiler."""
    return False


def autocast_dtype(x: Array, /) -> None:
    """The standard casts nothing by itself."""
    return None


# --- rows ---------------------------------------------------------------------------------------------------


def moved(x: Array, source: int, destination: int, /) -> Array:
    """``x`` with an axis at another place."""
    return array_namespace(x).moveaxis(x, source, destination)


def row_sum(x: Array, /) -> Array:
    """The sum along the last axis, which keeps it, with size 1."""
    return array_namespace(x).sum(x, axis=-1, keepdims=True)


def row_max(x: Array, /) -> Array:
    """The largest number along the last axis, which keeps it, with size 1."""
    return array_namespace(x).max(x, axis=-1, keepdims=True)


def classes(indices: Array, like: Array, /) -> Array:
    """Where each class of ``like`` is the one of ``indices``."""
    namespace = array_namespace(indices)
    each = namespace.arange(like.shape[-1], dtype=namespace.int64, device=device(indices))
    return with_axis(namespace.astype(indices, namespace.int64)) == each


def with_axis(x: Array, /) -> Array:
    """``x`` with another last axis, of size 1."""
    return array_namespace(x).expand_dims(x, axis=-1)


def without_axis(x: Array, /) -> Array:
    """``x`` without its last axis, of size 1."""
    return array_namespace(x).squeeze(x, axis=-1)


def exp(x: Array, /) -> Array:
    """e^x."""
    return array_namespace(x).exp(x)


def decay(x: Array, /) -> Array:
    """e^-|x|."""
    namespace = array_namespace(x)
    return namespace.exp(-namespace.abs(x))


def log(x: Array, /) -> Array:
    """The natural logarithm."""
    return array_namespace(x).log(x)


def log1p(x: Array, /) -> Array:
    """log(1 + x)."""
    return array_namespace(x).log1p(x)


def detached(x: Array, /) -> Array:
    """``x``: the standard has no autograd."""
    return x


OPS = vocabulary(_THIS, sealed=True)

libraries.register(_THIS)

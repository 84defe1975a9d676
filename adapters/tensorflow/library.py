"""How TensorFlow tensors are used: eager, in ``tf.function`` with known and unknown shapes, on any device.

TensorFlow's kernels run with subnormal numbers taken for zero, read and written. Casts between half precision
and float32, selections and bit casts alone leave them be. Everything is therefore computed in float64, where
the numbers of a float32 loss are far from subnormal; float32 enters and leaves it by its bits where it is
subnormal. What stays beyond reach are subnormal float64 numbers: they count as 0.

Gradients are ``tf.custom_gradient``, which eager tapes, graphs and XLA all honour.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.autograph.impl.api import autograph_artifact
from tensorflow.python.eager import record

from compatlosses import gradients as gradients_of
from compatlosses import libraries, rules
from compatlosses.core import core_functions
from compatlosses.libraries import Shape
from compatlosses.protocols import Loss
from compatlosses.vocabulary import vocabulary

from . import host as host

NAME = "TensorFlow"

Tensor = Any
"""`tf.Tensor`, or a `tf.Variable`, which is read. TensorFlow comes without types."""

_THIS: Any = sys.modules[__name__]
"""This module, as the library that the formula is computed with."""

_SMALLEST_NORMAL = 2.0**-126
_SUBNORMAL = 2.0**-149
"""The smallest subnormal float32: one unit of its mantissa."""
_MAGIC = 1.5 * 2.0**52 * _SUBNORMAL
"""A number to which x is added rounded to whole units, which then stand in the lowest bits."""


_COMPOSITE = (tf.SparseTensor, tf.RaggedTensor, tf.IndexedSlices)


def owns(x: object) -> bool:
    """Whether ``x`` is a TensorFlow tensor or variable; one of several parts too, which `why_unsuitable`
    refuses.
    """
    return isinstance(x, (tf.Tensor, tf.Variable, *_COMPOSITE))


def why_unsuitable(x: Tensor, /) -> str | None:
    """Refuse sparse and ragged tensors, and slices: the loss of what they do not hold is not 0."""
    if not isinstance(x, _COMPOSITE):
        return None
    mends = {
        tf.SparseTensor: "Make it dense first, with tf.sparse.to_dense",
        tf.RaggedTensor: "Call the loss by tf.ragged.map_flat_values, or make it dense first, with to_tensor",
        tf.IndexedSlices: "Make it dense first, with tf.convert_to_tensor",
    }
    (mend,) = (mend for cls, mend in mends.items() if isinstance(x, cls))
    return f"a tf.{type(x).__name__} was given; expected a dense tensor. {mend}."


def shape(x: Tensor, /) -> Shape | None:
    """The sizes of ``x`` by dimension, None where a graph does not know one; None where it does not know how
    many.
    """
    return None if x.shape.rank is None else tuple(x.shape)


def dtype(x: Tensor, /) -> str:
    """The name of the element type."""
    name: str = x.dtype.name
    return name


def cast(x: Tensor, dtype: str, /) -> Tensor:
    """``x`` with elements of ``dtype``; differentiable, by a cast too."""
    x = tf.convert_to_tensor(x)
    source = x.dtype.name
    if source == dtype:
        return x
    if source not in rules.FLOATING or dtype not in rules.FLOATING:
        return tf.cast(x, dtype)

    return _differentiable(lambda x: _cast(x, dtype), lambda g, x: cast(g, source), x)


def converted(x: Any, like: Tensor | None = None) -> Any:
    """``x`` as a tensor, of the dtype of ``like`` if given, where TensorFlow itself would make it one; else
    ``x`` itself.
    """
    if isinstance(x, (tf.Tensor, tf.Variable, *_COMPOSITE, np.ma.MaskedArray)):
        return x
    says_so = not isinstance(x, type) and (hasattr(x, "__array__") or hasattr(x, "__tf_tensor__"))
    if not says_so and not isinstance(x, (list, tuple, int, float)):
        return x
    return tf.convert_to_tensor(x) if like is None else tf.cast(x, like.dtype)


def named(x: Tensor, name: str) -> Tensor:
    """``x`` as the output of an operation of this name."""
    return tf.identity(x, name)


def collected(loss: Tensor, scope: str, collection: str | None, reduction: str) -> Tensor:
    """A loss of TensorFlow 1's, named, in its collection, and its reduction where TensorFlow 1's optimizers
    look for it.
    """
    graph = tf.compat.v1.get_default_graph()
    graph._last_loss_reduction = reduction
    with tf.compat.v1.name_scope(scope):
        loss = tf.identity(loss, "value")
    if collection:
        tf.compat.v1.add_to_collection(collection, loss)
    return loss


def ragged(x: object) -> bool:
    """Whether ``x`` is a ragged tensor."""
    return isinstance(x, tf.RaggedTensor)


def of_flat_values(function: Callable[..., Tensor], *arguments: Tensor) -> Tensor:
    """``function`` of the values of ragged tensors that have the same rows, in these rows."""
    return tf.ragged.map_flat_values(function, *arguments)


def constant(value: float, like: Tensor, /) -> Tensor:
    """A 0-D tensor that holds ``value``, of the dtype of ``like``; TensorFlow's operations bring it to the
    device.
    """
    return tf.constant(value, like.dtype)


def of_rank(x: Tensor, like: Tensor, /) -> Tensor:
    """``x``, tied to a check that it has no dimension or as many as ``like``; differentiable."""
    missing = tf.where(tf.equal(tf.rank(x), 0), tf.rank(like), 0)
    shape = tf.pad(tf.shape(x), [[missing, 0]], constant_values=1)
    same = tf.equal(tf.size(shape), tf.rank(like))
    with tf.control_dependencies(
        [tf.debugging.Assert(same, ["the weights have neither no dimension nor as many as the logits"])]
    ):
        # The first form of the operation, which takes no two shapes: XLA drops assertions.
        return tf.reshape(x, tf.raw_ops.Select(condition=True, x=shape, y=tf.shape(like)))


def sum_to(x: Tensor, like: Tensor, /) -> Tensor:
    """``x`` summed to the shape of ``like`` in float64, of the dtype of ``x``."""
    if x.shape.is_fully_defined() and like.shape.is_fully_defined():
        axes = libraries.summed_axes(tuple(x.shape), tuple(like.shape))
        return _summed(x, axes, like.shape) if axes else x
    target = tf.shape(like)
    return _summed(x, tf.raw_ops.BroadcastGradientArgs(s0=tf.shape(x), s1=target)[1], target)


def reshape(x: Tensor, shape: Sequence[int], /) -> Tensor:
    """``x`` in another shape of the same size."""
    return tf.reshape(x, tuple(shape))


def broadcast_to(x: Tensor, shape: Sequence[int], /) -> Tensor:
    """``x`` repeated to a shape that it broadcasts to."""
    return tf.broadcast_to(x, tuple(shape))


def where(condition: Tensor, a: Tensor | float, b: Tensor | float, /) -> Tensor:
    """``a`` where ``condition`` holds, else ``b``, of the dtype of the tensor among them."""
    kind = a.dtype if owns(a) else b.dtype  # type: ignore[union-attr]
    return tf.where(condition, tf.convert_to_tensor(a, kind), tf.convert_to_tensor(b, kind))


def isinf(x: Tensor, /) -> Tensor:
    """Where ``x`` is infinite."""
    return tf.math.is_inf(x)


def equal(x: Tensor, value: float, /) -> Tensor:
    """Where ``x`` is ``value``, a number that its dtype holds; NaN is NaN."""
    x = tf.convert_to_tensor(x)
    if x.dtype.is_floating:
        if value != value:
            return tf.math.is_nan(x)
        return tf.equal(cast(x, "float64"), cast(tf.constant(value, x.dtype), "float64"))
    return tf.equal(x, tf.constant(bool(value) if x.dtype == tf.bool else int(value), x.dtype))


def assured(x: Tensor, like: Tensor, same: bool, message: str, /) -> Tensor:
    """``x``, tied to a check of its shape against that of ``like``.

    XLA drops assertions: there the operation refuses alone.
    """
    x, like = tf.convert_to_tensor(x), tf.convert_to_tensor(like)

    def checked(x: Tensor) -> Tensor:
        shape, target = tf.shape(x), tf.shape(like)
        check = tf.debugging.Assert(_fits(shape, target, same), [message, shape, target])
        with tf.control_dependencies([check]):
            whole = x if same else tf.where(tf.ones_like(like, tf.bool), x, x)
            # The first form of the operation, which takes no two shapes.
            return tf.raw_ops.Select(condition=True, x=whole, y=tf.cast(like, x.dtype))

    return _differentiable(checked, lambda g, x: sum_to(g, x), x)


def softplus(x: Tensor, /) -> Tensor:
    """log(1 + e^x). Not TensorFlow's, which is 7 ULP off at -14."""
    return cast(_differentiable(_softplus, lambda g, x: g * sigmoid(x), cast(x, "float64")), dtype(x))


def sigmoid(x: Tensor, /) -> Tensor:
    """1 / (1 + e^-x). Not TensorFlow's, which is 6 ULP off at -53 and whose derivative cancels above 0."""
    return cast(
        _differentiable(_sigmoid, lambda g, x: g * (sigmoid(x) * sigmoid(-x)), cast(x, "float64")), dtype(x)
    )


def decay(x: Tensor, /) -> Tensor:
    """e^-|x|."""
    return _differentiable(_decay, lambda g, x: g * _slope_of_decay(x), x)


def sum(x: Tensor, /) -> Tensor:
    """The 0-D sum of all elements, in float64."""
    return tf.reduce_sum(cast(x, "float64"))


def divide(x: Tensor, divisor: float | Tensor, /) -> Tensor:
    """``x`` over a number or a 0-D tensor of its dtype."""
    return x / divisor


def size(x: Tensor, /) -> int | Tensor:
    """The number of elements: an int, or a 0-D tensor where a graph does not know it."""
    number: int | None = x.shape.num_elements()
    return tf.size(x, tf.int64) if number is None else number


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: Tensor | None, /) -> Tensor:
    """The loss of each element in float64, differentiable by the definition's slopes."""
    count = len(loss.arguments)
    present = [i for i in range(count) if inputs[i] is not None]

    def all_of(given: Sequence[Tensor]) -> tuple[Any, ...]:
        tensors = dict(zip(present, given, strict=True))
        return (*(tensors.get(i) for i in range(count)), *inputs[count:])

    def value(*given: Tensor) -> Tensor:
        return gradients_of.elements(_THIS, loss, all_of(given), counts)

    def slopes(g: Tensor, *given: Tensor) -> list[Tensor]:
        return [gradients_of.gradient(_THIS, loss, i, g, all_of(given), counts) for i in present]

    return _differentiable(value, slopes, *[cast(inputs[i], "float64") for i in present])


def gradient(
    loss: Loss, of: int, g: Tensor | None, inputs: tuple[Any, ...], counts: Tensor | None, /
) -> Tensor:
    """The gradient of `elementwise` by one input, times the cotangent ``g`` (None: 1), in float64."""
    count = len(loss.arguments)
    tensors = tuple(None if x is None else cast(x, "float64") for x in inputs[:count])
    g = None if g is None else cast(g, "float64")
    return gradients_of.gradient(_THIS, loss, of, g, tensors + inputs[count:], counts)


def tracing() -> bool:
    """Whether a graph is being built."""
    return not tf.executing_eagerly()


def autocast_dtype(x: Tensor, /) -> None:
    """TensorFlow's mixed precision is Keras' layers': operations cast nothing by themselves."""
    return None


def _differentiable(value: Callable[..., Tensor], gradient: Callable[..., Any], *arguments: Tensor) -> Tensor:
    """``value(*arguments)``, whose gradients for a cotangent g are ``gradient(g, *arguments)``."""

    def forward(*arguments: Tensor) -> tuple[Tensor, Callable[[Tensor], Any]]:
        # Forward accumulators would take their derivative from what is recorded here.
        with record.stop_recording():
            result = value(*arguments)
        return result, lambda g: gradient(tf.convert_to_tensor(g), *arguments)

    return tf.custom_gradient(forward)(*arguments)


def _softplus(x: Tensor) -> Tensor:
    """Softplus of float64."""
    return where(x > 0, x, 0.0) + tf.math.log1p(tf.exp(-tf.abs(x)))


def _sigmoid(x: Tensor) -> Tensor:
    """The sigmoid of float64."""
    small = tf.exp(-tf.abs(x))
    return where(x < 0, small, 1.0) / (1.0 + small)


def _decay(x: Tensor) -> Tensor:
    """e^-|x| of float64."""
    return tf.exp(-tf.abs(x))


def _slope_of_decay(x: Tensor) -> Tensor:
    """The derivative of `decay`, at 0 that from the right."""
    e = decay(x)
    return tf.where(x < 0, e, -e)


def _fits(shape: Tensor, target: Tensor, same: bool) -> Tensor:
    """Whether a shape is the target, or broadcasts to it and does not enlarge it."""
    rank, target_rank = tf.size(shape), tf.size(target)
    shape = tf.pad(shape, [[tf.maximum(target_rank - rank, 0), 0]], constant_values=1)
    target = tf.pad(target, [[tf.maximum(rank - target_rank, 0), 0]], constant_values=1)
    fits = tf.equal(shape, target)
    if same:
        return tf.equal(rank, target_rank) & tf.reduce_all(fits)
    return (rank <= target_rank) & tf.reduce_all(fits | tf.equal(shape, 1))


def _summed(x: Tensor, axes: Any, shape: Any) -> Tensor:
    """``x`` summed over the axes in float64, in that shape, of the dtype of ``x``."""
    return cast(tf.reshape(tf.reduce_sum(cast(x, "float64"), axes), shape), dtype(x))


def _cast(x: Tensor, dtype: str) -> Tensor:
    """A floating ``x`` in another floating dtype, rounded once, or twice on the way from float64 to half
    precision.
    """
    if dtype == "float64":
        return _widened(tf.cast(x, tf.float32))
    if x.dtype == tf.float64:
        x = _narrowed(x)
    return tf.cast(x, dtype)


def _widened(x: Tensor) -> Tensor:
    """float32 as float64. A subnormal is its mantissa's whole number of smallest ones."""
    bits = tf.bitcast(x, tf.int32)
    mantissa = tf.bitwise.bitwise_and(bits, 0x007FFFFF)
    size = tf.cast(mantissa, tf.float64) * _SUBNORMAL
    subnormal = tf.equal(tf.bitwise.bitwise_and(bits, 0x7F800000), 0)
    return tf.where(subnormal, tf.where(bits < 0, -size, size), tf.cast(x, tf.float64))


def _narrowed(x: Tensor) -> Tensor:
    """float64 as float32, rounded once."""
    units = tf.cast(tf.bitcast(x + _MAGIC, tf.int64), tf.int32)
    bits = tf.where(units < 0, tf.bitwise.bitwise_or(-units, -0x80000000), units)
    tiny = (tf.abs(x) < _SMALLEST_NORMAL) & tf.not_equal(units, 0)
    return tf.where(tiny, tf.bitcast(bits, tf.float32), tf.cast(x, tf.float32))


# --- rows ---------------------------------------------------------------------------------------------------


def moved(x: Tensor, source: int, destination: int, /) -> Tensor:
    """``x`` with an axis at another place."""
    rank = x.shape.rank
    order = [i for i in range(rank) if i != source % rank]
    order.insert(destination % rank, source % rank)
    return x if order == list(range(rank)) else tf.transpose(x, order)


def row_sum(x: Tensor, /) -> Tensor:
    """The sum along the last axis, which keeps it, with size 1."""
    return tf.reduce_sum(x, -1, keepdims=True)


def row_max(x: Tensor, /) -> Tensor:
    """The largest number along the last axis, which keeps it, with size 1."""
    return tf.reduce_max(x, -1, keepdims=True)


def classes(indices: Tensor, like: Tensor, /) -> Tensor:
    """Where each class of ``like`` is the one of ``indices``."""
    return tf.equal(with_axis(tf.cast(indices, tf.int64)), tf.range(tf.shape(like, tf.int64)[-1]))


def with_axis(x: Tensor, /) -> Tensor:
    """``x`` with another last axis, of size 1."""
    return tf.expand_dims(x, -1)


def without_axis(x: Tensor, /) -> Tensor:
    """``x`` without its last axis, of size 1."""
    return tf.squeeze(x, -1)


def exp(x: Tensor, /) -> Tensor:
    """e^x."""
    return tf.exp(x)


def log(x: Tensor, /) -> Tensor:
    """The natural logarithm."""
    return tf.math.log(x)


def log1p(x: Tensor, /) -> Tensor:
    """log(1 + x)."""
    return tf.math.log1p(x)


def detached(x: Tensor, /) -> Tensor:
    """``x`` as a constant."""
    return tf.stop_gradient(x)


def told(value: Tensor, like: Tensor, /) -> Tensor:
    """``value`` with the derivatives of ``like``, which a graph does not compute where none is asked for."""
    return _differentiable(lambda v, _: tf.identity(v), lambda g, v, _: [None, g], value, like)


# AutoGraph need not rewrite the core, which takes seconds: no branch there depends on a tensor's values.
for _function in core_functions():
    autograph_artifact(_function)

OPS = vocabulary(_THIS, sealed=True)

libraries.register(_THIS)

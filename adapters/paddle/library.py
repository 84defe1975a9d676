"""How Paddle tensors are used: eager, under ``paddle.jit.to_static`` and in static graphs, on any device.

Paddle's own vocabulary is not true enough (seen in 3.3.1 on CPU): float32 exp(-inf) is 2.9e-39, float64
exp(-inf) is 5.6e-309, softplus is 17% off at -15, and ``==`` takes numbers within 1e-8 for the same. Hence
what is below: exponentials in float64, of arguments where Paddle's exp is true.

Losses are computed in double and rounded once. docs/numerics.md has the errors that were measured.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import paddle

from compatlosses import gradients as gradients_of
from compatlosses import libraries, rules
from compatlosses.core import core_functions
from compatlosses.libraries import Shape
from compatlosses.protocols import Loss
from compatlosses.vocabulary import vocabulary

from . import host as host
from .autograd import Gradient, attached
from .versions import autocast_is_on, without_autocast

NAME = "Paddle"
LOSS_CLASS = "compatlosses.paddle.BCEWithLogitsLoss"

Tensor = Any
"""`paddle.Tensor`, or what stands for one while a program is built.

Paddle's own annotations lack the latter.
"""

_THIS: Any = sys.modules[__name__]
"""This module, as the library that the formula is computed with."""

_NAMES = {getattr(paddle, name): name for name in (*rules.FLOATING, *rules.INTEGRAL) if hasattr(paddle, name)}
"""The dtypes in use. To ask a dtype for its name takes Paddle longer than a small loss."""

_TYPES: tuple[type, ...] = (paddle.Tensor, paddle.pir.Value, paddle.static.Variable)  # type: ignore[attr-defined]


def owns(x: object) -> bool:
    """Whether ``x`` is a Paddle tensor, or a value of a program that is being built."""
    return isinstance(x, _TYPES)


def shape(x: Tensor, /) -> Shape:
    """The sizes of ``x`` by dimension, -1 where a program does not know one."""
    return tuple(x.shape)


def dtype(x: Tensor, /) -> str:
    """The name of the element type."""
    return _NAMES.get(x.dtype) or str(x.dtype).removeprefix("paddle.")


def cast(x: Tensor, dtype: str, /) -> Tensor:
    """``x`` with elements of ``dtype``; ``x`` itself where it has that dtype already."""
    source = _NAMES.get(x.dtype) or str(x.dtype).removeprefix("paddle.")
    if source == dtype:
        return x
    if (source == "float16" or dtype == "float16") and paddle.in_dynamic_mode():
        return _cast_both_ways(x, dtype)
    return _cast(x, dtype)


def constant(value: float, like: Tensor, /) -> Tensor:
    """A 0-D tensor that holds ``value``, of the dtype of ``like``; Paddle's operators bring it to
    the device.
    """
    return paddle.full([], value, like.dtype)


def sum_to(x: Tensor, like: Tensor, /) -> Tensor:
    """``x`` summed to the shape of ``like`` in float64, of the dtype of ``x``."""
    axes = libraries.summed_axes(shape(x), shape(like))
    unknown = [i for i in range(len(like.shape)) if like.shape[i] < 0]
    if not axes and not unknown:
        return x
    total = x.astype("float64")
    if axes:
        total = paddle.sum(total, list(axes), keepdim=True)
    extra = len(x.shape) - len(like.shape)
    if extra:
        # Not a reshape: a program may not know the sizes.
        total = paddle.squeeze(total, list(range(extra)))
    for axis in unknown:
        total = _summed_if(paddle.shape(like)[axis], total, axis)
    return total.astype(x.dtype)


def _summed_if(size: Tensor, x: Tensor, axis: int) -> Tensor:
    """``x`` summed along an axis to ``size``, which a program knows when it runs: 1, or what it is
    already.
    """
    total = paddle.where(size == 1, paddle.sum(x, axis, keepdim=True), x)
    return paddle.slice(total, [axis], [0], [size])


def reshape(x: Tensor, shape: Sequence[int], /) -> Tensor:
    """``x`` in another shape of the same size."""
    return paddle.reshape(x, list(shape))


def broadcast_to(x: Tensor, shape: Sequence[int], /) -> Tensor:
    """``x`` repeated to a shape that it broadcasts to."""
    return paddle.broadcast_to(x, list(shape))


def where(condition: Tensor, a: Tensor | float, b: Tensor | float, /) -> Tensor:
    """``a`` where ``condition`` holds, else ``b``, of the dtype of the tensor among them."""
    if not owns(a):
        a = constant(a, b)
    elif not owns(b):
        b = constant(b, a)
    return paddle.where(condition, a, b)


def isinf(x: Tensor, /) -> Tensor:
    """Where ``x`` is infinite."""
    return paddle.isinf(x)


def why_unsuitable(x: Tensor, /) -> str | None:
    """Refuse sparse tensors, to which Paddle's operations do not apply."""
    if paddle.in_dynamic_mode() and not x.is_dense() and not x.is_dist():
        return "a sparse Paddle tensor was given; expected a dense one. Call to_dense() first."
    return None


def equal(x: Tensor, value: float, /) -> Tensor:
    """Where ``x`` is ``value``, which its dtype holds; NaN equals NaN."""
    if dtype(x) in rules.FLOATING:
        if value == 0:
            return paddle.logical_not(x)
        # Half precision lacks comparisons on CPU.
        wide = x.astype("float64")
        if value != value:
            return paddle.isnan(wide)
        number = paddle.full([], value, "float64")
        return paddle.logical_and(wide <= number, wide >= number)
    return paddle.equal(x.astype("int64"), _whole(int(value)))


def _whole(value: int) -> Tensor:
    """A 0-D int64 tensor. Paddle makes constants by way of float64, which has no room for a large one."""
    high, low = divmod(value, 2**32)
    return paddle.full([], high, "int64") * 2**32 + paddle.full([], low, "int64")


def softplus(x: Tensor, /) -> Tensor:
    """log(1 + e^x)."""
    if not paddle.in_dynamic_mode():
        return _softplus(x)
    # Paddle's log has two derivatives only.
    return _differentiated(x, _softplus, lambda i, g, saved: g * sigmoid(saved[0]))


def sigmoid(x: Tensor, /) -> Tensor:
    """1 / (1 + e^-x)."""
    if not paddle.in_dynamic_mode():
        return _sigmoid(x)
    # Paddle's division is not differentiable as often as one likes.
    return _differentiated(x, _sigmoid, lambda i, g, saved: g * (sigmoid(saved[0]) * sigmoid(-saved[0])))


def sum(x: Tensor, /) -> Tensor:
    """The 0-D sum of all elements, in float64."""
    return paddle.sum(x.astype("float64"))


def divide(x: Tensor, divisor: float | Tensor, /) -> Tensor:
    """``x`` over a number or a 0-D tensor of its dtype."""
    return x / divisor


def size(x: Tensor, /) -> int | Tensor:
    """The number of elements: an int, or a 0-D tensor where a program does not know it."""
    number = 1
    for length in x.shape:
        if length < 0:
            return paddle.numel(x)
        number *= length
    return number


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: Tensor | None, /) -> Tensor:
    """The loss of each element in double, differentiable by the definition's slopes; in a program by the
    operations themselves.
    """
    if not paddle.in_dynamic_mode():
        with without_autocast():
            return gradients_of.elements(_THIS, loss, _wide(loss, inputs), counts)
    with paddle.no_grad(), without_autocast():
        value = gradients_of.elements(_THIS, loss, _wide(loss, inputs), counts)
    count = len(loss.arguments)
    tensors = inputs[:count]

    def slope(i: int, g: Tensor, saved: Any) -> Tensor:
        # What is saved is the caller's own: of a copy no change in place would be noticed.
        found = gradient(loss, i, g, (*saved[:count], *inputs[count:]), saved[count])
        return cast(found, dtype(saved[i]))

    return attached(value, tensors, (*tensors, counts), slope)


def gradient(
    loss: Loss, of: int, g: Tensor | None, inputs: tuple[Any, ...], counts: Tensor | None, /
) -> Tensor:
    """The gradient of `elementwise` by one input, times the cotangent ``g`` (None: 1), in double."""
    with without_autocast():
        g = None if g is None else cast(g, "float64")
        return gradients_of.gradient(_THIS, loss, of, g, _wide(loss, inputs), counts)


def _wide(loss: Loss, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs, their tensors in double."""
    count = len(loss.arguments)
    return (*[None if x is None else cast(x, "float64") for x in inputs[:count]], *inputs[count:])


def tracing() -> bool:
    """Whether a program is being built."""
    return not paddle.in_dynamic_mode()


def assured(x: Tensor, like: Tensor, same: bool, message: str, /) -> Tensor:
    """``x``, reshaped to its own shape when the program runs, and to an impossible one where that does not
    suit ``like``.

    Paddle's assertion would be pruned from a saved program, because nothing comes out of it. ``message`` has
    no place here: Paddle's error is of an invalid shape with the size -2.
    """
    own, target = x.shape, like.shape
    offset = len(target) - len(own)
    sizes, expected = paddle.shape(x), paddle.shape(like)
    result: list[Any] = []
    for i in range(len(own)):
        if own[i] >= 0 and (target[offset + i] >= 0 or (own[i] == 1 and not same)):
            result.append(own[i])
            continue
        suits = sizes[i] == expected[offset + i]
        if not same:
            suits = paddle.logical_or(suits, sizes[i] == 1)
        result.append(paddle.where(suits, sizes[i], paddle.full_like(sizes[i], -2)))
    return paddle.reshape(x, result)


def autocast_dtype(x: Tensor, /) -> str | None:
    """float32 for half precision inside ``paddle.amp.auto_cast``: this loss is on its black list."""
    if dtype(x) in ("float16", "bfloat16") and autocast_is_on():
        return "float32"
    return None


def _differentiated(x: Tensor, value: Callable[[Tensor], Tensor], gradient: Gradient) -> Tensor:
    """``value(x)`` with its gradient."""
    with paddle.no_grad():
        found = value(x)
    return attached(found, (x,), (x,), gradient)


def _cast_both_ways(x: Tensor, to: str) -> Tensor:
    """A cast to or from float16, whose gradient is a cast by `cast` too and not by Paddle."""
    source = dtype(x)
    with paddle.no_grad():
        found = _cast(x, to)
    return attached(found, (x,), (), lambda i, g, saved: cast(g, source))


def _cast(x: Tensor, dtype: str) -> Tensor:
    """``x`` with elements of ``dtype``.

    On CPU, Paddle casts 4e-24 to the float16 8e-5: what rounds to 0 becomes 0 first.
    """
    if dtype == "float16" and x.dtype in (paddle.float32, paddle.float64):
        # A difference, not a choice: the derivative stays 1.
        x = x - where(paddle.abs(x) < 2.0**-26, x, 0.0).detach()
    return x.astype(dtype)


def _softplus(x: Tensor) -> Tensor:
    """Softplus in operations whose derivatives are true to second order."""
    wide = x.astype("float64")
    negative = wide < 0
    small = _exp(where(negative, wide, -wide))
    # Kahan's log1p: Paddle's own has no second derivative. The quotient is what 1 + small has lost.
    u = 1 + small
    return (where(negative, 0.0, wide) + (paddle.log(u) + (small - (u - 1)) / u)).astype(x.dtype)


def _sigmoid(x: Tensor) -> Tensor:
    """The sigmoid in operations whose derivative is true."""
    wide = x.astype("float64")
    negative = wide < 0
    small = _exp(where(negative, wide, -wide))
    return (where(negative, small, 1.0) / (1 + small)).astype(x.dtype)


def _exp(x: Tensor) -> Tensor:
    """e^x of float64.

    Paddle's exp is true down to -709 and 5.6e-309 below, at -inf too: two factors reach 0.
    """
    low = x < -700
    return paddle.exp(where(low, -700.0, x)) * paddle.exp(where(low, x + 700, 0.0))


# --- rows ---------------------------------------------------------------------------------------------------


def moved(x: Tensor, source: int, destination: int, /) -> Tensor:
    """``x`` with an axis at another place."""
    rank = len(x.shape)
    order = [i for i in range(rank) if i != source % rank]
    order.insert(destination % rank, source % rank)
    return x if order == list(range(rank)) else paddle.transpose(x, order)


def row_sum(x: Tensor, /) -> Tensor:
    """The sum along the last axis, which keeps it, with size 1."""
    return paddle.sum(x, -1, keepdim=True)


def row_max(x: Tensor, /) -> Tensor:
    """The largest number along the last axis, which keeps it, with size 1."""
    return paddle.max(x, -1, keepdim=True)


def classes(indices: Tensor, like: Tensor, /) -> Tensor:
    """Where each class of ``like`` is the one of ``indices``."""
    return paddle.equal(
        with_axis(indices.astype("int64")), paddle.arange(paddle.shape(like)[-1], dtype="int64")
    )


def with_axis(x: Tensor, /) -> Tensor:
    """``x`` with another last axis, of size 1."""
    return paddle.unsqueeze(x, -1)


def without_axis(x: Tensor, /) -> Tensor:
    """``x`` without its last axis, of size 1."""
    return paddle.squeeze(x, -1)


def exp(x: Tensor, /) -> Tensor:
    """e^x of float64."""
    return _exp(x)


def decay(x: Tensor, /) -> Tensor:
    """e^-|x| of float64, with the derivative -1 at 0, where Paddle's absolute value has 0."""
    if not paddle.in_dynamic_mode():
        return _exp(where(x < 0, x, -x))
    return _differentiated(x, _decay, lambda i, g, saved: g * _slope_of_decay(saved[0]))


def _decay(x: Tensor) -> Tensor:
    """e^-|x| as a square, which reaches 0, for half of what `_exp` costs; to 2.5 ULP."""
    root = paddle.exp(-0.5 * paddle.abs(x))
    return root * root


def _slope_of_decay(x: Tensor) -> Tensor:
    """The derivative of `decay`."""
    e = decay(x)
    return where(x < 0, e, -e)


def log(x: Tensor, /) -> Tensor:
    """The natural logarithm."""
    return paddle.log(x)


def power(x: Tensor, exponent: float, /) -> Tensor:
    """x^exponent. Paddle's own reads a number in single, and has no second derivative by a tensor."""
    if not paddle.in_dynamic_mode():
        return x ** constant(exponent, x)
    return _differentiated(
        x,
        lambda x: x ** constant(exponent, x),
        lambda i, g, saved: g * (exponent * power(saved[0], exponent - 1.0)),
    )


def log1p(x: Tensor, /) -> Tensor:
    """log(1 + x): Kahan's, as Paddle's own has no second derivative, where one may be asked for."""
    if paddle.in_dynamic_mode() and not paddle.is_grad_enabled():
        return paddle.log1p(x)
    u = 1 + x
    return paddle.log(u) + (x - (u - 1)) / where(u > 0, u, 1.0)


def detached(x: Tensor, /) -> Tensor:
    """``x`` as a constant."""
    return x.detach()


OPS = vocabulary(_THIS)

# paddle.jit.to_static rewrites the functions that it meets into a dialect of its own, in which
# `a is not None and a >= 0` compares the None. There is nothing to rewrite: no branch here depends on a
# tensor's values.
for _function in core_functions():
    paddle.jit.not_to_static(_function)

libraries.register(_THIS)

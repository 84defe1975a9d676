"""How Paddle tensors are used: eager, under ``paddle.jit.to_static`` and in static graphs, on any device.

Paddle's own vocabulary is not true enough (seen in 3.3.1 on CPU): float32 exp(-inf) is 2.9e-39, float64 exp(-inf) is
5.6e-309, softplus is 17% off at -15, and ``==`` takes numbers within 1e-8 for the same. Hence what is below: exponentials
in float64, of arguments where Paddle's exp is true, rounded once.

Measured against mpmath on CPU, largest error in ULP over 80000 arguments from one end of the range to the other, subnormal
results included: float32 softplus 0.50, sigmoid 0.50, loss 2.1, gradient by the logits 2.0; float64 softplus 2.0, sigmoid
2.0, loss 2.1, gradient 2.3. (Of the larger term, where two cancel in a gradient; weights add their own roundings.)
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import paddle

from compatlosses import formula, libraries, losses, rules
from compatlosses.libraries import Shape

from . import host as host
from .versions import autocast_is_on

NAME = "Paddle"

Tensor = Any
"""`paddle.Tensor`, or what stands for one while a program is built. Paddle's own annotations lack the latter."""

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
        return _Cast.apply(x, dtype)  # type: ignore[no-untyped-call]
    return _cast(x, dtype)


def constant(value: float, like: Tensor, /) -> Tensor:
    """A 0-D tensor that holds ``value``, of the dtype of ``like``; Paddle's operators bring it to the device."""
    return paddle.full([], value, like.dtype)


def sum_to(x: Tensor, like: Tensor, /) -> Tensor:
    """``x`` summed to the shape of ``like`` in float64, of the dtype of ``x``."""
    axes = libraries.summed_axes(shape(x), shape(like))
    if not axes:
        return x
    total = paddle.sum(x.astype("float64"), list(axes), keepdim=True)
    extra = len(x.shape) - len(like.shape)
    if extra:
        # Not a reshape: a program may not know the sizes.
        total = paddle.squeeze(total, list(range(extra)))
    return total.astype(x.dtype)


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


def equal(x: Tensor, value: float, /) -> Tensor:
    """Where ``x`` has exactly this value, rounded to its dtype; whole numbers are compared as they are."""
    if dtype(x) in rules.FLOATING:
        if value == 0:
            return paddle.logical_not(x)
        # Half precision lacks comparisons on CPU.
        wide, value = x.astype("float64"), constant(value, x).astype("float64")
        return paddle.logical_and(wide <= value, wide >= value)
    if value != value or value in (float("inf"), -float("inf")) or value != int(value):
        return paddle.zeros_like(x, "bool")
    return paddle.equal(x.astype("int64"), paddle.full([], int(value), "int64"))


def softplus(x: Tensor, /) -> Tensor:
    """log(1 + e^x)."""
    return _Softplus.apply(x) if paddle.in_dynamic_mode() else _softplus(x)  # type: ignore[no-untyped-call]


def sigmoid(x: Tensor, /) -> Tensor:
    """1 / (1 + e^-x)."""
    return _Sigmoid.apply(x) if paddle.in_dynamic_mode() else _sigmoid(x)  # type: ignore[no-untyped-call]


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


def elements(x: Tensor, y: Tensor, w: Tensor | None, p: Tensor | None, counts: Tensor | None, whole: bool, /) -> Tensor:
    """The loss of each element, differentiable by the formulas.

    In a program Paddle differentiates the operations themselves, once: its PyLayer does not survive to_static there.
    """
    if not paddle.in_dynamic_mode():
        with _without_autocast():
            return formula.elements(_THIS, x, y, w, p, counts, whole)
    with paddle.no_grad(), _without_autocast():
        loss = formula.elements(_THIS, x, y, w, p, counts, whole)

    def slope(of: int) -> Callable[[Tensor], Tensor]:
        wanted = (of == 0, of == 1, of == 2, of == 3)
        return lambda g: gradients(wanted, g, x, y, w, p, counts, whole)[of]

    return attached(loss, (x, y, w, p), slope)


def attached(value: Tensor, arguments: Sequence[Tensor | None], slope: Callable[[int], Callable[[Tensor], Tensor]]) -> Tensor:
    """``value``, which nobody else holds, with ``slope(i)(g)`` as its gradient by ``arguments[i]`` for a cotangent g.

    Each argument has a node of its own. One node for all is what Paddle's PyLayer seems made for, but it fails when
    paddle.grad asks for some of them: it then wants None for the others, and nothing tells backward which they are.
    """
    if not paddle.is_grad_enabled():
        return value
    total = None
    for i in range(len(arguments)):
        argument = arguments[i]
        if argument is None or argument.stop_gradient:
            continue
        if total is None:
            total = _Attached.apply(argument, lambda: value, slope(i))  # type: ignore[no-untyped-call]
        else:
            total = total + _Attached.apply(argument, lambda: paddle.zeros_like(value), slope(i))  # type: ignore[no-untyped-call]
    return value if total is None else total


def gradients(
    wanted: formula.Wanted,
    g: Tensor | None,
    x: Tensor,
    y: Tensor,
    w: Tensor | None,
    p: Tensor | None,
    counts: Tensor | None,
    whole: bool,
    /,
) -> tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]:
    """The gradients of `elements` times the cotangent ``g``."""
    with _without_autocast():
        return formula.gradients(_THIS, wanted, g, x, y, w, p, counts, whole)


def tracing() -> bool:
    """Whether a program is being built."""
    return not paddle.in_dynamic_mode()


def autocast_dtype(x: Tensor, /) -> str | None:
    """float32 for half precision inside ``paddle.amp.auto_cast``: this loss is on its black list."""
    if dtype(x) in ("float16", "bfloat16") and autocast_is_on():
        return "float32"
    return None


class _Cast(paddle.autograd.PyLayer):
    """A cast to or from float16, whose gradient is a cast by `_cast` too and not by Paddle."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, name: str) -> Tensor:
        ctx.name = dtype(x)
        return _cast(x, name)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return cast(g, ctx.name)


class _Attached(paddle.autograd.PyLayer):
    """A value as a function of one argument; see `attached`. It comes in a function: a tensor would be a second argument."""

    @staticmethod
    def forward(ctx: Any, argument: Tensor, value: Callable[[], Tensor], slope: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.slope = slope
        return value()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return ctx.slope(g)


class _Softplus(paddle.autograd.PyLayer):
    """Softplus, whose derivative is the sigmoid: Paddle's log has two derivatives only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return _softplus(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensor()
        return g * sigmoid(x)


class _Sigmoid(paddle.autograd.PyLayer):
    """The sigmoid, differentiable as often as one likes: Paddle's division is not."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return _sigmoid(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensor()
        return g * (sigmoid(x) * sigmoid(-x))


def _without_autocast() -> AbstractContextManager[None]:
    """No automatic casting inside: at level O2 it would cast the formula's operations to half precision, on GPUs."""
    return paddle.amp.auto_cast(enable=False) if autocast_is_on() else nullcontext()


def _cast(x: Tensor, dtype: str) -> Tensor:
    """``x`` with elements of ``dtype``. On CPU, Paddle casts 4e-24 to the float16 8e-5: what rounds to 0 becomes 0 first."""
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
    """e^x for float64 x <= 0. Paddle's exp is true down to -709 and 5.6e-309 below, at -inf too: two factors reach 0."""
    low = x < -700
    return paddle.exp(where(low, -700.0, x)) * paddle.exp(where(low, x + 700, 0.0))


# paddle.jit.to_static rewrites the functions that it meets into a dialect of its own, in which `a is not None and a >= 0`
# compares the None. There is nothing to rewrite: no branch here depends on a tensor's values.
for _module in (formula, libraries, losses, rules):
    for _function in vars(_module).values():
        if inspect.isfunction(_function) and _function.__module__ == _module.__name__:
            paddle.jit.not_to_static(_function)

libraries.register(_THIS)

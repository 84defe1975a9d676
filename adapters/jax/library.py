"""How JAX arrays are used: eager, under ``jit``, every transformation, on any device and however they are
sharded.

XLA's processor code takes subnormal numbers for zero, and its float32 exponentials are a few ULP off.
Everything is therefore computed in float64, where the numbers of a float32 loss are far from subnormal,
whether or not JAX's x64 mode is on; see `casts` for the way in and out. What stays beyond reach are subnormal
float64 numbers: they count as 0.

The gradients are a ``jax.custom_jvp``, made of operations, so that forward and reverse mode, ``vmap`` and
derivatives of any order find it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from compatlosses import gradients as gradients_of
from compatlosses import libraries, rules
from compatlosses.libraries import Shape
from compatlosses.protocols import Loss
from compatlosses.vocabulary import vocabulary

from . import casts
from . import host as host

NAME = "JAX"

Array = Any
"""`jax.Array`: an array, or a tracer that stands for one."""

_THIS: Any = sys.modules[__name__]
"""This module, as the library that the formula is computed with."""


def wide(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with float64 at hand, whatever JAX's x64 mode."""

    @wraps(function)
    def with_float64(*arguments: Any) -> Any:
        with jax.enable_x64(True):
            return function(*arguments)

    return with_float64


def owns(x: object) -> bool:
    """Whether ``x`` is a JAX array; a sparse one too, which `why_unsuitable` refuses."""
    return isinstance(x, jax.Array) or sparse(x)


def sparse(x: object) -> bool:
    """Whether ``x`` is an array of `jax.experimental.sparse`, a module that is slow to import and may never
    be.
    """
    module = sys.modules.get("jax.experimental.sparse")
    return module is not None and isinstance(x, module.JAXSparse)


def why_unsuitable(x: Array, /) -> str | None:
    """Refuse sparse arrays: the loss of what they do not hold is not 0."""
    if not sparse(x):
        return None
    return (
        f"a sparse array, a {type(x).__name__}, was given; expected a dense one. Make it dense "
        "first, with todense()."
    )


def shape(x: Array, /) -> Shape:
    """The sizes of ``x`` by dimension: those of an export are JAX's symbols, which it compares as it compares
    numbers.
    """
    return tuple(x.shape)


def dtype(x: Array, /) -> str:
    """The name of the element type."""
    name: str = x.dtype.name
    return name


@wide
def cast(x: Array, dtype: str, /) -> Array:
    """``x`` with elements of ``dtype``; differentiable, by a cast too."""
    if x.dtype.name in rules.FLOATING and dtype in rules.FLOATING:
        return casts.cast(x, dtype)
    return x.astype(dtype)


def converted(x: Any) -> Any:
    """``x`` as an array where JAX's functions would make it one; else ``x`` itself."""
    return jnp.asarray(x) if isinstance(x, (np.ndarray, np.generic, bool, int, float)) else x


@wide
def constant(value: float, like: Array, /) -> Array:
    """A 0-D array that holds ``value``, of the dtype of ``like``; JAX brings it to the device."""
    return jnp.asarray(value, like.dtype)


@wide
def sum_to(x: Array, like: Array, /) -> Array:
    """``x`` summed to the shape of ``like`` in float64, of the dtype of ``x``."""
    axes = libraries.summed_axes(x.shape, like.shape)
    return cast(jnp.sum(cast(x, "float64"), axes).reshape(like.shape), dtype(x)) if axes else x


def reshape(x: Array, shape: Sequence[int], /) -> Array:
    """``x`` in another shape of the same size."""
    return x.reshape(tuple(shape))


def broadcast_to(x: Array, shape: Sequence[int], /) -> Array:
    """``x`` repeated to a shape that it broadcasts to."""
    return jnp.broadcast_to(x, tuple(shape))


@wide
def where(condition: Array, a: Array | float, b: Array | float, /) -> Array:
    """``a`` where ``condition`` holds, else ``b``, of the dtype of the array among them."""
    return jnp.where(condition, a, b)


@wide
def isinf(x: Array, /) -> Array:
    """Where ``x`` is infinite."""
    return jnp.isinf(x)


@wide
def equal(x: Array, value: float, /) -> Array:
    """Where ``x`` is ``value``, a number that its dtype holds; NaN is NaN."""
    if not jnp.issubdtype(x.dtype, jnp.floating):
        return x == jnp.asarray(value, x.dtype)
    if value != value:
        return jnp.isnan(x)
    return cast(x, "float64") == cast(jnp.asarray(value, x.dtype), "float64")


@wide
def softplus(x: Array, /) -> Array:
    """log(1 + e^x)."""
    return cast(_softplus(cast(x, "float64")), dtype(x))


@wide
def sigmoid(x: Array, /) -> Array:
    """1 / (1 + e^-x)."""
    return cast(_sigmoid(cast(x, "float64")), dtype(x))


@wide
def sum(x: Array, /) -> Array:
    """The 0-D sum of all elements, in float64."""
    return jnp.sum(cast(x, "float64"))


@wide
def divide(x: Array, divisor: float | Array, /) -> Array:
    """``x`` over a number or a 0-D array of its dtype."""
    return x / divisor


@wide
def size(x: Array, /) -> int | Array:
    """The number of elements: an int, or a 0-D array where an export does not know it."""
    return x.size if isinstance(x.size, int) else jnp.asarray(x.size, "float64")


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: Array | None, /) -> Array:
    """The loss of each element in float64, differentiable by the definition's slopes."""
    count = len(loss.arguments)
    tensors = tuple(None if x is None else cast(x, "float64") for x in inputs[:count])
    return _elementwise(loss, inputs[count:], counts, tensors)


@wide
def gradient(loss: Loss, of: int, g: Array | None, inputs: tuple[Any, ...], counts: Array | None, /) -> Array:
    """The gradient of `elementwise` by one input, times the cotangent ``g`` (None: 1), in float64."""
    count = len(loss.arguments)
    tensors = tuple(None if x is None else cast(x, "float64") for x in inputs[:count])
    g = None if g is None else cast(g, "float64")
    return gradients_of.gradient(_THIS, loss, of, g, tensors + inputs[count:], counts)


def tracing() -> bool:
    """Never: a warning at the time of tracing reaches its reader, once for each compilation."""
    return False


def autocast_dtype(x: Array, /) -> None:
    """JAX has no automatic casting."""
    return None


@wide
def _elements_of(
    loss: Loss, parameters: tuple[float, ...], counts: Array | None, tensors: tuple[Any, ...]
) -> Array:
    """`gradients.elements`."""
    return gradients_of.elements(_THIS, loss, tensors + parameters, counts)


@wide
def _elements_with_tangents(
    loss: Loss, parameters: tuple[float, ...], primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """The losses, and what they change by: the slopes by those inputs that change, times their change."""
    counts, tensors = primals
    value = _elementwise(loss, parameters, counts, tensors)
    total = jnp.zeros_like(value)
    for i, tangent in enumerate(tangents[1]):
        # One that does not change is left out, not multiplied by 0: its slope may be infinite.
        if tangent is not None and not isinstance(tangent, SymbolicZero):
            # The change, not the slope, is 0 where an element does not count: in reverse a NaN that comes in
            # stops there.
            slope = gradients_of.slope(_THIS, loss, i, tensors + parameters, counts)
            tangent = tangent if counts is None else where(counts, tangent, 0.0)
            total = total + gradients_of.change(_THIS, loss, slope, tangent)
    return value, total


def _softplus_of(x: Array) -> Array:
    """Softplus of float64."""
    return jnp.maximum(x, 0.0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


def _sigmoid_of(x: Array) -> Array:
    """The sigmoid of float64."""
    small = jnp.exp(-jnp.abs(x))
    return jnp.where(x < 0, small, 1.0) / (1.0 + small)


def _decay_of(x: Array) -> Array:
    """e^-|x| of float64."""
    return jnp.exp(-jnp.abs(x))


def _derived(
    function: Callable[[Array], Array], slope: Callable[[Array], Array]
) -> Callable[..., tuple[Array, Array]]:
    """The rule of a function of one array.

    Not `defjvps`, which computes the value where float64 is not at hand.
    """

    @wide
    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        (x,), (t,) = primals, tangents
        return function(x), t * slope(x)

    return rule


# --- rows ---------------------------------------------------------------------------------------------------


def moved(x: Array, source: int, destination: int, /) -> Array:
    """``x`` with an axis at another place."""
    return jnp.moveaxis(x, source, destination)


@wide
def row_sum(x: Array, /) -> Array:
    """The sum along the last axis, which keeps it, with size 1."""
    return jnp.sum(x, -1, keepdims=True)


@wide
def row_max(x: Array, /) -> Array:
    """The largest number along the last axis, which keeps it, with size 1."""
    return jnp.max(x, -1, keepdims=True)


@wide
def classes(indices: Array, like: Array, /) -> Array:
    """Where each class of ``like`` is the one of ``indices``."""
    return indices[..., None] == jnp.arange(like.shape[-1])


def with_axis(x: Array, /) -> Array:
    """``x`` with another last axis, of size 1."""
    return x[..., None]


def without_axis(x: Array, /) -> Array:
    """``x`` without its last axis, of size 1."""
    return x[..., 0]


@wide
def exp(x: Array, /) -> Array:
    """e^x."""
    return jnp.exp(x)


@wide
def log(x: Array, /) -> Array:
    """The natural logarithm."""
    return jnp.log(x)


@wide
def log1p(x: Array, /) -> Array:
    """log(1 + x)."""
    return jnp.log1p(x)


def detached(x: Array, /) -> Array:
    """``x`` as a constant."""
    return jax.lax.stop_gradient(x)


def told(value: Array, like: Array, /) -> Array:
    """``value`` with the derivatives of ``like``, which is not computed where none is asked for."""
    return _told(value, like)


@wide
def decay(x: Array, /) -> Array:
    """e^-|x|."""
    return _decay(x)


_told = jax.custom_jvp(lambda value, like: value)
_told.defjvp(lambda primals, tangents: (primals[0], tangents[1]))
_decay = jax.custom_jvp(_decay_of)
_decay.defjvp(_derived(_decay, lambda x: where(x < 0, decay(x), -decay(x))))
_softplus = jax.custom_jvp(_softplus_of)
_sigmoid = jax.custom_jvp(_sigmoid_of)
_softplus.defjvp(_derived(_softplus, lambda x: sigmoid(x)))
_sigmoid.defjvp(_derived(_sigmoid, lambda x: sigmoid(x) * sigmoid(-x)))

_elementwise = jax.custom_jvp(_elements_of, nondiff_argnums=(0, 1))
_elementwise.defjvp(_elements_with_tangents, symbolic_zeros=True)

OPS = vocabulary(_THIS, sealed=True)

libraries.register(_THIS)

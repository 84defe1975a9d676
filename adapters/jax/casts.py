"""Casts between floating dtypes that keep subnormal numbers.

XLA's processor code takes subnormal numbers for zero, read and written. float32 therefore becomes float64,
and float64 float32, by its bits where it is subnormal. Bits are not differentiable, so the cast is a
primitive of its own: it is linear, its transpose the cast back, and it works element by element.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

_SMALLEST_NORMAL = 2.0**-126
_SUBNORMAL = 2.0**-149
"""The smallest subnormal float32: one unit of its mantissa."""
_MAGIC = 1.5 * 2.0**52 * _SUBNORMAL
"""A number to which x is added rounded to whole units, which then stand in the lowest bits."""


def cast(x: Any, dtype: str) -> Any:
    """A floating ``x`` in another floating dtype, rounded once, or twice on the way from float64 to half
    precision.
    """
    source = x.dtype.name
    if source == dtype:
        return x
    if "float64" not in (source, dtype):
        return lax.convert_element_type(x, dtype)
    if dtype == "float64":
        return _primitive.bind(lax.convert_element_type(x, "float32"), dtype="float64")
    narrow = _primitive.bind(x, dtype="float32")
    return narrow if dtype == "float32" else lax.convert_element_type(narrow, dtype)


def _converted(x: Any, *, dtype: str) -> Any:
    """float32 as float64, or float64 as float32."""
    with jax.enable_x64(True):
        return _widened(x) if dtype == "float64" else _narrowed(x)


def _widened(x: Any) -> Any:
    """float32 as float64. A subnormal is its mantissa's whole number of smallest ones."""
    bits = lax.bitcast_convert_type(x, jnp.int32)
    size = lax.convert_element_type(bits & 0x007FFFFF, jnp.float64) * _SUBNORMAL
    subnormal = (bits & 0x7F800000) == 0
    return jnp.where(subnormal, jnp.where(bits < 0, -size, size), lax.convert_element_type(x, jnp.float64))


def _narrowed(x: Any) -> Any:
    """float64 as float32, rounded once."""
    units = lax.convert_element_type(lax.bitcast_convert_type(x + _MAGIC, jnp.int64), jnp.int32)
    bits = jnp.where(units < 0, -units | jnp.int32(-0x80000000), units)
    tiny = (jnp.abs(x) < _SMALLEST_NORMAL) & (units != 0)
    return jnp.where(
        tiny, lax.bitcast_convert_type(bits, jnp.float32), lax.convert_element_type(x, jnp.float32)
    )


def _transposed(cotangent: Any, x: Any, *, dtype: str) -> list[Any]:
    """The cotangent cast back."""
    return [_primitive.bind(cotangent, dtype=x.aval.dtype.name)]


_primitive = Primitive("compatlosses_cast")
_primitive.def_impl(partial(jax.jit, static_argnames="dtype")(_converted))
_primitive.def_abstract_eval(lambda x, *, dtype: x.update(dtype=np.dtype(dtype), weak_type=False))
mlir.register_lowering(_primitive, mlir.lower_fun(_converted, multiple_results=False))
ad.deflinear2(_primitive, _transposed)
batching.defvectorized(_primitive)

"""optax' losses of a difference beside the native functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax as native
import pytest

import compatlosses.optax as shim

X = np.array([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]], np.float32)
Y = np.array([[0.0, 1.0, -2.0], [3.0, 0.0, 0.5]], np.float32)


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error."""
    try:
        result = call()
    except Exception as error:
        return type(error)
    return result.dtype, result.shape, np.asarray(result, np.float64)


def assert_alike(name: str, *arguments: Any, **options: Any) -> None:
    """Both functions give the same, to the rounding of the native one, which rounds half precision after each
    operation.
    """
    a = outcome(lambda: getattr(native, name)(*arguments, **options))
    b = outcome(lambda: getattr(shim, name)(*arguments, **options))
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    half = a[0] in (jnp.float16, jnp.bfloat16)
    np.testing.assert_allclose(b[2], a[2], rtol=2e-2 if half else 1e-6)


@pytest.mark.parametrize("name", ["squared_error", "l2_loss", "huber_loss"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("float32", "float32"),
        ("float32", "int32"),
        ("float32", "float16"),
        ("float16", "bfloat16"),
        ("int32", "float32"),
    ],
)
def test_dtypes(name: str, first: str, second: str) -> None:
    assert_alike(name, jnp.asarray(X, first), jnp.asarray(Y, second))


@pytest.mark.parametrize("name", ["squared_error", "l2_loss", "huber_loss"])
def test_targets(name: str) -> None:
    x = jnp.asarray(X)
    assert_alike(name, x)
    assert_alike(name, x, Y)
    assert_alike(name, x, jnp.asarray(Y[:1]))


def test_l2_loss_is_half_the_square() -> None:
    x, y = jnp.asarray(X), jnp.asarray(Y)
    np.testing.assert_array_equal(shim.l2_loss(x, y), shim.squared_error(x, y) / 2)


@pytest.mark.parametrize("delta", [0.0, 0.5, 2.0])
def test_delta(delta: float) -> None:
    assert_alike("huber_loss", jnp.asarray(X), jnp.asarray(Y), delta=delta)

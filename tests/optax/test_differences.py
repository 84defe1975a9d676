"""optax' losses of a difference beside the native functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
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


@pytest.mark.parametrize("delta", [True, np.float32(0.5), jnp.asarray(0.5), None, "1"], ids=str)
def test_what_optax_takes_for_a_number(delta: Any) -> None:
    assert_alike("huber_loss", jnp.asarray(X), jnp.asarray(Y), delta=delta)


def test_a_number_beside_an_array() -> None:
    assert_alike("huber_loss", jnp.asarray(X), 1.0)
    assert_alike("huber_loss", 1.0, jnp.asarray(X))
    assert_alike("huber_loss", jnp.asarray(X), 1)
    assert_alike("squared_error", jnp.asarray(X), 1.0)
    assert_alike("squared_error", jnp.asarray(0.5), 1.0)


@pytest.mark.parametrize("delta", [-1.0, float("nan")])
def test_a_delta_that_makes_no_loss_is_refused(delta: float) -> None:
    """optax computes with it."""
    with pytest.raises(ValueError, match="delta is"):
        shim.huber_loss(jnp.asarray(X), jnp.asarray(Y), delta=delta)


def test_at_an_infinite_delta_it_is_half_the_square() -> None:
    """optax gives NaN."""
    x, y = jnp.asarray(X), jnp.asarray(Y)
    assert np.isnan(native.huber_loss(x, y, delta=float("inf"))).all()
    np.testing.assert_array_equal(shim.huber_loss(x, y, delta=float("inf")), shim.l2_loss(x, y))


def test_a_delta_that_is_traced_is_refused() -> None:
    """A loss's parameters are numbers here; optax differentiates by them and broadcasts them."""
    x, y = jnp.asarray(X), jnp.asarray(Y)
    with pytest.raises(TypeError):
        jax.jit(lambda delta: shim.huber_loss(x, y, delta=delta))(0.5)
    with pytest.raises(TypeError, match="delta is of type"):
        shim.huber_loss(x, y, delta=jnp.ones(3))


def test_shapes_of_as_many_dimensions_that_do_not_broadcast() -> None:
    """A TypeError of JAX."""
    for module, error in ((native, TypeError), (shim, ValueError)):
        with pytest.raises(error):
            module.huber_loss(jnp.asarray(X), jnp.asarray(Y[:, :2]))


def test_two_numbers() -> None:
    for name in ("l2_loss", "huber_loss"):
        assert getattr(native, name)(1.0, 2.0) == 0.5
        with pytest.raises(TypeError, match="predictions is of type float"):
            getattr(shim, name)(1.0, 2.0)

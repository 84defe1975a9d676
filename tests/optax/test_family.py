"""optax' focal loss and divergences beside the native functions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax as native
import pytest

import compatlosses.optax as shim
from compatlosses.conformance.oracle.jets import Jet, arguments, exp, log
from compatlosses.definitions import generalized_kl_div
from compatlosses.numpy import library

X = np.array([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]], np.float32)
Y = np.array([[0.0, 1.0, 0.25], [1.0, 0.5, 0.0]], np.float32)


def assert_alike(theirs: Any, ours: Any, *arguments: Any, **options: Any) -> None:
    """Both functions give the same dtype, shape and numbers, to the rounding of the native one."""
    a, b = theirs(*arguments, **options), ours(*arguments, **options)
    assert (b.dtype, b.shape) == (a.dtype, a.shape)
    half = a.dtype in (jnp.float16, jnp.bfloat16)
    np.testing.assert_allclose(
        np.asarray(b, np.float64), np.asarray(a, np.float64), rtol=3e-2 if half else 3e-6, atol=1e-6
    )


@pytest.mark.parametrize(
    "options", [{}, {"alpha": 0.25}, {"gamma": 0.0}, {"gamma": 0.5, "alpha": 1.0}], ids=str
)
@pytest.mark.parametrize(
    ("first", "second"), [("float32", "float32"), ("float32", "int32"), ("bfloat16", "float32")]
)
def test_focal(options: dict[str, float], first: str, second: str) -> None:
    assert_alike(
        native.sigmoid_focal_loss,
        shim.sigmoid_focal_loss,
        jnp.asarray(X, first),
        jnp.asarray(Y, second),
        **options,
    )


def test_focal_labels_broadcast_and_may_be_a_number() -> None:
    x = jnp.asarray(X)
    each = shim.sigmoid_focal_loss(x, jnp.asarray(np.broadcast_to(Y[:1], X.shape)))
    np.testing.assert_array_equal(shim.sigmoid_focal_loss(x, jnp.asarray(Y[:1])), each)
    ones = shim.sigmoid_focal_loss(x, jnp.ones_like(x))
    np.testing.assert_array_equal(shim.sigmoid_focal_loss(x, 1.0), ones)
    for options in ({"alpha": -0.5}, {"gamma": -1.0}):
        with pytest.raises(ValueError, match="at least 0"):
            shim.sigmoid_focal_loss(x, x, **options)


def test_focal_gradients() -> None:
    y = jnp.asarray(Y)
    theirs, ours = (
        jax.grad(lambda x, f=f: f(x, y, alpha=0.25).sum())(jnp.asarray(X))
        for f in (native.sigmoid_focal_loss, shim.sigmoid_focal_loss)
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("axis", [-1, 0, (0, 1), None, (1,)], ids=str)
@pytest.mark.parametrize("where", [None, [[True, False, True], [True, True, False]]], ids=["all", "some"])
@pytest.mark.parametrize(
    "name", ["kl_divergence", "kl_divergence_with_log_targets", "generalized_kl_divergence"]
)
def test_divergences(name: str, axis: Any, where: Any) -> None:
    x = jax.nn.log_softmax(jnp.asarray(X))
    y = jnp.asarray(Y) if "log_targets" not in name else jax.nn.log_softmax(jnp.asarray(Y))
    mask = None if where is None else jnp.asarray(where)
    theirs, ours = getattr(native.losses, name), getattr(shim.losses, name)
    assert_alike(theirs, ours, x, y, axis=axis, where=mask)
    assert_alike(
        jax.jit(lambda x, y: theirs(x, y, axis, mask)), jax.jit(lambda x, y: ours(x, y, axis, mask)), x, y
    )


def test_a_divergence_of_numpy_arrays_and_refusals() -> None:
    x, y = np.log(np.float32([0.5, 0.5])), np.float32([1.0, 0.0])
    assert float(shim.kl_divergence(x, y)) == pytest.approx(np.log(2), rel=1e-6)
    with pytest.raises(ValueError, match="axis is 1"):
        shim.kl_divergence(x, y, axis=1)
    with pytest.raises(TypeError, match="targets has dtype int64"):
        shim.kl_divergence(x, np.array([1, 0]))


def generalized(x: Jet, y: Jet) -> Jet:
    """y log(y / e^x) + e^x - y"""
    return y * (log(y) - x) + exp(x) - y


def test_the_generalized_divergence_where_numbers_are_nearly_equal() -> None:
    """The native one, a difference of what cancels, is 0 or of the wrong sign there."""
    y = np.float32([0.5, 0.25, 3.0, 1.0, 2.0, 1e-5, 0.9, 1.6])
    x = np.log(y) + np.float32([1e-4, -1e-3, 2e-6, 1e-7, 0.0, 20.0, 0.499, 0.501])
    values, slopes = value_and_slopes(x, y)
    for i in range(len(y)):
        term = generalized(*arguments([float(x[i]), float(y[i])]))
        for found, exact in ((values[i], term.value), *zip(slopes[:, i], term.slopes, strict=True)):
            assert found == pytest.approx(float(exact), rel=2e-7, abs=1e-37)


def value_and_slopes(x: Any, y: Any) -> tuple[Any, Any]:
    """The losses of the elements of NumPy arrays, and their slopes by both."""
    ops = library.OPS
    functions = generalized_kl_div.written(ops)
    wide = x.astype(float), y.astype(float)
    return functions[0](*wide, None), np.array([slope(*wide, None) for slope in functions[1:]])


def test_a_target_of_0_in_the_generalized_divergence() -> None:
    x, y = np.float32([[0.5, -np.inf]]), np.zeros((1, 2), np.float32)
    assert float(shim.generalized_kl_divergence(x, y)[0]) == pytest.approx(np.exp(0.5), rel=1e-6)
    found = jax.grad(lambda x: shim.generalized_kl_divergence(x, jnp.asarray(y)).sum())(jnp.asarray(x))
    np.testing.assert_allclose(found, [[np.exp(0.5), 0.0]], rtol=1e-6)

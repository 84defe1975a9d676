"""optax' focal loss and divergences beside the native functions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax as native
import pytest

import compatlosses.optax as shim

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
@pytest.mark.parametrize("name", ["kl_divergence", "kl_divergence_with_log_targets"])
def test_divergences(name: str, axis: Any, where: Any) -> None:
    x = jax.nn.log_softmax(jnp.asarray(X))
    y = jnp.asarray(Y) if name == "kl_divergence" else jax.nn.log_softmax(jnp.asarray(Y))
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

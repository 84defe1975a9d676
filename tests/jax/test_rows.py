"""Cross entropy of rows under JAX's compiler and transformations."""

from __future__ import annotations

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import compatlosses as cl

X = np.array([[0.5, -1.0, 2.0], [3.0, 3.0, -2.0], [0.0, -20.0, -30.0]], np.float32)
Y = np.array([0, 1, -100])
W = np.array([0.5, 1.0, 2.0], np.float32)


def loss(x: Any) -> Any:
    return cl.cross_entropy(
        x, jnp.asarray(Y), weight=jnp.asarray(W), ignore_index=-100, label_smoothing=0.1, divisor="weights"
    )


def expected(x: Any) -> tuple[Any, Any]:
    value, slopes = cl.value_and_gradients(
        cl.cross_entropy,
        np.asarray(x),
        Y,
        weight=W,
        ignore_index=-100,
        label_smoothing=0.1,
        divisor="weights",
    )
    return value, slopes["logits"]


def test_jit_and_gradients() -> None:
    value, slope = jax.jit(jax.value_and_grad(loss))(jnp.asarray(X))
    np.testing.assert_allclose(value, expected(X)[0], rtol=3e-7)
    np.testing.assert_allclose(slope, expected(X)[1], rtol=3e-7)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_weights_that_a_program_is_given(smoothing: float) -> None:
    """Nothing is computed in float32 on the way, which JAX would warn of."""
    options: dict[str, Any] = {"ignore_index": -100, "label_smoothing": smoothing, "divisor": "weights"}

    def of(x: Any, w: Any) -> Any:
        return cl.cross_entropy(x, jnp.asarray(Y), weight=w, **options)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, slopes = jax.jit(jax.value_and_grad(of, (0, 1)))(X, W)
    exact, expected_slopes = cl.value_and_gradients(
        cl.cross_entropy, X, Y, weight=W, wrt=("logits", "weight"), **options
    )
    np.testing.assert_allclose(value, exact, rtol=3e-7)
    for found, slope in zip(slopes, expected_slopes.values(), strict=True):
        np.testing.assert_allclose(found, slope, rtol=3e-7, atol=1e-12)


def test_vmap_hessian_and_forward_mode() -> None:
    many = jnp.stack([jnp.asarray(X), jnp.asarray(X) * 2])
    np.testing.assert_allclose(
        jax.vmap(jax.grad(loss))(many), [expected(each)[1] for each in np.asarray(many)], rtol=3e-7
    )
    hessian = jax.hessian(loss)(jnp.asarray(X))
    again = jax.jacrev(jax.grad(loss))(jnp.asarray(X))
    np.testing.assert_allclose(hessian, again, rtol=1e-6, atol=1e-12)
    p = jax.nn.softmax(jnp.asarray(X[0]))
    plain = jax.hessian(lambda x: cl.cross_entropy(x, jnp.asarray(0), axis=0))(jnp.asarray(X[0]))
    np.testing.assert_allclose(plain, jnp.diag(p) - jnp.outer(p, p), rtol=2e-6, atol=1e-8)


def test_an_index_that_is_no_class_is_nan_in_a_program() -> None:
    losses = jax.jit(lambda x: cl.cross_entropy(x, jnp.asarray([0, 3, -1]), reduction="none"))(jnp.asarray(X))
    assert np.isnan(np.asarray(losses)).tolist() == [False, True, True]

"""TensorFlow's Poisson loss and log loss beside the native functions."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from compatlosses.tensorflow import nn
from compatlosses.tensorflow.compat.v1 import losses

P = np.array([[0.25, 0.5, 1.0], [0.0, 0.75, 0.0625]], np.float32)
Y = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 3.5]], np.float32)


def assert_alike(theirs: Any, ours: Any, *arguments: Any, **options: Any) -> None:
    """Both functions give the same dtype, shape and numbers, to the rounding of the native one."""
    a, b = theirs(*arguments, **options), ours(*arguments, **options)
    assert (b.dtype, b.shape) == (a.dtype, a.shape)
    tolerance = {"float16": 4e-3, "float32": 3e-6}.get(a.dtype.name, 1e-12)
    np.testing.assert_allclose(
        b.numpy().astype(float), a.numpy().astype(float), rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("full", [False, True])
def test_log_poisson_loss(dtype: str, full: bool) -> None:
    y, x = tf.constant(Y, dtype), tf.constant(P, dtype)
    assert_alike(tf.nn.log_poisson_loss, nn.log_poisson_loss, y, x, full)
    assert_alike(tf.nn.log_poisson_loss, nn.log_poisson_loss, Y.tolist(), P.tolist(), compute_full_loss=full)
    assert_alike(tf.function(tf.nn.log_poisson_loss), tf.function(nn.log_poisson_loss), y, x)


def test_log_poisson_loss_refuses() -> None:
    with pytest.raises(ValueError, match="targets has shape"):
        nn.log_poisson_loss(tf.constant(Y[0]), tf.constant(P))
    with pytest.raises(TypeError, match="targets has dtype"):
        nn.log_poisson_loss(tf.constant(Y, tf.float64), tf.constant(P))


@pytest.mark.parametrize(
    "reduction", ["none", "weighted_sum", "weighted_mean", "weighted_sum_by_nonzero_weights"]
)
@pytest.mark.parametrize("weights", [1.0, 0.5, [[0.0, 1.0, 2.0]], [[1.0], [0.0]]], ids=str)
def test_log_loss(reduction: str, weights: Any) -> None:
    native = tf.compat.v1.losses.log_loss
    y, p = tf.constant(np.minimum(Y, 1.0)), tf.constant(P)
    assert_alike(native, losses.log_loss, y, p, weights, reduction=reduction)
    assert_alike(native, losses.log_loss, y, p, weights, 0.25, reduction=reduction)


def test_gradients() -> None:
    y, found = tf.constant(np.minimum(Y, 1.0)), []
    for log_loss, poisson in (
        (tf.compat.v1.losses.log_loss, tf.nn.log_poisson_loss),
        (losses.log_loss, nn.log_poisson_loss),
    ):
        x = tf.constant(0.125 + 0.75 * P)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = log_loss(y, x) + tf.reduce_sum(poisson(y, x))
        found.append(tape.gradient(loss, x).numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5, atol=1e-6)


def test_the_signatures_are_tensorflows() -> None:
    for mine, theirs in (
        (nn.log_poisson_loss, tf.nn.log_poisson_loss),
        (losses.log_loss, tf.compat.v1.losses.log_loss),
    ):
        assert list(signature(mine).parameters) == list(signature(theirs).parameters)

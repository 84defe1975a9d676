"""Cross entropy of rows in TensorFlow's graphs, with known and unknown sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import compatlosses as cl

X = np.array([[0.5, -1.0, 2.0], [3.0, 3.0, -2.0], [0.0, -20.0, -30.0]], np.float32)
Y = np.array([0, 1, -100], np.int64)
W = np.array([0.5, 1.0, 2.0], np.float32)
OPTIONS: dict[str, Any] = {"ignore_index": -100, "label_smoothing": 0.1, "divisor": "weights"}


def step(x: Any, y: Any) -> tuple[Any, Any]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = cl.cross_entropy(x, y, weight=tf.constant(W), **OPTIONS)
    return loss, tape.gradient(loss, x)


SPECS = {
    "known": None,
    "unknown rows": [tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec([None], tf.int64)],
    "unknown": [tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([None], tf.int64)],
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("spec", SPECS)
def test_graphs(spec: str, compiled: bool) -> None:
    loss, slope = tf.function(step, input_signature=SPECS[spec], jit_compile=compiled)(
        tf.constant(X), tf.constant(Y)
    )
    value, slopes = cl.value_and_gradients(cl.cross_entropy, X, Y, weight=W, **OPTIONS)
    np.testing.assert_allclose(loss, value, rtol=3e-7)
    np.testing.assert_allclose(slope, slopes["logits"], rtol=3e-7)


def test_a_graph_refuses_what_an_eager_call_refuses() -> None:
    run = tf.function(step, input_signature=SPECS["unknown rows"])
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
        run(tf.constant(X), tf.constant([1], tf.int64))


def test_an_index_that_is_no_class_is_nan_in_a_graph() -> None:
    y = tf.constant([0, 3, -1])
    losses = tf.function(lambda x: cl.cross_entropy(x, y, reduction="none"))(tf.constant(X))
    assert np.isnan(losses.numpy()).tolist() == [False, True, True]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_graph_checks_a_weight_and_a_mask_of_unknown_size(compiled: bool) -> None:
    def loss(x: Any, y: Any, w: Any, m: Any) -> Any:
        return cl.cross_entropy(x, y, weight=w, mask=m)

    specs = [tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int64), tf.TensorSpec([None])]
    run = tf.function(loss, input_signature=[*specs, tf.TensorSpec([None], tf.bool)], jit_compile=compiled)
    y, m = np.array([0, 1, 2]), np.array([True, False, True])
    for mask in (m, m[:1]):
        np.testing.assert_allclose(run(X, y, W, mask), loss(X, y, W, mask), rtol=3e-7)
    for wrong in ((X, y, W[:1], m), (X, y, W[:2], m), (X, y, W, m[:2]), (X[:1], y[:1], W, m)):
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
            run(*wrong)

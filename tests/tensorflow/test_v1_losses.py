"""``tf.compat.v1.losses.sigmoid_cross_entropy`` against the real one: weights, reductions,
smoothing, graphs.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from compatlosses.tensorflow.compat.v1 import losses

REAL = tf.compat.v1.losses
X = tf.constant([[0.5, -1.0, 2.0], [3.0, 0.25, -4.0]])
Y = np.array([[1, 0, 1], [0, 1, 1]])
REDUCTIONS = sorted(set(REAL.Reduction.all()))

WEIGHTS: dict[str, Any] = {
    "one": 1.0,
    "zero": 0.0,
    "negative": -1.0,
    "whole": 2,
    "a NumPy scalar": np.float32(3),
    "a tensor without dimensions": tf.constant(2.0),
    "of examples": tf.constant([[1.0], [0.0]]),
    "of classes": tf.constant([[0.0, 1.0, 2.0]]),
    "all zero": tf.zeros((1, 3)),
    "whole numbers": tf.constant([[1], [3]]),
    "bools": tf.constant([[True], [False]]),
    "a list": [[1.0], [3.0]],
}


def derivatives(module: Any, weights: Any, smoothing: float, reduction: str) -> list[Any]:
    """The loss, and its gradients by logits and weights."""
    floating = isinstance(weights, tf.Tensor) and weights.dtype.is_floating
    asked = [X, weights] if floating else [X]
    with tf.GradientTape() as tape:
        tape.watch(asked)
        loss = module.sigmoid_cross_entropy(Y, X, weights, smoothing, reduction=reduction)
    return [loss, *tape.gradient(loss, asked)]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("what", WEIGHTS)
def test_as_the_real_one(what: str, reduction: str) -> None:
    for smoothing in (0, 0.2):
        mine, theirs = (derivatives(module, WEIGHTS[what], smoothing, reduction) for module in (losses, REAL))
        for a, b in zip(mine, theirs, strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_loss_of_nothing(reduction: str) -> None:
    empty = tf.zeros((0, 3))
    mine, theirs = (
        module.sigmoid_cross_entropy(empty, empty, reduction=reduction) for module in (losses, REAL)
    )
    np.testing.assert_array_equal(mine, theirs)


def test_signature_and_reductions() -> None:
    mine, theirs = (
        inspect.signature(module.sigmoid_cross_entropy).parameters.values() for module in (losses, REAL)
    )
    assert [(p.name, p.default, p.kind) for p in mine] == [(p.name, p.default, p.kind) for p in theirs]
    assert losses.Reduction.all() == REAL.Reduction.all()


@pytest.mark.parametrize("weights", [[1.0, 2.0, 3.0], [[1.0, 2.0]], np.ones((1, 2, 3)), None])
def test_refused_weights(weights: Any) -> None:
    for module in (losses, REAL):
        with pytest.raises(ValueError):
            module.sigmoid_cross_entropy(Y, X, weights)


def test_other_refusals() -> None:
    for arguments, options in (
        ((None, X), {}),
        ((Y, None), {}),
        ((Y[:1], X), {}),
        ((Y, X), {"reduction": "mean"}),
    ):
        for module in (losses, REAL):
            with pytest.raises(ValueError):
                module.sigmoid_cross_entropy(*arguments, **options)


@pytest.mark.parametrize("weights", [tf.ones(3), tf.ones((1, 2)), tf.ones((4, 2, 3))])
def test_weights_of_unknown_shape_are_checked_when_the_graph_runs(weights: Any) -> None:
    graph = tf.function(
        lambda x, w: losses.sigmoid_cross_entropy(Y, x, w), input_signature=[tf.TensorSpec(None)] * 2
    )
    np.testing.assert_allclose(graph(X, tf.ones((2, 1))), losses.sigmoid_cross_entropy(Y, X), rtol=1e-6)
    np.testing.assert_allclose(graph(X, tf.constant(2.0)), 2 * losses.sigmoid_cross_entropy(Y, X), rtol=1e-6)
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        graph(X, weights)


def test_graphs_collect_and_name_losses() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder("float32", [None, 3])
        first = losses.sigmoid_cross_entropy(Y, x)
        second = losses.sigmoid_cross_entropy(Y, x, scope="mine", loss_collection="others")
        losses.sigmoid_cross_entropy(Y, x, loss_collection=None)
        assert first.name == "sigmoid_cross_entropy_loss/value:0" and second.name == "mine/value:0"
        assert tf.compat.v1.losses.get_losses() == [first]
        assert tf.compat.v1.get_collection("others") == [second]
        with tf.compat.v1.Session(graph=graph) as session:
            expected = losses.sigmoid_cross_entropy(Y, X.numpy())
            assert session.run(first, {x: X.numpy()}) == pytest.approx(float(expected), rel=1e-6)


def test_half_precision_is_rounded_once() -> None:
    loss = losses.sigmoid_cross_entropy(Y, tf.cast(X, "float16"), [[0.5], [3.0]])
    wide = losses.sigmoid_cross_entropy(Y, tf.cast(X, "float64"), [[0.5], [3.0]])
    assert loss.dtype == "float16" and loss.numpy() == wide.numpy().astype(np.float16)

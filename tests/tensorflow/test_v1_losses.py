"""``tf.compat.v1.losses`` against the real ones: weights, reductions, smoothing, dtypes, graphs."""

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


DIFFERENCES = ("mean_squared_error", "absolute_difference", "huber_loss")


def differentiated(module: Any, name: str, weights: Any, reduction: str) -> list[Any]:
    """A loss of a difference, and its gradients by predictions, labels and weights."""
    x, y = X, tf.constant(Y, tf.float32)
    floating = isinstance(weights, tf.Tensor) and weights.dtype.is_floating
    asked = [x, y, weights] if floating else [x, y]
    with tf.GradientTape() as tape:
        tape.watch(asked)
        loss = getattr(module, name)(y, x, weights, reduction=reduction)
    return [loss, *tape.gradient(loss, asked)]


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("what", WEIGHTS)
def test_a_difference_as_the_real_one(what: str, reduction: str, name: str) -> None:
    mine, theirs = (differentiated(module, name, WEIGHTS[what], reduction) for module in (losses, REAL))
    for a, b in zip(mine, theirs, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        # The real gradients by weights are differences of rounded numbers near 2.
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=np.finfo("float32").eps)


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_difference_of_nothing(reduction: str, name: str) -> None:
    empty = tf.zeros((0, 3))
    for weights in (1.0, empty):
        mine, theirs = (
            getattr(module, name)(empty, empty, weights, reduction=reduction) for module in (losses, REAL)
        )
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("float64", "float64"),
        ("float16", "float32"),
        ("int32", "int64"),
        ("bool", "uint8"),
        ("int64", "float32"),
    ],
)
def test_every_difference_is_of_float32(first: str, second: str, name: str) -> None:
    y, x = tf.cast(Y, first), tf.cast(X, second)
    mine, theirs = (getattr(module, name)(y, x) for module in (losses, REAL))
    assert mine.dtype == theirs.dtype == tf.float32
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_signature_of_a_difference(name: str) -> None:
    mine, theirs = (inspect.signature(getattr(module, name)).parameters.values() for module in (losses, REAL))
    assert [(p.name, p.default, p.kind) for p in mine] == [(p.name, p.default, p.kind) for p in theirs]


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_that_is_refused(name: str) -> None:
    for arguments, options in (
        ((None, X), {}),
        ((Y, None), {}),
        ((Y, X, None), {}),
        ((Y[:1], X), {}),
        ((Y, X, [1.0, 2.0, 3.0]), {}),
        ((Y, X), {"reduction": "mean"}),
    ):
        for module in (losses, REAL):
            with pytest.raises(ValueError):
                getattr(module, name)(*arguments, **options)


@pytest.mark.parametrize("delta", [0.0, 0.5, 2, np.float32(0.5), tf.constant(0.5)], ids=str)
def test_hubers_delta(delta: Any) -> None:
    for reduction in REDUCTIONS:
        mine, theirs = (module.huber_loss(Y, X, 1.0, delta, reduction=reduction) for module in (losses, REAL))
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_a_delta_that_makes_no_loss() -> None:
    """TensorFlow computes with it. At an infinite delta it gives NaN, where half the square is the loss."""
    for delta in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="delta is"):
            losses.huber_loss(Y, X, delta=delta)
    assert np.isnan(REAL.huber_loss(Y, X, delta=float("inf")))
    np.testing.assert_allclose(
        losses.huber_loss(Y, X, delta=float("inf")), losses.mean_squared_error(Y, X) / 2, rtol=1e-6
    )


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_in_a_graph(name: str) -> None:
    y = tf.constant(Y, tf.float32)
    for reduction in REDUCTIONS:
        graph = tf.function(
            lambda a, b, r=reduction: getattr(losses, name)(a, b, reduction=r),
            input_signature=[tf.TensorSpec(None), tf.TensorSpec(None)],
        )
        for rows in (2, 0):
            theirs = getattr(REAL, name)(y[:rows], X[:rows], reduction=reduction)
            np.testing.assert_allclose(graph(y[:rows], X[:rows]), theirs, rtol=1e-6)
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder("float32", [None, 3])
        first = getattr(losses, name)(Y, x)
        second = getattr(losses, name)(Y, x, scope="mine", loss_collection="others")
        assert first.name == f"{name}/value:0" and second.name == "mine/value:0"
        assert tf.compat.v1.losses.get_losses() == [first]


@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_a_difference_is_rounded_once(dtype: str) -> None:
    """Two numbers that are one in float32."""
    x, y = tf.constant([2**24 + 1], dtype), tf.constant([2**24], dtype)
    assert float(losses.absolute_difference(y, x)) == 1.0
    assert float(REAL.absolute_difference(y, x)) == 0.0


def test_a_difference_of_complex_numbers() -> None:
    x = tf.cast(X, tf.complex64)
    for name in DIFFERENCES:
        with pytest.raises(TypeError, match="complex64"):
            getattr(losses, name)(x, x)

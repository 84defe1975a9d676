"""TensorFlow's edition against the real TensorFlow: signatures, what is taken and refused, values and
gradients.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import compatlosses.tensorflow as edition
from compatlosses.tensorflow import sigmoid_cross_entropy_with_logits, weighted_cross_entropy_with_logits

X = tf.constant([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = tf.constant([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
P = tf.constant([1.0, 3.0, 0.5])


def signature(function: Any) -> list[tuple[str, Any, Any]]:
    """Names, defaults and kinds of a function's arguments."""
    return [(p.name, p.default, p.kind) for p in inspect.signature(function).parameters.values()]


def test_signatures() -> None:
    assert signature(sigmoid_cross_entropy_with_logits) == signature(tf.nn.sigmoid_cross_entropy_with_logits)
    assert signature(weighted_cross_entropy_with_logits) == signature(
        tf.nn.weighted_cross_entropy_with_logits
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_as_the_real_one(dtype: str) -> None:
    x, y, p = (tf.cast(t, dtype) for t in (X, Y, P))
    # Two roundings of TensorFlow's half precision; its float32 is good to 1e-6 at these points.
    near = {"float16": 4e-3, "bfloat16": 4e-2, "float32": 1e-6, "float64": 1e-14}[dtype]
    pairs = [
        (sigmoid_cross_entropy_with_logits(y, x, "loss"), tf.nn.sigmoid_cross_entropy_with_logits(y, x)),
        (
            weighted_cross_entropy_with_logits(y, x, p, "loss"),
            tf.nn.weighted_cross_entropy_with_logits(y, x, p),
        ),
        (weighted_cross_entropy_with_logits(y, x, 3), tf.nn.weighted_cross_entropy_with_logits(y, x, 3)),
    ]
    for mine, theirs in pairs:
        assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
        np.testing.assert_allclose(np.float64(mine), np.float64(theirs), rtol=near)


def test_gradients_as_the_real_ones() -> None:
    x, y, p = (tf.cast(t, "float64") for t in (X, Y, P))
    for mine, theirs, tensors in (
        (sigmoid_cross_entropy_with_logits, tf.nn.sigmoid_cross_entropy_with_logits, [y, x]),
        (weighted_cross_entropy_with_logits, tf.nn.weighted_cross_entropy_with_logits, [y, x + 0.25, p]),
    ):
        found = []
        for function in (mine, theirs):
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                loss = function(*tensors)
            found.append(tape.gradient(loss, tensors))
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_the_weighted_gradient_at_zero() -> None:
    """The real one loses it: its formula has the absolute value and the maximum of the logits, both of slope
    0 there.
    """
    found = []
    for function in (weighted_cross_entropy_with_logits, tf.nn.weighted_cross_entropy_with_logits):
        x = tf.constant([0.0, 0.0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = function(tf.constant([0.0, 1.0]), x, 3.0)
        found.append(tape.gradient(loss, x).numpy().tolist())
    assert found == [[0.5, -1.5], [1.0, 0.0]]


# What TensorFlow makes tensors of by itself: taken here too, with the same result.
TAKEN: dict[str, tuple[Any, ...]] = {
    "lists": (Y.numpy().tolist(), X.numpy().tolist(), 2.0),
    "a list of labels": (Y.numpy().tolist(), X, 2.0),
    "NumPy labels": (Y.numpy(), X, 2.0),
    "NumPy logits": (Y, X.numpy(), 2.0),
    "a float64 array of weights": (Y, X, P.numpy().astype("float64")),
    "a NumPy scalar": (Y, X, np.float32(2)),
    "a whole number": (Y, X, 2),
    "variables": (tf.Variable(Y), tf.Variable(X), tf.Variable(P)),
    "scalars": (tf.constant(1.0), tf.constant(0.5), tf.constant(2.0)),
    "nothing": (tf.zeros((0, 3)), tf.zeros((0, 3)), P),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken(what: str) -> None:
    labels, logits, pos_weight = TAKEN[what]
    for mine, theirs in (
        (
            sigmoid_cross_entropy_with_logits(labels, logits),
            tf.nn.sigmoid_cross_entropy_with_logits(labels, logits),
        ),
        (
            weighted_cross_entropy_with_logits(labels, logits, pos_weight),
            tf.nn.weighted_cross_entropy_with_logits(labels, logits, pos_weight),
        ),
    ):
        assert type(mine) is type(theirs) and mine.dtype == theirs.dtype and mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


# The error here, and whether the real one is of that class: it has InvalidArgumentError where dtypes differ.
REFUSED: dict[str, tuple[tuple[Any, ...], type[Exception], bool]] = {
    "no labels": ((None, X), ValueError, True),
    "no logits": ((Y, None), ValueError, True),
    "labels of another shape": ((Y[:1], X), ValueError, True),
    "labels of another rank": ((Y[0], X), ValueError, True),
    "scalar labels": ((1.0, X), ValueError, True),
    "integer labels": ((tf.cast(Y, "int32"), X), TypeError, False),
    "a list of integers": (([[1, 0, 1], [0, 1, 1]], X), TypeError, False),
    "float64 labels": ((tf.cast(Y, "float64"), X), TypeError, False),
    "integers": ((tf.cast(Y, "int32"), tf.cast(X, "int32")), TypeError, False),
    "complex numbers": ((tf.cast(Y, "complex64"), tf.cast(X, "complex64")), TypeError, False),
    "a sparse tensor": ((tf.sparse.from_dense(Y), tf.sparse.from_dense(X)), TypeError, False),
    "strings": (("a", "b"), TypeError, False),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what: str) -> None:
    arguments, error, same = REFUSED[what]
    for mine, theirs, rest in (
        (sigmoid_cross_entropy_with_logits, tf.nn.sigmoid_cross_entropy_with_logits, ()),
        (weighted_cross_entropy_with_logits, tf.nn.weighted_cross_entropy_with_logits, (P,)),
    ):
        with pytest.raises(Exception) as native:
            theirs(*arguments, *rest)
        with pytest.raises(error):
            mine(*arguments, *rest)
        assert issubclass(native.type, error) or not same


@pytest.mark.parametrize(
    ("pos_weight", "error"),
    [
        (tf.ones(2), ValueError),
        (tf.ones((4, 2, 3)), ValueError),
        (tf.cast(P, "float64"), TypeError),
        (tf.constant(2), TypeError),
        ([1.0, 3.0, 0.5], TypeError),
        (None, TypeError),
        ("a", TypeError),
    ],
)
def test_refused_weights(pos_weight: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="pos_weight"):
        weighted_cross_entropy_with_logits(Y, X, pos_weight)


def test_a_weight_that_enlarges_is_taken_by_the_real_one() -> None:
    """docs/deviations.md has the row: broadcasts never enlarge the result here."""
    assert tf.nn.weighted_cross_entropy_with_logits(Y, X, tf.ones((4, 2, 3))).shape == (4, 2, 3)


def test_ragged_tensors_of_the_same_rows() -> None:
    labels, logits = (tf.RaggedTensor.from_row_lengths(t[0], [1, 2]) for t in (Y, X))
    loss, theirs = (
        f(labels, logits)
        for f in (sigmoid_cross_entropy_with_logits, tf.nn.sigmoid_cross_entropy_with_logits)
    )
    assert isinstance(loss, tf.RaggedTensor) and loss.row_lengths().numpy().tolist() == [1, 2]
    np.testing.assert_allclose(loss.flat_values, theirs.flat_values, rtol=1e-6)
    with pytest.raises(TypeError, match="RaggedTensor"):
        sigmoid_cross_entropy_with_logits(labels, X)


class Arrayed:
    """What TensorFlow makes a tensor of because it says that it is an array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return Y.numpy()


@pytest.mark.parametrize("labels", [Y.numpy().tolist(), Y.numpy(), Arrayed()])
def test_lists_and_arrays_without_a_tensor_among_them(labels: Any) -> None:
    loss = sigmoid_cross_entropy_with_logits(labels, X.numpy().tolist())
    assert isinstance(loss, tf.Tensor)
    np.testing.assert_allclose(loss, tf.nn.sigmoid_cross_entropy_with_logits(Y, X), rtol=1e-6)


def test_a_mask_is_not_lost() -> None:
    with pytest.raises(TypeError, match="labels is a NumPy"):
        sigmoid_cross_entropy_with_logits(np.ma.masked_array(Y.numpy(), Y.numpy() > 0.5), X)


def test_shapes_are_compared_before_dtypes() -> None:
    for function in (sigmoid_cross_entropy_with_logits, tf.nn.sigmoid_cross_entropy_with_logits):
        with pytest.raises(ValueError, match="shape"):
            function([1, 2, 3], [[2, 1]])
    with pytest.raises(ValueError, match="labels and logits are None"):
        sigmoid_cross_entropy_with_logits()


def test_names_in_a_graph() -> None:
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder("float32", [None, 3])
        assert sigmoid_cross_entropy_with_logits(x, x, name="mine").op.name == "mine"
        assert weighted_cross_entropy_with_logits(x, x, 2.0, name="theirs").op.name == "theirs"
        assert sigmoid_cross_entropy_with_logits(x, x).op.name == "logistic_loss"


def test_paths() -> None:
    assert edition.nn.sigmoid_cross_entropy_with_logits is sigmoid_cross_entropy_with_logits
    assert edition.nn.weighted_cross_entropy_with_logits is weighted_cross_entropy_with_logits
    assert edition.compat.v1.nn.sigmoid_cross_entropy_with_logits is sigmoid_cross_entropy_with_logits
    old = edition.compat.v1.nn.weighted_cross_entropy_with_logits
    assert signature(old) == signature(tf.compat.v1.nn.weighted_cross_entropy_with_logits)
    np.testing.assert_array_equal(
        old(targets=Y, logits=X, pos_weight=2.0), weighted_cross_entropy_with_logits(Y, X, 2.0)
    )
    with pytest.raises(ValueError, match="labels and targets are both given"):
        old(Y, X, 2.0, targets=Y)
    assert dir(edition) == sorted(["compat", "nn", *edition.nn.__all__])


def test_arrays_of_another_framework_stay_there() -> None:
    loss = weighted_cross_entropy_with_logits(Y.numpy(), X.numpy(), P.numpy())
    assert type(loss) is np.ndarray and loss.dtype == np.float32
    np.testing.assert_allclose(loss, tf.nn.weighted_cross_entropy_with_logits(Y, X, P), rtol=1e-6)


def test_zero_coefficients_at_infinity() -> None:
    """NaN in the real one: its formula subtracts."""
    x, y = tf.constant([np.inf, -np.inf]), tf.constant([1.0, 0.0])
    assert np.isnan(tf.nn.sigmoid_cross_entropy_with_logits(y, x)).any()
    assert sigmoid_cross_entropy_with_logits(y, x).numpy().tolist() == [0, 0]
    assert weighted_cross_entropy_with_logits(y, x, 3.0).numpy().tolist() == [0, 0]

"""What porters of losses of rows trip over: one call, another meaning by API.

Each edition keeps its API's, on every framework's tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frameworks import Framework

import compatlosses as cl
import compatlosses.keras.losses as keras
import compatlosses.mindspore.nn as mindspore_nn
import compatlosses.mindspore.ops as mindspore
import compatlosses.optax as optax
import compatlosses.tensorflow as tensorflow
import compatlosses.tensorflow.compat.v1.losses as tensorflow_1

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -4.0]])
Q = np.array([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]])
OF_INDEX = -np.log(np.exp(X) / np.exp(X).sum(1, keepdims=True))[[0, 1], [2, 0]]


@pytest.fixture
def indices(framework: Framework) -> tuple[Any, Any]:
    """Logits, and the index of each row's class."""
    return framework.tensor(X), framework.integers([2, 0], "int32")


def test_labels_come_first_in_tensorflow_and_keras(framework: Framework, indices: tuple[Any, Any]) -> None:
    """And last in optax and MindSpore. Indices in the place of logits are refused, numbers are not."""
    x, y = indices
    q = framework.tensor(Q)
    for labels_first in (
        tensorflow.softmax_cross_entropy_with_logits,
        lambda q, x: keras.categorical_crossentropy(q, x, True),
    ):
        same = framework.array(optax.softmax_cross_entropy(x, q))
        np.testing.assert_allclose(framework.array(labels_first(q, x)), same, rtol=1e-6)
        assert not np.allclose(framework.array(labels_first(x, q)), same)
    for refused in (
        lambda: tensorflow.sparse_softmax_cross_entropy_with_logits(x, y),
        lambda: tensorflow_1.sparse_softmax_cross_entropy(x, y),
        lambda: keras.sparse_categorical_crossentropy(x, y, True),
        lambda: optax.softmax_cross_entropy_with_integer_labels(y, x),
        lambda: mindspore.cross_entropy(y, x),
    ):
        with pytest.raises(TypeError, match="has dtype int32; expected"):
            refused()


def test_keras_takes_probabilities_unless_it_is_told(framework: Framework, indices: tuple[Any, Any]) -> None:
    x, y = indices
    by_default = framework.array(keras.sparse_categorical_crossentropy(y, x))
    assert not np.allclose(by_default, OF_INDEX)
    of_logits = framework.array(keras.sparse_categorical_crossentropy(y, x, True))
    np.testing.assert_allclose(of_logits, OF_INDEX, rtol=1e-6)


def test_softmax_cross_entropy_with_logits_of_mindspore_reduces_nothing(
    framework: Framework, indices: tuple[Any, Any]
) -> None:
    """Unless it is told, and takes a number for each class unless it is sparse. Cross entropy is a mean."""
    x, y = indices
    loss = mindspore_nn.SoftmaxCrossEntropyWithLogits(sparse=True)
    if framework.name == "mindspore" or not hasattr(loss, "construct"):  # a cell takes MindSpore's alone
        np.testing.assert_allclose(framework.array(loss(x, y)), OF_INDEX, rtol=1e-6)
        with pytest.raises(TypeError, match="labels has dtype int32; expected float32"):
            mindspore_nn.SoftmaxCrossEntropyWithLogits()(x, y)
    mean = framework.array(mindspore.cross_entropy(x, y))
    np.testing.assert_allclose(mean, OF_INDEX.mean(), rtol=1e-6)


def test_the_axis_of_the_classes(framework: Framework) -> None:
    """The second one in MindSpore, the last one elsewhere: with equal sizes another number in silence."""
    values = np.arange(18.0).reshape(2, 3, 3) ** 2 / 50
    x, y = framework.tensor(values), framework.integers([[0, 1, 2], [2, 0, 1]], "int32")
    of_second = framework.array(mindspore.cross_entropy(x, y, None, -100, "none"))
    of_last = [
        framework.array(loss)
        for loss in (
            tensorflow.sparse_softmax_cross_entropy_with_logits(y, x),
            keras.sparse_categorical_crossentropy(y, x, True),
            optax.softmax_cross_entropy_with_integer_labels(x, y),
        )
    ]
    for losses in of_last:
        np.testing.assert_allclose(losses, of_last[0], rtol=1e-6)
        assert not np.allclose(losses, of_second)
    for losses in (
        keras.sparse_categorical_crossentropy(y, x, True, axis=1),
        optax.softmax_cross_entropy_with_integer_labels(x, y, 1),
    ):
        np.testing.assert_allclose(framework.array(losses), of_second, rtol=1e-6)


def test_what_a_mean_divides_by(framework: Framework, indices: tuple[Any, Any]) -> None:
    """MindSpore: the weights of the classes; of numbers for each class the rows. TensorFlow 1: the nonzero
    weights of the rows.
    """
    x, y = indices
    w = framework.tensor([3.0, 1.0, 0.5])
    mean = framework.array(mindspore.cross_entropy(x, y, w))
    np.testing.assert_allclose(mean, (0.5 * OF_INDEX[0] + 3.0 * OF_INDEX[1]) / 3.5, rtol=1e-6)
    of_numbers = framework.array(mindspore.cross_entropy(x, framework.tensor([[0, 0, 1], [1, 0, 0]]), w))
    np.testing.assert_allclose(of_numbers, (0.5 * OF_INDEX[0] + 3.0 * OF_INDEX[1]) / 2, rtol=1e-6)
    of_rows = framework.tensor([3.0, 0.0])
    mean = framework.array(tensorflow_1.sparse_softmax_cross_entropy(y, x, of_rows))
    np.testing.assert_allclose(mean, 3.0 * OF_INDEX[0], rtol=1e-6)


def test_an_ignored_class(framework: Framework, indices: tuple[Any, Any]) -> None:
    """-100 in MindSpore; none in TensorFlow and optax, and in Keras unless it is told."""
    x, _ = indices
    y = framework.integers([2, -100], "int32")
    mean = framework.array(mindspore.cross_entropy(x, y))
    np.testing.assert_allclose(mean, OF_INDEX[0], rtol=1e-6)
    told = framework.array(keras.sparse_categorical_crossentropy(y, x, True, -100))
    np.testing.assert_allclose(told, [OF_INDEX[0], 0.0], rtol=1e-6)
    assert np.isnan(framework.array(optax.softmax_cross_entropy_with_integer_labels(x, y))).tolist() == [
        False, True,
    ]  # fmt: skip
    for loss in (
        lambda: tensorflow.sparse_softmax_cross_entropy_with_logits(y, x),
        lambda: keras.sparse_categorical_crossentropy(y, x, True),
    ):
        try:
            found = framework.array(loss())
        except IndexError:
            continue
        assert np.isnan(found).tolist() == [False, True]  # where values cannot be seen


def test_what_another_class_holds_is_nothing_to_the_loss_of_an_index(framework: Framework) -> None:
    x = framework.tensor(np.array([[np.nan, -0.5], [-np.inf, -0.25]]))
    y = framework.integers([1, 1], "int32")
    losses = cl.nll_loss(x, y, reduction="none")
    assert framework.array(losses).tolist() == [0.5, 0.25]

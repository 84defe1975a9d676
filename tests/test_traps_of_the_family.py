"""What porters trip over in losses of probabilities, of one logit and of densities: one call, another meaning
by API. Each edition keeps its API's, on every framework's tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frameworks import Framework

import compatlosses as cl
import compatlosses.keras.losses as keras
import compatlosses.mindspore.ops as mindspore
import compatlosses.optax as optax
import compatlosses.paddle.nn.functional as paddle
import compatlosses.tensorflow.compat.v1.losses as tensorflow_1
import compatlosses.torch.nn.functional as torch
import compatlosses.torchvision.ops as torchvision
from compatlosses.paddle import fluid, v2_0

X, Y = [[1.0, -2.0], [0.5, 3.0]], [[1.0, 0.0], [0.0, 1.0]]
P = [[0.75, 0.25], [0.5, 0.875]]


def focal(alpha: float | None) -> Any:
    """The focal loss of each element of X and Y."""
    x, y = np.array(X), np.array(Y)
    wrong = np.where(y == 1, 1 / (1 + np.exp(x)), 1 / (1 + np.exp(-x)))
    balance = 1.0 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    return balance * wrong**2 * np.where(y == 1, np.logaddexp(0, -x), np.logaddexp(0, x))


def close(framework: Framework, loss: Any, expected: Any) -> None:
    """The loss has these numbers, in this shape."""
    found = framework.array(loss)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_focal_losses_reduce_by_default_to_none_a_sum_and_means(framework: Framework) -> None:
    """And alpha weighs in torchvision and Paddle, in Keras if it is asked to, in optax if it is given."""
    x, y = framework.tensor(X), framework.tensor(Y)
    each = focal(0.25)
    close(framework, torchvision.sigmoid_focal_loss(x, y), each)
    close(framework, paddle.sigmoid_focal_loss(x, y), each.sum())
    close(framework, v2_0.sigmoid_focal_loss(x, y), [each.sum()])
    close(framework, keras.binary_focal_crossentropy(y, x, from_logits=True), focal(None).mean(1))
    balanced = keras.binary_focal_crossentropy(y, x, apply_class_balancing=True, from_logits=True)
    close(framework, balanced, each.mean(1))
    close(framework, optax.sigmoid_focal_loss(x, y), focal(None))


def test_the_third_place_of_focal_losses(framework: Framework) -> None:
    """alpha in torchvision, a normalizer in Paddle, gamma behind the number of objects in fluid."""
    x, y = framework.tensor(X), framework.tensor(Y)
    close(framework, torchvision.sigmoid_focal_loss(x, y, 0.5), focal(0.5))
    close(framework, paddle.sigmoid_focal_loss(x, y, framework.tensor([0.5])), 2 * focal(0.25).sum())
    with pytest.raises(TypeError):
        optax.sigmoid_focal_loss(x, y, 0.5)
    classes = framework.integers([[1], [2]], "int32")  # the labels Y: a class a row
    found = fluid.layers.sigmoid_focal_loss(x, classes, framework.integers([1], "int32"), 2.0, 0.5)
    close(framework, found, focal(0.5))


@pytest.mark.filterwarnings("ignore:size_average and reduce", "ignore:reduction. 'mean' divides")
def test_the_third_place_of_divergences(framework: Framework) -> None:
    """``F.kl_div(x, y, 'sum')`` is a mean in torch, and a sum in Paddle and MindSpore."""
    p, q = np.array(P), np.array(P)[::-1].copy()
    x, y = framework.tensor(np.log(p)), framework.tensor(q)
    each = q * (np.log(q) - np.log(p))
    close(framework, torch.kl_div(x, y, "sum"), each.mean())  # type: ignore[arg-type]
    close(framework, paddle.kl_div(x, y, "sum"), each.sum())
    close(framework, v2_0.kl_div(x, y, "sum"), [each.sum()])
    close(framework, mindspore.kl_div(x, y, "sum"), each.sum())
    close(framework, optax.kl_divergence(x, y), each.sum(1))
    close(framework, keras.kl_divergence(y, framework.tensor(P)), each.sum(1))  # probabilities both


def test_the_clamps_of_binary_cross_entropy(framework: Framework) -> None:
    """The loss of a probability of 0 beside the target 1."""
    p, y = framework.tensor([[0.0]]), framework.tensor([[1.0]])
    close(framework, torch.binary_cross_entropy(p, y), 100.0)
    close(framework, paddle.binary_cross_entropy(p, y), 100.0)
    close(framework, mindspore.binary_cross_entropy(p, y), -np.log(1e-12))
    close(framework, keras.binary_crossentropy(y, p), [-np.log(1e-7)])
    close(framework, paddle.log_loss(p, y), [[-np.log(1e-4)]])
    close(framework, tensorflow_1.log_loss(y, p), -np.log(1e-7))


@pytest.mark.filterwarnings("ignore:size_average and reduce")
def test_the_third_place_of_binary_cross_entropy(framework: Framework) -> None:
    """A weight in torch, Paddle and MindSpore; epsilon in ``log_loss``; from_logits in Keras."""
    p, y, w = framework.tensor(P), framework.tensor(Y), framework.tensor([0.5, 2.0])
    each = np.array([0.5, 2.0]) * -np.where(np.array(Y) == 1, np.log(P), np.log1p(-np.array(P)))
    for function in (torch.binary_cross_entropy, paddle.binary_cross_entropy, mindspore.binary_cross_entropy):
        close(framework, function(p, y, w), each.mean())
    with pytest.raises(TypeError):
        torch.binary_cross_entropy(p, y, "sum")
    logits = np.logaddexp(0, np.array(P)) - np.array(Y) * P
    close(framework, keras.binary_crossentropy(y, p, True), logits.mean(1))
    column = framework.tensor([[0.0]])
    close(framework, paddle.log_loss(column, column + 1.0, 0.25), [[-np.log(0.25)]])


@pytest.mark.filterwarnings("ignore:size_average and reduce")
def test_the_third_place_of_densities(framework: Framework) -> None:
    """log_input in torch's and Paddle's Poisson loss, which Keras has not: its predictions are rates."""
    x, y = framework.tensor(P), framework.tensor(Y)
    of_logarithms = np.exp(P) - np.array(Y) * P
    of_rates = np.array(P) - np.array(Y) * np.log(np.array(P) + 1e-8)
    for function in (torch.poisson_nll_loss, paddle.poisson_nll_loss):
        close(framework, function(x, y), of_logarithms.mean())
        close(framework, function(x, y, False), of_rates.mean())
    rates = np.array(P) - np.array(Y) * np.log(np.array(P) + 1e-7)
    close(framework, keras.poisson(y, x), rates.mean(1))


@pytest.mark.filterwarnings("ignore:size_average and reduce")
def test_the_third_place_of_soft_margins(framework: Framework) -> None:
    """size_average in torch, a reduction in Paddle and MindSpore; a weight in the one of several labels."""
    x, y = framework.tensor(X), framework.tensor(2 * np.array(Y) - 1)
    each = np.logaddexp(0, (1 - 2 * np.array(Y)) * X)
    close(framework, torch.soft_margin_loss(x, y, "none"), each.mean())  # type: ignore[arg-type]
    close(framework, paddle.soft_margin_loss(x, y, "none"), each)
    close(framework, mindspore.soft_margin_loss(x, y, "none"), each)
    y, w = framework.tensor(Y), framework.tensor([2.0, 0.0])
    for function in (
        torch.multilabel_soft_margin_loss,
        paddle.multi_label_soft_margin_loss,
        mindspore.multilabel_soft_margin_loss,
    ):
        close(framework, function(x, y, w), each[:, 0].mean())


def test_a_divergence_says_that_batchmean_is_a_reduction(framework: Framework) -> None:
    x, y = framework.tensor(np.log(P)), framework.tensor(P)
    for function in (torch.kl_div, paddle.kl_div, v2_0.kl_div, mindspore.kl_div, cl.kl_div):
        with pytest.raises(ValueError, match="or 'batchmean'"):
            function(x, y, reduction="avg")  # type: ignore[call-overload]

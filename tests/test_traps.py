"""What porters trip over: one call, another meaning by API.

Each edition keeps its API's, on every framework's tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from frameworks import Framework

import compatlosses as cl
import compatlosses.keras.losses as keras
import compatlosses.mindspore.mint.nn.functional as mint
import compatlosses.mindspore.ops as mindspore
import compatlosses.optax as optax
import compatlosses.paddle.nn.functional as paddle
import compatlosses.tensorflow.compat.v1.losses as tensorflow_1
import compatlosses.torch.nn.functional as torch
from compatlosses.paddle import fluid, v2_0

X, Y = [1.0, 4.0, 0.0, 2.0], [0.5, 1.0, 0.0, 6.0]
R = np.array(X) - np.array(Y)


@pytest.fixture
def pair(framework: Framework) -> tuple[Any, Any]:
    """Predictions and targets."""
    return framework.tensor(X), framework.tensor(Y)


def values(framework: Framework, loss: Any) -> Any:
    """A loss as a list, or a number."""
    return framework.array(loss).tolist()


def huber(delta: float) -> Any:
    """Huber's loss of each element."""
    return np.where(np.abs(R) <= delta, R * R / 2, delta * (np.abs(R) - delta / 2)).tolist()


@pytest.mark.filterwarnings("ignore:size_average and reduce")
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
def test_torch_takes_a_reduction_in_the_third_place_for_size_average(
    framework: Framework, pair: Any, name: str
) -> None:
    """``F.mse_loss(x, y, 'none')`` is a mean, in Paddle and MindSpore the losses."""
    function = getattr(torch, name)
    assert values(framework, function(*pair, "none")) == values(framework, function(*pair))
    assert framework.array(function(*pair, reduction="none")).shape == (4,)
    assert framework.array(getattr(paddle, name)(*pair, "none")).shape == (4,)


def test_the_third_place_of_mindspores_smooth_l1_is_beta(framework: Framework, pair: Any) -> None:
    """And nothing is reduced by default. mint has a reduction there, and the mean."""
    losses = mindspore.smooth_l1_loss(*pair, 2.0)
    assert values(framework, losses) == [each / 2 for each in huber(2.0)]
    with pytest.raises(TypeError, match="beta is 'mean'"):
        mindspore.smooth_l1_loss(*pair, "mean")  # type: ignore[arg-type]
    assert values(framework, mint.smooth_l1_loss(*pair, "none", 2.0)) == values(framework, losses)
    assert values(framework, mint.smooth_l1_loss(*pair)) == np.mean(huber(1.0))


def test_paddles_smooth_l1_is_huber(framework: Framework, pair: Any) -> None:
    """All others divide it by the bend. At 1, the default of all, there is no difference to see."""
    for function in (paddle.smooth_l1_loss, v2_0.smooth_l1_loss):
        assert values(framework, function(*pair, "none", 2.0)) == huber(2.0)
    smooth = [each / 2 for each in huber(2.0)]
    assert values(framework, paddle.smooth_l1_loss(*pair, "none", 2.0, is_huber=False)) == smooth
    assert values(framework, torch.smooth_l1_loss(*pair, reduction="none", beta=2.0)) == smooth
    assert values(framework, torch.huber_loss(*pair, "none", 2.0)) == huber(2.0)


def test_the_sigma_of_fluid_is_no_bend(framework: Framework, pair: Any) -> None:
    """1 / sigma^2 is. Rows are summed."""
    x, y = (framework.tensor([each]) for each in (X, Y))
    found = framework.array(fluid.layers.smooth_l1(x, y, sigma=0.5))
    np.testing.assert_allclose(found, [[sum(huber(4.0)) / 4]], rtol=1e-6)


def test_torchs_weighted_means_have_two_divisors(framework: Framework, pair: Any) -> None:
    """mse_loss and l1_loss divide by the weights, huber_loss by the number of elements."""
    w = np.array([2.0, 0.5, 1.0, 4.0])
    weight = framework.tensor(w)
    for loss, expected in (
        (torch.mse_loss(*pair, weight=weight), (w * R * R).sum() / w.sum()),
        (torch.l1_loss(*pair, weight=weight), (w * np.abs(R)).sum() / w.sum()),
        (torch.huber_loss(*pair, weight=weight), (w * huber(1.0)).sum() / 4),
    ):
        assert float(framework.array(loss)) == pytest.approx(expected, rel=1e-6)


def test_what_reduces_by_itself(framework: Framework, pair: Any) -> None:
    """Paddle's square_error_cost and optax' losses give each element, fluid's mse_loss the mean, Keras'
    functions the mean of the last axis; optax' l2_loss is half the square.
    """
    squares = (R * R).tolist()
    assert values(framework, paddle.square_error_cost(*pair)) == squares
    assert values(framework, optax.squared_error(*pair)) == squares
    assert values(framework, optax.l2_loss(*pair)) == [each / 2 for each in squares]
    assert values(framework, fluid.layers.mse_loss(*pair)) == [np.mean(squares)]
    y, x = framework.tensor([Y, Y]), framework.tensor([X, X])
    assert values(framework, keras.mean_squared_error(y, x)) == [np.mean(squares)] * 2
    assert values(framework, tensorflow_1.mean_squared_error(y, x)) == np.mean(squares)


def test_targets_come_first_in_keras_and_tensorflow(framework: Framework, pair: Any) -> None:
    """The losses are symmetric, so only the gradient tells. The names do."""
    x, y = pair
    for function in (keras.mean_squared_error, keras.mean_absolute_error, keras.huber):
        assert values(framework, function(y, x)) == values(framework, function(y_pred=x, y_true=y))
    assert values(framework, tensorflow_1.huber_loss(y, x)) == values(
        framework, tensorflow_1.huber_loss(labels=y, predictions=x)
    )


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_column_beside_a_row(framework: Framework) -> None:
    """(4,) against (4, 1): most APIs broadcast it to (4, 4), a mean of pairs that nobody meant.

    The neutral call refuses it.
    """
    row, column = framework.tensor(X), framework.tensor([[each] for each in Y])
    pairs = (np.array(X) - np.array(Y)[:, None]) ** 2
    for loss in (
        torch.mse_loss(row, column, reduction="none"),
        paddle.mse_loss(row, column, "none"),
        v2_0.mse_loss(row, column, "none"),
        fluid.layers.square_error_cost(row, column),
        mindspore.mse_loss(row, column, "none"),
        mint.mse_loss(row, column, "none"),
    ):
        np.testing.assert_array_equal(framework.array(loss), pairs)
    assert framework.array(optax.huber_loss(row, column)).shape == (4, 4)
    # Keras makes the two alike, and averages the new axis.
    assert values(framework, keras.mean_squared_error(column, row)) == (R * R).tolist()
    for refused in (
        lambda: paddle.smooth_l1_loss(row, column),
        lambda: fluid.layers.huber_loss(row, column, 1.0),
        lambda: mindspore.smooth_l1_loss(row, column),
        lambda: optax.squared_error(row, column),
        lambda: tensorflow_1.mean_squared_error(column, row),
        lambda: cl.mse_loss(row, column),
        lambda: cl.l1_loss(row, column),
        lambda: cl.smooth_l1_loss(row, column),
        lambda: cl.huber_loss(row, column),
    ):
        with pytest.raises(ValueError, match="shape"):
            refused()


def test_torch_warns_of_a_column_beside_a_row(framework: Framework) -> None:
    row, column = framework.tensor(X), framework.tensor([[each] for each in Y])
    for function in (torch.mse_loss, torch.l1_loss, torch.smooth_l1_loss, torch.huber_loss):
        with pytest.warns(UserWarning, match="Using a target size") as said:
            function(row, column)
        assert said[0].filename == __file__

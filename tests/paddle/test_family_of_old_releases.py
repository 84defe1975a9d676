"""The losses of probabilities and of one logit as Paddle 2.6, 2.0 and 1.8 have them, beside Paddle 3's and
their formulas.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import paddle
import pytest

import compatlosses.paddle.nn.functional as newest
from compatlosses.paddle import fluid, v2_0, v2_6

P = np.array([[0.25, 0.5, 1.0], [0.0, 0.75, 0.125]], np.float32)
Y = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], np.float32)
X = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -8.0], [4.0, 1.0, -1.0]])
CLASSES = np.array([[1], [0], [3]], np.int32)


def tensor(values: Any, dtype: str = "float32") -> Any:
    """A Paddle tensor."""
    return paddle.to_tensor(values).astype(dtype)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "kl_div", "sigmoid_focal_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_paddle_2_0_gives_one_dimension(name: str, reduction: str) -> None:
    x, y = tensor(P), tensor(Y)
    found = getattr(v2_0, name)(x, y, reduction=reduction)
    assert found.shape == ([2, 3] if reduction == "none" else [1])
    expected = getattr(newest, name)(x, y, reduction=reduction).numpy()
    np.testing.assert_array_equal(found.numpy().reshape(expected.shape), expected)


def test_the_default_reduction_of_the_focal_loss_is_the_sum() -> None:
    x, y = tensor(P), tensor(Y)
    found = v2_0.sigmoid_focal_loss(x, y, tensor([2.0]))
    assert found.shape == [1]
    assert float(found) == pytest.approx(float(newest.sigmoid_focal_loss(x, y)) / 2, rel=1e-6)


def test_the_divergence_of_a_batch() -> None:
    x, y = tensor(P), tensor(Y)
    for function in (v2_0.kl_div, fluid.layers.kldiv_loss):
        assert function(x, y, "batchmean").shape == [1]
        assert float(function(x, y, "batchmean")) == float(newest.kl_div(x, y, "batchmean"))


def test_a_label_below_0() -> None:
    x, y = tensor([-1.0, -2.0]), tensor([0.0, -0.5])
    for function in (newest.kl_div, v2_0.kl_div, fluid.layers.kldiv_loss):
        assert np.isnan(function(x, y, "none").numpy()).tolist() == [False, True]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int64"])
def test_single_and_double_precision_alone(dtype: str) -> None:
    x, y = tensor(P, dtype), tensor(Y, dtype)
    for function in (
        v2_0.binary_cross_entropy,
        v2_0.kl_div,
        v2_0.sigmoid_focal_loss,
        fluid.layers.kldiv_loss,
    ):
        with pytest.raises(TypeError, match=f"has dtype {dtype}; expected float32, float64"):
            function(x, y)


def test_log_loss_is_of_single_precision() -> None:
    assert v2_0.log_loss is fluid.layers.log_loss
    x, y = tensor(P.reshape(6, 1)), tensor(Y.reshape(6, 1))
    np.testing.assert_array_equal(v2_0.log_loss(x, y).numpy(), newest.log_loss(x, y).numpy())
    with pytest.raises(TypeError, match="input has dtype float64; expected float32"):
        v2_0.log_loss(x.astype("float64"), y.astype("float64"))
    with pytest.raises(ValueError, match=r"input has shape \(2, 3\); expected \(N, 1\)"):
        v2_0.log_loss(tensor(P), tensor(Y))


def test_paddle_2_6_knows_neither_logarithms_of_labels_nor_the_smooth_absolute_error() -> None:
    x, y = tensor(P), tensor(Y)
    assert list(signature(v2_6.kl_div).parameters) == ["input", "label", "reduction", "name"]
    assert list(signature(v2_6.smooth_l1_loss).parameters) == ["input", "label", "reduction", "delta", "name"]
    assert float(v2_6.kl_div(x, y, "batchmean")) == float(newest.kl_div(x, y, "batchmean"))
    assert float(v2_6.smooth_l1_loss(x, y, "sum", 0.5)) == float(newest.smooth_l1_loss(x, y, "sum", 0.5))


def focal(objects: float, gamma: float, alpha: float) -> Any:
    """Paddle 1.8's formula: a label of c is a positive of the class c - 1, of 0 of none."""
    positive = np.arange(1, 4) == CLASSES
    p = 1 / (1 + np.exp(-X))
    loss = np.where(
        positive, alpha * (1 - p) ** gamma * np.logaddexp(0, -X), (1 - alpha) * p**gamma * np.logaddexp(0, X)
    )
    return loss / max(objects, 1.0)


class TestFocalLossOfFluid:
    """``fluid.layers.sigmoid_focal_loss``, which takes a class a row."""

    @pytest.mark.parametrize("objects", [0, 1, 3, -2])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_labels_are_classes_from_1_and_objects_are_one_at_least(self, objects: int, dtype: str) -> None:
        number = tensor([objects], "int32")
        found = fluid.layers.sigmoid_focal_loss(tensor(X, dtype), tensor(CLASSES, "int32"), number)
        assert str(found.dtype) == f"paddle.{dtype}"
        np.testing.assert_allclose(found.numpy(), focal(objects, 2.0, 0.25), rtol=1e-6)

    def test_gamma_comes_before_alpha(self) -> None:
        given = tensor(X, "float64"), tensor(CLASSES, "int32"), tensor([1], "int32")
        found = fluid.layers.sigmoid_focal_loss(*given, 1.5, 0.75)
        np.testing.assert_allclose(found.numpy(), focal(1.0, 1.5, 0.75), rtol=1e-12)

    def test_rows_of_minus_1_do_not_count(self) -> None:
        x = tensor([[1.0, np.nan], [1.0, -1.0]])
        x.stop_gradient = False
        loss = fluid.layers.sigmoid_focal_loss(x, tensor([[-1], [2]], "int32"), tensor([1], "int32"))
        loss.sum().backward()
        assert loss[0].tolist() == [0.0, 0.0] and x.grad[0].tolist() == [0.0, 0.0]
        assert (loss[1].numpy() > 0).all() and (x.grad[1].numpy() != 0).all()

    def test_a_class_that_is_none_is_the_background(self) -> None:
        x, number = tensor(X), tensor([1], "int32")
        found = [fluid.layers.sigmoid_focal_loss(x, tensor([[c]] * 3, "int32"), number) for c in (0, 7)]
        np.testing.assert_array_equal(*[each.numpy() for each in found])

    @pytest.mark.parametrize(
        ("argument", "value", "error", "message"),
        [
            ("x", tensor(X[0]), ValueError, r"expected \(N, C\)"),
            ("label", tensor([1, 0, 3], "int32"), ValueError, r"label has shape \(3,\); expected \(3, 1\)"),
            ("label", tensor(CLASSES), TypeError, "label has dtype float32; expected int32, int64"),
            ("fg_num", tensor([1, 2], "int32"), ValueError, r"fg_num has shape \(2,\); expected \(1,\)"),
            ("fg_num", 2, TypeError, "fg_num is"),
            ("gamma", -1.0, ValueError, "gamma is -1; expected a number of at least 0"),
            ("alpha", -0.5, ValueError, "alpha is -0.5; expected a number of at least 0"),
        ],
        ids=str,
    )
    def test_refusals(self, argument: str, value: Any, error: type[Exception], message: str) -> None:
        given = {"x": tensor(X), "label": tensor(CLASSES, "int32"), "fg_num": tensor([1], "int32")}
        with pytest.raises(error, match=message):
            fluid.layers.sigmoid_focal_loss(**{**given, argument: value})

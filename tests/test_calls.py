"""What can be asked of every loss function besides its value, the options of binary cross entropy that are
new, and the old form of the call.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import exact
import numpy as np
import pytest
from frameworks import Framework

import compatlosses as cl

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, -40.0]])
Y = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
P = np.array([1.0, 3.0, 0.5])
LOSSES: dict[str, tuple[Any, dict[str, float]]] = {
    "binary_cross_entropy_with_logits": (cl.binary_cross_entropy_with_logits, {}),
    "smoothed": (cl.binary_cross_entropy_with_logits, {"label_smoothing": 0.1}),
    "mse_loss": (cl.mse_loss, {}),
    "l1_loss": (cl.l1_loss, {}),
    "huber_loss": (cl.huber_loss, {"delta": 1.2}),
    "smooth_l1_loss": (cl.smooth_l1_loss, {"beta": 1.2}),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("place", [0, 1])
def test_curvature_is_the_slope_of_the_slope(framework: Framework, name: str, place: int) -> None:
    """By differences of the gradient, in double, away from the kinks."""
    loss, options = LOSSES[name]
    step = 1e-5
    options = {**options, "weight": 0.75, "reduction": "mean"}
    tensors = [framework.tensor(v, "float64") for v in (X, Y)]
    wrt = (["logits", "targets"] if "cross" in loss.__name__ else ["predictions", "targets"])[
        place : place + 1
    ]
    _, _, curvature = cl.value_and_gradients(loss, *tensors, wrt=tuple(wrt), curvature=True, **options)
    slopes = []
    for sign in (1.0, -1.0):
        moved = [X.copy(), Y.copy()]
        moved[place] += sign * step
        _, gradients = cl.value_and_gradients(loss, *moved, wrt=tuple(wrt), **options)
        slopes.append(gradients[wrt[0]])
    expected = (slopes[0] - slopes[1]) / (2 * step)
    np.testing.assert_allclose(framework.array(curvature[wrt[0]]), expected, atol=1e-9)


def test_curvature_of_binary_cross_entropy_against_the_mathematics() -> None:
    x = np.array([0.0, -0.0, 1e-30, 40.0, -745.0, math.inf, -math.inf])
    loss = cl.binary_cross_entropy_with_logits
    _, _, curvature = cl.value_and_gradients(
        loss, x, np.full(7, 0.25), pos_weight=3.0, weight=2.0, curvature=True, reduction="sum"
    )
    for found, logit in zip(curvature["logits"], x, strict=True):
        assert exact.ulps(float(found), exact.d2_logits(float(logit), 0.25, 2.0, 3.0), "float64") <= 4


def test_curvature_by_repeated_and_ignored_elements(framework: Framework) -> None:
    x, y, p = (framework.tensor(v, "float64") for v in (X, Y, P))
    _, _, second = cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        x,
        y,
        pos_weight=p,
        ignore_index=1,
        wrt=("logits", "pos_weight"),
        curvature=True,
    )
    assert framework.array(second["pos_weight"]).tolist() == [0.0, 0.0, 0.0]
    assert (framework.array(second["logits"])[Y == 1] == 0).all()


def test_label_smoothing(framework: Framework) -> None:
    """Like the call with smoothed labels, whose ignored ones are still known."""
    x, y = framework.tensor(X), framework.tensor(Y)
    smoothed = framework.tensor(Y * 0.9 + 0.05)
    for options in ({}, {"pos_weight": 3.0, "weight": 0.5}):
        found = cl.binary_cross_entropy_with_logits(x, y, label_smoothing=0.1, **options)
        expected = cl.binary_cross_entropy_with_logits(x, smoothed, **options)
        np.testing.assert_allclose(framework.array(found), framework.array(expected), rtol=3e-7)
    ignoring = cl.binary_cross_entropy_with_logits(
        x, y, label_smoothing=0.1, ignore_index=1, reduction="none"
    )
    assert (framework.array(ignoring)[Y == 1] == 0).all() and (framework.array(ignoring)[Y != 1] > 0).all()


@pytest.mark.parametrize("shape", [(2, 3), (3,), (2, 1), ()])
def test_a_mask_leaves_elements_out(framework: Framework, shape: tuple[int, ...]) -> None:
    keeps = np.resize([True, False, True, True, False], shape) if shape else np.array(True)
    mask = framework.integers(keeps, "bool")
    x, y = framework.tensor(np.where(keeps, X, math.nan)), framework.tensor(Y)
    counts = np.broadcast_to(keeps, X.shape)
    elements = cl.binary_cross_entropy_with_logits(X, Y, reduction="none")
    for reduction, expected in (("sum", elements[counts].sum()), ("mean", elements[counts].mean())):
        found = cl.binary_cross_entropy_with_logits(x, y, mask=mask, reduction=reduction)
        np.testing.assert_allclose(framework.array(found), expected, rtol=1e-6)
    _, gradients = cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, mask=mask)
    assert (framework.array(gradients["logits"])[~counts] == 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_the_dtype_of_the_result(framework: Framework, name: str) -> None:
    loss, options = LOSSES[name]
    x, y = framework.tensor(X), framework.tensor(Y)
    for reduction in ("none", "mean"):
        found = loss(x, y, dtype="float64", reduction=reduction, **options)
        expected = loss(
            X.astype(np.float32), Y.astype(np.float32), dtype="float64", reduction=reduction, **options
        )
        assert framework.dtype(found) == "float64"
        np.testing.assert_allclose(framework.array(found), expected, rtol=1e-12)


def test_what_is_no_loss_function() -> None:
    for wrong in (abs, "mse_loss", None):
        with pytest.raises(
            TypeError, match=r"expected a loss function of this library: compatlosses\.binary"
        ):
            cl.value_and_gradients(wrong, X, Y)  # type: ignore[arg-type, call-overload]
        with pytest.raises(TypeError, match=r"executor_of was given .* in the first place"):
            cl.executor_of(wrong, X, Y)  # type: ignore[arg-type]


def test_wrong_arguments_of_value_and_gradients() -> None:
    with pytest.raises(
        TypeError, match="mse_loss was given 3 tensors by place; expected two, predictions and"
    ):
        cl.value_and_gradients(cl.mse_loss, X, Y, Y)
    with pytest.raises(
        TypeError, match="mse_loss has no option 'delta'; expected options among weight, reduction"
    ):
        cl.value_and_gradients(cl.mse_loss, X, Y, delta=1.0)
    with pytest.raises(
        ValueError, match="wrt names 'logits'; expected names among predictions, targets, weight"
    ):
        cl.value_and_gradients(cl.mse_loss, X, Y, wrt=("logits",))


class TestOldForm:
    """normalize, and value_and_gradients and executor_of without a loss."""

    @pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
    def test_normalize(self, framework: Framework, reduction: str) -> None:
        x, y = framework.tensor(X), framework.tensor(Y)
        elements = cl.binary_cross_entropy_with_logits(X, Y, reduction="none", ignore_index=1)
        for normalize, divisor in ((True, 3.0), (False, 6.0 if reduction == "mean" else 1.0)):
            with pytest.warns(DeprecationWarning, match="normalize is deprecated"):
                found = cl.binary_cross_entropy_with_logits(
                    x, y, ignore_index=1, reduction=reduction, normalize=normalize
                )
            expected = (elements if reduction == "none" else elements.sum()) / divisor
            np.testing.assert_allclose(framework.array(found), expected, rtol=1e-6)

    def test_normalize_where_nothing_counts(self, framework: Framework) -> None:
        x, y = framework.tensor(X), framework.tensor(np.ones((2, 3)))
        with pytest.warns(DeprecationWarning, match="normalize"):
            found = cl.binary_cross_entropy_with_logits(x, y, ignore_index=1, normalize=True)
        assert framework.array(found) == 0

    def test_without_the_loss(self, framework: Framework) -> None:
        x, y = framework.tensor(X), framework.tensor(Y)
        with pytest.warns(DeprecationWarning, match=r"write value_and_gradients\(compatlosses"):
            loss, gradients = cl.value_and_gradients(x, y, ignore_index=1)
        with pytest.warns(DeprecationWarning, match=r"write executor_of\(compatlosses"):
            assert cl.executor_of(x, y) == "fused"
        expected = cl.binary_cross_entropy_with_logits(X, Y, ignore_index=1, divisor="all")
        np.testing.assert_allclose(framework.array(loss), expected, rtol=1e-6)
        assert list(gradients) == ["logits"]

    def test_the_new_form_warns_of_nothing(self, framework: Framework) -> None:
        x, y = framework.tensor(X), framework.tensor(Y)
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, ignore_index=1)

    def test_a_normalize_that_is_neither(self) -> None:
        with pytest.raises(TypeError, match="normalize is 'yes'; expected True or False"):
            cl.binary_cross_entropy_with_logits(X, Y, normalize="yes")  # type: ignore[arg-type]

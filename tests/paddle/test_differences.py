"""Paddle's losses of a difference beside the native functions, and the traps that porters meet."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as native
import pytest

import compatlosses.paddle.nn as classes
import compatlosses.paddle.nn.functional as shim
from compatlosses.paddle import fluid, v2_0

X = np.array([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]], np.float32)
Y = np.array([[0.0, 1.0, -2.0], [3.0, 0.0, 0.5]], np.float32)


def tensor(values: Any, dtype: str = "float32") -> Any:
    """A Paddle tensor."""
    return paddle.to_tensor(values).astype(dtype)


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error."""
    try:
        result = call()
    except Exception as error:
        return type(error)
    return result.dtype, tuple(result.shape), result.numpy()


def assert_alike(theirs: Callable[[], Any], ours: Callable[[], Any]) -> None:
    """Both calls give the same, to the rounding of the native one."""
    a, b = outcome(theirs), outcome(ours)
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    np.testing.assert_allclose(b[2], a[2], rtol=1e-6)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "MEAN", None])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("float32", "float32"),
        ("float32", "float64"),
        ("float64", "float32"),
    ],
)
def test_dtypes_and_reductions(name: str, first: str, second: str, reduction: str | None) -> None:
    x, y = tensor(X, first), tensor(Y, second)
    assert_alike(lambda: getattr(native, name)(x, y, reduction), lambda: getattr(shim, name)(x, y, reduction))


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
@pytest.mark.parametrize(
    ("first", "second"), [("float32", "int64"), ("int32", "float32"), ("bool", "float32")]
)
def test_a_whole_number_beside_a_floating_one_is_refused(name: str, first: str, second: str) -> None:
    x, y = tensor(X, first), tensor(Y, second)
    for module in (native, shim):
        with pytest.raises(TypeError):
            getattr(module, name)(x, y)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
@pytest.mark.parametrize(("x", "y"), [(X, Y[:, :2]), (X, Y[:1]), (X[0], Y[:1]), (X[:0], Y[:0])], ids=str)
def test_shapes(name: str, x: Any, y: Any) -> None:
    a, b = tensor(x), tensor(y)
    assert_alike(lambda: getattr(native, name)(a, b), lambda: getattr(shim, name)(a, b))


@pytest.mark.parametrize("delta", [0.5, 2.0])
@pytest.mark.parametrize("is_huber", [True, False])
def test_smooth_l1_is_huber(delta: float, is_huber: bool) -> None:
    """Another loss than torch's of this name, unless is_huber is False."""
    x, y = tensor(X), tensor(Y)
    assert_alike(
        lambda: native.smooth_l1_loss(x, y, "sum", delta, is_huber),
        lambda: shim.smooth_l1_loss(x, y, "sum", delta, is_huber),
    )


def test_square_error_cost() -> None:
    x, y = tensor(X), tensor(Y[:1])
    assert_alike(lambda: native.square_error_cost(x, y), lambda: shim.square_error_cost(x, y))


def test_paddle_2_0_gives_one_dimension() -> None:
    x, y = tensor(X), tensor(Y)
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss"):
        result = getattr(v2_0, name)(x, y)
        assert list(result.shape) == [1] and float(result) == pytest.approx(float(getattr(shim, name)(x, y)))


def test_fluid() -> None:
    x, y = tensor(X), tensor(Y)
    assert list(fluid.layers.mse_loss(x, y).shape) == [1]
    np.testing.assert_allclose(
        fluid.layers.huber_loss(x, y, 0.5).numpy(), shim.smooth_l1_loss(x, y, "none", 0.5).numpy()
    )
    difference = X * (X - Y)
    each = np.where(abs(difference) < 0.25, 2 * difference**2, abs(difference) - 0.125)  # sigma = 2
    found = fluid.layers.smooth_l1(x, y, tensor(X), tensor(Y * Y), 2.0)
    assert list(found.shape) == [2, 1]
    np.testing.assert_allclose(found.numpy().ravel(), (each * Y * Y).sum(1), rtol=1e-6)


def test_gradients() -> None:
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss"):
        found = []
        for module in (native, shim):
            x = tensor(X)
            x.stop_gradient = False
            getattr(module, name)(x, tensor(Y)).backward()
            found.append(x.grad.numpy())
        np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


@pytest.mark.parametrize("delta", [True, np.float32(0.5), paddle.to_tensor(0.5), "1", None], ids=str)
@pytest.mark.parametrize("is_huber", [True, False])
def test_what_paddle_takes_for_a_number(delta: Any, is_huber: bool) -> None:
    x, y = tensor(X), tensor(Y)
    assert_alike(
        lambda: native.smooth_l1_loss(x, y, "none", delta, is_huber),
        lambda: shim.smooth_l1_loss(x, y, "none", delta, is_huber),
    )


@pytest.mark.parametrize("delta", [-1.0, float("nan")])
def test_a_delta_that_makes_no_loss_is_refused(delta: float) -> None:
    """Paddle computes with it: a negative loss, or NaN."""
    x, y = tensor(X), tensor(Y)
    assert not float(native.smooth_l1_loss(x, y, delta=delta)) >= 0
    with pytest.raises(ValueError, match="delta is"):
        shim.smooth_l1_loss(x, y, delta=delta)


def test_at_a_delta_of_0_the_smooth_absolute_error_is_the_absolute_error() -> None:
    x, y = tensor(X), tensor(Y)
    assert np.isnan(native.smooth_l1_loss(x, y, "none", 0.0, False).numpy()).all()
    np.testing.assert_array_equal(shim.smooth_l1_loss(x, y, "none", 0.0, False).numpy(), np.abs(X - Y))


def test_whole_numbers_alone_are_refused() -> None:
    """Paddle computes their squared and absolute errors, as whole numbers."""
    x, y = tensor(X, "int32"), tensor(Y, "int32")
    assert native.l1_loss(x, y, "none").dtype == paddle.int32
    for function in (shim.l1_loss, shim.mse_loss, shim.square_error_cost):
        with pytest.raises(TypeError, match="input has dtype int32"):
            function(x, y)


def test_what_is_no_tensor_is_a_type_error() -> None:
    for other in (Y, None, 1.0):
        with pytest.raises(ValueError):
            native.mse_loss(tensor(X), other)
        with pytest.raises(TypeError, match="label is"):
            shim.mse_loss(tensor(X), other)


CLASSES = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_paddles_own_layer(name: str) -> None:
    x, y = tensor(X), tensor(Y)
    mine, theirs = getattr(classes, name), getattr(paddle.nn, name)
    assert list(signature(mine).parameters) == list(signature(theirs).parameters)
    layer = mine("sum")
    assert isinstance(layer, theirs) and repr(layer) == repr(theirs()) and not layer.state_dict()
    for reduction in ("none", "mean", "sum", "MEAN", None, False):
        assert_alike(lambda r=reduction: theirs(r)(x, y), lambda r=reduction: mine(r)(x, y))
    assert_alike(lambda: theirs()(input=x, label=y), lambda: mine()(input=x, label=y))
    assert_alike(lambda: theirs()(x, target=y), lambda: mine()(x, target=y))
    assert_alike(lambda: theirs()(x, y[:1]), lambda: mine()(x, y[:1]))
    for same in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_alike(lambda: theirs("sum")(x, y), lambda same=same: same(x, y))


def test_the_huber_loss_is_the_smooth_l1_loss() -> None:
    assert paddle.nn.HuberLoss is paddle.nn.SmoothL1Loss
    assert classes.HuberLoss is classes.SmoothL1Loss
    x, y = tensor(X), tensor(Y)
    for options in ((0.5,), (2.0, False)):
        assert_alike(
            lambda o=options: paddle.nn.SmoothL1Loss("sum", *o)(x, y),
            lambda o=options: classes.SmoothL1Loss("sum", *o)(x, y),
        )


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_in_a_program(name: str) -> None:
    x, y = tensor(X), tensor(Y)
    program = paddle.jit.to_static(getattr(classes, name)(), full_graph=True)
    np.testing.assert_allclose(program(x, y).numpy(), getattr(paddle.nn, name)()(x, y).numpy(), rtol=1e-6)

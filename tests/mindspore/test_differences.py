"""MindSpore's losses of a difference beside the native functions, and the traps that porters meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import ops as native

import compatlosses.mindspore.mint.nn.functional as mint
import compatlosses.mindspore.ops as shim

X = np.array([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]], np.float32)
Y = np.array([[0.0, 1.0, -2.0], [3.0, 0.0, 0.5]], np.float32)
KINDS = {
    name: getattr(mindspore, name) for name in ("float16", "float32", "float64", "int32", "int64", "bool_")
}


def tensor(values: Any, dtype: str = "float32") -> mindspore.Tensor:
    """A MindSpore tensor."""
    return mindspore.Tensor(values).astype(KINDS[dtype])


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error, which MindSpore may raise when the
    result is read.
    """
    try:
        result = call()
        return result.dtype, tuple(result.shape), result.asnumpy()
    except Exception as error:
        return type(error)


def assert_alike(theirs: Callable[[], Any], ours: Callable[[], Any]) -> None:
    """Both calls give the same, to the rounding of the native one, which rounds half precision after each
    operation.
    """
    a, b = outcome(theirs), outcome(ours)
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    np.testing.assert_allclose(
        b[2].astype(float), a[2].astype(float), rtol=2e-3 if a[0] == mindspore.float16 else 1e-6
    )


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "MEAN", "avg", None])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("float32", "float32"),
        ("float32", "float64"),
        ("float16", "float32"),
        ("float16", "float16"),
        ("float32", "int64"),
    ],
)
def test_dtypes_and_reductions(name: str, first: str, second: str, reduction: str | None) -> None:
    x, y = tensor(X, first), tensor(Y, second)
    assert_alike(
        lambda: getattr(native, name)(x, y, reduction=reduction),
        lambda: getattr(shim, name)(x, y, reduction=reduction),
    )


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
@pytest.mark.parametrize(("x", "y"), [(X, Y[:, :2]), (X, Y[:1]), (X[0], Y[:1])], ids=str)
def test_shapes(name: str, x: Any, y: Any) -> None:
    a, b = tensor(x), tensor(y)
    assert_alike(lambda: getattr(native, name)(a, b), lambda: getattr(shim, name)(a, b))


def test_the_third_place_of_smooth_l1_is_beta_and_nothing_is_reduced() -> None:
    x, y = tensor(X), tensor(Y)
    assert_alike(lambda: native.smooth_l1_loss(x, y, 0.5), lambda: shim.smooth_l1_loss(x, y, 0.5))
    assert shim.smooth_l1_loss(x, y, 0.5).shape == x.shape
    with pytest.raises(TypeError, match="beta"):
        shim.smooth_l1_loss(x, y, "mean")
    assert float(mint.smooth_l1_loss(x, y, "mean", 0.5)) == float(shim.smooth_l1_loss(x, y, 0.5, "mean"))


@pytest.mark.parametrize("delta", [0.5, 2.0, 0.0, -1.0, True])
def test_huber_needs_a_delta_above_zero(delta: float) -> None:
    x, y = tensor(X), tensor(Y)
    assert_alike(lambda: native.huber_loss(x, y, "sum", delta), lambda: shim.huber_loss(x, y, "sum", delta))


def loss_in_a_graph(x: mindspore.Tensor, y: mindspore.Tensor) -> mindspore.Tensor:
    """A compiled function of the shim."""
    return shim.huber_loss(x, y, "mean", 0.5)


def gradients_in_a_graph(x: mindspore.Tensor, y: mindspore.Tensor) -> Any:
    """Its gradients, compiled."""
    return mindspore.grad(loss_in_a_graph, (0, 1))(x, y)


def test_in_a_graph() -> None:
    x, y = tensor(X), tensor(Y)
    assert float(mindspore.jit(loss_in_a_graph)(x, y)) == float(loss_in_a_graph(x, y))
    for compiled, eager in zip(
        mindspore.jit(gradients_in_a_graph)(x, y), gradients_in_a_graph(x, y), strict=True
    ):
        np.testing.assert_array_equal(compiled.asnumpy(), eager.asnumpy())

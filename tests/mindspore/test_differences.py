"""MindSpore's losses of a difference beside the native functions, and the traps that porters meet."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import nn
from mindspore import ops as native
from mindspore.common.api import _pynative_executor

import compatlosses.mindspore.mint.nn as mint_classes
import compatlosses.mindspore.mint.nn.functional as mint
import compatlosses.mindspore.nn as classes
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
        settle()
        return type(error)


def settle() -> None:
    """Let MindSpore raise an operator's error here that it would raise once more in the next operation."""
    with contextlib.suppress(Exception):
        _pynative_executor.sync()


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


@pytest.mark.parametrize("beta", [0.5, 2, True, np.float32(0.5), -1.0, float("inf"), "a", None], ids=repr)
def test_the_bend_of_smooth_l1(beta: Any) -> None:
    x, y = tensor(X), tensor(Y)
    assert_alike(lambda: native.smooth_l1_loss(x, y, beta), lambda: shim.smooth_l1_loss(x, y, beta))


def test_smooth_l1_at_a_beta_of_0_is_the_absolute_error() -> None:
    """MindSpore documents it, and has no kernel for it on the CPU."""
    x, y = tensor(X), tensor(Y)
    np.testing.assert_array_equal(shim.smooth_l1_loss(x, y, 0.0).asnumpy(), np.abs(X - Y))
    np.testing.assert_array_equal(mint.smooth_l1_loss(x, y, "none", 0.0).asnumpy(), np.abs(X - Y))


def test_the_rules_of_mint() -> None:
    """As documented: mint's squared and absolute error have no kernel on the CPU."""
    x, y = tensor(X), tensor(Y)
    np.testing.assert_allclose(mint.mse_loss(x, y, "NONE").asnumpy(), (X - Y) ** 2, rtol=1e-6)
    np.testing.assert_array_equal(mint.l1_loss(x, y[:1], "none").asnumpy(), np.abs(X - Y[:1]))
    assert mint.l1_loss(x, tensor(Y, "int32")).dtype == mindspore.float32
    for call in (
        lambda: mint.mse_loss(x, tensor(Y, "float16")),
        lambda: mint.l1_loss(tensor(X, "int32"), tensor(Y, "int32")),
        lambda: mint.mse_loss(x, y, None),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            call()
    for function in (mint.mse_loss, mint.l1_loss, mint.smooth_l1_loss):
        with pytest.raises(ValueError, match="reduction is 'avg'"):
            function(x, y, "avg")


CLASSES = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")


def parameters(cls: Any) -> list[Any]:
    """The names and defaults of a class's options."""
    return [(p.name, p.default) for p in signature(cls).parameters.values()]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_a_cell_as_the_native_one(name: str) -> None:
    x, y = tensor(X), tensor(Y)
    mine, theirs = getattr(classes, name), getattr(nn, name)
    assert parameters(mine) == parameters(theirs)
    assert isinstance(mine(), nn.LossBase) and repr(mine()) == repr(theirs())
    for reduction in ("none", "mean", "sum", "MEAN", "avg", None):
        assert_alike(
            lambda r=reduction: theirs(reduction=r)(x, y), lambda r=reduction: mine(reduction=r)(x, y)
        )
    assert_alike(lambda: theirs()(logits=x, labels=y), lambda: mine()(logits=x, labels=y))
    assert_alike(lambda: theirs()(x, Y), lambda: mine()(x, Y))
    assert_alike(lambda: theirs()(x, y), lambda: copy.deepcopy(mine())(x, y))
    for cell in (mine(), theirs()):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(cell)


def test_the_bend_of_a_class() -> None:
    x, y = tensor(X), tensor(Y)
    assert_alike(lambda: nn.SmoothL1Loss(0.5, "sum")(x, y), lambda: classes.SmoothL1Loss(0.5, "sum")(x, y))
    assert_alike(lambda: nn.HuberLoss("sum", 2.0)(x, y), lambda: classes.HuberLoss("sum", 2.0)(x, y))
    assert_alike(lambda: nn.SmoothL1Loss(-1.0)(x, y), lambda: classes.SmoothL1Loss(-1.0)(x, y))
    assert_alike(lambda: nn.HuberLoss("sum", 0.0)(x, y), lambda: classes.HuberLoss("sum", 0.0)(x, y))


@pytest.mark.parametrize("name", CLASSES[:3])
def test_the_classes_of_mint(name: str) -> None:
    x, y = tensor(X), tensor(Y)
    mine, theirs = getattr(mint_classes, name), getattr(mindspore.mint.nn, name)
    assert parameters(mine) == parameters(theirs)
    checks_at_once = name == "L1Loss"
    for cls in (mine, theirs):
        if checks_at_once:
            with pytest.raises(ValueError, match="reduction"):
                cls("avg")
        else:
            cls("avg")
    expected = getattr(classes, name)(reduction="mean")(x, y)
    assert float(mine()(x, y)) == float(expected)


@pytest.fixture
def graph_mode() -> Iterator[None]:
    """MindSpore in graph mode, and back."""
    mindspore.set_context(mode=mindspore.GRAPH_MODE)
    yield
    mindspore.set_context(mode=mindspore.PYNATIVE_MODE)


class Network(nn.Cell):  # type: ignore[misc]
    """A layer and a loss."""

    def __init__(self, loss: Any) -> None:
        super().__init__()
        self.dense = nn.Dense(3, 3, weight_init="ones", bias_init="zeros")
        self.loss = loss

    def construct(self, x: Any, y: Any) -> Any:
        return self.loss(self.dense(x), y)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_in_graph_mode(graph_mode: None, name: str) -> None:
    x, y = tensor(X), tensor(Y)
    mine, theirs = (Network(getattr(module, name)(reduction="mean")) for module in (classes, nn))
    for a, b in zip(
        mindspore.value_and_grad(mine)(x, y), mindspore.value_and_grad(theirs)(x, y), strict=True
    ):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("level", ["O1", "O2"])
def test_amp_takes_the_classes(name: str, level: str, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    x, y = tensor(X), tensor(Y)
    mine, theirs = (
        mindspore.amp.auto_mixed_precision(Network(getattr(module, name)(reduction="mean")), level)(x, y)
        for module in (classes, nn)
    )
    assert mine.dtype == theirs.dtype
    np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-3)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool_"])
def test_whole_numbers_are_computed_in_float32(name: str, dtype: str) -> None:
    """MindSpore's answers are as many as its functions: 0 - 1 is 255 for uint8."""
    x, y = (np.asarray(values, bool if dtype == "bool_" else dtype) for values in ([0, 3, 1], [1, 1, 0]))
    wide = [tensor(values.astype("float32")) for values in (x, y)]
    found = getattr(shim, name)(mindspore.Tensor(x), mindspore.Tensor(y))
    assert found.dtype == mindspore.float32
    assert float(found) == float(getattr(shim, name)(*wide))
    assert (
        float(native.l1_loss(mindspore.Tensor([0], mindspore.uint8), mindspore.Tensor([1], mindspore.uint8)))
        == 255
    )


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_the_mean_over_no_element(name: str) -> None:
    """Natively it is what was in memory over 0: infinity, and NaN where that was 0."""
    x = tensor(X[:0])
    assert not np.isfinite(getattr(native, name)(x, x).asnumpy())
    assert np.isnan(getattr(shim, name)(x, x).asnumpy())
    assert float(getattr(shim, name)(x, x, "sum")) == 0


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_bfloat16_has_no_kernel_on_the_cpu(name: str) -> None:
    x, y = (mindspore.Tensor(values).astype(mindspore.bfloat16) for values in (X, Y))
    with pytest.raises(TypeError):
        getattr(native, name)(x, y, reduction="sum").astype(mindspore.float32).asnumpy()
    settle()
    found = getattr(shim, name)(x, y, reduction="sum")
    assert found.dtype == x.dtype
    expected = getattr(shim, name)(tensor(X), tensor(Y), reduction="sum")
    np.testing.assert_allclose(found.astype(mindspore.float32).asnumpy(), expected.asnumpy(), rtol=1e-2)


def test_a_beta_that_is_no_number() -> None:
    x, y = tensor(X), tensor(Y)
    assert np.isnan(native.smooth_l1_loss(x, y, float("nan")).asnumpy()).all()
    with pytest.raises(RuntimeError, match="beta is nan"):
        shim.smooth_l1_loss(x, y, float("nan"))
    with pytest.raises(TypeError, match="beta is of type"):
        shim.smooth_l1_loss(x, y, tensor(0.5))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        nn.SmoothL1Loss(tensor(0.5))(x, y)

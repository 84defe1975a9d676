"""MindSpore's classes of losses of rows beside the native cells, and ``mindspore.mint``."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import nn
from mindspore_calls import assert_alike, outcome, parameters, tensor

import compatlosses as cl
import compatlosses.mindspore.mint.nn as mint_classes
import compatlosses.mindspore.mint.nn.functional as mint
import compatlosses.mindspore.nn as classes
import compatlosses.mindspore.ops as shim

RNG = np.random.default_rng(4)
X, Q = RNG.normal(0, 2, (3, 4)).astype(np.float32), RNG.random((3, 4)).astype(np.float32)
Y, W = np.array([1, 0, 3]), np.array([1.0, 2.0, 0.5, 3.0])
IGNORED = np.array([1, -100, 3])
CLASSES = ("CrossEntropyLoss", "NLLLoss", "SoftmaxCrossEntropyWithLogits")


def made(module: Any, name: str, reduction: str | None = "mean") -> Any:
    """A loss of indices."""
    if name == CLASSES[2]:
        return getattr(module, name)(True, reduction)
    return getattr(module, name)(tensor(W), 3, reduction)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_a_cell_as_the_native_one(name: str) -> None:
    x, y = tensor(X), tensor(Y, "int32")
    mine, theirs = getattr(classes, name), getattr(nn, name)
    assert parameters(mine) == parameters(theirs)
    assert isinstance(mine(), nn.LossBase) and repr(mine()) == repr(theirs())
    for reduction in ("none", "mean", "sum", "MEAN", "avg", None):
        assert_alike(
            lambda r=reduction: made(nn, name, r)(x, y), lambda r=reduction: made(classes, name, r)(x, y)
        )
    assert_alike(lambda: made(nn, name)(logits=x, labels=y), lambda: copy.deepcopy(made(classes, name))(x, y))


@pytest.mark.parametrize("name", CLASSES[:2])
def test_options_of_a_class(name: str) -> None:
    x, y = tensor(X), tensor(Y, "int32")
    for options in (
        {"weight": tensor(W, "float64")}, {"weight": tensor(W, "float16")}, {"weight": [1.0]},
        {"ignore_index": 1.0}, {"ignore_index": True}, {"label_smoothing": 1}, {"label_smoothing": 2.0},
        {"label_smoothing": 0.3}, {"weight": mindspore.Parameter(tensor(W))},
    ):  # fmt: skip
        if "label_smoothing" in options and name == "NLLLoss":
            continue
        assert_alike(
            lambda: getattr(nn, name)(**options)(x, y),  # noqa: B023
            lambda: getattr(classes, name)(**options)(x, y),  # noqa: B023
            half=True,
        )
    mine, theirs = (getattr(module, name)(mindspore.Parameter(tensor(W))) for module in (classes, nn))
    assert [p.name for p in mine.get_parameters()] == [p.name for p in theirs.get_parameters()]


def test_the_class_of_cross_entropy_takes_fewer_dtypes_than_the_function() -> None:
    for x, y in (
        (tensor(X), tensor(Y, "int64")), (tensor(X, "float64"), tensor(Y, "int32")),
        (tensor(X), tensor(Q, "float64")), (tensor(X), tensor(Y[:, None], "int32")),
        (tensor(X), tensor(Y[:2], "int32")), (tensor(X), tensor(Q[:1])), (tensor(X), Y),
        (tensor(X), tensor(Q)), (tensor(X[0]), tensor(1, "int32")), (tensor(X, "float16"), tensor(Q)),
    ):  # fmt: skip
        a = outcome(lambda: nn.CrossEntropyLoss()(x, y))  # noqa: B023
        if y is not Y and y.dtype == mindspore.int32 and y.ndim == 2:  # its rank makes it probabilities
            assert a is TypeError
            a = ValueError
        b = outcome(lambda: classes.CrossEntropyLoss()(x, y))  # noqa: B023
        if isinstance(a, type):
            assert a is b
        else:
            assert a[:2] == b[:2]
            np.testing.assert_allclose(a[2], b[2], rtol=1e-3)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_softmax_cross_entropy_with_logits(reduction: str) -> None:
    """By default nothing is reduced, and labels are a number for each class."""
    x, q = tensor(X), tensor(Q)
    mine, theirs = (module.SoftmaxCrossEntropyWithLogits(False, reduction) for module in (classes, nn))
    sparse, real = (module.SoftmaxCrossEntropyWithLogits(True, reduction) for module in (classes, nn))
    assert classes.SoftmaxCrossEntropyWithLogits()(x, q).shape == (3,)
    for a, b in (
        (x, q), (x.astype(mindspore.float16), q.astype(mindspore.float16)), (x, tensor(Q, "float16")),
        (x[0], q[0]), (x[None], q[None]), (x, q[:2]), (tensor(X, "float64"), tensor(Q, "float64")),
        (x, tensor(Y, "int32")),
    ):  # fmt: skip
        assert_alike(lambda: theirs(a, b), lambda: mine(a, b))  # noqa: B023
    for b in (tensor(Y, "int32"), tensor(Y, "int64"), tensor(Y, "int8"), q, tensor(Y[:2], "int32"), Y):
        assert_alike(lambda: real(x, b), lambda: sparse(x, b))  # noqa: B023
    assert_alike(
        lambda: real(x[None], tensor(Y[None], "int32")), lambda: sparse(x[None], tensor(Y[None], "int32"))
    )
    with pytest.raises(TypeError, match="sparse is 1"):
        classes.SoftmaxCrossEntropyWithLogits(1)  # type: ignore[arg-type]


def test_what_softmax_cross_entropy_with_logits_gets_wrong() -> None:
    """Labels have gradient 0, half precision is refused beside indices, an index that is no class has a loss
    of 0, and no row is an error.
    """
    x, q, y = tensor(X), tensor(Q), tensor(Y, "int32")
    real, mine = nn.SoftmaxCrossEntropyWithLogits(), classes.SoftmaxCrossEntropyWithLogits()
    assert not mindspore.grad(lambda q: real(x, q).sum())(q).asnumpy().any()
    (slope,) = cl.value_and_gradients(cl.cross_entropy, X, Q, wrt=("targets",), reduction="sum")[1].values()
    np.testing.assert_allclose(mindspore.grad(lambda q: mine(x, q).sum())(q).asnumpy(), slope, rtol=1e-6)
    real, mine = nn.SoftmaxCrossEntropyWithLogits(True), classes.SoftmaxCrossEntropyWithLogits(True)
    assert outcome(lambda: real(tensor(X, "float16"), y)) is TypeError
    assert mine(tensor(X, "float16"), y).dtype == mindspore.float16
    assert real(x, tensor([1, 0, 4], "int32")).asnumpy()[2] == 0
    with pytest.raises(IndexError):
        mine(x, tensor([1, 0, 4], "int32"))
    assert outcome(lambda: real(x[:0], y[:0])) is RuntimeError
    assert mine(x[:0], y[:0]).shape == (0,)


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
        self.dense = nn.Dense(4, 4, weight_init="ones", bias_init="zeros")
        self.loss = loss

    def construct(self, x: Any, y: Any) -> Any:
        return self.loss(self.dense(x) * x, y)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_in_graph_mode(graph_mode: None, name: str) -> None:
    x, y = tensor(X), tensor(Y, "int32")
    mine, theirs = (Network(made(module, name)) for module in (classes, nn))
    for a, b in zip(
        mindspore.value_and_grad(mine)(x, y), mindspore.value_and_grad(theirs)(x, y), strict=True
    ):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("level", ["O1", "O2"])
def test_amp_takes_the_classes(name: str, level: str, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    x, y = tensor(X), tensor(Y, "int32")
    mine, theirs = (
        mindspore.amp.auto_mixed_precision(Network(made(module, name)), level)(x, y)
        for module in (classes, nn)
    )
    assert mine.dtype == theirs.dtype
    np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-2)


# --- mint ---------------------------------------------------------------------------------------------------


REAL_NLL = mindspore.mint.nn.functional.nll_loss


@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "MEAN", "avg"])
def test_nll_of_mint(reduction: str) -> None:
    for y in (Y, IGNORED):
        for w in (None, tensor(W), tensor(W, "float64")):
            if y is IGNORED and reduction == "none":
                continue
            arguments = (tensor(X), tensor(y, "int32"), w, -100, reduction)
            assert_alike(lambda: REAL_NLL(*arguments), lambda: mint.nll_loss(*arguments))  # noqa: B023


def test_the_loss_of_an_ignored_row_of_mint_is_0() -> None:
    """The kernel leaves there what the memory held, on the CPU."""
    x, y = tensor(X), tensor(IGNORED, "int32")
    theirs, mine = (f(x, y, None, -100, "none").asnumpy() for f in (REAL_NLL, mint.nll_loss))
    np.testing.assert_array_equal(mine[[0, 2]], theirs[[0, 2]])
    assert mine[1] == 0.0


def test_refusals_of_mint() -> None:
    x, y = tensor(X), tensor(Y, "int32")
    real = mindspore.mint.nn.functional
    for call in (
        lambda f: f.nll_loss(x, y[:2]),
        lambda f: f.nll_loss(x, y, ignore_index=1.0),
        lambda f: f.nll_loss(x, Y),
        lambda f: f.nll_loss(x, tensor(Y, "int8")),
        lambda f: f.nll_loss(x, y, reduction=1),
        lambda f: f.cross_entropy(x[:0], y[:0]),
        lambda f: f.cross_entropy(x, y, label_smoothing=2.0),
        lambda f: f.cross_entropy(x, y, label_smoothing=None),
        lambda f: f.cross_entropy(x, Y),
    ):
        a = outcome(lambda: call(real))  # noqa: B023
        assert isinstance(a, type) and a is outcome(lambda: call(mint))  # noqa: B023
    with pytest.raises(ValueError, match="expected"):
        mint.cross_entropy(x, tensor(Q[:1]))


def test_cross_entropy_of_mint() -> None:
    """It has no kernel on the CPU: its rules are those of its document."""
    x, y, w = tensor(X), tensor(IGNORED, "int64"), tensor(W)
    assert outcome(lambda: mindspore.mint.nn.functional.cross_entropy(x, y)) is RuntimeError
    for reduction in ("none", "mean", "sum"):
        a, b = (f(x, y, w, -100, reduction, 0.1) for f in (mint.cross_entropy, shim.cross_entropy))
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())
    assert mint.cross_entropy(x.astype(mindspore.bfloat16), y, w).dtype == mindspore.bfloat16
    half = x.astype(mindspore.float16)
    assert mint.cross_entropy(half, y, w).dtype == mindspore.float16
    assert mint.cross_entropy(half, tensor(Q, "float16")).dtype == mindspore.float32
    assert np.isnan(mint.cross_entropy(x, tensor([-100] * 3, "int32")).asnumpy())
    padded = tensor([1, 255, 3], "uint8")
    expected = shim.nll_loss(x, tensor([1, -100, 3], "int32"))
    assert float(mint.nll_loss(x, padded, ignore_index=255)) == float(expected)
    assert np.isfinite(mint.nll_loss(x, tensor(Y, "uint8")).asnumpy())


@pytest.mark.parametrize("name", CLASSES[:2])
def test_the_classes_of_mint(name: str) -> None:
    x, y = tensor(X), tensor(Y, "int32")
    mine, theirs = getattr(mint_classes, name), getattr(mindspore.mint.nn, name)
    assert parameters(mine) == parameters(theirs) and repr(mine()) == repr(theirs())
    assert float(mine(tensor(W))(x, y)) == float(getattr(classes, name)(tensor(W))(x, y))
    weight = mindspore.Parameter(tensor(W))
    assert [p.name for p in mine(weight).get_parameters()] == [
        p.name for p in theirs(weight).get_parameters()
    ]
    if name == "NLLLoss":  # the native gradient is 0
        slopes = [
            mindspore.grad(lambda w: module.nll_loss(x, y, w))(tensor(W)).asnumpy()  # noqa: B023
            for module in (mint, shim, mindspore.mint.nn.functional)
        ]
        np.testing.assert_array_equal(slopes[0], slopes[1])
        assert slopes[0].any() and not slopes[2].any()
    cell = mine(mindspore.Parameter(tensor(W)))
    (slope,) = mindspore.grad(cell, None, tuple(cell.get_parameters()))(x, y)
    assert not slope.asnumpy().any()


class Program(nn.Cell):  # type: ignore[misc]
    """A function and a class of rows."""

    def __init__(self, soft: bool) -> None:
        super().__init__()
        self.loss = classes.SoftmaxCrossEntropyWithLogits(not soft, "mean")

    def construct(self, x: Any, y: Any, w: Any) -> Any:
        return shim.cross_entropy(x, y, w, -100, "mean", 0.1) + self.loss(x, y)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("columns", [4, None])
def test_programs_of_unknown_sizes(graph_mode: None, soft: bool, columns: int | None) -> None:
    x, y, w = tensor(X), tensor(Q) if soft else tensor(Y, "int32"), tensor(W)
    known, program = Program(soft), Program(soft)
    sizes = [None, columns]
    program.set_inputs(
        mindspore.Tensor(shape=sizes, dtype=mindspore.float32),
        mindspore.Tensor(shape=sizes if soft else [None], dtype=y.dtype),
        mindspore.Tensor(shape=[None], dtype=mindspore.float32),
    )
    np.testing.assert_allclose(program(x, y, w).asnumpy(), known(x, y, w).asnumpy(), rtol=1e-6)
    np.testing.assert_allclose(
        mindspore.grad(program, 0)(x, y, w).asnumpy(), mindspore.grad(known, 0)(x, y, w).asnumpy(), rtol=1e-5
    )
    with pytest.raises(ValueError, match="shape"):
        program(x, y[:2], w).asnumpy()

"""MindSpore's losses of rows beside the native functions and cells, and the traps that porters meet.

An index that is no class is given to no native function but once: some of them read beyond their memory.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import nn
from mindspore import ops as native
from mindspore.common.api import _pynative_executor

import compatlosses as cl
import compatlosses.mindspore.mint.nn as mint_classes
import compatlosses.mindspore.mint.nn.functional as mint
import compatlosses.mindspore.nn as classes
import compatlosses.mindspore.ops as shim

RNG = np.random.default_rng(4)
X, Q = RNG.normal(0, 2, (3, 4)).astype(np.float32), RNG.random((3, 4)).astype(np.float32)
Y, W = np.array([1, 0, 3]), np.array([1.0, 2.0, 0.5, 3.0])
IGNORED = np.array([1, -100, 3])
KINDS = {
    name: getattr(mindspore, name)
    for name in (
        "float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool_",
    )
}  # fmt: skip
BOTH = ("cross_entropy", "nll_loss")


def tensor(values: Any, dtype: str = "float32") -> mindspore.Tensor:
    """A MindSpore tensor."""
    return mindspore.Tensor(np.asarray(values)).astype(KINDS[dtype])


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


def assert_alike(theirs: Callable[[], Any], ours: Callable[[], Any], half: bool = False) -> None:
    """Both calls give the same, to the rounding of the native one, whose exponentials err by 5e-6."""
    a, b = outcome(theirs), outcome(ours)
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    half = half or a[0] == mindspore.float16
    np.testing.assert_allclose(
        b[2].astype(float), a[2].astype(float), rtol=1e-2 if half else 1e-5, atol=1e-2 if half else 1e-5
    )


def both(name: str, *arguments: Any, **options: Any) -> None:
    """`assert_alike` of a function of ``mindspore.ops``."""
    half = any(isinstance(x, mindspore.Tensor) and x.dtype == mindspore.float16 for x in arguments)
    assert_alike(
        lambda: getattr(native, name)(*arguments, **options),
        lambda: getattr(shim, name)(*arguments, **options),
        half,
    )


def parameters(function: Any) -> list[Any]:
    """The names and defaults of the options."""
    return [(p.name, p.default) for p in signature(function).parameters.values()]


def test_signatures() -> None:
    for name in BOTH:
        assert parameters(getattr(shim, name)) == parameters(getattr(native, name))
        assert parameters(getattr(mint, name)) == parameters(getattr(mindspore.mint.nn.functional, name))


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_indices(name: str, reduction: str, smoothing: float, weighted: bool) -> None:
    w = tensor(W) if weighted else None
    for y in (Y, IGNORED):
        both(name, tensor(X), tensor(y, "int32"), w, -100, reduction, smoothing)
    both(name, tensor(X), tensor(Y, "int64"), w, 3, reduction, smoothing)
    both(name, tensor(X[0]), tensor(1, "int32"), w, -100, reduction, smoothing)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("shape", [(2, 4, 3), (2, 4, 2, 2), (2, 4, 1, 2, 2)])
def test_classes_along_the_second_axis(name: str, shape: tuple[int, ...]) -> None:
    x = tensor(RNG.normal(size=shape))
    y = tensor(np.resize([0, 3, -100, 1, 2], (shape[0], *shape[2:])), "int32")
    for reduction in ("none", "mean", "sum"):
        both(name, x, y, tensor(W), -100, reduction, 0.1)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_probabilities(reduction: str, smoothing: float, weighted: bool) -> None:
    w = tensor(W) if weighted else None
    both("cross_entropy", tensor(X), tensor(Q), w, -100, reduction, smoothing)
    both("cross_entropy", tensor(X[0]), tensor(Q[0]), w, -100, reduction, smoothing)
    both("cross_entropy", tensor(X), tensor(Q[:1]), w, -100, reduction, smoothing)
    x, q = RNG.normal(size=(2, 4, 3)), RNG.random((2, 4, 3))
    both("cross_entropy", tensor(x), tensor(q), w, -100, reduction, smoothing)


@pytest.mark.parametrize("first", ["float16", "float32", "float64"])
@pytest.mark.parametrize("second", ["float16", "float32", "float64", "int32"])
def test_dtypes(first: str, second: str) -> None:
    x = tensor(X, first)
    both("cross_entropy", x, tensor(Y, "int32"), tensor(W, second))
    both("nll_loss", x, tensor(Y, "int32"), tensor(W, second))
    if second in ("float16", "float32"):
        both("cross_entropy", x, tensor(Q, second))


@pytest.mark.parametrize("name", BOTH)
def test_dtypes_that_are_refused(name: str) -> None:
    for dtype in ("int8", "int16", "uint8", "bool_"):
        both(name, tensor(X), tensor(Y, dtype))
    both(name, tensor(X, "bfloat16"), tensor(Y, "int32"))
    both("cross_entropy", tensor(X, "int32"), tensor(Y, "int32"))
    both("nll_loss", tensor(X), tensor(Q))


def test_probabilities_of_double_are_taken_as_documented() -> None:
    """MindSpore takes them for indices."""
    x, q = tensor(X), tensor(Q, "float64")
    with pytest.raises(TypeError):
        native.cross_entropy(x, q).asnumpy()
    settle()
    found = shim.cross_entropy(x, q)
    assert found.dtype == mindspore.float64
    assert float(found) == pytest.approx(float(shim.cross_entropy(x, tensor(Q))), rel=1e-6)


@pytest.mark.parametrize("name", BOTH)
def test_targets_that_keep_the_axis_of_the_classes(name: str) -> None:
    both(name, tensor(X), tensor(Y[:, None], "int32"), None, -100, "none")
    both(name, tensor(X[0]), tensor([1], "int32"), None, -100, "none")


@pytest.mark.parametrize("options", [
    {"reduction": "MEAN"}, {"reduction": "avg"}, {"reduction": None}, {"ignore_index": 1.0},
    {"ignore_index": None}, {"ignore_index": True}, {"label_smoothing": 1}, {"label_smoothing": None},
    {"label_smoothing": -0.1}, {"ignore_index": 2},
], ids=str)  # fmt: skip
def test_options_of_cross_entropy(options: dict[str, Any]) -> None:
    both("cross_entropy", tensor(X), tensor(Y, "int32"), **options)


@pytest.mark.parametrize("options", [
    {"ignore_index": 1.0}, {"ignore_index": None}, {"ignore_index": True}, {"ignore_index": "1"},
    {"label_smoothing": 1}, {"label_smoothing": None},
], ids=str)  # fmt: skip
def test_options_of_nll_loss(options: dict[str, Any]) -> None:
    both("nll_loss", tensor(X), tensor(Y, "int32"), **options)


def test_options_that_make_no_loss() -> None:
    """MindSpore computes with a smoothing beyond 1, in nll_loss below 0 too; an unknown reduction is 'none'
    there.
    """
    x, y = tensor(X), tensor(Y, "int32")
    for function, smoothing in ((shim.cross_entropy, 1.5), (shim.nll_loss, 1.5), (shim.nll_loss, -0.1)):
        assert np.isfinite(getattr(native, function.__name__)(x, y, label_smoothing=smoothing).asnumpy())
        with pytest.raises(ValueError, match="label_smoothing is"):
            function(x, y, label_smoothing=smoothing)
    assert native.nll_loss(x, y, reduction="MEAN").shape == (3,)
    with pytest.raises(ValueError, match="reduction is 'MEAN'"):
        shim.nll_loss(x, y, reduction="MEAN")


@pytest.mark.parametrize("name", BOTH)
def test_shapes_that_do_not_go_together(name: str) -> None:
    """A ValueError; a weight's is MindSpore's RuntimeError where it reaches a kernel."""
    x, y = tensor(X), tensor(Y, "int32")
    both(name, x, y[:2])
    assert outcome(lambda: getattr(native, name)(x[0, 0], y[0])) in (IndexError, ValueError)
    with pytest.raises(ValueError, match="has no dimension"):
        getattr(shim, name)(x[0, 0], y[0])
    for w in (tensor(W[:3]), tensor(W[None])):
        assert outcome(lambda: getattr(native, name)(x, y, w)) in (RuntimeError, ValueError)  # noqa: B023
        with pytest.raises(ValueError, match="weight has shape"):
            getattr(shim, name)(x, y, w)
    both("cross_entropy", x, tensor(Q[:2]))
    both("cross_entropy", x, Y)
    with pytest.raises(TypeError, match="target is None"):
        getattr(shim, name)(x, None)


@pytest.mark.parametrize("name", BOTH)
def test_nothing_to_average(name: str) -> None:
    x, y = tensor(X), tensor([-100] * 3, "int32")
    for reduction in ("none", "mean", "sum"):
        both(name, x, y, None, -100, reduction)
        both(name, x, tensor(Y, "int32"), tensor(W * 0), -100, reduction)
    both(name, x[:0], y[:0])
    both(name, x[:0], y[:0], None, -100, "none")


@pytest.mark.parametrize("name", BOTH)
def test_an_index_that_is_no_class(name: str) -> None:
    """MindSpore counts negative ones from the last class; others are a RuntimeError, or end the process."""
    x = tensor(X)
    if name == "cross_entropy":
        assert np.isfinite(native.cross_entropy(x, tensor([1, 0, -1], "int32")).asnumpy())
        with pytest.raises(RuntimeError):
            native.cross_entropy(x, tensor([1, 0, 4], "int32")).asnumpy()
        settle()
        for bad in (4, -1):
            with pytest.raises(IndexError, match=f"targets holds {bad} at"):
                shim.cross_entropy(x, tensor([1, 0, bad], "int32"))
    else:  # it has no compiled loops, which see values
        assert np.isnan(shim.nll_loss(x, tensor([1, 0, 4], "int32")).asnumpy())


def loss_of(module: Any, by: str) -> Callable[..., Any]:
    """A loss of tensors that are differentiated: logits and probabilities, or logits and a weight."""
    y = tensor(IGNORED, "int32")
    if by == "probabilities":
        return lambda x, q: module.cross_entropy(x, q, tensor(W), -100, "mean", 0.1)
    if by == "nll":
        return lambda x, w: module.nll_loss(x, y, w, -100, "mean", 0.1)
    return lambda x, w: module.cross_entropy(x, y, w, -100, "mean", 0.1)


@pytest.mark.parametrize("by", ["probabilities", "weight", "nll"])
def test_gradients(by: str) -> None:
    tensors = tensor(X), tensor(Q if by == "probabilities" else W)
    mine, theirs = (mindspore.grad(loss_of(module, by), (0, 1))(*tensors) for module in (shim, native))
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=2e-5, atol=2e-6)


def loss_in_a_graph(x: Any, y: Any, w: Any) -> Any:
    """A compiled function of the shim."""
    return shim.cross_entropy(x, y, w, -100, "mean", 0.1) - 2.0 * shim.nll_loss(x, y, w)


def soft_loss_in_a_graph(x: Any, q: Any, w: Any) -> Any:
    """The same with a number for each class."""
    return shim.cross_entropy(x, q, w, -100, "sum", 0.1)


@pytest.mark.parametrize("soft", [False, True])
def test_in_a_graph(soft: bool) -> None:
    function = soft_loss_in_a_graph if soft else loss_in_a_graph
    tensors = tensor(X), tensor(Q) if soft else tensor(IGNORED, "int32"), tensor(W)
    step = mindspore.value_and_grad(function, (0, 2))
    (value, compiled), (eager_value, eager) = mindspore.jit(step)(*tensors), step(*tensors)
    np.testing.assert_allclose(value.asnumpy(), eager_value.asnumpy(), rtol=1e-6, atol=1e-6)
    for a, b in zip(compiled, eager, strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6, atol=1e-7)


def test_small_losses_keep_their_digits() -> None:
    """MindSpore gives 0."""
    x, y = tensor([[20.0, 0.0]]), tensor([0], "int32")
    assert float(native.cross_entropy(x, y)) == 0.0
    assert float(shim.cross_entropy(x, y)) == pytest.approx(np.log1p(np.exp(-20.0)), rel=1e-7)


def test_masking_with_minus_infinity() -> None:
    x, q = tensor([[1.0, -np.inf]]), tensor([[1.0, 0.0]])
    assert np.isnan(native.cross_entropy(x, q).asnumpy())
    assert float(shim.cross_entropy(x, q)) == 0.0


# --- the classes --------------------------------------------------------------------------------------------

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

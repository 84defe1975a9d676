"""MindSpore's losses of rows beside the native functions, and the traps that porters meet.

An index that is no class is given to no native function but once: some of them read beyond their memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import ops as native
from mindspore_calls import assert_alike, outcome, parameters, settle, tensor

import compatlosses.mindspore.mint.nn.functional as mint
import compatlosses.mindspore.ops as shim

RNG = np.random.default_rng(4)
X, Q = RNG.normal(0, 2, (3, 4)).astype(np.float32), RNG.random((3, 4)).astype(np.float32)
Y, W = np.array([1, 0, 3]), np.array([1.0, 2.0, 0.5, 3.0])
IGNORED = np.array([1, -100, 3])
BOTH = ("cross_entropy", "nll_loss")


def both(name: str, *arguments: Any, **options: Any) -> None:
    """`assert_alike` of a function of ``mindspore.ops``."""
    half = any(isinstance(x, mindspore.Tensor) and x.dtype == mindspore.float16 for x in arguments)
    assert_alike(
        lambda: getattr(native, name)(*arguments, **options),
        lambda: getattr(shim, name)(*arguments, **options),
        half,
    )


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
    """MindSpore counts negative ones from the last class.

    Others are a RuntimeError there, or end the process: only the suite calls it, whose workers may end.
    """
    x = tensor(X)
    if name == "cross_entropy":
        assert np.isfinite(native.cross_entropy(x, tensor([1, 0, -1], "int32")).asnumpy())
    for bad in (4, -1):
        with pytest.raises(IndexError, match=f"targets holds {bad} at"):
            getattr(shim, name)(x, tensor([1, 0, bad], "int32"))


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

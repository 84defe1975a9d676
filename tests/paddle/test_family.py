"""Paddle's losses of probabilities, of one logit and of densities beside the native functions: values,
dtypes, errors, gradients, and the traps that porters meet.
"""

from __future__ import annotations

import copy
import math
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

X = np.array([[0.25, 0.5, 1.0], [0.0, 0.75, 0.125]], np.float32)
Y = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], np.float32)
V = np.array([[1.0, 0.5, 2.0], [0.25, 1e-9, 3.0]], np.float32)
CALLS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "binary_cross_entropy": ("binary_cross_entropy", (), {}),
    "kl_div": ("kl_div", (), {}),
    "kl_div of logarithms": ("kl_div", (), {"log_target": True}),
    "soft_margin_loss": ("soft_margin_loss", (), {}),
    "multi_label_soft_margin_loss": ("multi_label_soft_margin_loss", (), {}),
    "sigmoid_focal_loss": ("sigmoid_focal_loss", (), {}),
    "sigmoid_focal_loss without focus": ("sigmoid_focal_loss", (), {"gamma": 0.0, "alpha": 0.5}),
    "gaussian_nll_loss": ("gaussian_nll_loss", (V,), {}),
    "gaussian_nll_loss in full": ("gaussian_nll_loss", (V,), {"full": True, "epsilon": 1e-3}),
    "poisson_nll_loss": ("poisson_nll_loss", (), {}),
    "poisson_nll_loss of rates": ("poisson_nll_loss", (), {"log_input": False, "full": True, "epsilon": 0.5}),
}
NAMES = tuple(dict.fromkeys([*(name for name, _, _ in CALLS.values()), "log_loss"]))


@pytest.fixture(params=list(CALLS))
def call(request: pytest.FixtureRequest) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Each function with what follows its two tensors."""
    name, more, options = CALLS[request.param]
    return name, tuple(tensor(each) for each in more), options


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


def assert_alike(name: str, *arguments: Any, **options: Any) -> None:
    """Both functions give the same, to the rounding of the native one."""
    theirs = outcome(lambda: getattr(native, name)(*arguments, **options))
    ours = outcome(lambda: getattr(shim, name)(*arguments, **options))
    if isinstance(theirs, type) or isinstance(ours, type):
        assert ours is theirs
        return
    assert ours[:2] == theirs[:2]
    np.testing.assert_allclose(ours[2], theirs[2], rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_reductions(call: Any, reduction: str) -> None:
    name, more, options = call
    assert_alike(name, tensor(X), tensor(Y), *more, reduction=reduction, **options)


@pytest.mark.parametrize("reduction", ["batchmean", "MEAN", None])
def test_other_reductions(call: Any, reduction: str | None) -> None:
    name, more, options = call
    if name == "kl_div" and reduction != "batchmean":
        assert native.kl_div(tensor(X), tensor(Y), reduction=reduction).shape == [2, 3]  # taken for 'none'
        with pytest.raises(ValueError, match="reduction is"):
            shim.kl_div(tensor(X), tensor(Y), reduction=reduction)  # type: ignore[arg-type]
        return
    assert_alike(name, tensor(X), tensor(Y), *more, reduction=reduction, **options)


MIXED = (
    "kl_div",
    "soft_margin_loss",
    "multi_label_soft_margin_loss",
    "gaussian_nll_loss",
    "poisson_nll_loss",
)


@pytest.mark.parametrize("first", ["float32", "float64"])
@pytest.mark.parametrize("second", ["float32", "float64"])
def test_dtypes(call: Any, first: str, second: str) -> None:
    name, more, options = call
    x, y = tensor(X, first), tensor(Y, second)
    if first == second or name in MIXED:
        assert_alike(name, x, y, *more, **options)
        return
    with pytest.raises(ValueError):
        getattr(native, name)(x, y, *more, **options)
    with pytest.raises(TypeError, match="expected float"):
        getattr(shim, name)(x, y, *more, **options)


@pytest.mark.parametrize("dtype", ["int64", "int32", "bool"])
def test_labels_of_whole_numbers(dtype: str) -> None:
    assert_alike("soft_margin_loss", tensor(X), tensor(Y, dtype))
    assert_alike("soft_margin_loss", tensor(X, "int64"), tensor(Y, dtype))
    for name in ("kl_div", "binary_cross_entropy", "poisson_nll_loss"):
        with pytest.raises((TypeError, ValueError)):
            getattr(native, name)(tensor(X), tensor(Y, dtype))
        with pytest.raises(TypeError, match="label has dtype"):
            getattr(shim, name)(tensor(X), tensor(Y, dtype))


@pytest.mark.parametrize(
    ("x", "y"), [(X, Y[:1]), (X, Y[:, :2]), (X[0], Y[0]), (X[:0], Y[:0]), (X, Y[0])], ids=str
)
def test_shapes(call: Any, x: Any, y: Any) -> None:
    name, more, options = call
    assert_alike(name, tensor(x), tensor(y), *more, **options)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "multi_label_soft_margin_loss"])
@pytest.mark.parametrize("weight", [[0.25, 1.5, 0.7], [[0.25], [2.0]], [0.5], [1.0, 2.0]], ids=str)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_weights(name: str, weight: Any, reduction: str) -> None:
    for dtype in ("float32", "float64"):
        assert_alike(name, tensor(X), tensor(Y), tensor(weight, dtype), reduction)


@pytest.mark.parametrize("normalizer", [[2.0], 3.0, [1.0, 2.0, 4.0], [[1.0, 2.0, 4.0]], [1.0, 2.0]], ids=str)
def test_normalizers(normalizer: Any) -> None:
    for dtype in ("float32", "float64"):
        assert_alike("sigmoid_focal_loss", tensor(X), tensor(Y), tensor(normalizer, dtype), reduction="none")


def test_the_default_reduction_of_the_focal_loss_is_the_sum() -> None:
    x, y = tensor(X), tensor(Y)
    assert float(shim.sigmoid_focal_loss(x, y)) == float(shim.sigmoid_focal_loss(x, y, reduction="sum"))
    assert float(shim.sigmoid_focal_loss(x, y, alpha=2.0)) == pytest.approx(
        float(native.sigmoid_focal_loss(x, y, alpha=2.0)), rel=1e-5
    )
    for options in ({"alpha": -1.0}, {"gamma": -0.5}):  # Paddle computes with them; no loss has such weights
        with pytest.raises(ValueError, match="at least 0"):
            shim.sigmoid_focal_loss(x, y, **options)


@pytest.mark.parametrize("variance", [V[:, 0], V[:, :1], V[:1], V[0, 0], -V, V[0]], ids=str)
def test_variances(variance: Any) -> None:
    for dtype in ("float32", "float64"):
        assert_alike("gaussian_nll_loss", tensor(X), tensor(Y), tensor(variance, dtype), reduction="none")


@pytest.mark.parametrize(("p", "y"), [(1.1, 0.0), (-0.1, 0.0), (math.nan, 0.0), (0.5, 1.1), (0.5, -0.1)])
def test_what_is_no_probability(p: float, y: float) -> None:
    assert_alike("binary_cross_entropy", tensor([0.5]), tensor([0.5]))
    assert_alike("binary_cross_entropy", tensor([p]), tensor([y]))


@pytest.mark.parametrize("epsilon", [1e-4, 0.25, 0.0])
def test_log_loss(epsilon: float) -> None:
    x, y = tensor(X.reshape(6, 1)), tensor(Y.reshape(6, 1))
    if epsilon > 0:
        assert_alike("log_loss", x, y, epsilon)
    assert shim.log_loss(x, y, epsilon).shape == [6, 1]
    for a, b in ((tensor(X), tensor(Y)), (x[:, 0], y[:, 0])):
        assert_alike("log_loss", a, b, epsilon)


@pytest.mark.parametrize("epsilon", [0.0, -1.0])
def test_an_epsilon_that_is_not_above_0(epsilon: float) -> None:
    assert_alike("poisson_nll_loss", tensor(X), tensor(Y), epsilon=epsilon)


def test_the_floor_of_the_logarithms() -> None:
    p, y = tensor([0.0, 1.0]), tensor([1.0, 0.0])
    assert shim.binary_cross_entropy(p, y, reduction="none").tolist() == [100.0, 100.0]
    assert native.binary_cross_entropy(p, y, reduction="none").tolist() == [100.0, 100.0]
    p = tensor([0.0, 1e-20])
    p.stop_gradient = False
    shim.binary_cross_entropy(p, tensor([1.0, 1.0]), reduction="sum").backward()
    np.testing.assert_allclose(p.grad.numpy(), [0.0, -1e20], rtol=1e-6)


def test_what_paddle_loses() -> None:
    x, y = tensor([100.0, -30.0]), tensor([-1.0, -1.0])
    assert native.soft_margin_loss(x, y, reduction="none").tolist() == [math.inf, 0.0]
    np.testing.assert_allclose(
        shim.soft_margin_loss(x, y, reduction="none").numpy(), [100.0, 9.3576e-14], rtol=1e-4
    )


def test_gradients(call: Any) -> None:
    name, more, options = call
    labelled = name in ("soft_margin_loss", "multi_label_soft_margin_loss", "gaussian_nll_loss")
    found = []
    for module in (native, shim):
        x, y = tensor(0.125 + 0.75 * X), tensor(0.125 + 0.5 * Y)
        x.stop_gradient, y.stop_gradient = False, not labelled
        getattr(module, name)(x, y, *more, **options).backward()
        found.append([t.grad.numpy() for t in ((x, y) if labelled else (x,))])
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_paddles(name: str) -> None:
    mine, theirs = signature(getattr(shim, name)).parameters, signature(getattr(native, name)).parameters
    assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in theirs.values()]


def test_a_program(call: Any) -> None:
    name, more, options = call
    function = getattr(shim, name)

    def called(x: Any, y: Any) -> Any:
        return function(x, y, *more, **options)

    built = paddle.jit.to_static(called, full_graph=True)
    expected = function(tensor(X), tensor(Y), *more, **options)
    np.testing.assert_allclose(built(tensor(X), tensor(Y)).numpy(), expected.numpy(), rtol=1e-6)


CLASSES: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "BCELoss": ({"reduction": "sum"}, ()),
    "KLDivLoss": ({"reduction": "batchmean", "log_target": True}, ()),
    "SoftMarginLoss": ({"reduction": "sum"}, ()),
    "MultiLabelSoftMarginLoss": ({"reduction": "none"}, ()),
    "GaussianNLLLoss": ({"full": True, "epsilon": 0.5}, (V,)),
    "PoissonNLLLoss": ({"log_input": False, "full": True, "epsilon": 0.5}, ()),
}


@pytest.mark.parametrize("name", list(CLASSES))
def test_a_class_is_paddles_own_layer(name: str) -> None:
    mine, theirs = getattr(classes, name), getattr(paddle.nn, name)
    options, more = CLASSES[name]
    given = tensor(X), tensor(Y), *(tensor(each) for each in more)
    module, expected = mine(**options), theirs(**options)(*given).numpy()
    assert isinstance(module, theirs) and repr(module) == repr(theirs(**options))
    for same in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        np.testing.assert_allclose(same(*given).numpy(), expected, rtol=1e-5)

"""MindSpore's losses of probabilities, of one logit and of densities beside the native functions, and the
traps that porters meet.
"""

from __future__ import annotations

import math
from inspect import signature
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import ops as native

import compatlosses.mindspore.mint.nn as of_mint
import compatlosses.mindspore.nn as classes
from compatlosses.mindspore import ops as shim
from compatlosses.mindspore import plain
from compatlosses.mindspore.mint.nn import functional as mint

X = np.array([[0.25, 0.5, 1.0], [0.0, 0.75, 0.125]], np.float32)
Y = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], np.float32)
V = np.array([[1.0, 0.5, 2.0], [0.25, 1e-9, 3.0]], np.float32)
CALLS: dict[str, tuple[Any, dict[str, Any]]] = {
    "binary_cross_entropy": ((), {}),
    "kl_div": ((), {}),
    "multilabel_soft_margin_loss": ((), {}),
    "gaussian_nll_loss": ((V,), {"full": True, "eps": 1e-3}),
}


def tensor(values: Any, dtype: str = "float32") -> mindspore.Tensor:
    """A MindSpore tensor."""
    return mindspore.Tensor(np.asarray(values, np.float32)).astype(getattr(mindspore, dtype))


def assert_alike(name: str, *arguments: Any, **options: Any) -> None:
    """Both functions give the same dtype, shape and numbers, to the rounding of the native one."""
    theirs, ours = (getattr(module, name)(*arguments, **options) for module in (native, shim))
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    tolerance = 2e-3 if ours.dtype == mindspore.float16 else 2e-6
    np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), rtol=tolerance, atol=tolerance / 10)


@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_reductions(name: str, reduction: str) -> None:
    more, options = CALLS[name]
    assert_alike(name, tensor(X), tensor(Y), *map(tensor, more), reduction=reduction, **options)


def test_batchmean() -> None:
    assert_alike("kl_div", tensor(X), tensor(Y), reduction="batchmean")


@pytest.mark.parametrize("name", list(CALLS))
def test_unknown_reductions(name: str) -> None:
    more, _ = CALLS[name]
    for module in (native, shim):
        with pytest.raises(ValueError):
            getattr(module, name)(tensor(X), tensor(Y), *map(tensor, more), reduction="avg")


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("binary_cross_entropy", "float16", "float16"), ("kl_div", "float16", "float16"),
        ("kl_div", "float64", "float64"), ("multilabel_soft_margin_loss", "float32", "float64"),
        ("multilabel_soft_margin_loss", "float32", "int32"), ("gaussian_nll_loss", "float16", "float64"),
        ("gaussian_nll_loss", "int32", "float16"),
    ],
)  # fmt: skip
def test_dtypes(name: str, first: str, second: str) -> None:
    more, options = CALLS[name]
    x = tensor(0.125 + 0.75 * X, first)  # in half precision MindSpore's clamp of probabilities 0 and 1 is NaN
    assert_alike(name, x, tensor(Y, second), *map(tensor, more), reduction="none", **options)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("binary_cross_entropy", "float32", "float16"), ("binary_cross_entropy", "float64", "float64"),
        ("kl_div", "float32", "float64"), ("kl_div", "int32", "float32"),
    ],
)  # fmt: skip
def test_dtypes_that_are_refused(name: str, first: str, second: str) -> None:
    for module in (native, shim):
        with pytest.raises(TypeError):
            getattr(module, name)(tensor(X, first), tensor(Y, second)).asnumpy()


@pytest.mark.parametrize("weight", [[0.25, 1.5, 0.7], [[0.25], [2.0]]], ids=str)
def test_weights(weight: Any) -> None:
    assert_alike("multilabel_soft_margin_loss", tensor(X), tensor(Y), tensor(weight), reduction="none")
    # MindSpore's kernel on the CPU reads a weight that broadcasts as if it had the shape of the loss.
    whole = np.broadcast_to(np.float32(weight), X.shape)
    assert_alike("binary_cross_entropy", tensor(X), tensor(Y), tensor(whole), reduction="none")
    found = shim.binary_cross_entropy(tensor(X), tensor(Y), tensor(weight), "none").asnumpy()
    each = shim.binary_cross_entropy(tensor(X), tensor(Y), reduction="none").asnumpy()
    np.testing.assert_allclose(found, whole * each, rtol=1e-6)


@pytest.mark.parametrize("var", [V[:, :1], V[:1], V[0, 0], V[0]], ids=str)
def test_variances(var: Any) -> None:
    assert_alike("gaussian_nll_loss", tensor(X), tensor(Y), tensor(var), reduction="none")


@pytest.mark.parametrize("eps", [0.0, -1.0, 1])
def test_an_eps_that_is_no_float_above_0(eps: float) -> None:
    for module in (native, shim):
        with pytest.raises(ValueError):
            module.gaussian_nll_loss(tensor(X), tensor(Y), tensor(V), eps=eps)


def test_the_clamp_of_the_logarithms_is_1e_12() -> None:
    """The argument is called logits, and is probabilities."""
    p, y = tensor([0.0, 1.0]), tensor([1.0, 0.0])
    assert_alike("binary_cross_entropy", p, y, reduction="none")
    expected = [-math.log(1e-12)] * 2
    np.testing.assert_allclose(shim.binary_cross_entropy(p, y, reduction="none").asnumpy(), expected, 1e-6)
    gradient = mindspore.grad(lambda p: shim.binary_cross_entropy(p, y, reduction="sum"))(p)
    assert gradient.asnumpy().tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="should be between 0 and 1"):
        shim.binary_cross_entropy(tensor([1.5]), tensor([0.0]))


def test_the_mean_of_one_element() -> None:
    """MindSpore's CPU kernel counts it twice."""
    p, y = tensor([0.5]), tensor([1.0])
    assert float(native.binary_cross_entropy(p, y)) == pytest.approx(2 * math.log(2), rel=1e-6)
    assert float(shim.binary_cross_entropy(p, y)) == pytest.approx(math.log(2), rel=1e-6)


def test_the_gradient_by_variances_below_eps_is_0() -> None:
    found = []
    for module in (native, shim):
        gradient = mindspore.grad(
            lambda v, module=module: module.gaussian_nll_loss(tensor(X), tensor(Y), v, reduction="sum")
        )
        found.append(gradient(tensor(V)).asnumpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)
    assert found[1][1, 1] == 0.0


@pytest.mark.parametrize("name", list(CALLS))
def test_gradients(name: str) -> None:
    more, options = CALLS[name]
    x, y, others = tensor(0.125 + 0.75 * X), tensor(0.125 + 0.5 * Y), [tensor(each) for each in more]
    theirs, ours = (
        mindspore.grad(lambda x, module=module: getattr(module, name)(x, y, *others, **options))(x)
        for module in (native, shim)
    )
    np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [*CALLS, "soft_margin_loss"])
def test_compiled(name: str) -> None:
    more, options = CALLS.get(name, ((), {}))
    function, others = getattr(shim, name), [tensor(each) for each in more]

    def called(x: Any, y: Any) -> Any:
        return function(x, y, *others, **options)

    expected = called(tensor(X), tensor(Y)).asnumpy()
    np.testing.assert_allclose(mindspore.jit(called)(tensor(X), tensor(Y)).asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", [*CALLS, "soft_margin_loss"])
def test_the_signature_is_mindspores(name: str) -> None:
    mine, theirs = signature(getattr(shim, name)).parameters, signature(getattr(native, name)).parameters
    assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in theirs.values()]


def test_losses_that_have_no_kernel_on_the_cpu() -> None:
    x, y = tensor([100.0, -30.0]), tensor([-1.0, -1.0])
    with pytest.raises(RuntimeError):
        native.soft_margin_loss(x, y).asnumpy()
    found = shim.soft_margin_loss(x, y, "none").asnumpy()
    np.testing.assert_allclose(found, [100.0, math.exp(-30.0)], rtol=1e-6)
    divergence = mint.kl_div(tensor(X), tensor(np.log(V)), "batchmean", True)
    logarithms = np.log(V.astype(float))
    assert float(divergence) == pytest.approx(np.sum(np.exp(logarithms) * (logarithms - X)) / 2, rel=1e-5)


def test_the_divergence_of_mint_broadcasts_and_has_the_dtype_of_the_input() -> None:
    x, y = tensor(X, "float16"), tensor(Y[:1])
    found = mint.kl_div(x, y, "none")
    assert found.dtype == mindspore.float16 and found.shape == (2, 3)
    whole = shim.kl_div(tensor(X), tensor(np.broadcast_to(Y[:1], X.shape)), "none")
    np.testing.assert_allclose(found.asnumpy(), whole.asnumpy(), rtol=1e-3)
    with pytest.raises(ValueError, match="do not broadcast"):
        mint.kl_div(tensor(X), tensor(Y[:, :2]))


@pytest.mark.parametrize("function", [mint.kl_div, mint.soft_margin_loss, shim.soft_margin_loss])
def test_double_precision_is_in_no_document_of_mint(function: Any) -> None:
    with pytest.raises(TypeError, match="input has dtype float64; expected float16, float32, bfloat16"):
        function(tensor(X, "float64"), tensor(Y, "float64"))
    assert function(tensor(X, "bfloat16"), tensor(Y, "bfloat16")).dtype == mindspore.bfloat16


def test_the_classes_of_mint() -> None:
    """Those of ``mindspore.mint.nn``, but for the kernels that MindSpore has for other devices alone."""
    for name in ("BCELoss", "KLDivLoss", "SoftMarginLoss"):
        mine, theirs = getattr(of_mint, name), getattr(mindspore.mint.nn, name)
        options = [
            [(p.name, p.default) for p in signature(each).parameters.values()] for each in (mine, theirs)
        ]
        assert options[0] == options[1]
        forward = [list(signature(each.construct).parameters) for each in (mine, theirs)]
        assert forward[0] == forward[1] and isinstance(mine(), mindspore.nn.Cell)
    given = tensor(X), tensor(Y)
    loss, native_loss = (module.BCELoss(tensor(V), "sum") for module in (of_mint, mindspore.mint.nn))
    np.testing.assert_allclose(loss(*given).asnumpy(), native_loss(*given).asnumpy(), rtol=1e-6)
    assert float(of_mint.KLDivLoss("batchmean", log_target=True)(*given)) == float(
        mint.kl_div(*given, "batchmean", True)
    )
    assert float(of_mint.SoftMarginLoss("sum")(*given)) == float(mint.soft_margin_loss(*given, "sum"))


def test_mint_has_other_names() -> None:
    found = mint.binary_cross_entropy(input=tensor(X), target=tensor(Y))
    assert float(found) == float(shim.binary_cross_entropy(logits=tensor(X), labels=tensor(Y)))


CLASSES: dict[str, tuple[dict[str, Any], Any]] = {
    "BCELoss": ({"weight": V, "reduction": "sum"}, ()),
    "KLDivLoss": ({"reduction": "batchmean"}, ()),
    "MultiLabelSoftMarginLoss": ({"weight": [0.5, 1.0, 2.0], "reduction": "none"}, ()),
    "GaussianNLLLoss": ({"full": True, "eps": 0.5}, (V,)),
    "PoissonNLLLoss": ({"log_input": False, "full": True, "eps": 0.5}, ()),
}


@pytest.mark.parametrize("name", list(CLASSES))
def test_a_class_is_a_cell(name: str) -> None:
    options, more = CLASSES[name]
    options = {key: tensor(value) if key == "weight" else value for key, value in options.items()}
    mine, theirs = getattr(classes, name), getattr(mindspore.nn, name)
    assert list(signature(mine).parameters) == list(signature(theirs).parameters)
    given = tensor(X), tensor(Y), *map(tensor, more)
    assert isinstance(mine(**options), mindspore.nn.Cell)
    np.testing.assert_allclose(
        mine(**options)(*given).asnumpy(), theirs(**options)(*given).asnumpy(), rtol=1e-5
    )


@pytest.mark.parametrize(
    "options",
    [
        {"eps": 0.0},
        {"eps": -1.0},
        {"eps": 1},
        {"eps": "a"},
        {"full": 1},
        {"full": None},
        {"reduction": "avg"},
    ],
    ids=str,
)
def test_what_a_density_is_not_made_with(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as native_error:
        mindspore.nn.GaussianNLLLoss(**options)
    for module in (classes, plain):
        with pytest.raises(native_error.type, match=r"reduction|expected"):
            module.GaussianNLLLoss(**options)


@pytest.mark.parametrize("name", ["KLDivLoss", "SoftMarginLoss"])
def test_a_reduction_that_the_call_refuses(name: str) -> None:
    """The real classes too are made with it."""
    getattr(mindspore.nn, name)("avg")
    for module in (classes, plain):
        with pytest.raises(ValueError, match="reduction is 'avg'"):
            getattr(module, name)("avg")(tensor(X), tensor(Y))

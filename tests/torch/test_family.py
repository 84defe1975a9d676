"""torch's losses of probabilities, of one logit and of densities beside the native functions: values, dtypes,
errors, gradients, and the traps that porters meet.
"""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as native

import compatlosses.torch.nn as classes
import compatlosses.torch.nn.functional as shim

X = torch.tensor([[0.25, 0.5, 1.0], [0.0, 0.75, 0.125]])
Y = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
V = torch.tensor([[1.0, 0.5, 2.0], [0.25, 1e-9, 3.0]])
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool)
CALLS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "binary_cross_entropy": ("binary_cross_entropy", (), {}),
    "kl_div": ("kl_div", (), {}),
    "kl_div of logarithms": ("kl_div", (), {"log_target": True}),
    "soft_margin_loss": ("soft_margin_loss", (), {}),
    "multilabel_soft_margin_loss": ("multilabel_soft_margin_loss", (), {}),
    "gaussian_nll_loss": ("gaussian_nll_loss", (V,), {}),
    "gaussian_nll_loss in full": ("gaussian_nll_loss", (2.0,), {"full": True, "eps": 1e-3}),
    "poisson_nll_loss": ("poisson_nll_loss", (), {}),
    "poisson_nll_loss of rates": ("poisson_nll_loss", (), {"log_input": False, "full": True, "eps": 0.5}),
}
NAMES = tuple(dict.fromkeys(name for name, _, _ in CALLS.values()))
DEPRECATED = [name for name in NAMES if name != "gaussian_nll_loss"]

pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides", "ignore:size_average and reduce")


@pytest.fixture(params=list(CALLS))
def call(request: pytest.FixtureRequest) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Each function with what follows its two tensors."""
    return CALLS[request.param]


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error."""
    try:
        result = call()
    except Exception as error:
        return type(error)
    return result.dtype, tuple(result.shape), result.double()


def assert_alike(name: str, *arguments: Any, **options: Any) -> None:
    """Both functions give the same, to the rounding of the native one."""
    theirs = outcome(lambda: getattr(native, name)(*arguments, **options))
    ours = outcome(lambda: getattr(shim, name)(*arguments, **options))
    if isinstance(theirs, type) or isinstance(ours, type):
        assert ours is theirs
        return
    assert ours[:2] == theirs[:2]
    # Whole numbers beside double go through single in torch's own.
    tensors = [t for t in (*arguments, ours[2].to(ours[0])) if torch.is_tensor(t)]
    kinds = [t.dtype if t.dtype.is_floating_point else torch.float32 for t in tensors]
    eps = max(torch.finfo(kind).eps for kind in kinds)
    assert torch.allclose(ours[2], theirs[2], rtol=16 * eps, atol=4 * eps, equal_nan=True)


@pytest.mark.parametrize("reduction", ["none", "mean"])
@pytest.mark.parametrize("second", DTYPES, ids=str)
@pytest.mark.parametrize("first", DTYPES, ids=str)
def test_dtypes(call: Any, first: torch.dtype, second: torch.dtype, reduction: str) -> None:
    name, more, options = call
    assert_alike(name, X.to(first), Y.to(second), *more, reduction=reduction, **options)


@pytest.mark.parametrize("reduction", ["sum", "batchmean", "elementwise_mean", "avg", None])
def test_reductions(call: Any, reduction: str | None) -> None:
    name, more, options = call
    assert_alike(name, X, Y, *more, reduction=reduction, **options)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X, Y[0]), (X, Y[:1]), (X, Y[:, :1]), (X[0], Y), (X, Y[:, :2]), (X, Y[0, 0]), (X[0], Y[0]),
        (X[0, 0], Y[0, 0]), (X[:0], Y[:0]), (X[:, :1], Y), (X, torch.ones(1, 2, 3)),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "batchmean"])
def test_shapes(call: Any, x: torch.Tensor, y: torch.Tensor, reduction: str) -> None:
    name, more, options = call
    assert_alike(name, x, y, *more, reduction=reduction, **options)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "multilabel_soft_margin_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(
    "weight",
    [
        torch.tensor([0.25, 1.5, 0.7]), torch.tensor([[0.25], [2.0]]), torch.ones(2, 3).long(),
        torch.tensor(0.5),        torch.ones(2), torch.tensor([0.5]),
    ],
    ids=str,
)  # fmt: skip
def test_weights(name: str, weight: torch.Tensor, reduction: str) -> None:
    assert_alike(name, X, Y, weight, reduction=reduction)


@pytest.mark.parametrize(
    "var",
    [
        V[:, 0], V[:, :1], V[:1], V[:1, :1], V[0, 0], torch.ones(4), V.double(), V.half(), 2.0, 2, -1.0, -V,
        V.long(), V[0],
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("eps", [1e-6, 0.0, 1])
def test_variances(var: Any, eps: float) -> None:
    assert_alike("gaussian_nll_loss", X, Y, var, eps=eps, reduction="none")


def test_the_gradient_by_variances_is_not_affected_by_the_clamp() -> None:
    found = []
    for module in (native, shim):
        v = V.clone().requires_grad_()
        module.gaussian_nll_loss(X, Y, v).backward()
        found.append(v.grad)
    torch.testing.assert_close(*found)


@pytest.mark.parametrize(
    ("p", "y"), [(1.1, 0.0), (-0.1, 0.0), (0.5, 1.1), (0.5, -0.1), (math.nan, 0.0), (0.5, math.nan)]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_no_probability(p: float, y: float, dtype: torch.dtype) -> None:
    good, bad = torch.tensor([0.5], dtype=dtype), torch.tensor([[p], [y]], dtype=dtype)
    assert_alike("binary_cross_entropy", *bad)
    assert_alike("binary_cross_entropy", good, good)  # a call that comes again is checked too
    for _ in range(2):
        with pytest.raises(RuntimeError, match="should be between 0 and 1"):
            shim.binary_cross_entropy(*bad)


def test_the_floor_of_the_logarithms() -> None:
    p, y = torch.tensor([0.0, 1.0, 1e-44]), torch.tensor([1.0, 0.0, 1.0])
    expected = native.binary_cross_entropy(p, y, reduction="none")
    torch.testing.assert_close(shim.binary_cross_entropy(p, y, reduction="none"), expected)
    p = torch.tensor([0.0, 1e-20], requires_grad=True)
    native.binary_cross_entropy(p, torch.ones(2), reduction="sum").backward()
    assert p.grad is not None
    torch.testing.assert_close(p.grad, torch.tensor([-1e12, -1e12]))  # a floor that no document mentions
    p.grad = None
    shim.binary_cross_entropy(p, torch.ones(2), reduction="sum").backward()
    torch.testing.assert_close(p.grad, torch.tensor([0.0, -1e20]))


def test_what_torch_loses() -> None:
    """Losses that torch's own operations make infinite, 0 or NaN."""
    x, y = torch.tensor([100.0, -100.0]), torch.tensor([-1.0, -1.0])
    assert native.soft_margin_loss(x, y, reduction="none").tolist()[0] == math.inf
    torch.testing.assert_close(
        shim.soft_margin_loss(x, y, reduction="none"), torch.tensor([100.0, 3.783506e-44]), rtol=0, atol=1e-45
    )
    for value in (-math.inf, math.inf, math.nan):
        x, y = torch.tensor([value]), torch.tensor([0.0])
        assert math.isnan(native.kl_div(x, y, reduction="sum"))
        assert float(shim.kl_div(x, y, reduction="sum")) == 0.0


@pytest.mark.parametrize("value", [1, 0.5, None, torch.tensor(True)])
def test_flags_are_bools(value: Any) -> None:
    """A number in the third place, where another API has variances, is no flag."""
    for module in (native, shim):
        with pytest.raises(TypeError):
            module.poisson_nll_loss(X, Y, value)
        with pytest.raises(TypeError):
            module.poisson_nll_loss(X, Y, full=value)
        with pytest.raises(TypeError):
            module.kl_div(X, Y, reduction="sum", log_target=value)


def test_rates_and_counts_are_not_complex() -> None:
    for x, y in ((X.to(torch.complex64), Y), (X, Y.to(torch.complex64))):
        with pytest.raises(RuntimeError, match="complex64"):
            shim.poisson_nll_loss(x, y)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_a_target_of_another_shape_is_refused_before_its_dtype(dtype: torch.dtype) -> None:
    """torch compares the shapes of binary cross entropy with logits first."""
    for module in (native, shim):
        with pytest.raises(ValueError):
            module.binary_cross_entropy_with_logits(X, Y[0].to(dtype))
        with pytest.raises(ValueError):
            module.binary_cross_entropy_with_logits(X.to(dtype), Y[0])


def test_the_mean_of_the_divergence_warns() -> None:
    for module in (native, shim):
        for _ in range(3):  # a call that comes again warns too
            with pytest.warns(
                UserWarning, match="reduction: 'mean' divides the total loss by both the batch size"
            ):
                module.kl_div(X, Y)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            module.kl_div(X, Y, reduction="batchmean")


@pytest.mark.parametrize("name", DEPRECATED)
@pytest.mark.parametrize(
    "options", [{"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}]
)
def test_the_deprecated_pair(name: str, options: dict[str, bool]) -> None:
    assert_alike(name, X, Y, reduction="wrong", **options)


def test_gradients(call: Any) -> None:
    name, more, options = call
    found = []
    for module in (native, shim):
        x, y = (
            (0.125 + 0.75 * X).requires_grad_(),
            (0.125 + 0.5 * Y).requires_grad_(name != "soft_margin_loss"),
        )
        getattr(module, name)(x, y, *more, **options).backward()
        found.append([t.grad for t in (x, y) if t.requires_grad])
    torch.testing.assert_close(*found)


def test_compiled(call: Any) -> None:
    name, more, options = call
    compiled = torch.compile(getattr(shim, name), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(X, Y, *more, **options), getattr(shim, name)(X, Y, *more, **options))


def test_symbolic_trace_records_one_node(call: Any) -> None:
    name, more, options = call
    function = getattr(shim, name)
    traced = torch.fx.symbolic_trace(lambda x, y: function(x, y, *more, **options))
    assert [node.target for node in traced.graph.nodes if node.op == "call_function"] == [function]
    assert torch.equal(traced(X, Y), function(X, Y, *more, **options))


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_torchs(name: str) -> None:
    mine, theirs = signature(getattr(shim, name)).parameters, signature(getattr(native, name)).parameters
    assert [(p.name, p.kind, p.default) for p in mine.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_numpy_arrays(name: str) -> None:
    more = (2.0,) if name == "gaussian_nll_loss" else ()
    found = getattr(shim, name)(X.numpy(), Y.numpy(), *more)
    assert isinstance(found, (np.ndarray, np.generic))
    assert float(found) == pytest.approx(float(getattr(native, name)(X, Y, *more)), rel=1e-5)
    with pytest.raises(TypeError, match="target is"):
        getattr(shim, name)(X, Y.numpy(), *more)


CLASSES = {
    "BCELoss": {"weight": torch.tensor([0.5, 1.0, 2.0])},
    "KLDivLoss": {"reduction": "batchmean", "log_target": True},
    "SoftMarginLoss": {"reduction": "sum"},
    "MultiLabelSoftMarginLoss": {"weight": torch.tensor([0.5, 1.0, 2.0]), "reduction": "none"},
    "GaussianNLLLoss": {"full": True, "eps": 0.5},
    "PoissonNLLLoss": {"log_input": False, "full": True, "eps": 0.5},
}


@pytest.mark.parametrize("name", list(CLASSES))
def test_a_class_is_torchs_own_module(name: str) -> None:
    mine, theirs = getattr(classes, name), getattr(torch.nn, name)
    mine_takes, theirs_take = (
        [(p.name, p.kind, p.default) for p in signature(each).parameters.values()] for each in (mine, theirs)
    )
    assert mine_takes == theirs_take
    options, more = CLASSES[name], (V,) if name == "GaussianNLLLoss" else ()
    module = mine(**options)
    assert isinstance(module, theirs) and repr(module) == repr(theirs(**options))
    expected = theirs(**options)(X, Y, *more)
    for same in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        torch.testing.assert_close(same(X, Y, *more), expected)


@pytest.mark.parametrize("name", ["BCELoss", "MultiLabelSoftMarginLoss"])
def test_a_weight_is_a_buffer_unless_it_is_of_another_framework(name: str) -> None:
    mine, weight = getattr(classes, name), CLASSES[name]["weight"]
    assert list(mine(weight).state_dict()) == ["weight"] == list(getattr(torch.nn, name)(weight).state_dict())
    foreign = mine(weight.numpy(), reduction="sum")
    expected = float(mine(weight, reduction="sum")(X, Y))
    assert float(foreign(X.numpy(), Y.numpy())) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(TypeError, match="weight is of type list"):
        mine([0.5, 1.0, 2.0])

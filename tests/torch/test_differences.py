"""torch's losses of a difference beside the native functions: values, dtypes, errors, and the traps that
porters meet.
"""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as native

import compatlosses.torch.nn as classes
import compatlosses.torch.nn.functional as shim

NAMES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
X = torch.tensor([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]])
Y = torch.tensor([[0.0, 1.0, -2.0], [3.0, 0.0, 0.5]])
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.bool)

pytestmark = pytest.mark.filterwarnings("ignore:Using a target size", "ignore:size_average and reduce")


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
    # torch rounds to the common dtype of input and target before a wider weight meets it.
    eps = max(
        torch.finfo(t.dtype).eps for t in (*arguments, ours[2].to(ours[0])) if t.dtype.is_floating_point
    )
    assert torch.allclose(ours[2], theirs[2], rtol=8 * eps, atol=eps, equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "avg", None])
@pytest.mark.parametrize("second", DTYPES, ids=str)
@pytest.mark.parametrize("first", DTYPES, ids=str)
def test_dtypes_and_reductions(
    name: str, first: torch.dtype, second: torch.dtype, reduction: str | None
) -> None:
    floating = first.is_floating_point or second.is_floating_point
    if not floating and name in ("l1_loss", "huber_loss"):
        with pytest.raises((NotImplementedError, RuntimeError, ValueError)):  # a row of docs/deviations.md
            getattr(shim, name)(X.to(first), Y.to(second), reduction=reduction)
        return
    assert_alike(name, X.to(first), Y.to(second), reduction=reduction)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("x", "y"),
    [(X, Y[:, :2]), (X, Y[:1]), (X[0], Y), (X, Y[0, 0]), (X[:0], Y[:0]), (X[0, 0], Y[0, 0])],
    ids=str,
)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_shapes(name: str, x: torch.Tensor, y: torch.Tensor, reduction: str) -> None:
    assert_alike(name, x, y, reduction=reduction)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(
    "weight",
    [
        torch.tensor([[0.25, 1.5, 0.0], [3.0, 0.7, 1.0]]),
        torch.tensor([0.25, 1.5, 0.7]),
        torch.ones(2, 3).long(),
        torch.tensor([[0.25, 1.5, 0.1], [3.0, 0.7, 1.0]]).double(),
        torch.zeros(2, 3),
    ],
    ids=["same shape", "fewer dimensions", "integer", "double", "zeros"],
)
def test_weights_and_their_two_divisors(name: str, weight: torch.Tensor, reduction: str) -> None:
    assert_alike(name, X, Y, weight=weight, reduction=reduction)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_weighted_mean_over_a_target_that_enlarges_the_loss(name: str) -> None:
    """torch divides by the sum of the weight as it was given: here by four of the sixteen weights."""
    x, y, w = (
        torch.tensor([[1.0], [2.0], [0.5], [4.0]]),
        torch.zeros(4, 4),
        torch.tensor([[0.5], [1.0], [2.0], [0.25]]),
    )
    native = getattr(torch.nn.functional, name)(x, y, weight=w)
    own = getattr(shim, name)(x, y, weight=w)
    assert native.item() == 4 * own.item()  # a row of docs/deviations.md
    losses = getattr(torch.nn.functional, name)(x, y, reduction="none")
    assert own.item() == pytest.approx(((w * losses).sum() / w.expand(4, 4).sum()).item())


@pytest.mark.parametrize("bend", [0.0, 0.5, 2.0, -1.0, float("nan"), float("inf"), 1])
def test_the_bend(bend: float) -> None:
    assert_alike("huber_loss", X, Y, delta=bend)
    assert_alike("smooth_l1_loss", X, Y, beta=bend)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
@pytest.mark.parametrize(
    "options", [{"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}]
)
def test_the_deprecated_pair(name: str, options: dict[str, bool]) -> None:
    assert_alike(name, X, Y, reduction="wrong", **options)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
def test_a_reduction_in_the_third_place_is_a_mean(name: str) -> None:
    """The classic accident: 'none' lands in size_average."""
    function: Any = getattr(shim, name)
    assert torch.equal(function(X, Y, "none"), function(X, Y))


def test_broadcasting_warns() -> None:
    with pytest.warns(UserWarning, match="Using a target size"):
        shim.mse_loss(torch.ones(4), torch.ones(4, 1))


def test_arguments_that_are_no_tensors() -> None:
    """torch asks them for a size."""
    for name in NAMES:
        for other, error in ((Y.numpy(), TypeError), (None, AttributeError), (1.0, AttributeError)):
            with pytest.raises(error):
                getattr(native, name)(X, other)
            with pytest.raises(TypeError, match="target is"):
                getattr(shim, name)(X, other)


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name: str) -> None:
    found = []
    for module in (native, shim):
        x, y = X.clone().requires_grad_(), Y.clone().requires_grad_()
        getattr(module, name)(x, y).backward()
        found.append((x.grad, y.grad))
    assert all(torch.allclose(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_compiled(name: str) -> None:
    function = getattr(shim, name)
    assert torch.allclose(torch.compile(function, fullgraph=True, backend="aot_eager")(X, Y), function(X, Y))


@pytest.mark.parametrize(
    "number", [True, np.float32(0.5), np.int64(2), torch.tensor(0.5), torch.tensor(2)], ids=repr
)
def test_what_torch_takes_for_a_number(number: Any) -> None:
    assert_alike("huber_loss", X, Y, delta=number)
    assert_alike("smooth_l1_loss", X, Y, beta=number)


@pytest.mark.parametrize("number", ["1", None, 1j, torch.ones(1), torch.tensor(0.5, requires_grad=True)])
def test_what_is_no_number(number: Any) -> None:
    assert_alike("huber_loss", X, Y, delta=number)
    assert_alike("smooth_l1_loss", X, Y, beta=number)
    with pytest.raises(TypeError, match=r"delta is .*; expected a number"):
        shim.huber_loss(X, Y, delta=number)


@pytest.mark.parametrize("name", NAMES)
def test_symbolic_trace_records_one_node(name: str) -> None:
    function = getattr(shim, name)
    traced = torch.fx.symbolic_trace(lambda x, y: function(x, y, reduction="sum"))
    assert [node.target for node in traced.graph.nodes if node.op == "call_function"] == [function]
    assert torch.equal(traced(X, Y), function(X, Y, reduction="sum"))


@pytest.mark.parametrize("name", NAMES)
def test_a_mode_sees_the_call(name: str) -> None:
    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return func(*args, **(kwargs or {}))

    seen: list[Any] = []
    with Mode():
        getattr(shim, name)(X, Y)
    assert seen == [getattr(shim, name)]


CLASSES = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_torchs_own_module(name: str) -> None:
    mine, theirs = getattr(classes, name), getattr(torch.nn, name)
    assert signature(mine) == signature(theirs)
    module = mine(reduction="sum")
    assert isinstance(module, theirs) and repr(module) == repr(theirs()) and not module.state_dict()
    expected = theirs(reduction="sum")(X, Y)
    for same in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        torch.testing.assert_close(same(X, Y), expected)
    with pytest.raises(ValueError, match="reduction is 'avg'"):
        mine(reduction="avg")(X, Y)
    with pytest.raises(TypeError):
        mine()(X, Y.numpy())
    assert float(module(X.numpy(), Y.numpy())) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("name", CLASSES[:3])
def test_a_class_with_the_deprecated_pair(name: str) -> None:
    with pytest.warns(UserWarning, match="reduction='sum'"):
        assert getattr(classes, name)(False).reduction == "sum"
    with pytest.warns(UserWarning, match="reduction='mean'"):
        assert getattr(classes, name)("none").reduction == "mean"  # 'none' in the first place is size_average


def test_a_class_keeps_its_bend() -> None:
    torch.testing.assert_close(classes.SmoothL1Loss(beta=0.5)(X, Y), torch.nn.SmoothL1Loss(beta=0.5)(X, Y))
    torch.testing.assert_close(classes.HuberLoss("sum", 2.0)(X, Y), torch.nn.HuberLoss("sum", 2.0)(X, Y))


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("record", [torch.jit.script, lambda module: torch.jit.trace(module, (X, Y))])
def test_torchscript_is_saved_and_loaded(name: str, record: Any) -> None:
    module, file = getattr(classes, name)(), io.BytesIO()
    torch.jit.save(record(module), file)
    file.seek(0)
    loaded = torch.jit.load(file)
    for _ in range(3):  # the second and third run what has been optimized
        torch.testing.assert_close(loaded(X, Y), module(X, Y))


def test_an_infinite_beta() -> None:
    """Nothing is beyond the bend, and the parabola is flat. torch multiplies an overflowed square by 0."""
    x, y = torch.tensor([1e30, 1.0]), torch.zeros(2)
    assert torch.isnan(native.smooth_l1_loss(x, y, beta=float("inf"), reduction="none")).tolist() == [
        True,
        False,
    ]
    assert shim.smooth_l1_loss(x, y, beta=float("inf"), reduction="none").tolist() == [0.0, 0.0]

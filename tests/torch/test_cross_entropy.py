"""torch's losses of rows beside the native functions and modules: values, dtypes, gradients, errors, and the
traps that porters meet.
"""

from __future__ import annotations

import copy
import io
import math
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

BOTH = ("cross_entropy", "nll_loss")
GENERATOR = torch.Generator().manual_seed(16)
X = torch.randn(3, 4, generator=GENERATOR) * 2
Q = torch.rand(3, 4, generator=GENERATOR)
Y, IGNORED = torch.tensor([1, 0, 3]), torch.tensor([1, -100, 3])
W = torch.tensor([1.0, 2.0, 0.5, 3.0])
FLOATING = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
DTYPES = (*FLOATING, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)
REDUCTIONS = ("none", "mean", "sum")

pytestmark = pytest.mark.filterwarnings("ignore:size_average and reduce")


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
    tensors = [t for t in arguments if isinstance(t, torch.Tensor) and t.dtype.is_floating_point]
    eps = max(torch.finfo(t.dtype).eps for t in (*tensors, ours[2].to(ours[0])))
    torch.testing.assert_close(ours[2], theirs[2], rtol=8 * eps, atol=8 * eps, equal_nan=True)


def refuses(kind: type[Exception], name: str, *arguments: Any, match: str, **options: Any) -> None:
    """Both functions raise this kind of error; ours says why."""
    assert outcome(lambda: getattr(native, name)(*arguments, **options)) is kind
    with pytest.raises(kind, match=match):
        getattr(shim, name)(*arguments, **options)


def test_signatures() -> None:
    for name in BOTH:
        mine, theirs = (signature(getattr(module, name)).parameters for module in (shim, native))
        assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in theirs.values()]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, W], ids=["no weight", "weight"])
def test_indices(name: str, reduction: str, weight: torch.Tensor | None) -> None:
    """A mean divides by the weights of the rows that count."""
    for x, y in ((X, Y), (X, IGNORED), (X[0], Y[0]), (X[0], Y[:1]), (X[:0], Y[:0]), (X.T.contiguous().T, Y)):
        assert_alike(name, x, y, weight, reduction=reduction)
    assert_alike(name, X, Y, weight, None, 3, reduction=reduction)
    assert_alike(name, X, Y.to(torch.uint8), weight, ignore_index=0, reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, W], ids=["no weight", "weight"])
@pytest.mark.parametrize("smoothing", [0.2, 1.0, 1])
def test_smoothed_indices(reduction: str, weight: torch.Tensor | None, smoothing: float) -> None:
    """A mean divides by the weights of the indices, not by those of the smoothed targets."""
    for x, y in ((X, Y), (X, IGNORED), (X[0], Y[0]), (X, IGNORED * 0 - 100)):
        assert_alike("cross_entropy", x, y, weight, None, -100, None, reduction, smoothing)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, W, W.double(), W.long()], ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_probabilities(reduction: str, weight: torch.Tensor | None, smoothing: float) -> None:
    """A mean divides by the number of rows, whatever the weights."""
    for x, q in ((X, Q), (X[0], Q[0]), (X[:0], Q[:0])):
        assert_alike("cross_entropy", x, q, weight, reduction=reduction, label_smoothing=smoothing)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("shape", [(2, 4, 3), (2, 4, 2, 3), (2, 4, 1, 2, 3), (4, 4, 4)])
def test_classes_along_the_second_axis(name: str, shape: tuple[int, ...]) -> None:
    x = torch.randn(shape, generator=GENERATOR)
    y = torch.arange(math.prod(shape) // 4).reshape(shape[0], *shape[2:]) % 4
    y[0, 0] = -100
    for reduction in REDUCTIONS:
        assert_alike(name, x, y, W, reduction=reduction)
        if name == "cross_entropy":
            assert_alike(name, x, x.softmax(1), W, reduction=reduction, label_smoothing=0.1)
    last = getattr(shim, name)(x.movedim(1, -1).reshape(-1, 4), y.reshape(-1), W)
    torch.testing.assert_close(getattr(shim, name)(x, y, W), last)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("first", DTYPES, ids=str)
@pytest.mark.parametrize("second", DTYPES, ids=str)
def test_dtypes(name: str, first: torch.dtype, second: torch.dtype) -> None:
    """Indices are int64 or uint8; their weight has the input's dtype. Probabilities promote."""
    assert_alike(name, X.to(first), Y.to(second))
    assert_alike(name, X.to(first), Y, W.to(second))
    assert_alike(name, X.to(first), Q.to(second))
    assert_alike(name, X.to(first), Q.to(second), W)


@pytest.mark.parametrize("first", FLOATING, ids=str)
@pytest.mark.parametrize("second", FLOATING, ids=str)
def test_autocast(first: torch.dtype, second: torch.dtype) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        for name in BOTH:
            assert_alike(name, X.to(first), Y)
            assert_alike(name, X.to(first), Y, W.to(second))
        assert_alike("cross_entropy", X.to(first), Q.to(second), W)


@pytest.mark.parametrize("name", BOTH)
def test_nothing_to_average(name: str) -> None:
    for reduction in REDUCTIONS:
        assert_alike(name, X, torch.full((3,), -100), W, reduction=reduction)
        assert_alike(name, X, Y, W * 0, reduction=reduction)
    assert torch.isnan(getattr(shim, name)(X, torch.full((3,), -100)))


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    "options",
    [
        {"size_average": False},
        {"reduce": False},
        {"size_average": True},
        {"size_average": False, "reduce": 1},
    ],
)
def test_the_deprecated_pair(name: str, options: dict[str, Any]) -> None:
    assert_alike(name, X, Y, reduction="wrong", **options)
    with pytest.warns(UserWarning, match="size_average and reduce") as said:
        getattr(shim, name)(X, Y, **options)
    assert said[0].filename == __file__


@pytest.mark.parametrize("name", BOTH)
def test_a_reduction_in_the_fourth_place_is_a_mean(name: str) -> None:
    """The classic accident: 'none' lands in size_average. In the third place it is no weight."""
    function: Any = getattr(shim, name)
    assert torch.equal(function(X, Y, None, "none"), function(X, Y))
    refuses(TypeError, name, X, Y, "none", match="weight")
    with pytest.warns(UserWarning, match="elementwise_mean"):
        assert torch.equal(function(X, Y, reduction="elementwise_mean"), function(X, Y))


@pytest.mark.parametrize("name", BOTH)
def test_refusals(name: str) -> None:
    refuses(ValueError, name, X, Y, reduction="avg", match="reduction is 'avg'")
    refuses(ValueError, name, X, Y, reduction=None, match="reduction is None")
    refuses(TypeError, name, X, Y.numpy(), match="target is")
    refuses(TypeError, name, X, [1, 0, 3], match="target is")
    refuses(TypeError, name, X, Y, [1.0, 1.0, 1.0, 1.0], match="weight")
    for index in (1.5, None, True, "1"):
        refuses(TypeError, name, X, Y, ignore_index=index, match="ignore_index is")
    for index in (3, np.int64(3), torch.tensor(3), torch.tensor(3.0)):
        assert_alike(name, X, Y, W, ignore_index=index)
    for weight in (W[:3], W[None], W[0]):
        refuses(RuntimeError, name, X, Y, weight, match=r"weight has shape .*; expected \(4,\)")
    refuses(RuntimeError, name, X, Y, W.double(), match="weight has dtype float64; expected float32")
    refuses(RuntimeError, name, X, Y.int(), match="target has dtype int32; expected int64, uint8")
    refuses(NotImplementedError, name, X.long(), Y, match="input has dtype int64")
    refuses(ValueError, name, X, Y[:2], match=r"target has shape \(2,\); expected \(3,\)")
    refuses(ValueError, name, X[0], Y, match=r"target has shape \(3,\); expected \(\)")
    refuses(ValueError, name, X[:1], Y[0], match=r"target has shape \(\); expected \(1,\)")
    refuses(RuntimeError, name, X, Y[:, None], match=r"target has shape \(3, 1\); expected \(3,\)")
    refuses(RuntimeError, name, X[0], Y[:, None], match="target has shape")
    refuses(RuntimeError, name, X[..., None], Y, match="target has shape")
    image = X.reshape(3, 4, 1, 1)
    refuses(RuntimeError, name, image, Y.reshape(3, 1), match="target has shape")
    refuses(RuntimeError, name, image, Y.reshape(3, 1, 1).expand(3, 2, 1), match="target has shape")
    refuses(ValueError, name, image, Y.reshape(3, 1, 1)[:2], match="target has shape")


def test_refusals_of_probabilities() -> None:
    """Equal shapes make probabilities of a target; torch tells them by that."""
    for index in (0, 2):
        refuses(RuntimeError, "cross_entropy", X, Q, ignore_index=index, match=f"ignore_index is {index}")
    assert_alike("cross_entropy", X, Q, ignore_index=-1)
    refuses(RuntimeError, "cross_entropy", X, Q.long(), match="the shape of input")
    refuses(RuntimeError, "cross_entropy", X[0, :1], Y[1:2], match="the shape of input")
    refuses(ValueError, "cross_entropy", X, Q[:1], match="target has shape")
    refuses(ValueError, "cross_entropy", X, Q[0], match="target has shape")
    refuses(RuntimeError, "cross_entropy", X, Q[:, :2], match="target has shape")
    refuses(RuntimeError, "cross_entropy", X, Y.float(), match="target has shape")
    refuses(RuntimeError, "cross_entropy", X, Q, W[:1], match="weight has shape")
    refuses(RuntimeError, "nll_loss", X, Q, match="target has shape")
    for smoothing in ("a", None):
        refuses(TypeError, "cross_entropy", X, Y, label_smoothing=smoothing, match="label_smoothing is")
    for target in (Y, Q):
        refuses(RuntimeError, "cross_entropy", X, target, label_smoothing=1.1, match="from 0 to 1")


@pytest.mark.parametrize("smoothing", [-0.1, math.nan])
def test_smoothing_that_torch_takes_for_none(smoothing: float) -> None:
    assert torch.equal(native.cross_entropy(X, Y, label_smoothing=smoothing), native.cross_entropy(X, Y))
    with pytest.raises(RuntimeError, match=r"label_smoothing is .*; expected a number from 0 to 1"):
        shim.cross_entropy(X, Y, label_smoothing=smoothing)


def test_an_index_that_is_no_class() -> None:
    for bad in (4, -1):
        y = torch.tensor([1, 0, bad])
        for smoothing in (0.0, 0.1):
            refuses(IndexError, "cross_entropy", X, y, label_smoothing=smoothing, match=f"holds {bad} at")
        refuses(IndexError, "nll_loss", X, y, match=f"holds {bad} at")


@pytest.mark.parametrize("name", BOTH)
def test_no_class(name: str) -> None:
    assert outcome(lambda: getattr(native, name)(X[:, :0], Y)) is IndexError
    assert torch.isnan(getattr(native, name)(X[:0, :0], Y[:0]))
    for rows in (3, 0):
        with pytest.raises(ValueError, match="no class along axis 1"):
            getattr(shim, name)(X[:rows, :0], Y[:rows])


@pytest.mark.parametrize("name", BOTH)
def test_bytes_of_images(name: str) -> None:
    """torch takes uint8 beside (N, C) alone."""
    x, y = X.reshape(3, 4, 1, 1), Y.reshape(3, 1, 1)
    assert outcome(lambda: getattr(native, name)(x, y.to(torch.uint8))) is RuntimeError
    assert torch.equal(getattr(shim, name)(x, y.to(torch.uint8)), getattr(shim, name)(x, y))


@pytest.mark.parametrize("name", BOTH)
def test_an_input_without_dimensions(name: str) -> None:
    x, y = X[0, 0], Y[0]
    assert outcome(lambda: getattr(native, name)(x, x)) in (IndexError, ValueError)
    with pytest.raises(ValueError, match="input has no dimension"):
        getattr(shim, name)(x, x)
    with pytest.raises((RuntimeError, ValueError), match="input"):
        getattr(shim, name)(x, y)


@pytest.mark.parametrize("name", BOTH)
def test_the_gradient_of_a_mean_over_no_row(name: str) -> None:
    """It is 0, beside a loss of NaN."""
    y = torch.full((3,), -100)
    for module in (shim, native):
        loss, gradient = with_gradients(getattr(module, name), (X, y), (0,))
        assert torch.isnan(loss) and not gradient.any()


def with_gradients(
    function: Callable[..., Any], tensors: tuple[torch.Tensor, ...], by: tuple[int, ...], **options: Any
) -> list[torch.Tensor]:
    """The loss, and its gradients by the tensors numbered ``by``."""
    leaves = [t.clone().requires_grad_() if i in by else t for i, t in enumerate(tensors)]
    loss = function(*leaves, **options)
    return [loss.detach(), *torch.autograd.grad(loss.sum(), [leaves[i] for i in by])]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradients(reduction: str, smoothing: float) -> None:
    smoothed = {"reduction": reduction, "label_smoothing": smoothing}
    for name, tensors, by, options in (
        ("cross_entropy", (X, IGNORED, W), (0,), smoothed),
        ("cross_entropy", (X, Q, W), (0, 1, 2), smoothed),
        ("cross_entropy", (X.double(), Q, W), (0, 1, 2), smoothed),
        ("nll_loss", (X, IGNORED, W), (0,), {"reduction": reduction}),
    ):
        found = [with_gradients(getattr(module, name), tensors, by, **options) for module in (shim, native)]
        for a, b in zip(*found, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", BOTH)
def test_the_weight_of_indices_has_a_gradient_here(name: str) -> None:
    """torch refuses it."""
    w = W.double().requires_grad_()
    assert outcome(lambda: getattr(native, name)(X.double(), Y, w)) is RuntimeError
    assert torch.autograd.gradcheck(lambda w: getattr(shim, name)(X.double(), IGNORED, w), (w,))
    (found,) = torch.autograd.grad(getattr(shim, name)(X.double(), Y, w, reduction="sum"), w)
    losses = getattr(native, name)(X.double(), Y, reduction="none")
    torch.testing.assert_close(found, torch.zeros(4).double().index_add(0, Y, losses))


def test_second_derivatives() -> None:
    x, q = X.double().requires_grad_(), Q.double().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: shim.cross_entropy(x, IGNORED, W.double()), (x,))
    assert torch.autograd.gradgradcheck(lambda x, q: shim.cross_entropy(x, q, label_smoothing=0.1), (x, q))


def test_small_losses_keep_their_digits() -> None:
    """torch gives 0."""
    x = torch.tensor([[20.0, 0.0]])
    assert float(native.cross_entropy(x, torch.tensor([0]))) == 0.0
    assert float(shim.cross_entropy(x, torch.tensor([0]))) == pytest.approx(
        math.log1p(math.exp(-20)), rel=1e-7
    )


def test_masking_with_minus_infinity() -> None:
    """A term with a target or a weight of 0 is 0; in torch it is NaN."""
    x, zero = torch.tensor([[1.0, -torch.inf]]), torch.tensor([1.0, 0.0])
    assert torch.isnan(native.cross_entropy(x, torch.tensor([[1.0, 0.0]])))
    assert float(shim.cross_entropy(x, torch.tensor([[1.0, 0.0]]))) == 0.0
    for name in BOTH:
        assert torch.isnan(getattr(native, name)(x, torch.tensor([1]), zero, reduction="sum"))
        assert float(getattr(shim, name)(x, torch.tensor([1]), zero, reduction="sum")) == 0.0


# --- compiled, traced, watched ------------------------------------------------------------------------------


CALLS: tuple[Any, ...] = (
    ("cross_entropy", IGNORED, {"label_smoothing": 0.1}),
    ("cross_entropy", Q, {"reduction": "sum"}),
    ("nll_loss", IGNORED, {"reduction": "none"}),
)


@pytest.mark.parametrize(("name", "target", "options"), CALLS, ids=["indices", "probabilities", "nll"])
def test_compiled(name: str, target: torch.Tensor, options: dict[str, Any]) -> None:
    def function(x: torch.Tensor) -> torch.Tensor:
        return getattr(shim, name)(x, target, W, **options)  # type: ignore[no-any-return]

    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    for a, b in zip(with_gradients(compiled, (X,), (0,)), with_gradients(function, (X,), (0,)), strict=True):
        torch.testing.assert_close(a, b)


def test_an_index_that_is_no_class_in_a_compiled_program() -> None:
    """torch's kernel of the CPU raises there too."""
    y = torch.tensor([1, 0, 4])
    for name in BOTH:
        mine, theirs = (
            torch.compile(getattr(module, name), fullgraph=True, backend="aot_eager")
            for module in (shim, native)
        )
        assert outcome(lambda: theirs(X, y)) is IndexError  # noqa: B023
        assert torch.isnan(mine(X, y, reduction="none")).tolist() == [False, False, True]


@pytest.mark.parametrize("name", BOTH)
def test_symbolic_trace_records_one_node(name: str) -> None:
    function = getattr(shim, name)
    traced = torch.fx.symbolic_trace(lambda x, y: function(x, y, ignore_index=3))
    assert [node.target for node in traced.graph.nodes if node.op == "call_function"] == [function]
    assert torch.equal(traced(X, Y), function(X, Y, ignore_index=3))


@pytest.mark.parametrize("name", BOTH)
def test_a_mode_sees_the_call(name: str) -> None:
    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return func(*args, **(kwargs or {}))

    seen: list[Any] = []
    with Mode():
        getattr(shim, name)(X, Y, W)
    assert seen == [getattr(shim, name)]


@pytest.mark.parametrize("name", BOTH)
def test_vmap(name: str) -> None:
    function = getattr(shim, name)
    x, y = torch.stack([X, 2 * X]), torch.stack([Y, IGNORED])
    expected = torch.stack([function(a, b, W) for a, b in zip(x, y, strict=True)])
    torch.testing.assert_close(torch.func.vmap(function, (0, 0, None))(x, y, W), expected)


# --- the classes --------------------------------------------------------------------------------------------

CLASSES = ("CrossEntropyLoss", "NLLLoss")


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_torchs_own_module(name: str) -> None:
    mine, theirs = getattr(classes, name), getattr(torch.nn, name)
    assert [(p.name, p.default) for p in signature(mine).parameters.values()] == [
        (p.name, p.default) for p in signature(theirs).parameters.values()
    ]
    module, real = mine(W, ignore_index=0, reduction="sum"), theirs(W, ignore_index=0, reduction="sum")
    assert isinstance(module, theirs) and repr(module) == repr(real)
    assert list(module.state_dict()) == ["weight"] and not mine().state_dict()
    for same in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        torch.testing.assert_close(same(X, Y), real(X, Y))
    torch.testing.assert_close(copy.deepcopy(module).double()(X.double(), Y), real.double()(X.double(), Y))
    with pytest.raises(ValueError, match="reduction is 'avg'"):
        mine(reduction="avg")(X, Y)
    assert mine(torch.nn.Parameter(W)).weight.requires_grad and not list(module.parameters())
    with pytest.raises(TypeError, match="weight is of type list"):
        mine([1.0])
    foreign = mine(W.numpy(), ignore_index=0, reduction="sum")
    assert float(foreign(X.numpy(), Y.numpy())) == pytest.approx(float(module(X, Y)), rel=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_with_the_deprecated_pair(name: str) -> None:
    with pytest.warns(UserWarning, match="reduction='sum'"):
        assert getattr(classes, name)(None, False).reduction == "sum"
    with pytest.warns(UserWarning, match="reduction='mean'"):
        assert getattr(classes, name)(None, "none").reduction == "mean"


def test_a_class_keeps_its_smoothing() -> None:
    mine, theirs = (module.CrossEntropyLoss(W, label_smoothing=0.3) for module in (classes, torch.nn))
    torch.testing.assert_close(mine(X, Y), theirs(X, Y))
    torch.testing.assert_close(mine(X, Q), theirs(X, Q))


def test_the_deprecated_class() -> None:
    from compatlosses.torch import plain

    for make in (classes.NLLLoss2d, plain.NLLLoss2d):
        with pytest.warns(FutureWarning, match="NLLLoss2d is deprecated") as said:
            loss = make(W, reduction="sum")
        assert said[0].filename == __file__ and repr(loss) == "NLLLoss2d()"
        torch.testing.assert_close(loss(X, Y), native.nll_loss(X, Y, W, reduction="sum"))


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("record", [torch.jit.script, lambda module: torch.jit.trace(module, (X, Y))])
def test_torchscript_is_saved_and_loaded(name: str, record: Any) -> None:
    module, file = getattr(classes, name)(W, ignore_index=0), io.BytesIO()
    torch.jit.save(record(module), file)
    file.seek(0)
    loaded = torch.jit.load(file)
    for _ in range(3):  # the second and third run what has been optimized
        torch.testing.assert_close(loaded(X, Y), module(X, Y))


def test_other_frameworks_have_other_integers() -> None:
    """JAX has no int64 by default."""
    x, y = X.numpy(), Y.numpy()
    for dtype in (np.int32, np.int64, np.uint8):
        for name in BOTH:
            found = getattr(shim, name)(x, y.astype(dtype))
            assert float(found) == pytest.approx(float(getattr(native, name)(X, Y)), rel=1e-6)
    with pytest.raises(RuntimeError, match="target has dtype int16"):
        shim.cross_entropy(x, y.astype(np.int16))

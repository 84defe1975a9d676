"""Paddle's losses of rows beside the native functions and layers, and the traps that porters meet."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as native
import pytest
from entered import entered

import compatlosses as cl
import compatlosses.paddle.nn as classes
import compatlosses.paddle.nn.functional as shim
from compatlosses.paddle import fluid, rows, v2_0, v2_6

pytestmark = pytest.mark.filterwarnings("ignore:rows are ignored by a negative")

RNG = np.random.default_rng(4)
X, Q = RNG.normal(0, 2, (3, 4)), RNG.random((3, 4))
X3, Q3 = RNG.normal(size=(2, 4, 3)), RNG.random((2, 4, 3))
Y, Y3, W = np.array([1, 0, 3]), np.resize([0, 3, 1, 2], (2, 3)), np.array([1.0, 2.0, 0.5, 3.0])
IGNORED = np.array([1, -100, 3])
REDUCTIONS = ("none", "mean", "sum")


def tensor(values: Any, dtype: str = "float32") -> Any:
    """A Paddle tensor."""
    return paddle.to_tensor(np.asarray(values)).astype(dtype)


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error."""
    try:
        result = call()
    except Exception as error:
        return type(error)
    return result.dtype, tuple(result.shape), result.numpy()


def assert_alike(theirs: Callable[[], Any], ours: Callable[[], Any]) -> None:
    """Both calls give the same, to the rounding of the native one, or raise the same."""
    a, b = outcome(theirs), outcome(ours)
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    np.testing.assert_allclose(b[2], a[2], rtol=5e-6, atol=1e-6)


def both(name: str, *arguments: Any, **options: Any) -> None:
    """`assert_alike` of a function of ``paddle.nn.functional``."""
    assert_alike(
        lambda: getattr(native, name)(*arguments, **options),
        lambda: getattr(shim, name)(*arguments, **options),
    )


def parameters(function: Any) -> list[Any]:
    """The names and defaults of the options."""
    return [(p.name, p.default) for p in signature(function).parameters.values() if p.name != "self"]


def test_signatures() -> None:
    empty = signature(lambda x: x).parameters["x"].default
    for name in ("softmax_with_cross_entropy", "nll_loss"):
        assert parameters(getattr(shim, name)) == parameters(getattr(native, name))
        assert getattr(v2_6, name) is getattr(shim, name)
    theirs = parameters(native.cross_entropy.__wrapped__)
    assert parameters(v2_6.cross_entropy) == theirs
    optional = [(name, None if name == "label" else default) for name, default in theirs]
    assert parameters(shim.cross_entropy) == [*optional, ("target", None)]
    assert theirs[1] == ("label", empty)
    for name in ("CrossEntropyLoss", "NLLLoss"):
        assert parameters(getattr(classes, name)) == parameters(getattr(paddle.nn, name).__init__)


# --- cross_entropy ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use_softmax", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_indices(reduction: str, weighted: bool, use_softmax: bool) -> None:
    x = tensor(X if use_softmax else Q + 0.1)
    options = {"weight": tensor(W) if weighted else None, "reduction": reduction, "use_softmax": use_softmax}
    for y in (tensor(IGNORED, "int64"), tensor(Y, "int32"), tensor(IGNORED[:, None], "int64")):
        both("cross_entropy", x, y, **options)
        both("cross_entropy", x, y, ignore_index=3, **options) if -100 not in y.numpy() else None
    for ignored in (-1, 0, 1, 5):
        both("cross_entropy", x, tensor(Y, "int64"), ignore_index=ignored, **options)


def test_the_losses_of_smoothed_indices_have_the_shape_of_the_label() -> None:
    """As without smoothing, and as the document says; Paddle keeps the axis of the classes, of size 1."""
    x, y = tensor(X), tensor(Y, "int64")
    losses = shim.cross_entropy(x, y, reduction="none", label_smoothing=0.2)
    theirs = native.cross_entropy(x, y, reduction="none", label_smoothing=0.2)
    assert losses.shape == y.shape and theirs.shape == [*y.shape, 1]
    np.testing.assert_allclose(losses.numpy(), theirs.numpy()[:, 0], rtol=1e-6)


@pytest.mark.parametrize("use_softmax", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_numbers_for_each_class(reduction: str, weighted: bool, use_softmax: bool) -> None:
    x = tensor(X if use_softmax else Q + 0.1)
    options = {"weight": tensor(W) if weighted else None, "reduction": reduction, "use_softmax": use_softmax}
    both("cross_entropy", x, tensor(Q), soft_label=True, **options)
    for smoothing in (0.2, 1.0, 1):
        both("cross_entropy", x, tensor(Q), soft_label=True, label_smoothing=smoothing, **options)
        both("cross_entropy", x, tensor(Q), label_smoothing=smoothing, **options)
        if reduction != "none":
            both("cross_entropy", x, tensor(Y, "int64"), label_smoothing=smoothing, **options)
        both("cross_entropy", x, tensor(Y, "int64"), soft_label=True, label_smoothing=smoothing, **options)


@pytest.mark.parametrize("axis", [1, -2, -1, 2, 0, 3, -4, 1.0, None])
def test_axis(axis: Any) -> None:
    for reduction in REDUCTIONS:
        options = {"axis": axis, "reduction": reduction}
        for y in (Y3, Y3[:, None], Y3[:, :2], Y3[:1]):
            both("cross_entropy", tensor(X3), tensor(y, "int64"), **options)
        both("cross_entropy", tensor(X3), tensor(Q3), soft_label=True, **options)
    if axis in (1, -2):
        both("cross_entropy", tensor(X3), tensor(Y3, "int64"), tensor(W), **options)
        both(
            "cross_entropy", tensor(X3), tensor(Y3[:, None], "int64"), tensor(W), axis=axis, reduction="none"
        )


def test_the_default_axis_is_the_last() -> None:
    """Where data have the classes second and the sizes agree, the number is another, and nothing is said."""
    x, y = tensor(X3[:, :3]), tensor(Y3 % 3, "int64")
    y = tensor(np.resize([0, 1, 2, 1], (2, 3)), "int64")
    last, second = shim.cross_entropy(x, y), shim.cross_entropy(x, y, axis=1)
    assert float(second) == pytest.approx(float(native.cross_entropy(x, y, axis=1)), rel=1e-5)
    assert float(last) == pytest.approx(float(native.cross_entropy(x, y)), rel=1e-5)
    assert abs(float(last) - float(second)) > 0.01


def test_one_row() -> None:
    x = tensor(X[0])
    for reduction in REDUCTIONS:
        both("cross_entropy", x, tensor(1, "int64"), reduction=reduction)
        both("cross_entropy", x, tensor([1], "int64"), reduction=reduction)
        both("cross_entropy", x, tensor(Q[0]), soft_label=True, reduction=reduction)


@pytest.mark.parametrize("second", ["float32", "float64"])
@pytest.mark.parametrize("first", ["float32", "float64"])
def test_dtypes(first: str, second: str) -> None:
    x, y = tensor(X, first), tensor(Y, "int64")
    both("cross_entropy", x, y, tensor(W, second))
    both("cross_entropy", x, tensor(Y, second))
    both("cross_entropy", x, tensor(Q, second), label_smoothing=0.1)
    if first == second:
        both("cross_entropy", x, tensor(Q, second), soft_label=True)
        both("nll_loss", x, y, tensor(W, second))
    else:
        found = shim.cross_entropy(x, tensor(Q, first), tensor(W, second), soft_label=True)
        assert found.dtype == paddle.float64  # Paddle: the weight's dtype
        assert shim.nll_loss(x, y, tensor(W, second)).dtype == paddle.float64  # Paddle: a ValueError
        with pytest.raises(TypeError, match=f"label has dtype {second}; expected {first}"):
            shim.cross_entropy(x, tensor(Q, second), soft_label=True)


def test_floating_indices_beside_a_weight() -> None:
    """Paddle's document has them; it refuses them beside a weight."""
    x = tensor(X)
    with pytest.raises(ValueError):
        native.cross_entropy(x, tensor(Y), tensor(W))
    found = shim.cross_entropy(x, tensor(Y), tensor(W))
    assert float(found) == float(shim.cross_entropy(x, tensor(Y, "int64"), tensor(W)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype: str) -> None:
    """Paddle has no kernels for it on the CPU."""
    x, y = tensor(X, dtype), tensor(Y, "int64")
    assert outcome(lambda: native.cross_entropy(x, y)) is RuntimeError
    found = shim.cross_entropy(x, y)
    assert str(found.dtype) == f"paddle.{dtype}"
    exact = shim.cross_entropy(x.astype("float64"), y)
    assert float(found.astype("float64")) == float(exact.astype(dtype).astype("float64"))


@pytest.mark.parametrize("dtype", ["bool", "int8", "int16", "uint8", "float16"])
def test_labels_of_other_dtypes(dtype: str) -> None:
    for name in ("cross_entropy", "nll_loss"):
        with pytest.raises(TypeError, match=f"label has dtype {dtype}"):
            getattr(shim, name)(tensor(X), tensor(Y > 0 if dtype == "bool" else Y, dtype))
    with pytest.raises(TypeError, match="weight has dtype int64"):
        shim.cross_entropy(tensor(X), tensor(Y, "int64"), tensor(W, "int64"))
    with pytest.raises(TypeError, match="Are logits and targets in this order"):
        shim.cross_entropy(tensor(Y, "int64"), tensor(X))


@pytest.mark.parametrize("options", [
    {"reduction": "MEAN"}, {"reduction": "avg"}, {"reduction": None}, {"ignore_index": 1.0},
    {"ignore_index": None}, {"ignore_index": True}, {"ignore_index": "1"}, {"label_smoothing": 1.5},
    {"label_smoothing": None}, {"label_smoothing": "a"}, {"ignore_index": 2, "soft_label": True},
], ids=str)  # fmt: skip
def test_options_that_are_refused(options: dict[str, Any]) -> None:
    label = tensor(Q) if "soft_label" in options else tensor(Y, "int64")
    assert isinstance(outcome(lambda: native.cross_entropy(tensor(X), label, **options)), type)
    both("cross_entropy", tensor(X), label, **options)


def test_a_smoothing_below_0_is_refused() -> None:
    """Paddle does not smooth then."""
    x, y = tensor(X), tensor(Y, "int64")
    assert float(native.cross_entropy(x, y, label_smoothing=-0.1)) == float(native.cross_entropy(x, y))
    with pytest.raises(ValueError, match=r"label_smoothing is -0\.1"):
        shim.cross_entropy(x, y, label_smoothing=-0.1)


def test_shapes_that_do_not_go_together() -> None:
    x, y = tensor(X), tensor(Y, "int64")
    for label in (y[:2], tensor(np.resize(Y, (3, 4)), "int64"), tensor(Q), tensor(Q[0]), y[:, None, None]):
        both("cross_entropy", x, label)
    for label in (y, tensor(Q[:2]), tensor(Q[:, :1]), tensor(Q[:, 0])):
        both("cross_entropy", x, label, soft_label=True)
    for w in (tensor(W[:3]), tensor(W[None])):
        both("cross_entropy", x, y, w)
    both("cross_entropy", x[0, 0], y[0])
    for arguments in ((x, y[:2]), (x[0], y[0]), (x, y, tensor(W[:3]))):
        both("nll_loss", *arguments)


def test_what_is_no_tensor_is_a_type_error() -> None:
    """ValueError or AttributeError in Paddle."""
    x, y = tensor(X), tensor(Y, "int64")
    for name in ("cross_entropy", "nll_loss"):
        for arguments in ((x, Y), (x, y, W), (X, y), (x, None)):
            assert outcome(lambda: getattr(native, name)(*arguments)) in (AttributeError, ValueError)  # noqa: B023
            with pytest.raises(TypeError):
                getattr(shim, name)(*arguments)


def test_target_is_another_name_of_label() -> None:
    x, y = tensor(X), tensor(Y, "int64")
    assert_alike(lambda: native.cross_entropy(x, target=y), lambda: shim.cross_entropy(x, target=y))
    both("cross_entropy", x, y, target=y)
    with pytest.raises(TypeError, match="neither label and target"):
        shim.cross_entropy(x)


def test_the_third_place_is_the_weight() -> None:
    with pytest.raises(TypeError, match="weight is of type str"):
        shim.cross_entropy(tensor(X), tensor(Y, "int64"), "none")
    with pytest.raises(TypeError, match="ignore_index is 'sum'"):
        shim.cross_entropy(tensor(X), tensor(Y, "int64"), None, "sum")


# --- divisors and ignored rows ------------------------------------------------------------------------------


def test_divisors_of_the_releases() -> None:
    """Of the mean of four rows, two of them ignored, by ignore_index."""
    x = tensor(RNG.normal(size=(4, 4)))
    total = {
        i: float(shim.cross_entropy(x, tensor([1, i, i, 2], "int64"), None, i, "sum")) for i in (-100, -1, 0)
    }
    for module, counts in ((shim, (4, 4, 2)), (v2_6, (2, 2, 2)), (v2_0, (4, 2, 2))):
        for (ignored, loss), count in zip(total.items(), counts, strict=True):
            found = module.cross_entropy(x, tensor([1, ignored, ignored, 2], "int64"), None, ignored)
            assert float(found) == pytest.approx(loss / count, rel=1e-6)
            assert found.shape == ([1] if module is v2_0 else [])
    both("cross_entropy", x, tensor([1, -100, -100, 2], "int64"))
    both("cross_entropy", x, tensor([1, 0, 0, 2], "int64"), ignore_index=0)


def test_the_divisor_is_warned_of_once() -> None:
    x = tensor(X)
    rows._warn.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shim.cross_entropy(x, tensor(Y, "int64"))
        for y, options in (
            (IGNORED, {"reduction": "sum"}), (IGNORED, {"weight": tensor(W)}), (Y, {"ignore_index": 1}),
        ):  # fmt: skip
            shim.cross_entropy(x, tensor(y, "int64"), **options)
        v2_6.cross_entropy(x, tensor(IGNORED, "int64"))
    with pytest.warns(UserWarning, match="the mean divides by all rows") as caught:
        shim.cross_entropy(x, tensor(IGNORED, "int64"))
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shim.cross_entropy(x, tensor(IGNORED, "int64"))


def test_a_second_call_is_not_checked_again() -> None:
    x, y = tensor(X), tensor(Y, "int64")
    for module in (shim, v2_6):
        first = module.cross_entropy(x, y)
        assert "compatlosses.evaluate.evaluate" not in entered(module.cross_entropy, x, y)
        assert float(module.cross_entropy(x, y)) == float(first)


def test_a_second_call_has_the_shape_of_the_first() -> None:
    x, y = tensor(X), tensor(Y, "int64")
    for label, shape in ((y, [3]), (y.unsqueeze(1), [3, 1])):
        for _ in range(2):
            assert shim.cross_entropy(x, label, reduction="none").shape == shape


def test_nothing_to_average() -> None:
    x, y, nothing = tensor(X), tensor(Y, "int64"), tensor([-100] * 3, "int64")
    for reduction in REDUCTIONS:
        for name in ("cross_entropy", "nll_loss"):
            for w in (None, tensor(W)):
                both(name, x, nothing, w, reduction=reduction)
            both(name, x, y, tensor(W * 0), reduction=reduction)
        both("cross_entropy", x, tensor([1] * 3, "int64"), None, 1, reduction)
        both("cross_entropy", x[:0], y[:0], reduction=reduction)
        both("cross_entropy", x[:0], y[:0], tensor(W), reduction=reduction)
    assert float(native.nll_loss(x[:0], y[:0])) == 0.0
    for w in (None, tensor(W)):
        assert np.isnan(float(shim.nll_loss(x[:0], y[:0], w)))
        assert np.isnan(float(shim.cross_entropy(x[:0], y[:0], w, use_softmax=False)))


def test_an_ignored_row_may_hold_anything() -> None:
    x = tensor([[np.nan, 1.0], [1.0, 2.0]])
    x.stop_gradient = False
    loss = shim.cross_entropy(x, tensor([-100, 0], "int64"), reduction="sum")
    loss.backward()
    assert float(loss) == pytest.approx(1.3132617, rel=1e-6)
    np.testing.assert_allclose(x.grad.numpy()[0], 0.0)


@pytest.mark.parametrize("bad", [4, -1, 100])
def test_an_index_that_is_no_class(bad: int) -> None:
    x, y = tensor(X), tensor([1, 0, bad], "int64")
    for w in (None, tensor(W)):
        both("cross_entropy", x, y, w)
        both("cross_entropy", x, y, w, ignore_index=bad)
    assert outcome(lambda: native.cross_entropy(x, y, label_smoothing=0.1)) is ValueError
    with pytest.raises(IndexError, match=f"holds {bad} at"):
        shim.cross_entropy(x, y, label_smoothing=0.1)
    assert outcome(lambda: native.nll_loss(x, y)) is ValueError
    with pytest.raises(IndexError, match=f"holds {bad} at"):
        shim.nll_loss(x, y)
    both("cross_entropy", tensor(Q), y, use_softmax=False)


# --- what Paddle gets wrong ---------------------------------------------------------------------------------


def test_smoothed_labels_are_ignored_too() -> None:
    """Paddle refuses a negative ignored label, does not ignore another, and divides by classes too."""
    x, y = tensor(X), tensor(IGNORED, "int64")
    assert outcome(lambda: native.cross_entropy(x, y, label_smoothing=0.2)) is ValueError
    kept = shim.cross_entropy(x[::2], tensor(Y[::2], "int64"), None, -100, "sum", label_smoothing=0.2)
    total = shim.cross_entropy(x, y, None, -100, "sum", label_smoothing=0.2)
    assert float(total) == pytest.approx(float(kept), rel=1e-6)
    y = tensor(Y, "int64")
    theirs = native.cross_entropy(x, y, ignore_index=0, label_smoothing=0.2)
    everything = native.cross_entropy(x, y, reduction="sum", label_smoothing=0.2)
    assert float(theirs) == pytest.approx(float(everything) / 12, rel=1e-5)
    found = shim.cross_entropy(x, y, ignore_index=0, label_smoothing=0.2)
    assert float(found) == pytest.approx(float(kept) / 2, rel=1e-6)


def test_an_ignore_index_of_0_beside_numbers_for_each_class() -> None:
    """Paddle divides by the count of numbers that are not 0."""
    x, q = tensor(X), tensor(Q)
    mean = native.cross_entropy(x, q, soft_label=True)
    theirs = native.cross_entropy(x, q, soft_label=True, ignore_index=0)
    assert float(theirs) == pytest.approx(float(mean) / 4, rel=1e-5)
    assert float(shim.cross_entropy(x, q, soft_label=True, ignore_index=0)) == pytest.approx(
        float(mean), rel=1e-5
    )


def test_smoothing_and_weights_along_another_axis() -> None:
    """Paddle smooths by the size of the last axis, and takes the classes for that."""
    x, y, q = tensor(X3), tensor(Y3, "int64"), tensor(Q3)
    last_x, last_q = (a.transpose([0, 2, 1]) for a in (x, q))
    for label, last, options in (
        (y, y, {"label_smoothing": 0.1}), (q, last_q, {"label_smoothing": 0.1, "soft_label": True}),
        (q, last_q, {"weight": tensor(W), "soft_label": True}),
        (y, y, {"weight": tensor(W), "label_smoothing": 0.1}),
    ):  # fmt: skip
        expected = native.cross_entropy(last_x, last, **options)
        theirs = outcome(lambda: native.cross_entropy(x, label, axis=1, **options))  # noqa: B023
        assert theirs is ValueError or abs(theirs[2] - float(expected)) > 1e-4
        found = shim.cross_entropy(x, label, axis=1, **options)
        assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_smoothed_indices_that_keep_the_axis_of_the_classes() -> None:
    """A RuntimeError in Paddle, whose document has them."""
    x, y = tensor(X), tensor(Y, "int64")
    assert outcome(lambda: native.cross_entropy(x, y[:, None], label_smoothing=0.1)) is RuntimeError
    found = shim.cross_entropy(x, y[:, None], label_smoothing=0.1, reduction="none")
    assert_alike(lambda: native.cross_entropy(x, y, label_smoothing=0.1, reduction="none"), lambda: found)


def test_probabilities_of_0() -> None:
    """Paddle has a loss of 1e20 there, which its document does not say."""
    p, y = tensor([[1.0, 0.0]]), tensor([1], "int64")
    assert float(native.cross_entropy(p, y, use_softmax=False)) == pytest.approx(1e20)
    assert float(shim.cross_entropy(p, y, use_softmax=False)) == np.inf
    q = tensor([[1.0, 0.0]])
    assert float(shim.cross_entropy(p, q, use_softmax=False, soft_label=True)) == 0.0


def test_small_losses_keep_their_digits() -> None:
    """Paddle gives 0."""
    x, y = tensor([[20.0, 0.0]]), tensor([0], "int64")
    assert float(native.cross_entropy(x, y)) == 0.0
    assert float(shim.cross_entropy(x, y)) == pytest.approx(np.log1p(np.exp(-20.0)), rel=1e-7)


# --- gradients ----------------------------------------------------------------------------------------------


def gradients(function: Callable[..., Any], *tensors: Any) -> list[Any]:
    """The gradients of a loss by its tensors."""
    leaves = [t.detach() for t in tensors]
    for leaf in leaves:
        leaf.stop_gradient = False
    function(*leaves).sum().backward()
    return [None if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("ignored", [-100, 3])
def test_gradients_of_indices(reduction: str, ignored: int) -> None:
    y = tensor(IGNORED if ignored == -100 else Y, "int64")
    for weights in ((), (tensor(W),)):
        mine, theirs = (
            gradients(
                lambda x, w=None, m=module: m.cross_entropy(x, y, w, ignored, reduction), tensor(X), *weights
            )
            for module in (shim, native)
        )
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_gradients_of_numbers_for_each_class() -> None:
    """By the input where they sum to 1, and by weights, as in Paddle. By the labels, of which Paddle leaves
    the loss of the row out, and by the input elsewhere, by differences.
    """
    x, w = tensor(X, "float64"), tensor(W, "float64")
    q = tensor(Q / Q.sum(1, keepdims=True), "float64")
    mine, theirs = (
        gradients(lambda x, q, w, m=module: m.cross_entropy(x, q, w, soft_label=True), x, q, w)
        for module in (shim, native)
    )
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(mine[2], theirs[2], rtol=1e-8, atol=1e-10)
    assert np.abs(mine[1] - theirs[1]).max() > 0.01
    h = 1e-6
    for arguments, place in (((x, q, w), 1), ((x, 2.0 * q, w), 0)):
        slope = gradients(lambda x, q, w: shim.cross_entropy(x, q, w, soft_label=True), *arguments)[place]
        steps = []
        for sign in (1.0, -1.0):
            moved = list(arguments)
            moved[place] = arguments[place] + sign * h * tensor(np.eye(3, 4), "float64")
            steps.append(float(shim.cross_entropy(moved[0], moved[1], moved[2], soft_label=True)))
        assert (steps[0] - steps[1]) / (2 * h) == pytest.approx(np.trace(slope[:, :3]), rel=1e-5)


def test_gradients_of_probabilities() -> None:
    p, y, q = tensor(Q + 0.1), tensor(IGNORED, "int64"), tensor(Q)
    for label, soft in ((y, False), (q, True)):
        mine, theirs = (
            gradients(
                lambda p, m=module: m.cross_entropy(p, label, use_softmax=False, soft_label=soft),  # noqa: B023
                p,
            )[0]
            for module in (shim, native)
        )
        if not soft:  # Paddle's own: those of logits
            expected = np.zeros((3, 4))
            expected[0, 1], expected[2, 3] = -1 / p.numpy()[0, 1] / 3, -1 / p.numpy()[2, 3] / 3
            np.testing.assert_allclose(mine, expected, rtol=1e-5)
        else:
            np.testing.assert_allclose(mine, -Q / (Q + 0.1) / 3, rtol=1e-5)
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_gradients_of_nll_loss() -> None:
    """By the weight Paddle gives none, or zeros."""
    y = tensor(IGNORED, "int64")
    mine, theirs = (
        gradients(lambda x, w, m=module: m.nll_loss(x, y, w), tensor(X), tensor(W))
        for module in (shim, native)
    )
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-5)
    assert theirs[1] is None or not theirs[1].any()
    losses, weights = -X[[0, 2], [1, 3]], W[[1, 3]]
    mean = (losses * weights).sum() / weights.sum()
    np.testing.assert_allclose(mine[1][[1, 3]], (losses - mean) / weights.sum(), rtol=1e-5)


# --- softmax_with_cross_entropy, nll_loss, fluid ------------------------------------------------------------


@pytest.mark.parametrize(
    "function", [shim.softmax_with_cross_entropy, fluid.layers.softmax_with_cross_entropy]
)
def test_softmax_with_cross_entropy(function: Any) -> None:
    theirs = native.softmax_with_cross_entropy
    for arguments, options in (
        ((X, IGNORED[:, None]), {}), ((X, Y[:, None]), {"ignore_index": 0}), ((X[0], Y[:1]), {}),
        ((X3, Y3[:, None]), {"axis": 1}), ((X3, Y3[:, None]), {"axis": -2}),
        ((X, Y[:, None]), {"numeric_stable_mode": False}), ((X, Y), {}), ((X3, Y3), {"axis": 1}),
    ):  # fmt: skip
        x, y = tensor(arguments[0]), tensor(arguments[1], "int64")
        assert_alike(lambda: theirs(x, y, **options), lambda: function(x, y, **options))  # noqa: B023
    x, q = tensor(X), tensor(Q)
    for options in ({}, {"ignore_index": 5}):
        assert_alike(lambda: theirs(x, q, True, **options), lambda: function(x, q, True, **options))  # noqa: B023
    x, y = tensor(X3), tensor(Y3[:, None], "int64")
    for a, b in zip(
        theirs(x, y, return_softmax=True, axis=1), function(x, y, return_softmax=True, axis=1), strict=True
    ):
        assert_alike(lambda: a, lambda: b)  # noqa: B023


def test_the_softmax_has_gradients() -> None:
    """Paddle's has none: differentiated without the loss it ends the process."""

    def squares(x: Any) -> Any:
        loss, softmax = shim.softmax_with_cross_entropy(x, tensor(Y[:, None], "int64"), return_softmax=True)
        return (softmax * softmax).sum() + loss.sum()

    def expected(x: Any) -> Any:
        softmax = native.softmax(x)
        return (softmax * softmax).sum() + native.cross_entropy(x, tensor(Y, "int64"), reduction="sum")

    np.testing.assert_allclose(
        gradients(squares, tensor(X))[0], gradients(expected, tensor(X))[0], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("shape", [(2, 4), (2, 4, 3), (2, 4, 3, 2), (2, 4, 3, 1, 1)])
@pytest.mark.parametrize("weighted", [False, True])
def test_nll_loss(shape: tuple[int, ...], weighted: bool) -> None:
    x = tensor(RNG.normal(size=shape))
    y = tensor(np.resize([0, 3, -100, 1, 2], (shape[0], *shape[2:])), "int64")
    for reduction in (*REDUCTIONS, "MEAN", None):
        both("nll_loss", x, y, tensor(W) if weighted else None, reduction=reduction)
    # Natively an ignore_index of 0 and more ends the process: of four dimensions it writes beyond its memory.
    other = np.resize([0, 3, 1, 2], y.shape)
    found = shim.nll_loss(x, tensor(other, "int64"), None, 3)
    losses = -np.take_along_axis(x.numpy(), other[:, None], 1)[:, 0]
    assert float(found) == pytest.approx(losses[other != 3].mean(), rel=1e-5)
    both("nll_loss", x, y, None, 1.0)


def test_fluids_cross_entropy_is_of_probabilities() -> None:
    p, y = tensor(Q + 0.1), tensor(IGNORED, "int64")
    expected = -np.log(Q + 0.1)[[0, 1, 2], [1, 0, 3]] * (IGNORED >= 0)
    for label in (y, y[:, None]):
        found = fluid.layers.cross_entropy(p, label)
        assert found.shape == label.shape
        np.testing.assert_allclose(found.numpy().reshape(3), expected, rtol=1e-5)
    found = fluid.layers.cross_entropy(p, tensor(Q), True, 7)
    assert found.shape == [3, 1]
    np.testing.assert_allclose(found.numpy()[:, 0], -(Q * np.log(Q + 0.1)).sum(1), rtol=1e-5)
    with pytest.raises(TypeError, match="input has dtype float16"):
        fluid.layers.cross_entropy(p.astype("float16"), y)


def test_older_releases_have_what_they_had() -> None:
    x, y, q = tensor(X), tensor(IGNORED, "int64"), tensor(Q)
    for options in ({"reduction": "none"}, {"reduction": "sum"}, {"weight": tensor(W)}):
        a, b, c = (module.cross_entropy(x, y, **options) for module in (native, v2_6, v2_0))
        assert_alike(lambda: a, lambda: b)  # noqa: B023
        assert_alike(lambda: a.reshape(c.shape), lambda: c)  # noqa: B023
    assert_alike(
        lambda: native.cross_entropy(x, q, soft_label=True).reshape([1]),
        lambda: v2_0.cross_entropy(x, q, soft_label=True),
    )
    assert_alike(lambda: native.nll_loss(x, y).reshape([1]), lambda: v2_0.nll_loss(x, y))
    with pytest.raises(TypeError, match="input has dtype float16"):
        v2_0.cross_entropy(x.astype("float16"), y)
    with pytest.raises(AttributeError, match="are in compatlosses"):
        _ = v2_6.CrossEntropyLoss


# --- classes and programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss"])
def test_a_class_is_a_layer_as_the_native_one(name: str) -> None:
    x, y = tensor(X), tensor(IGNORED, "int64")
    mine, theirs = getattr(classes, name), getattr(paddle.nn, name)
    assert isinstance(mine(), theirs) and repr(mine()) == repr(theirs())
    for options in (
        {}, {"weight": tensor(W)}, {"reduction": "sum"}, {"reduction": "none", "ignore_index": 3},
        {"reduction": "MEAN"}, {"reduction": None},
    ):  # fmt: skip
        label = tensor(Y, "int64") if "ignore_index" in options else y
        assert_alike(
            lambda: theirs(**options)(x, label),  # noqa: B023
            lambda: copy.deepcopy(mine(**options))(x, label),  # noqa: B023
        )
    assert float(pickle.loads(pickle.dumps(mine()))(x, y)) == pytest.approx(float(theirs()(x, y)), rel=1e-6)


def test_options_of_the_class() -> None:
    for arguments in (
        (None, -100, "none", True), (None, -100, "mean", True, 0), (None, -100, "sum", True, -1, False),
        (None, -100, "mean", True, -1, True, 0.3),
    ):  # fmt: skip
        x, q = tensor(Q + 0.1), tensor(Q)
        assert_alike(
            lambda: paddle.nn.CrossEntropyLoss(*arguments)(x, q),  # noqa: B023
            lambda: classes.CrossEntropyLoss(*arguments)(x, q),  # noqa: B023
        )
    y = tensor(Y, "int64")
    assert_alike(
        lambda: paddle.nn.CrossEntropyLoss()(tensor(X), target=y),
        lambda: classes.CrossEntropyLoss()(tensor(X), target=y),
    )


def test_in_a_program() -> None:
    def step(x: Any, y: Any, w: Any) -> Any:
        soft = shim.cross_entropy(x, native.softmax(x), w, soft_label=True, label_smoothing=0.1)
        rows = shim.cross_entropy(x, y, reduction="none").sum()
        return shim.cross_entropy(x, y, w, label_smoothing=0.2) + shim.nll_loss(x, y, w) + soft + rows

    tensors = tensor(X), tensor(IGNORED, "int64"), tensor(W)
    compiled = paddle.jit.to_static(step, full_graph=True)
    assert float(compiled(*tensors)) == pytest.approx(float(step(*tensors)), rel=1e-6)


def test_second_order() -> None:
    x = tensor(X, "float64")
    x.stop_gradient = False
    loss = shim.cross_entropy(x, tensor(IGNORED, "int64"), tensor(W, "float64"), label_smoothing=0.1)
    (first,) = paddle.grad(loss, [x], create_graph=True)
    (second,) = paddle.grad((first * first).sum(), [x])
    y = x.detach()
    y.stop_gradient = False
    neutral = cl.cross_entropy(
        y, tensor(IGNORED, "int64"), weight=tensor(W, "float64"), weighting="row", ignore_index=-100,
        label_smoothing=0.1, divisor="weights",
    )  # fmt: skip
    (again,) = paddle.grad(neutral, [y], create_graph=True)
    (expected,) = paddle.grad((again * again).sum(), [y])
    np.testing.assert_allclose(second.numpy(), expected.numpy(), rtol=1e-10)

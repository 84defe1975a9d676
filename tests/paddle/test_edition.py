"""Paddle's three editions against the real Paddle and their documents: signatures, errors, dtypes, values."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from typing import Any

import exact
import numpy as np
import paddle
import pytest
import torch

import compatlosses.paddle as api
from compatlosses.paddle import fluid, v2_0

native = paddle.nn.functional.binary_cross_entropy_with_logits
shim = api.binary_cross_entropy_with_logits

X = paddle.to_tensor([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = paddle.to_tensor([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
W = paddle.to_tensor([0.5, 2.0, 3.0])


def close(mine: Any, theirs: Any) -> None:
    """Equal in dtype, shape and, nearly, in values."""
    assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
    np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=2e-6)


def test_signatures() -> None:
    def parameters(function: Any) -> list[tuple[str, Any]]:
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]

    rest = [("weight", None), ("reduction", "mean"), ("pos_weight", None), ("name", None)]
    assert parameters(native)[2:] == rest == parameters(shim)[2:6]
    assert [name for name, _ in parameters(shim)] == [
        "logit",
        "label",
        *(n for n, _ in rest),
        "input",
        "target",
    ]
    assert parameters(v2_0.binary_cross_entropy_with_logits) == parameters(native)
    assert parameters(fluid.layers.sigmoid_cross_entropy_with_logits)[2:] == [
        ("ignore_index", -100), ("name", None), ("normalize", False),
    ]  # fmt: skip
    assert api.sigmoid_cross_entropy_with_logits is fluid.layers.sigmoid_cross_entropy_with_logits


def test_importing_them_imports_no_framework() -> None:
    code = (
        "import sys, compatlosses.paddle.fluid as fluid, compatlosses.paddle.v2_0, compatlosses.paddle as p\n"
        "p.binary_cross_entropy_with_logits; fluid.layers.sigmoid_cross_entropy_with_logits\n"
        "print(sorted({'paddle', 'torch', 'mindspore', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", [None, [], [1], [3], [2, 1], [1, 3], [2, 3]])
def test_values_and_positional_order_are_paddles(shape: list[int] | None, reduction: str) -> None:
    factor = None if shape is None else paddle.rand(shape) + 0.5
    close(shim(X, Y, factor, reduction, W, "a name"), native(X, Y, factor, reduction, W, "a name"))
    close(shim(X, Y, W, reduction, factor), native(X, Y, W, reduction, factor))


@pytest.mark.parametrize("wide", ["float32", "float64"])
@pytest.mark.parametrize("factor", ["float16", "bfloat16", "float32", "float64"])
def test_a_weight_promotes_as_in_paddle(wide: str, factor: str) -> None:
    x, y, w = X.cast(wide), Y.cast(wide), W.cast(factor)
    close(shim(x, y, w), native(x, y, w))
    close(shim(x, y, w, "none"), native(x, y, w, "none"))
    assert shim(x, y, pos_weight=w).dtype == x.dtype


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_precision_works_on_cpu(half: str) -> None:
    """Paddle has the kernel on GPU only."""
    with pytest.raises(RuntimeError):
        native(X.cast(half), Y.cast(half))
    loss = shim(X.cast(half), Y.cast(half), W.cast(half))
    assert str(loss.dtype) == f"paddle.{half}" and loss.shape == []
    assert float(loss) == pytest.approx(float(native(X, Y, W)), rel=1e-2)
    assert shim(X.cast(half), Y.cast(half), W).dtype == paddle.float32


def test_aliases() -> None:
    expected = float(native(X, Y, W))
    for loss in (
        shim(input=X, target=Y, weight=W),
        shim(X, target=Y, weight=W),
        shim(label=Y, input=X, weight=W),
    ):
        assert float(loss) == pytest.approx(expected, rel=1e-6)


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "both logit and input": (lambda f: f(X, Y, input=X), TypeError, "both logit and input"),
    "both label and target": (lambda f: f(X, Y, target=Y), TypeError, "both label and target"),
    "no label": (lambda f: f(X), TypeError, "label"),
    "nothing": (lambda f: f(), TypeError, "logit"),
    "unknown keyword": (lambda f: f(X, Y, logits=X), TypeError, "logits"),
    "doubled keyword": (lambda f: f(X, Y, logit=X), TypeError, "logit"),
    "list": (lambda f: f([1.0], Y), TypeError, "logit is"),
    "list of labels": (lambda f: f(X, [1.0]), TypeError, "label is"),
    "array beside tensor": (lambda f: f(X, Y.numpy()), TypeError, "label is"),
    "torch beside paddle": (lambda f: f(X, torch.ones(2, 3)), TypeError, "torch"),
    "weight is a float": (lambda f: f(X, Y, 2.0), TypeError, "weight is 2.0"),
    "pos_weight is a list": (lambda f: f(X, Y, pos_weight=[2.0]), TypeError, "pos_weight is"),
    "integer logits": (lambda f: f(X.cast("int64"), Y), TypeError, "logit has dtype int64"),
    "integer labels": (lambda f: f(X, Y.cast("int64")), TypeError, "label has dtype int64"),
    "two dtypes": (lambda f: f(X, Y.cast("float64")), TypeError, "label has dtype float64; expected float32"),
    "integer weight": (lambda f: f(X, Y, W.cast("int32")), TypeError, "weight has dtype int32"),
    "bool pos_weight": (lambda f: f(X, Y, pos_weight=W.cast("bool")), TypeError, "pos_weight has dtype bool"),
    "labels of another shape": (
        lambda f: f(X, Y[0]),
        ValueError,
        r"label has shape \(3,\); expected \(2, 3\)",
    ),
    "labels that would broadcast": (lambda f: f(X, Y[:1]), ValueError, "label has shape"),
    "weight does not broadcast": (lambda f: f(X, Y, W[:2]), ValueError, r"weight has shape \(2,\)"),
    "weight enlarges": (lambda f: f(X, Y, paddle.ones([4, 2, 3])), ValueError, "weight has shape"),
    "pos_weight enlarges": (
        lambda f: f(X, Y, pos_weight=paddle.ones([1, 2, 3])),
        ValueError,
        "pos_weight has shape",
    ),
    "reduction in capitals": (lambda f: f(X, Y, reduction="MEAN"), ValueError, "reduction is 'MEAN'"),
    "reduction None": (lambda f: f(X, Y, reduction=None), ValueError, "reduction is None"),
    "weight as reduction": (lambda f: f(X, Y, "none"), TypeError, "weight is"),
}
ONLY_WITH_ALIASES = ("both logit and input", "both label and target")


@pytest.mark.parametrize("what", WRONG)
def test_errors(what: str) -> None:
    call, kind, message = WRONG[what]
    with pytest.raises(kind, match=message):
        call(shim)
    if what not in ONLY_WITH_ALIASES:
        with pytest.raises(kind, match=message):
            call(v2_0.binary_cross_entropy_with_logits)


@pytest.mark.parametrize("name", ["torch", "numpy"])
def test_any_frameworks_tensors(name: str) -> None:
    """torch's autograd differentiates Paddle's API on torch tensors."""
    x, y, w = (t.numpy() for t in (X, Y, W))
    if name == "numpy":
        assert float(shim(x, y, w, pos_weight=w)) == pytest.approx(
            float(native(X, Y, W, pos_weight=W)), rel=1e-6
        )
        return
    logit = torch.tensor(x, requires_grad=True)
    loss = shim(logit, torch.tensor(y), torch.tensor(w), "sum", torch.tensor(w))
    loss.backward()
    theirs = X.detach()
    theirs.stop_gradient = False
    native(theirs, Y, W, "sum", W).backward()
    np.testing.assert_allclose(logit.grad, theirs.grad.numpy(), rtol=1e-5)


def test_v2_0_weighs_the_whole_loss() -> None:
    """The weight is (pos_weight - 1) * label + 1: another loss than Paddle 3's for soft labels, the same for
    0 and 1.
    """
    f = v2_0.binary_cross_entropy_with_logits
    plain = f(X, Y, reduction="none").numpy()
    factor = (W.numpy() - 1) * Y.numpy() + 1
    np.testing.assert_allclose(f(X, Y, W, "none", W).numpy(), W.numpy() * factor * plain, rtol=1e-6)
    assert f(X, Y).shape == [1] and f(X, Y, reduction="sum").shape == [1]
    assert float(f(X, Y, W, "mean", W)) == pytest.approx(float((W.numpy() * factor * plain).mean()), rel=1e-6)
    soft = paddle.to_tensor([0.25])
    assert float(f(soft, soft, pos_weight=soft)) != pytest.approx(
        float(shim(soft, soft, pos_weight=soft)), rel=1e-3
    )
    hard = paddle.to_tensor([1.0])
    assert float(f(soft, hard, pos_weight=soft)) == pytest.approx(
        float(shim(soft, hard, pos_weight=soft)), rel=1e-6
    )
    for tensors in ([t.numpy() for t in (X, Y, W)], [torch.tensor(t.numpy()) for t in (X, Y, W)]):
        loss = f(*tensors, "sum", tensors[2])
        assert tuple(loss.shape) == (1,) and float(loss[0]) == pytest.approx(
            float(f(X, Y, W, "sum", W)), rel=1e-6
        )


def test_v2_0_gradients_and_edges() -> None:
    f = v2_0.binary_cross_entropy_with_logits
    rng = np.random.default_rng(5)
    values = [rng.normal(size=4), rng.uniform(size=4), rng.uniform(0.5, 2, 4), rng.uniform(0.5, 2, 4)]
    leaves = [paddle.to_tensor(v, stop_gradient=False) for v in values]

    def true(x: float, y: float, w: float, p: float) -> Any:
        return w * ((p - 1) * y + 1) * exact.loss(x, y).value

    for i, gradient in enumerate(paddle.grad(f(leaves[0], leaves[1], leaves[2], "sum", leaves[3]), leaves)):
        for j in range(4):
            point = [exact.mpf(float(v[j])) for v in values]

            def along(t: Any, i: int = i, point: list[Any] = point) -> Any:
                return true(*point[:i], t, *point[i + 1 :])

            assert float(gradient[j]) == pytest.approx(float(exact.mp.diff(along, point[i])), rel=1e-9)

    infinite = paddle.to_tensor([-math.inf, math.inf])
    assert f(
        infinite, paddle.to_tensor([0.0, 1.0]), None, "none", paddle.to_tensor(2.0)
    ).numpy().tolist() == [0, 0]
    zero = f(paddle.to_tensor([3.0]), paddle.to_tensor([0.0]), None, "sum", paddle.to_tensor(math.inf))
    assert float(zero) == pytest.approx(3.0485873)
    small = f(paddle.to_tensor([0.0]), paddle.to_tensor([1.0]), None, "sum", paddle.to_tensor(1e-10))
    assert float(small) == pytest.approx(1e-10 * math.log(2), rel=1e-6)


def test_fluid_ignores_the_labels_value() -> None:
    f = fluid.layers.sigmoid_cross_entropy_with_logits
    x = paddle.to_tensor([0.5, math.nan, math.inf, -1.0, 2.0], stop_gradient=False)
    y = paddle.to_tensor([1.0, -1.0, -1.0, 0.0, -1.5])
    loss = f(x, y, -1)
    loss.sum().backward()
    expected = [float(exact.loss(a, b).value) for a, b in ((0.5, 1.0), (-1.0, 0.0), (2.0, -1.5))]
    assert loss.numpy()[[0, 3, 4]] == pytest.approx(expected, rel=1e-6)
    assert loss.numpy()[1:3].tolist() == [0, 0] and x.grad.numpy()[1:3].tolist() == [0, 0]
    assert f(x, y, ignore_index=-1, normalize=True).numpy()[[0, 3, 4]] == pytest.approx(
        np.array(expected) / 3, rel=1e-6
    )


def test_fluid_defaults_and_all_ignored() -> None:
    f = fluid.layers.sigmoid_cross_entropy_with_logits
    close(f(X, Y), native(X, Y, reduction="none"))
    ignored = paddle.full([2, 3], -100.0)
    assert f(X, ignored, normalize=True).numpy().tolist() == [[0] * 3] * 2
    assert f(X, ignored).numpy().tolist() == [[0] * 3] * 2
    near = paddle.to_tensor([1e-9, 0.5, 0.0])
    assert (f(near, near, 0).numpy() == 0).tolist() == [False, False, True]
    close(f(X, Y, name="a", normalize=True), native(X, Y, reduction="none") / 6)
    assert f(X.numpy(), Y.numpy(), 0)[0, 1] == 0


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda f: f([1.0], Y), TypeError, "x is"),
        (lambda f: f(X, Y.numpy()), TypeError, "label is"),
        (lambda f: f(X.cast("int32"), Y), TypeError, "x has dtype int32"),
        (lambda f: f(X, Y.cast("float64")), TypeError, "label has dtype float64"),
        (lambda f: f(X, Y[:1]), ValueError, "label has shape"),
        (lambda f: f(X, Y, "a"), TypeError, "ignore_index is 'a'"),
        (lambda f: f(X, Y, normalize=1), TypeError, "normalize is 1"),
        (lambda f: f(X, Y, weight=W), TypeError, "weight"),
    ],
)
def test_fluid_errors(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call(fluid.layers.sigmoid_cross_entropy_with_logits)

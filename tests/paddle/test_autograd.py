"""What befalls a loss in Paddle's autograd: hooks, repeated backward passes, changes in place, saved tensors,
threads.
"""

from __future__ import annotations

import gc
import itertools
import subprocess
import sys
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import paddle
import pytest
from frameworks import forget_plans

import compatlosses as cl
import compatlosses.paddle as api
from compatlosses.paddle import fluid, host, library, v2_0

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]], np.float32)
Y = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]], np.float32)
W = np.array([0.5, 2.0, 3.0], np.float32)
P = np.array([2.0, 1.0, 0.5], np.float32)
REDUCTIONS = ("none", "mean", "sum")


def edition(*tensors: Any, reduction: str) -> Any:
    return api.binary_cross_entropy_with_logits(*tensors[:3], reduction, tensors[3])


def neutral(*tensors: Any, reduction: str) -> Any:
    x, y, w, p = tensors
    return cl.binary_cross_entropy_with_logits(
        x, y, weight=w, pos_weight=p, reduction=reduction, ignore_index=0.25
    )


def whole(*tensors: Any, reduction: str) -> Any:
    return v2_0.binary_cross_entropy_with_logits(*tensors[:3], reduction, tensors[3])


LOSSES = (edition, neutral, whole)


@pytest.fixture(params=["fused", "formula"])
def executor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both ways of a call."""
    if request.param == "formula":
        forget_plans(monkeypatch)
        monkeypatch.setattr(host, "why_formula", lambda *arguments: "this test")
    yield request.param


def inputs(dtype: str = "float32", leaves: bool = True) -> list[Any]:
    """The four arguments, computed from leaves that ask for a gradient."""
    return [
        paddle.to_tensor(value).astype(dtype).detach() if not leaves else leaf(value, dtype)
        for value in (X, Y, W, P)
    ]


def leaf(value: Any, dtype: str = "float32") -> Any:
    tensor = paddle.to_tensor(value).astype(dtype).detach()
    tensor.stop_gradient = False
    return tensor


def gradients(tensors: list[Any]) -> list[np.ndarray[Any, Any]]:
    return [tensor.grad.astype("float32").numpy() for tensor in tensors]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("loss", [edition, neutral])
def test_a_second_backward_gives_the_same_again(
    loss: Callable[..., Any], reduction: str, dtype: str, executor: str
) -> None:
    tensors = inputs(dtype)
    value = loss(*tensors, reduction=reduction).astype("float32").sum()
    value.backward(retain_graph=True)
    first = [gradient.copy() for gradient in gradients(tensors)]
    for tensor in tensors:
        tensor.clear_gradient(set_to_zero=False)
    value.backward()
    for once, again in zip(first, gradients(tensors), strict=True):
        assert np.array_equal(once, again)
    with pytest.raises(SystemError, match="retain_graph=True"):
        value.backward()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_one_loss_in_two_sums(loss: Callable[..., Any], reduction: str, executor: str) -> None:
    tensors = inputs()
    loss(*tensors, reduction=reduction).sum().backward()
    once = gradients(tensors)
    tensors = inputs()
    value = loss(*tensors, reduction=reduction)
    (value * 2).sum().backward(retain_graph=True)
    (value.sum() * 3).backward()
    for gradient, expected in zip(gradients(tensors), once, strict=True):
        np.testing.assert_allclose(gradient, 5 * expected, rtol=1e-5)
    tensors = inputs()
    value = loss(*tensors, reduction=reduction)
    (value.sum() * 2 + (value * 3).sum()).backward()
    for gradient, expected in zip(gradients(tensors), once, strict=True):
        np.testing.assert_allclose(gradient, 5 * expected, rtol=1e-5)


def test_without_a_graph_a_second_backward_is_paddles_error_and_not_a_crash() -> None:
    """In a process of its own, which must end well."""
    code = (
        "import paddle\nfrom compatlosses.paddle import binary_cross_entropy_with_logits as f\n"
        "x = paddle.to_tensor([1., -2.], stop_gradient=False)\n"
        "for reduction in ('none', 'mean', 'sum'):\n"
        "    loss = f(x, paddle.to_tensor([1., 0.]), reduction=reduction)\n"
        "    loss.backward()\n"
        "    try: loss.backward()\n"
        "    except SystemError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.split() == ["refused"] * 3, done.stderr[-2000:]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_hook_on_the_loss_changes_the_gradient(
    loss: Callable[..., Any], reduction: str, executor: str
) -> None:
    tensors = inputs()
    loss(*tensors, reduction=reduction).sum().backward()
    plain = gradients(tensors)
    tensors = inputs()
    value = loss(*tensors, reduction=reduction)
    seen = []
    value.register_hook(lambda g: seen.append(g.shape))
    value.register_hook(lambda g: g * 3)
    removed = value.register_hook(lambda g: g * 100)
    removed.remove()
    value.sum().backward()
    assert seen == [value.shape]
    for gradient, expected in zip(gradients(tensors), plain, strict=True):
        np.testing.assert_allclose(gradient, 3 * expected, rtol=1e-5)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("loss", [edition, whole])
def test_an_argument_changed_in_place_is_refused(
    loss: Callable[..., Any], reduction: str, place: int
) -> None:
    """As Paddle's operator refuses it.

    (The formula of 2.0 computes on copies in float64: float32 tensors may change.)
    """
    dtype = "float64" if loss is whole else "float32"
    for change in ("scale_", "assign", "cast_", "_clear_data"):
        tensors = inputs(dtype, leaves=False)
        tensors[0] = leaf(X, dtype) * 1.0 if place == 0 else leaf(X, dtype)
        value = loss(*tensors, reduction=reduction).sum()
        argument = tensors[place]
        with paddle.no_grad():
            if change == "scale_":
                argument.scale_(3.0)
            elif change == "assign":
                paddle.assign(paddle.zeros_like(argument), output=argument)
            elif change == "cast_":
                argument.cast_("float16")
            else:
                argument._clear_data()
        with pytest.raises(OSError, match="changed in place"):
            value.backward()


def test_what_is_changed_after_a_copy_does_no_harm() -> None:
    tensors = inputs("float32", leaves=False)
    tensors[0] = leaf(X)
    expected = whole(*tensors, reduction="sum")
    right = paddle.grad(expected, tensors[0])[0].numpy()
    value = whole(*tensors, reduction="sum")
    tensors[1].scale_(3.0)
    assert np.array_equal(paddle.grad(value, tensors[0])[0].numpy(), right)


@pytest.mark.parametrize(
    "pack", [lambda tensor: [tensor], lambda tensor: (tensor, 1), lambda tensor: {0: tensor}]
)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_hooks_for_saved_tensors_do_no_harm(
    reduction: str, pack: Callable[[Any], Any], executor: str
) -> None:
    """Whatever they pack: a list ends the process in Paddle's PyLayer.

    Changes in place are refused all the same.
    """
    tensors = inputs()
    edition(*tensors, reduction=reduction).sum().backward()
    expected = gradients(tensors)
    tensors = inputs()
    with paddle.autograd.saved_tensors_hooks(pack, lambda packed: packed[0]):
        value = edition(*tensors, reduction=reduction)
    value.sum().backward()
    for gradient, right in zip(gradients(tensors), expected, strict=True):
        assert np.array_equal(gradient, right)
    logits = leaf(X) * 1.0
    with paddle.autograd.saved_tensors_hooks(pack, lambda packed: packed[0]):
        value = api.binary_cross_entropy_with_logits(logits, tensors[1], reduction=reduction)
    logits.detach().scale_(0.0)
    with pytest.raises(OSError, match="changed in place"):
        value.sum().backward()


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_backward_frees_what_it_needed(reduction: str, executor: str) -> None:
    """As for Paddle's own operator, a loss that is kept keeps no logits, once backward has run without
    retain_graph.
    """
    leaves = inputs()
    logits = leaves[0] * 1.0
    value = api.binary_cross_entropy_with_logits(logits, leaves[1], reduction=reduction).sum()
    there = weakref.ref(logits)
    del logits
    value.backward(retain_graph=True)
    gc.collect()
    assert there() is not None
    value.backward()
    gc.collect()
    assert there() is None


@pytest.mark.parametrize("asked", [(0,), (1,), (3,), (0, 2), (0, 1, 2, 3)])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradients_by_some_arguments(reduction: str, asked: tuple[int, ...], executor: str) -> None:
    tensors = inputs()
    edition(*tensors, reduction=reduction).sum().backward()
    expected = gradients(tensors)
    value = edition(*tensors, reduction=reduction).sum()
    for _ in range(2):  # paddle.grad works on a copy of the graph
        found = paddle.grad(value, [tensors[i] for i in asked])
        for i, gradient in zip(asked, found, strict=True):
            np.testing.assert_allclose(gradient.numpy(), expected[i], rtol=1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_second_derivatives_beside_first(reduction: str, executor: str) -> None:
    """A gradient penalty: the loss and the square of its gradient in one backward, and each alone."""
    x, y = leaf(X, "float64"), paddle.to_tensor(Y).astype("float64")
    n = 6 if reduction == "mean" else 1
    s = 1 / (1 + np.exp(-X.astype(np.float64)))
    by_x, twice = (s - Y) / n, s * (1 - s) / n

    def slope(value: Any) -> Any:
        return paddle.grad(value.sum(), x, create_graph=True)[0]

    value = cl.binary_cross_entropy_with_logits(x, y, reduction=reduction)
    penalty = (slope(value) ** 2).sum()
    penalty.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * by_x * twice, rtol=1e-9)
    x.clear_gradient()
    value = cl.binary_cross_entropy_with_logits(x, y, reduction=reduction)
    (value.sum() + (slope(value) ** 2).sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), by_x + 2 * by_x * twice, rtol=1e-9)


TRAINING = """
import sys, threading
import numpy as np, paddle
from compatlosses.paddle import binary_cross_entropy_with_logits as loss
X = np.random.default_rng(0).normal(size=(100, 3)).astype("float32")
y, wrong = paddle.to_tensor((X > 0).astype("float32")), []
shared = paddle.to_tensor(X, stop_gradient=False)
graph, lock = loss(shared, y, reduction=sys.argv[1]).sum(), threading.Lock()
expected = paddle.grad(graph, shared, retain_graph=True)[0].numpy()
def work():
    for _ in range(200):
        x = paddle.to_tensor(X, stop_gradient=False)
        loss(x, y, reduction=sys.argv[1]).sum().backward()
        if not np.array_equal(x.grad.numpy(), expected): wrong.append(x)
        with lock:  # Paddle adds up what two threads bring to one tensor without one, and loses some
            graph.backward(retain_graph=True)
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
np.testing.assert_allclose(shared.grad.numpy(), 400 * expected, rtol=1e-3)
print("wrong", len(wrong))
"""


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_two_threads_train(reduction: str) -> None:
    """Each on graphs of its own and both over one, in a process that must end: tensors made by DLPack locked
    each other out.
    """
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, reduction], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "wrong 0", done.stderr[-2000:]


@pytest.mark.parametrize("shape", [(), (1,), (0,), (0, 3), (2, 0)])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_empty_and_0d(dtype: str, reduction: str, shape: tuple[int, ...], executor: str) -> None:
    x, y = leaf(np.zeros(shape, np.float32), dtype), leaf(np.ones(shape, np.float32), dtype)
    w = leaf(np.ones((), np.float32), dtype)
    value = api.binary_cross_entropy_with_logits(x, y, w, reduction)
    assert tuple(value.shape) == (shape if reduction == "none" else ())
    value.backward()
    assert tuple(x.grad.shape) == tuple(y.grad.shape) == shape and x.grad.dtype == y.grad.dtype == x.dtype
    assert tuple(w.grad.shape) == ()
    assert float(w.grad.astype("float32")) == (pytest.approx(np.log(2), rel=1e-2) if 0 not in shape else 0)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_transposed_and_sliced(reduction: str, executor: str) -> None:
    x, y = leaf(np.tile(X, (2, 2))), paddle.to_tensor(np.tile(Y, (2, 2)))
    views = [x.T[1:5:2], y.T[1:5:2]]
    api.binary_cross_entropy_with_logits(*views, reduction=reduction).sum().backward()
    strided = x.grad.numpy().copy()
    x.clear_gradient()
    copies = [paddle.to_tensor(view.numpy()) for view in views]
    copies[0].stop_gradient = False
    api.binary_cross_entropy_with_logits(*copies, reduction=reduction).sum().backward()
    expected = np.zeros_like(strided)
    expected.T[1:5:2] = copies[0].grad.numpy()
    np.testing.assert_allclose(strided, expected, rtol=1e-6)


def test_a_view_holds_the_memory_that_it_shows() -> None:
    for take in (lambda tensor: tensor._clear_data(), lambda tensor: tensor.cast_("float64")):
        tensor = paddle.to_tensor(np.arange(1000, dtype=np.float32))
        view = host.view(tensor)
        take(tensor)
        others = [paddle.full([1000], -1.0) for _ in range(50)]
        assert np.array_equal(view, np.arange(1000, dtype=np.float32)) and len(others) == 50


def test_a_tensor_without_memory_is_an_error_and_not_a_crash() -> None:
    x = paddle.ones([3])
    x._clear_data()
    with pytest.raises((RuntimeError, ValueError), match="holder_ should not be null"):
        api.binary_cross_entropy_with_logits(x, paddle.ones([3]))


def is_largest(x: Any) -> Any:
    return library.equal(x, 2**63 - 1)


def test_sentinels_are_exact() -> None:
    largest = 2**63 - 1
    whole_numbers = paddle.to_tensor(np.array([largest, largest - 1, -largest - 1]))
    assert library.equal(whole_numbers, largest).numpy().tolist() == [True, False, False]
    assert library.equal(whole_numbers, -largest - 1).numpy().tolist() == [False, False, True]
    assert library.equal(paddle.to_tensor([1.0, np.nan]), np.nan).numpy().tolist() == [False, True]
    assert library.equal(paddle.to_tensor([1.0, np.nan]).astype("bfloat16"), np.nan).numpy().tolist() == [
        False,
        True,
    ]
    traced = paddle.jit.to_static(is_largest, full_graph=True)
    assert traced(whole_numbers).numpy().tolist() == [True, False, False]


@pytest.mark.parametrize("name", ["logit", "label", "weight", "pos_weight"])
def test_sparse_tensors_are_refused(name: str) -> None:
    dense = paddle.to_tensor(X)
    arguments = dict.fromkeys(("logit", "label", "weight", "pos_weight"), dense)
    arguments[name] = dense.to_sparse_coo(2)
    with pytest.raises(
        TypeError, match=f"{name}: a sparse Paddle tensor was given; expected a dense one. Call to_dense"
    ):
        api.binary_cross_entropy_with_logits(**arguments)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize(
    "function", [api.binary_cross_entropy_with_logits, v2_0.binary_cross_entropy_with_logits]
)
def test_padding_of_minus_100_is_warned_of_once(function: Any, dtype: str) -> None:
    if function is v2_0.binary_cross_entropy_with_logits and dtype in ("float16", "bfloat16"):
        pytest.skip("Paddle 2.0 has no half precision")
    from compatlosses.paddle import checks

    checks._warn.cache_clear()
    x = paddle.zeros([2, 2]).astype(dtype)
    near = paddle.to_tensor([[0.0, 1.0], [-99.0, 100.0]]).astype(dtype)
    with warnings_as_errors():
        function(x, near)
    padded = paddle.to_tensor([[0.0, 1.0], [1.0, -100.0]]).astype(dtype)
    with pytest.warns(UserWarning, match="a label is -100") as caught:
        function(x, padded.T)
    assert caught[0].filename == __file__
    with warnings_as_errors():
        function(x, padded)


@contextmanager
def warnings_as_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        (api, "relu", "import paddle"),
        (fluid, "io", "fluid.io is Paddle's own, up to 2.4"),
        (fluid.layers, "data", "fluid.layers.data is Paddle's own, up to 2.4"),
        (v2_0, "BCEWithLogitsLoss", "in compatlosses.paddle"),
    ],
)
def test_other_names_say_where_they_live(module: Any, name: str, words: str) -> None:
    with pytest.raises(AttributeError, match=words):
        getattr(module, name)
    assert not hasattr(module, "__wrapped__")


def test_fluid_takes_numpys_scalars() -> None:
    f = fluid.layers.sigmoid_cross_entropy_with_logits
    x, y = paddle.to_tensor(X), paddle.to_tensor(Y)
    expected = f(x, y, 0, normalize=True).numpy()
    assert np.array_equal(f(x, y, np.int64(0), normalize=np.bool_(True)).numpy(), expected)
    with pytest.raises(TypeError, match="expected True or False"):
        f(x, y, normalize=1)
    with pytest.raises(ValueError, match="label has dtype float32, which cannot hold it"):
        f(x, y, 10**60)


def test_every_pair_of_arguments_asks() -> None:
    """Each subset of the arguments that ask for a gradient gives the same gradients."""
    tensors = inputs()
    edition(*tensors, reduction="mean").backward()
    expected = gradients(tensors)
    for size in (1, 2, 3):
        for asked in itertools.combinations(range(4), size):
            some = inputs()
            for i in range(4):
                some[i].stop_gradient = i not in asked
            edition(*some, reduction="mean").backward()
            for i in asked:
                np.testing.assert_allclose(some[i].grad.numpy(), expected[i], rtol=1e-6)

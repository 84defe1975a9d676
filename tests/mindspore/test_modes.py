"""Every way MindSpore runs code: eager, compiled, differentiated, vectorised, with automatic mixed precision.

Functions are written out because MindSpore's compiler reads their source. Compiling is slow, so each test compiles once.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import exact
import mindspore
import numpy as np
import pytest
from entered import assert_paid_at_trace_time
from mindspore import amp, nn, ops

import compatlosses as cl
import compatlosses.mindspore as edition

INF = np.inf
LOGITS = [0.0, -0.0, 1.0, -2.0, -INF, INF, -88.0, 104.0, -INF, INF]
LABELS = [0.0, 1.0, 0.25, 2.0, 0.0, 1.0, 0.75, 1.0, 1.0, 0.0]
WEIGHTS = [2.0, 1.0, 0.5, 3.0, 1.0, 1.0, 0.0, 1.0, 2.0, 0.5]
POSITIVE = [0.5, 1.0, 3.0, 0.25, 2.0, 2.0, 1.0, 0.0, 1.0, 1.0]
CASES = list(zip(LOGITS, LABELS, WEIGHTS, POSITIVE, strict=True))


def tensor(values: Any, dtype: Any = mindspore.float32) -> mindspore.Tensor:
    """A MindSpore tensor."""
    return mindspore.Tensor(np.array(values, np.float32)).astype(dtype)


ALL = tuple(tensor(values) for values in (LOGITS, LABELS, WEIGHTS, POSITIVE))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MindSpore writes what it could not compile into the working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def graph_mode() -> Iterator[None]:
    """MindSpore's GRAPH_MODE, and eager mode afterwards."""
    mindspore.set_context(mode=mindspore.GRAPH_MODE)
    yield
    mindspore.set_context(mode=mindspore.PYNATIVE_MODE)


def elements(x: Any, y: Any, w: Any, p: Any) -> Any:
    return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, reduction="none")


def slopes(x: Any, y: Any, w: Any, p: Any) -> Any:
    return mindspore.grad(elements)(x, y, w, p).sum()


def mean(x: Any, y: Any) -> Any:
    return edition.binary_cross_entropy_with_logits(x, y)


def some(x: Any, y: Any, w: Any, p: Any) -> Any:
    """Calls with and without each option in one program."""
    a = cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, ignore_index=1, normalize=True)
    b = cl.binary_cross_entropy_with_logits(x, y, weight=w, reduction="sum")
    c = cl.binary_cross_entropy_with_logits(x, y, pos_weight=p, ignore_index=0.5)
    return a + b + c + cl.binary_cross_entropy_with_logits(x, y)


def holds(found: Any, expected: list[exact.Exact], bound: float = 1.0) -> None:
    distance, at = exact.worst(found.astype(mindspore.float64).asnumpy().tolist(), expected, "float32")
    assert distance <= bound, f"{CASES[at]}: {distance} ULP"


def same(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found.asnumpy(), expected.asnumpy())


@pytest.mark.parametrize("compiled", [False, True])
def test_value_and_gradients_of_all_four(compiled: bool) -> None:
    both = mindspore.value_and_grad(elements, (0, 1, 2, 3))
    value, gradients = mindspore.jit(both)(*ALL) if compiled else both(*ALL)
    holds(value, [exact.loss(*case) for case in CASES])
    for gradient, derivative in zip(gradients, exact.DERIVATIVES.values(), strict=True):
        holds(gradient, [derivative(*case) for case in CASES])


@pytest.mark.parametrize("compiled", [False, True])
def test_second_order(compiled: bool) -> None:
    second = mindspore.grad(slopes, (0, 1))
    by_logits, by_targets = mindspore.jit(second)(*ALL) if compiled else second(*ALL)
    holds(by_logits, [exact.d2_logits(*case) for case in CASES])
    holds(by_targets, [exact.d2_logits_targets(*case) for case in CASES])


def test_options_in_one_program() -> None:
    x, y = tensor([0.5, -1.0, 2.0, 3.0]), tensor([1.0, 0.0, 0.5, 0.25])
    both = mindspore.value_and_grad(some, (0, 1, 2, 3))
    # MindSpore adds up, in eager calls alone, the gradients of one tensor that is given twice: w and p are their own.
    w, p = tensor([2.0, 0.5, 1.0, 3.0]), tensor([1.0, 0.0, 2.0, 0.5])
    eager = both(x, y, w, p)
    compiled = mindspore.jit(both)(x, y, w, p)
    for mine, theirs in zip((compiled[0], *compiled[1]), (eager[0], *eager[1]), strict=True):
        np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-6)


def test_graph_mode(graph_mode: None) -> None:
    class Net(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.loss = edition.BCEWithLogitsLoss("mean", tensor([1.0, 2.0]), tensor([3.0, 0.5]))

        def construct(self, x: Any, y: Any) -> Any:
            return self.loss(x, y)

    x, y = tensor([0.5, -1.0]), tensor([1.0, 0.0])
    value, gradient = mindspore.value_and_grad(Net())(x, y)
    native = nn.BCEWithLogitsLoss("mean", tensor([1.0, 2.0]), tensor([3.0, 0.5]))(x, y)
    np.testing.assert_allclose(value.asnumpy(), native.asnumpy(), rtol=1e-4)
    expected = [exact.d_logits(0.5, 1.0, 1.0, 3.0).value / 2, exact.d_logits(-1.0, 0.0, 2.0, 0.5).value / 2]
    np.testing.assert_allclose(gradient.asnumpy(), [float(e) for e in expected], rtol=1e-6)


def test_vmap() -> None:
    rows = [t[:4].reshape(2, 2) for t in ALL]
    same(mindspore.vmap(elements)(*rows), elements(*rows))
    same(mindspore.vmap(mindspore.grad(elements))(*rows), mindspore.grad(elements)(*rows))


def test_jvp() -> None:
    x, y = tensor([0.5, -1.0]), tensor([1.0, 0.25])

    def of_logits(a: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(a, y, reduction="none")

    value, tangent = mindspore.jvp(of_logits, x, ops.ones_like(x))
    same(value, of_logits(x))
    same(tangent, mindspore.grad(of_logits)(x))


def test_empty_and_scalars_compiled() -> None:
    compiled = mindspore.jit(mindspore.value_and_grad(mean, (0, 1)))
    value, (by_x, _) = compiled(tensor(np.zeros((0, 3))), tensor(np.zeros((0, 3))))
    assert np.isnan(value.asnumpy()) and by_x.shape == (0, 3)
    value, (by_x, _) = compiled(tensor(0.0), tensor(1.0))
    assert by_x.asnumpy() == -0.5 and value.shape == ()


def test_amp_auto_gives_float32() -> None:
    def fresh(x: Any, y: Any) -> Any:
        return edition.binary_cross_entropy_with_logits(x, y)

    x, y = tensor([0.5, -1.0], mindspore.float16), tensor([1.0, 0.0], mindspore.float16)
    assert mindspore.jit(mean)(x, y).dtype == mindspore.float16
    for automatic in (amp.auto_mixed_precision(fresh, "auto"), mindspore.jit(amp.auto_mixed_precision(fresh, "auto"))):
        assert automatic(x, y).dtype == mindspore.float32
    for level in ("O2", "O3", "auto"):
        mine = amp.auto_mixed_precision(edition.BCEWithLogitsLoss(), level)(x, y)
        assert mine.dtype == amp.auto_mixed_precision(nn.BCEWithLogitsLoss(), level)(x, y).dtype


class Network(nn.Cell):  # type: ignore[misc]
    """A layer and a loss: what amp level O1 takes apart and writes anew."""

    def __init__(self, loss: Any) -> None:
        super().__init__()
        self.dense = nn.Dense(2, 2, weight_init="ones", bias_init="zeros")
        self.loss = loss

    def construct(self, x: Any, y: Any) -> Any:
        return self.loss(self.dense(x), y)


def test_amp_level_o1_takes_the_loss_class() -> None:
    x, y = tensor([[0.5, -1.0]]), tensor([[1.0, 0.0]])
    mine = amp.auto_mixed_precision(Network(edition.BCEWithLogitsLoss()), "O1")(x, y)
    theirs = amp.auto_mixed_precision(Network(nn.BCEWithLogitsLoss()), "O1")(x, y)
    assert mine.dtype == theirs.dtype == mindspore.float32
    np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-3)


def test_value_and_gradients_in_jit() -> None:
    def both(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.value_and_gradients(x, y, wrt=("logits", "pos_weight"), weight=w, pos_weight=p)

    value, gradients = mindspore.jit(both)(*ALL)
    expected, by_hand = both(*ALL)
    assert list(gradients) == ["logits", "pos_weight"]
    np.testing.assert_allclose(value.asnumpy(), expected.asnumpy(), rtol=1e-6)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient.asnumpy(), by_hand[name].asnumpy(), rtol=1e-5, atol=1e-9)


def test_the_shim_is_paid_for_when_a_call_is_compiled() -> None:
    """A second call, gradients included, enters no Python of the package."""
    both = mindspore.value_and_grad(elements, (0, 1, 2, 3))
    assert_paid_at_trace_time(mindspore.jit(both), both, *ALL)


class Options(nn.Cell):  # type: ignore[misc]
    """The loss with all its options as a cell, which can be told that sizes are unknown."""

    def construct(self, x: Any, y: Any, w: Any, p: Any) -> Any:
        mean = cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, ignore_index=1, normalize=True)
        total = cl.binary_cross_entropy_with_logits(x, y, weight=w, reduction="sum", normalize=True)
        return mean + total + cl.binary_cross_entropy_with_logits(x, y)


class Slopes(nn.Cell):  # type: ignore[misc]
    """The value and the gradients by all four arguments."""

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.both = mindspore.value_and_grad(cell, (0, 1, 2, 3))

    def construct(self, x: Any, y: Any, w: Any, p: Any) -> Any:
        return self.both(x, y, w, p)


@pytest.mark.parametrize("shapes", [[(None, 3), (None, 3), (None, 1), (3,)], [(None, None)] * 3 + [(None,)], [None] * 4])
def test_unknown_sizes_in_one_program(graph_mode: None, shapes: list[Any]) -> None:
    """Sizes, and even their number, that only a run tells: weights that are repeated there or not, and no element at all."""
    cell = Slopes(Options())
    cell.set_inputs(*(mindspore.Tensor(shape=shape, dtype=mindspore.float32) for shape in shapes))
    rng = np.random.default_rng(5)
    names = ("logits", "targets", "weight", "pos_weight")
    for rows in (2, 5, 1, 0):
        x, w, p = rng.normal(size=(rows, 3)), rng.uniform(1, 2, size=(rows, 1)), rng.uniform(1, 2, size=3)
        x, w, p, y = (np.float32(a) for a in (x, w, p, np.arange(rows * 3).reshape(rows, 3) % 3 / 2))
        value, gradients = cell(*(tensor(a) for a in (x, y, w, p)))
        total, expected = 0.0, {name: 0.0 for name in names}
        for options in (
            {"weight": w, "pos_weight": p, "ignore_index": 1, "normalize": True},
            {"weight": w, "reduction": "sum", "normalize": True},
            {},
        ):
            wrt = ("logits", "targets", *(name for name in names if name in options))
            loss, by_name = cl.value_and_gradients(x, y, wrt=wrt, **options)
            total = total + loss
            expected = {name: expected[name] + by_name.get(name, 0.0) for name in names}
        np.testing.assert_allclose(value.asnumpy(), total, rtol=1e-6)
        for gradient, true in zip(gradients, expected.values(), strict=True):
            np.testing.assert_allclose(gradient.asnumpy(), true, rtol=2e-6, atol=1e-7)


def test_value_and_gradients_wants_known_sizes(graph_mode: None) -> None:
    class Cell(nn.Cell):
        def construct(self, x: Any, y: Any) -> Any:
            return cl.value_and_gradients(x, y)[0]

    cell = Cell()
    cell.set_inputs(*[mindspore.Tensor(shape=[None], dtype=mindspore.float32)] * 2)
    with pytest.raises(ValueError, match="unknown sizes; expected known sizes"):
        cell(tensor([0.5]), tensor([1.0]))


def test_errors_keep_their_type_when_compiled() -> None:
    def bad_reduction(x: Any, y: Any) -> Any:
        return edition.binary_cross_entropy_with_logits(x, y, reduction="average")

    x = tensor([0.5, -1.0])
    with pytest.raises(ValueError, match=r"reduction is .*average.*expected 'none', 'mean' or 'sum'"):
        mindspore.jit(bad_reduction)(x, x)
    with pytest.raises(ValueError, match=r"label has shape \(1,\); expected \(2,\)"):
        mindspore.jit(mean)(x, x[:1])
    with pytest.raises(TypeError, match="logits has dtype int32; expected float16, float32"):
        mindspore.jit(mean)(x.astype(mindspore.int32), x)


def test_gradients_are_nobody_elses() -> None:
    """Writing into a gradient that was handed out changes neither the inputs nor the next gradient."""
    first = mindspore.grad(elements, (0, 1, 2, 3))(*ALL)
    before = [gradient.asnumpy().copy() for gradient in first]
    for gradient in first:
        gradient[:] = 7.0
    for tensor_, values in zip(ALL, (LOGITS, LABELS, WEIGHTS, POSITIVE), strict=True):
        np.testing.assert_array_equal(tensor_.asnumpy(), np.float32(values))
    for gradient, values in zip(mindspore.grad(elements, (0, 1, 2, 3))(*ALL), before, strict=True):
        np.testing.assert_array_equal(gradient.asnumpy(), values)


def test_jit_is_the_first_call_of_a_process(tmp_path: Path) -> None:
    script = tmp_path / "first.py"
    script.write_text("""
import compatlosses as cl
import mindspore
def loss(x, y):
    return cl.binary_cross_entropy_with_logits(x, y)
x, y = mindspore.Tensor([0.5, -1.0]), mindspore.Tensor([1.0, 0.0])
assert mindspore.jit(loss)(x, y).asnumpy() == loss(x, y).asnumpy()
""")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr

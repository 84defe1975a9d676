"""Every way MindSpore runs code: eager, compiled, differentiated, vectorised, with automatic mixed precision.

Functions are written out because MindSpore's compiler reads their source. Compiling is slow, so each test
compiles once.
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
from frameworks import forget_plans
from mindspore import amp, nn, ops

import compatlosses as cl
import compatlosses.mindspore as edition
from compatlosses.mindspore import host, mint, v2_0, v2_7

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
    a = cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, ignore_index=1)
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
    # MindSpore adds up, in eager calls alone, the gradients of one tensor that is given twice: w and p are
    # their own.
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


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_losses_of_rows_in_graph_mode(graph_mode: None, name: str) -> None:
    x, w = tensor([[0.5, -1.0, 2.0], [3.0, 0.25, -4.0], [1.0, 1.0, 1.0]]), tensor([1.0, 0.5, 2.0])
    y = mindspore.Tensor([2, -1, 1], mindspore.int32)

    def computed(loss: Any) -> Any:
        def mean(x: Any) -> Any:
            return loss(x, y, w, -1)

        return mindspore.value_and_grad(mean)(x)

    found, expected = computed(getattr(edition, name)), computed(getattr(mindspore.ops, name))
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-4, atol=1e-7)


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
    for automatic in (
        amp.auto_mixed_precision(fresh, "auto"),
        mindspore.jit(amp.auto_mixed_precision(fresh, "auto")),
    ):
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
        return cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits, x, y, wrt=("logits", "pos_weight"), weight=w, pos_weight=p
        )

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
        mean = cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, ignore_index=1)
        total = cl.binary_cross_entropy_with_logits(x, y, weight=w, reduction="sum")
        return mean + total + cl.binary_cross_entropy_with_logits(x, y)


class Slopes(nn.Cell):  # type: ignore[misc]
    """The value and the gradients by all four arguments."""

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.both = mindspore.value_and_grad(cell, (0, 1, 2, 3))

    def construct(self, x: Any, y: Any, w: Any, p: Any) -> Any:
        return self.both(x, y, w, p)


@pytest.mark.parametrize(
    "shapes", [[(None, 3), (None, 3), (None, 1), (3,)], [(None, None)] * 3 + [(None,)], [None] * 4]
)
def test_unknown_sizes_in_one_program(graph_mode: None, shapes: list[Any]) -> None:
    """Sizes, and even their number, that only a run tells: weights that are repeated there or not, and no
    element at all.
    """
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
            {"weight": w, "pos_weight": p, "ignore_index": 1},
            {"weight": w, "reduction": "sum"},
            {},
        ):
            wrt = ("logits", "targets", *(name for name in names if name in options))
            loss, by_name = cl.value_and_gradients(
                cl.binary_cross_entropy_with_logits, x, y, wrt=wrt, **options
            )
            total = total + loss
            expected = {name: expected[name] + by_name.get(name, 0.0) for name in names}
        np.testing.assert_allclose(value.asnumpy(), total, rtol=1e-6)
        for gradient, true in zip(gradients, expected.values(), strict=True):
            np.testing.assert_allclose(gradient.asnumpy(), true, rtol=2e-6, atol=1e-7)


REFUSED = {
    "targets repeated": ((2, 3), (1, 3), (3,), (3,)),
    "targets of fewer dimensions": ((2, 3), (3,), (3,), (3,)),
    "targets of more dimensions": ((), (1,), (), ()),
    "targets that repeat logits": ((1, 3), (2, 3), (3,), (3,)),
    "targets turned": ((2, 3), (3, 2), (3,), (3,)),
    "weight that enlarges": ((1, 3), (1, 3), (2, 3), (3,)),
    "weight of more dimensions": ((2, 3), (2, 3), (1, 2, 3), (3,)),
    "weight of another size": ((2, 3), (2, 3), (2,), (3,)),
    "pos_weight that enlarges": ((1, 3), (1, 3), (3,), (2, 3)),
    "nothing for something": ((0, 3), (0, 1), (3,), (3,)),
}


class Elements(nn.Cell):  # type: ignore[misc]
    """The neutral function's losses of elements."""

    def construct(self, x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(
            x, y, weight=w, pos_weight=p, ignore_index=1, reduction="none"
        )


class Editions(nn.Cell):  # type: ignore[misc]
    """An edition's mean."""

    def __init__(self, loss: Any) -> None:
        super().__init__()
        self.loss = loss

    def construct(self, x: Any, y: Any, w: Any, p: Any) -> Any:
        return self.loss(x, y, weight=w, pos_weight=p)


@pytest.mark.parametrize("case", REFUSED)
def test_unknown_sizes_are_checked_when_the_program_runs(graph_mode: None, case: str) -> None:
    """A program that has refused once is dead, as it is with MindSpore's own loss: each gets a program of its
    own.
    """
    arguments = [tensor(np.ones(shape)) for shape in REFUSED[case]]
    cell = Slopes(Elements())
    cell.set_inputs(*[mindspore.Tensor(shape=None, dtype=mindspore.float32)] * 4)
    with pytest.raises((ValueError, RuntimeError), match="shape"):
        cell(*arguments)


@pytest.mark.parametrize(
    "loss",
    [
        edition.binary_cross_entropy_with_logits,
        v2_0.binary_cross_entropy_with_logits,
        v2_7.binary_cross_entropy_with_logits,
        mint.binary_cross_entropy_with_logits,
    ],
)
def test_editions_in_programs_of_unknown_sizes(graph_mode: None, loss: Any) -> None:
    cell = Editions(loss)
    cell.set_inputs(*[mindspore.Tensor(shape=[None, None], dtype=mindspore.float32)] * 4)
    x, y, w, p = (tensor(np.full(shape, 0.5)) for shape in ((2, 3), (2, 3), (1, 3), (2, 1)))
    np.testing.assert_allclose(
        cell(x, y, w, p).asnumpy(), loss(x, y, weight=w, pos_weight=p).asnumpy(), rtol=1e-6
    )
    with pytest.raises(ValueError, match="shape"):
        cell(x, y[:1], w, p)


def test_value_and_gradients_wants_known_sizes(graph_mode: None) -> None:
    class Cell(nn.Cell):
        def construct(self, x: Any, y: Any) -> Any:
            return cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y)[0]

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
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


def options_together(x: Any, y: Any, w: Any, p: Any) -> Any:
    return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, ignore_index=1)


def test_the_gradient_of_a_jitted_function() -> None:
    """MindSpore loses what a cell and its bprop share, where that branches."""
    for loss, tensors in ((elements, ALL), (options_together, ALL), (mean, ALL[:2])):
        by = tuple(range(len(tensors)))
        found, expected = (
            mindspore.grad(mindspore.jit(loss), by)(*tensors),
            mindspore.grad(loss, by)(*tensors),
        )
        for mine, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), rtol=1e-6)


CHANGES = (lambda t: t.copy_(t * 3.0), lambda t: t.mul_(3.0), lambda t: t.add_(0.5))


@pytest.mark.parametrize("formula", [False, True])
@pytest.mark.parametrize("dtype", [mindspore.float16, mindspore.float32, mindspore.float64])
def test_an_argument_changed_in_place_before_backward(
    monkeypatch: pytest.MonkeyPatch, dtype: Any, formula: bool
) -> None:
    """Right, or the RuntimeError of MindSpore's tape."""
    if formula:
        forget_plans(monkeypatch)
        monkeypatch.setattr(host, "why_formula", lambda *arguments: "a test")

    def slope(changed: int | None, change: Any, reduction: str) -> Any:
        def loss(x: Any) -> Any:
            tensors = [x * 1.0, *(tensor([1.0, 0.5, 2.0], dtype) for _ in range(3))]
            result = cl.binary_cross_entropy_with_logits(
                tensors[0], tensors[1], weight=tensors[2], pos_weight=tensors[3], reduction=reduction
            )
            if changed is not None:
                change(tensors[changed])
            return result.sum()

        return mindspore.grad(loss)(tensor([1.0, -2.0, 0.5], dtype)).asnumpy()

    for reduction in ("none", "mean", "sum"):
        right = slope(None, None, reduction)
        for changed in range(4):
            for change in CHANGES:
                try:
                    found = slope(changed, change, reduction)
                except RuntimeError as error:
                    assert "modified by an inplace operation" in str(error)
                else:
                    np.testing.assert_array_equal(found, right)


def test_hooks_on_saved_tensors_are_obeyed() -> None:
    packed, unpacked = [], []

    def pack(saved: Any) -> Any:
        packed.append(saved)
        return saved.copy()

    def unpack(saved: Any) -> Any:
        unpacked.append(saved)
        return saved

    x, y, w, p = ALL

    def loss(a: Any) -> Any:
        z = a * 1.0
        with mindspore.saved_tensors_hooks(pack, unpack):
            result = elements(z, y, w, p).sum()
        z.mul_(0.0)
        return result

    expected = mindspore.grad(elements)(x, y, w, p).asnumpy()
    np.testing.assert_array_equal(mindspore.grad(loss)(x).asnumpy(), expected)
    assert len(packed) == len(unpacked) > 0


SENTINELS = {
    "a fill value": (mindspore.float32, [1e20, 1.0], 1e20),
    "a tenth": (mindspore.float16, [0.1, 1.0], 0.1),
    "a tenth in double": (mindspore.float64, [0.1, 1.0], 0.1),
    "a negative number": (mindspore.float32, [-100.1, 1.0], -100.1),
    "missing annotations": (mindspore.float32, [np.nan, 1.0], np.nan),
    "infinity": (mindspore.float32, [np.inf, 1.0], np.inf),
    "the largest int64": (mindspore.int64, [2**63 - 1, 1], 2**63 - 1),
    "the second largest int64": (mindspore.int64, [2**63 - 2, 1], 2**63 - 2),
}


@pytest.mark.parametrize("case", SENTINELS)
def test_the_sentinel_is_compared_in_the_targets_dtype(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """By the formula, eager and compiled; `tests/fused` has the other executor."""
    dtype, values, ignored = SENTINELS[case]
    targets = mindspore.Tensor(np.array(values), dtype)

    def loss(x: Any, y: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, ignore_index=ignored)

    logits, expected = tensor([2.0, 0.0]), np.float32(np.log(2.0))
    assert mindspore.jit(loss)(logits, targets).asnumpy() == expected
    forget_plans(monkeypatch)
    monkeypatch.setattr(host, "why_formula", lambda *arguments: "a test")
    assert loss(logits, targets).asnumpy() == expected


def test_a_sentinel_that_the_compiler_cannot_hand_over() -> None:
    """It takes every number beyond float32 for infinity: that is refused, where a double could be meant."""
    targets = mindspore.Tensor(np.array([1e300, np.inf, 1.0]))

    def loss(x: Any, y: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, ignore_index=1e300)

    with pytest.raises(ValueError, match="beyond the range of float32"):
        mindspore.jit(loss)(tensor([0.0, 0.0, 0.0]), targets)


def test_a_number_as_weight_keeps_its_digits_in_double() -> None:
    def loss(x: Any, y: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, weight=0.1, pos_weight=0.3, reduction="none")

    x, y = np.array([1.0, 3.0]), np.array([0.5, 1.0])
    np.testing.assert_allclose(
        mindspore.jit(loss)(mindspore.Tensor(x), mindspore.Tensor(y)).asnumpy(), loss(x, y), 1e-15
    )


@pytest.mark.parametrize("level", ["O2", "O3"])
def test_amp_takes_every_class(level: str) -> None:
    x, y = tensor([[0.5, -1.0]]), tensor([[1.0, 0.0]])
    for mine in (v2_7.BCEWithLogitsLoss(), mint.BCEWithLogitsLoss(), edition.ops.BCEWithLogitsLoss()):
        found = amp.auto_mixed_precision(Network(mine), level)(x, y)
        theirs = amp.auto_mixed_precision(Network(nn.BCEWithLogitsLoss()), level)(x, y)
        assert found.dtype == theirs.dtype
        np.testing.assert_allclose(found.asnumpy(), theirs.asnumpy(), rtol=1e-3)


def test_beside_paddles_to_static(tmp_path: Path) -> None:
    """One process has both frameworks' compilers.

    MindSpore's would stop at Paddle's adapter if it read that first.
    """
    script = tmp_path / "both.py"
    script.write_text("""
import mindspore
import paddle
import compatlosses as cl
import compatlosses.paddle
def of_paddle(x, y):
    return compatlosses.paddle.binary_cross_entropy_with_logits(x, y)
def loss(x, y):
    return cl.binary_cross_entropy_with_logits(x, y)
a, b = paddle.to_tensor([0.5, -1.0]), paddle.to_tensor([1.0, 0.0])
paddle.jit.to_static(of_paddle, full_graph=True)(a, b)
assert [library.NAME for library in cl.libraries.registered()] == ["Paddle"]
x, y = mindspore.Tensor([0.5, -1.0]), mindspore.Tensor([1.0, 0.0])
value, gradient = mindspore.jit(mindspore.value_and_grad(loss))(x, y)
expected, by_hand = mindspore.value_and_grad(loss)(x, y)
assert abs(value - expected) < 1e-6 and abs(gradient - by_hand).max() < 1e-6
""")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr

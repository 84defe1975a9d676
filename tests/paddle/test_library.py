"""Paddle's vocabulary and its formula, which accelerators and programs run: true everywhere, differentiable
again.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import exact
import numpy as np
import paddle
import pytest

from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.paddle import library

LARGE = {"float32": [88.0, 104.0, 1e4, 3e38, math.inf], "float64": [709.0, 745.0, 1e4, 1e308, math.inf]}
ORDINARY = [0.0, 1e-30, 1e-8, 0.3, 1.0, 15.0, 17.0, 40.0]
BOUNDS = {"float32": {"vocabulary": 0.51, "formula": 4.0}, "float64": {"vocabulary": 2.5, "formula": 3.0}}


def logits(dtype: str, more: int = 0) -> list[float]:
    """Edges of both signs, and so many in between, rounded to ``dtype``."""
    lowest = -104.0 if dtype == "float32" else -745.0
    between = np.random.default_rng(3).uniform(lowest, -lowest, more).tolist()
    edges = [*ORDINARY, *LARGE[dtype]]
    values = np.array([*edges, *(-x for x in edges), *between, math.nan]).astype(dtype)
    return [float(x) for x in values]


def elements(x: Any, y: Any, w: Any, p: Any) -> Any:
    """The loss of each element."""
    return library.elementwise(LOSS, (x, y, p, w, 0.0), None)


def leaf(values: Any, dtype: str = "float32") -> Any:
    """A tensor to differentiate by."""
    return paddle.to_tensor(np.asarray(values), dtype=dtype, stop_gradient=False)


def hold(got: Any, expected: list[exact.Exact], dtype: str, bound: float, points: list[Any]) -> None:
    """Hold every element to a bound in ULP."""
    distance, at = exact.worst(got.numpy().ravel().tolist(), expected, dtype)
    assert distance <= bound, (
        points[at],
        got.numpy().ravel()[at],
        exact.mp.nstr(expected[at].value, 17),
        distance,
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softplus_sigmoid_and_their_derivatives(dtype: str) -> None:
    points = logits(dtype, 500)
    bound = BOUNDS[dtype]["vocabulary"]

    def plain(value: Any) -> exact.Exact:
        return exact.Exact(value, exact.mpf(0))

    x = leaf(points, dtype)
    hold(library.softplus(x), [plain(exact.softplus(v)) for v in points], dtype, bound, points)
    hold(library.sigmoid(x), [plain(exact.sigmoid(v)) for v in points], dtype, bound, points)
    slope = paddle.grad(library.softplus(x).sum(), x)[0]
    hold(slope, [plain(exact.sigmoid(v)) for v in points], dtype, bound, points)
    slope = paddle.grad(library.sigmoid(x).sum(), x)[0]
    expected = [plain(exact.slope_of_sigmoid(v)) for v in points]
    hold(slope, expected, dtype, 2 * bound + 0.6, points)


def test_derivatives_of_any_order() -> None:
    """Hessians in Paddle ask for a graph at every order; Paddle's own division and log end after
    the second.
    """
    x = leaf([0.0, -0.0, math.inf, -math.inf, 1.0], "float64")
    found, value = [], library.softplus(x)
    for _ in range(4):
        value = paddle.grad(value.sum(), x, create_graph=True)[0]
        found.append(value.numpy().tolist())
    s = 1 / (1 + math.exp(-1))
    assert found[0] == pytest.approx([0.5, 0.5, 1, 0, s])
    assert found[1] == pytest.approx([0.25, 0.25, 0, 0, s * (1 - s)])
    assert found[2] == pytest.approx([0, 0, 0, 0, s * (1 - s) * (1 - 2 * s)])
    assert found[3] == pytest.approx([-0.125, -0.125, 0, 0, s * (1 - s) * (1 - 6 * s + 6 * s * s)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("w", "p"), [(1.0, 1.0), (0.5, 2.5), (0.0, 2.5), (3.0, 0.0)])
def test_formula_and_its_four_gradients(dtype: str, w: float, p: float) -> None:
    points = list(itertools.product(logits(dtype), [0.0, 1.0, 0.25, 1e-6, -0.5, 2.0]))
    points = [(x, float(np.asarray(y, dtype))) for x, y in points]
    tensors = [leaf(values, dtype) for values in ([x for x, _ in points], [y for _, y in points])]
    tensors += [leaf([v] * len(points), dtype) for v in (w, p)]
    bound = BOUNDS[dtype]["formula"]
    loss = elements(*tensors)
    # What it computes in double is rounded once by its caller.
    hold(loss.astype(dtype), [exact.loss(x, y, w, p) for x, y in points], dtype, bound, points)
    for gradient, derivative in zip(
        paddle.grad(loss.sum(), tensors), exact.DERIVATIVES.values(), strict=True
    ):
        hold(gradient, [derivative(x, y, w, p) for x, y in points], dtype, bound, points)
    slope = paddle.grad(elements(*tensors).sum(), tensors[0], create_graph=True)[0]
    twice, mixed = paddle.grad(slope.sum(), tensors[:2])
    hold(twice, [exact.d2_logits(x, y, w, p) for x, y in points], dtype, bound + 2, points)
    hold(mixed, [exact.d2_logits_targets(x, y, w, p) for x, y in points], dtype, bound, points)


@pytest.mark.parametrize("asked", [(0,), (1,), (3,), (0, 2), (0, 1, 2, 3)])
def test_some_of_the_gradients(asked: tuple[int, ...]) -> None:
    """paddle.grad by some arguments where all ask for a gradient: Paddle's PyLayer with several inputs fails
    there.
    """
    tensors = [leaf([0.5, -1.0]), leaf([0.25, 1.0]), leaf([2.0, 3.0]), leaf([1.5, 0.5])]
    everything = paddle.grad(elements(*tensors).sum(), tensors)
    some = paddle.grad(elements(*tensors).sum(), [tensors[i] for i in asked])
    for i, gradient in zip(asked, some, strict=True):
        assert gradient.numpy().tolist() == everything[i].numpy().tolist()


def test_gradients_are_summed_to_broadcast_weights() -> None:
    x, y = leaf(np.linspace(-2, 2, 24).reshape(2, 3, 4)), leaf(np.linspace(0, 1, 24).reshape(2, 3, 4))
    for shape in [(), (1,), (4,), (3, 1), (1, 3, 4), (2, 1, 1), (1, 1, 1)]:
        w, p = leaf(np.full(shape, 0.5)), leaf(np.full(shape, 3.0))
        by_w, by_p = paddle.grad(elements(x, y, w, p).sum(), [w, p])
        assert tuple(by_w.shape) == tuple(by_p.shape) == shape
        tensors = (x, y, 0 * x + 3.0, 0 * x + 0.5, 0.0)
        whole = [library.gradient(LOSS, place, None, tensors, None) for place in (3, 2)]
        assert float(by_w.sum()) == pytest.approx(float(whole[0].sum()), rel=1e-6)
        assert float(by_p.sum()) == pytest.approx(float(whole[1].sum()), rel=1e-6)


def test_a_gradient_belongs_to_whoever_got_it() -> None:
    """Writing into one, or accumulating there, changes nothing that the graph keeps."""
    x, y = leaf([0.5, -1.0]), leaf([0.25, 1.0])
    loss = elements(x, y, None, None).sum()
    first = paddle.grad(loss, [x, y], retain_graph=True)
    expected = [t.numpy().copy() for t in first]
    for tensor in first:
        tensor.set_value(paddle.full([2], 7.0))
    for tensor, value in zip(paddle.grad(loss, [x, y], retain_graph=True), expected, strict=True):
        assert tensor.numpy().tolist() == value.tolist()
    for _ in range(2):
        elements(x, y, None, None).sum().backward()
    loss.backward()
    for tensor, value in zip((x, y), expected, strict=True):
        assert tensor.grad.numpy() == pytest.approx(3 * value)


def test_equal_is_exact() -> None:
    """Paddle's == takes 1e-9 for 0 and compares int labels after wrapping the value to their dtype."""
    near = paddle.to_tensor([0.0, -0.0, 1e-9, 1e-45, -1e-45, math.nan, 1.0])
    assert library.equal(near, 0).numpy().tolist() == [True, True, False, False, False, False, False]
    near = paddle.to_tensor([1.0, 1 + 1e-12, math.nan, math.inf], "float64")
    assert library.equal(near, 1).numpy().tolist() == [True, False, False, False]
    half = paddle.to_tensor([0.1, 0.2], "float32").cast("float16")
    assert library.equal(half, float(np.float16(0.1))).numpy().tolist() == [True, False]
    assert library.equal(paddle.to_tensor([1, 2]), 2.0).numpy().tolist() == [False, True]
    assert library.equal(paddle.to_tensor([True, False]), 1).numpy().tolist() == [True, False]


def test_cast_to_float16_is_true_below_its_range() -> None:
    """Paddle's own cast makes 8e-5 of 4e-24, forwards and in the gradient of the way back."""
    tiny = np.exp(np.random.default_rng(0).uniform(-104, 12, 20000)).astype(np.float32)
    with np.errstate(over="ignore"):
        expected = tiny.astype(np.float16)
    assert np.array_equal(library.cast(paddle.to_tensor(tiny), "float16").numpy(), expected)
    half = leaf(np.ones(20000), "float16")
    slope = paddle.grad((library.cast(half, "float32") * paddle.to_tensor(tiny)).sum(), half)[0]
    assert np.array_equal(slope.numpy(), expected)
    wide = leaf([4e-24, 1e-30, 1.0, math.inf])
    assert paddle.grad(library.cast(wide, "float16").cast("float32").sum(), wide)[0].numpy().tolist() == [
        1,
        1,
        1,
        1,
    ]


def test_sums() -> None:
    assert float(library.sum(paddle.to_tensor([1e8, 1.0, -1e8, 1.0]))) == 2
    assert float(library.sum(paddle.zeros([0, 3]))) == 0 and library.sum(paddle.zeros([0, 3])).shape == []
    assert float(library.sum(paddle.to_tensor([3e38, 3e38, -3e38]))) == pytest.approx(3e38)
    assert library.size(paddle.zeros([0, 3])) == 0 and library.size(paddle.zeros([])) == 1

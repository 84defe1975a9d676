"""Softmax cross entropy of rows against multiprecision, by the compiled loops and by the formula, in
NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import exact_rows
import numpy as np
import pytest
from exact import Exact, worst
from mpmath.ctx_mp import MPContext

import compatlosses as cl
from compatlosses import evaluate

INF, NAN = math.inf, math.nan
LIMIT = {"float16": 0.51, "float32": 1.0, "float64": 2.0}
"""Of a loss, in ULP."""
SLOPES = {"float16": 0.51, "float32": 1.0, "float64": 4.0}


def far(row: list[float], dtype: str, executor: Callable[..., Any]) -> float:
    """What the formula may err by besides, in ULP of float64: the distance from the largest logit, whose
    rounding the exponential magnifies. What is more than 709 away is 0.
    """
    finite = [max(row) - x for x in row if max(row) - x < 709.0]
    return max(finite, default=0.0) if dtype == "float64" and executor is formula else 0.0


def rows() -> list[list[float]]:
    """Rows at the edges."""
    rng = np.random.default_rng(16)
    found: list[list[float]] = [
        [0.7],
        [-3e4],
        [0.0, 0.0],
        [1.0, 1.0, 1.0],
        [0.0, -0.0, 5.0],
        [1e-3, 0.0],
        [0.0, -17.0],
        [0.0, -60.0, -80.0],
        [40.0, 0.0, 39.5, 1.0],
        [1e4, 1e4 - 8.0, 1e4 + 8.0],
        [-6e4, -6e4],
        [-INF, 0.0, 1.0],
        [-INF, -INF, 2.0],
        [-INF, -INF],
        [-INF],
        [INF, 0.0, 1.0],
        [INF, -INF, 3.0],
        [INF, INF, 0.0],
        [NAN, 0.0],
        [0.0, NAN, INF],
        [6e4, -6e4, 0.0],
        [0.0, -88.0, -103.0, -104.5],
    ]
    for classes in (2, 3, 5, 21, 63, 64, 65, 200):
        for spread in (1e-3, 1.0, 8.0, 60.0):
            row = rng.normal(0.0, spread, classes)
            row[rng.integers(classes)] = row.max()  # a tie
            found.append(row.tolist())
    for classes in (1000, 1025, 2200):
        found.append(rng.normal(0.0, 4.0, classes).tolist())
        found.append([0.0] * classes)
        far = np.full(classes, -30.0)
        far[classes // 2] = 3.0
        found.append(far.tolist())
    return found


ROWS = rows()
OFFSETS = {"float32": 1e8, "float64": 1e8, "float16": 1e3}


def fused(x: Any, y: Any, wrt: tuple[str, ...], **options: Any) -> tuple[Any, dict[str, Any]]:
    assert cl.executor_of(cl.cross_entropy, x, y, **options) == "fused"
    return cl.value_and_gradients(cl.cross_entropy, x, y, wrt=wrt, **options)


def formula(x: Any, y: Any, wrt: tuple[str, ...], **options: Any) -> tuple[Any, dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "why_formula", lambda *_: "a test wants the formula")
        return cl.value_and_gradients(cl.cross_entropy, x, y, wrt=wrt, **options)


@pytest.fixture(params=[fused, formula], ids=["fused", "formula"])
def executor(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Both executors."""
    found: Callable[..., Any] = request.param
    return found


def numbers(row: list[float], dtype: str) -> tuple[Any, list[float]]:
    """A row rounded to a dtype."""
    x = np.array(row).astype(dtype)
    return x, x.astype(np.float64).tolist()


def some(classes: int) -> list[int]:
    """A few classes, the first and last ones with them."""
    return sorted({0, 1 % classes, classes // 2, classes - 1})


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_indices(executor: Callable[..., Any], dtype: str) -> None:
    for row in ROWS:
        x, values = numbers(row, dtype)
        for y in {*some(len(row)), int(np.argmax(x))}:
            value, gradients = executor(x, np.array(y), ("logits",), reduction="sum", axis=0)
            distance, _ = worst([value], [exact_rows.loss(values, y)], dtype)
            more = far(values, dtype, executor)
            assert distance <= LIMIT[dtype] + more, (row, y, value, distance)
            distance, at = worst(gradients["logits"], exact_rows.d_logits(values, y), dtype)
            assert distance <= SLOPES[dtype] + more, (row, y, at, distance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probabilities_weights_and_smoothing(executor: Callable[..., Any], dtype: str) -> None:
    rng = np.random.default_rng(3)
    for row in ROWS:
        x, values = numbers(row, dtype)
        classes = len(row)
        w, weights = numbers(rng.uniform(0.0, 3.0, classes).tolist(), dtype)
        w[0], weights[0] = 0.0, 0.0
        q, targets = numbers(
            np.where(rng.random(classes) < 0.5, 0.0, rng.random(classes) * 3).tolist(), dtype
        )
        for smoothing in (0.0, 0.125):
            value, gradients = executor(
                x, q, ("logits", "targets"), weight=w, label_smoothing=smoothing, reduction="sum", axis=0
            )
            more = far(values, dtype, executor)
            distance, _ = worst([value], [exact_rows.loss(values, targets, weights, smoothing)], dtype)
            assert distance <= 2 * LIMIT[dtype] + more, (row, value, distance)
            slopes = exact_rows.d_logits(values, targets, weights, smoothing)
            distance, at = worst(gradients["logits"], slopes, dtype)
            assert distance <= 2 * SLOPES[dtype] + more, (row, at, distance)
            if smoothing == 0.0:
                distance, at = worst(
                    gradients["targets"], exact_rows.d_targets(values, targets, weights), dtype
                )
                assert distance <= 2 * SLOPES[dtype] + more, (row, at, distance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_one_hot_row_is_its_index(executor: Callable[..., Any], dtype: str) -> None:
    for row in ROWS:
        x, values = numbers(row, dtype)
        for y in some(len(row)):
            q = np.eye(len(row), dtype=dtype)[y]
            value, gradients = executor(x, q, ("logits",), reduction="sum", axis=0)
            more = far(values, dtype, executor)
            assert worst([value], [exact_rows.loss(values, y)], dtype)[0] <= LIMIT[dtype] + more
            distance, at = worst(gradients["logits"], exact_rows.d_logits(values, y), dtype)
            assert distance <= SLOPES[dtype] + more, (row, y, at, distance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_offset_changes_nothing(executor: Callable[..., Any], dtype: str) -> None:
    base = np.array([0.0, 8.0, -16.0, 24.0, 24.0], dtype)
    x = base + np.array(OFFSETS[dtype], dtype)
    assert (x - x[0] == base).all()
    for y in range(5):
        ours = executor(x, np.array(y), ("logits",), reduction="sum")
        plain = executor(base, np.array(y), ("logits",), reduction="sum")
        assert ours[0] == plain[0]
        np.testing.assert_array_equal(ours[1]["logits"], plain[1]["logits"])


def test_many_classes(executor: Callable[..., Any]) -> None:
    rng = np.random.default_rng(5)
    x, values = numbers(rng.normal(0.0, 6.0, 128000).tolist(), "float32")
    value, gradients = executor(x, np.array(127999), ("logits",), reduction="sum", axis=0)
    mp = MPContext()
    mp.prec = 240
    powers = [mp.exp(v) for v in values]
    total = mp.fsum(powers)
    assert worst([value], [Exact(mp.log(total) - values[-1], mp.mpf(0))], "float32")[0] <= 1.0
    slopes = [Exact(powers[c] / total - (c == 127999), mp.mpf(0)) for c in (0, 70000, 127999)]
    assert worst(gradients["logits"][[0, 70000, 127999]], slopes, "float32")[0] <= 1.0


def test_a_row_that_does_not_count_is_zero_whatever_it_holds(executor: Callable[..., Any]) -> None:
    x = np.array([[NAN, INF, -INF], [1.0, 2.0, 3.0], [INF, INF, INF], [-INF, -INF, -INF]], np.float32)
    y = np.array([-7, 1, -7, -7])
    value, gradients = executor(x, y, ("logits",), ignore_index=-7, reduction="none")
    assert value.tolist() == [0.0, value[1], 0.0, 0.0] and value[1] > 1.4
    assert not gradients["logits"][[0, 2, 3]].any()
    value, gradients = executor(
        x, y % 3, ("logits",), mask=np.array([False, True, False, False]), reduction="none"
    )
    assert value.tolist() == [0.0, value[1], 0.0, 0.0]
    assert not gradients["logits"][[0, 2, 3]].any()

"""The log-cosh loss against a textbook's line in multiprecision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from compatlosses_log_cosh import log_cosh_loss
from compatlosses_log_cosh.optax import log_cosh

import compatlosses as cl
from compatlosses.conformance.oracle.jets import Jet, arguments, exp, log

INPUTS = ("predictions", "targets", "weight")
DIFFERENCES = [0.0, 1e-30, 1e-6, 0.1, 0.55, 0.687, 0.6875, 0.688, 1.0, 3.7, 20.0, 88.0, 1e4, math.inf]


def textbook(x: Jet, y: Jet, w: Jet) -> Jet:
    """w log(cosh(x - y))"""
    return w * log((exp(x - y) + exp(y - x)) / 2)


@pytest.mark.parametrize(("dtype", "ulp"), [("float32", 1), ("float64", 4)])
@pytest.mark.parametrize("weight", [1.0, 0.75, 0.0])
def test_value_and_slopes(dtype: str, ulp: int, weight: float) -> None:
    x = np.array([*DIFFERENCES, *(-r for r in DIFFERENCES)], dtype)
    y, w = np.zeros_like(x), np.full_like(x, weight)
    value, slopes = cl.value_and_gradients(log_cosh_loss, x, y, weight=w, reduction="none", wrt=INPUTS)
    terms = [textbook(*arguments([float(r), 0.0, weight])) for r in x]
    expected: list[list[Any]] = [[term.value for term in terms]]
    expected += [[term.slopes[i] for term in terms] for i in range(3)]
    for found, exact in zip((value, *slopes.values()), expected, strict=True):
        np.testing.assert_array_max_ulp(found, np.array([float(each) for each in exact]).astype(dtype), ulp)


def test_the_second_derivative() -> None:
    r = np.array([0.0, 0.25, -0.6, 2.0])
    *_, second = cl.value_and_gradients(log_cosh_loss, r, np.zeros(4), reduction="sum", curvature=True)
    np.testing.assert_allclose(second["predictions"], 1 / np.cosh(r) ** 2, rtol=1e-12)


def test_the_compiled_loops_run() -> None:
    assert cl.executor_of(log_cosh_loss, np.ones(2), np.ones(2)) == "fused"


def test_what_does_not_count() -> None:
    x, y = np.array([1.0, np.nan, 4.0]), np.array([1.5, 0.0, -1.0])
    result = log_cosh_loss(x, y, ignore_index=-1, mask=np.array([True, False, True]))
    assert float(result) == float(log_cosh_loss(x[:1], y[:1]))


def test_the_edition() -> None:
    x, y = np.float32([[0.5, 1.0], [2.0, 3.0]]), np.float64([0.5, 0.0])
    assert log_cosh(x).dtype == np.float32 and log_cosh(x).shape == (2, 2)
    np.testing.assert_allclose(log_cosh(x, y), np.log(np.cosh(x - y)), rtol=1e-12, atol=1e-15)
    with pytest.raises(TypeError, match="predictions has dtype int64"):
        log_cosh(np.arange(3))
    with pytest.raises(ValueError, match="predictions"):
        log_cosh(x, np.zeros(3))

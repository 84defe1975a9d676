"""Cross entropy of probabilities, which no neutral function computes but editions do: numbers and limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from exact import mp, mpf
from frameworks import Framework

from compatlosses import by_formula
from compatlosses.definitions import (
    cross_entropy_of_probabilities,
    cross_entropy_of_probabilities_of_weighted_rows,
)
from compatlosses.libraries import find
from compatlosses.reductions import named

INF, NAN = math.inf, math.nan
P = [[0.0, 1.0, 1e-30], [0.25, 0.5, 0.25], [1 - 2**-20, 2**-21, 0.5], [3.0, 0.5, 1e-38]]
Q = [[0.0, 0.75, 0.5], [0.125, 0.0, 2.0], [1.0, 0.0, 0.0], [0.5, 0.25, 0.0]]
W = [0.5, 2.0, 1.0]


def computed(
    p: Any, q: Any, w: Any, wrt: tuple[int, ...] = (), definition: Any = cross_entropy_of_probabilities
) -> list[Any]:
    """The loss of each row, and its gradients."""
    library: Any = find(p)
    call = (definition.LOSS, library, (p, q, w), (1, 0.0), named("none"))
    return [by_formula.value(call, library.dtype(p)), *by_formula.slopes(call, wrt)]


def exactly(p: Any, q: Any) -> list[float]:
    """The losses by mpmath."""
    rows = zip(p.tolist(), q.tolist(), strict=True)
    weighed = [
        [mpf(w) * mpf(b) * -mp.log(mpf(a)) for a, b, w in zip(x, y, W, strict=True) if b] for x, y in rows
    ]
    return [float(mp.fsum(terms)) for terms in weighed]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_slopes(framework: Framework, dtype: str) -> None:
    p, q, w = (framework.tensor(each, dtype) for each in (P, Q, W))
    exact = framework.array(p), framework.array(q)
    value, by_p, by_q, by_w = (framework.array(each) for each in computed(p, q, w, (0, 1, 2)))
    rtol = 2e-7 if dtype == "float32" else 1e-15
    np.testing.assert_allclose(value, exactly(*exact), rtol=rtol)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = -np.log(exact[0])
        np.testing.assert_allclose(
            by_p, np.where(exact[1] == 0, 0.0, -np.array(W) * exact[1] / exact[0]), rtol
        )
        np.testing.assert_allclose(by_q, np.array(W) * logs, 4 * rtol)
        np.testing.assert_allclose(by_w, np.where(exact[1] == 0, 0.0, exact[1] * logs).sum(0), 4 * rtol)


def test_limits(framework: Framework) -> None:
    """A probability of 0 costs nothing without a target, everything with one. NaN comes from NaN and from
    less than 0.
    """
    p = framework.tensor([[0.0, 1.0], [0.0, 1.0], [NAN, 1.0], [-1.0, 0.5], [INF, 0.5]])
    q = framework.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    value, by_p = (framework.array(each) for each in computed(p, q, None, (0,)))
    np.testing.assert_array_equal(value, [0.0, INF, NAN, NAN, -INF])
    np.testing.assert_array_equal(by_p[:2], [[0.0, -1.0], [-INF, 0.0]])
    y = framework.integers([1, 0, 0, 1, 1], "int64")
    np.testing.assert_allclose(
        framework.array(computed(p, y, None)[0])[[0, 1, 3, 4]], [0, INF, *[math.log(2)] * 2]
    )


def test_second_derivatives(autograd: Framework) -> None:
    p, q = (
        autograd.tensor([[0.0, 0.5], [0.25, 0.0]], "float64"),
        autograd.tensor([[0.0, 2.0], [1.0, 0.0]], "float64"),
    )
    second = autograd.second(lambda p: computed(p, q, None)[0], [p], 0, 0)
    np.testing.assert_allclose(autograd.array(second), [[0.0, 8.0], [16.0, 0.0]], rtol=1e-12)


def test_weights_of_rows(framework: Framework) -> None:
    p = np.array([[0.125, 1.0, 0.25], [0.25, 0.5, 0.25]])
    q, w = np.array([[0.5, 0.75, 0.5], [0.125, 0.0, 2.0]]), np.array(W)
    tensors = [framework.tensor(each, "float64") for each in (p, q, w)]
    definition = cross_entropy_of_probabilities_of_weighted_rows
    found = [framework.array(each) for each in computed(*tensors, (0, 1, 2), definition)]
    factors, losses = (q * w).sum(1, keepdims=True), -(q * np.log(p)).sum(1, keepdims=True)
    expected = (
        (factors * losses)[:, 0],
        factors * -q / p,
        w * losses - factors * np.log(p),
        (q * losses).sum(0),
    )
    for got, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-14)

"""The numbers: values, gradients and second derivatives against multiprecision, in every framework and dtype.

The bounds are the ones that docs/numerics.md states.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import exact
import numpy as np
import pytest
from frameworks import FRAMEWORKS, WITHOUT_AUTOGRAD, Framework, forget_plans, rounded

import compatlosses as cl
from compatlosses.libraries import library_of

MAGNITUDES = [0.0, 1e-30, 1e-4, 0.3, 1.0, 2.5, 10.0, 17.0, 40.0, 88.0, 104.0, 1e4, math.inf]
TARGETS = [0.0, 1.0, 0.25, 1e-6, 0.75, -0.5, 2.0]
ARGUMENTS = ("logits", "targets", "weight", "pos_weight")

# In ULP of one element with reduction 'none' (exact.ulps says of what). Half precision is computed wider and
# rounded once: half a ULP and a trace of the double rounding.
BOUND = {"float16": 0.51, "bfloat16": 0.51, "float32": 4.0, "float64": 4.0}


@pytest.fixture(params=["float16", "bfloat16", "float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    """Each dtype of the contract."""
    return str(request.param)


@pytest.fixture(params=["fused", "formula"])
def executor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each executor: without a host every library goes to the formula."""
    if request.param == "formula":
        forget_plans(monkeypatch)
        for one in FRAMEWORKS:
            library = library_of(one.tensor(0.0), one.tensor(0.0))
            monkeypatch.setattr(library, "host", None)
    return str(request.param)


def grid(dtype: str) -> list[tuple[float, float]]:
    """Every logit with every target, rounded to ``dtype``."""
    logits = [*MAGNITUDES, exact.LARGEST[dtype], exact.SMALLEST[dtype]]
    signed = rounded([*logits, *(-x for x in logits), math.nan], dtype).tolist()
    return list(itertools.product(signed, rounded(TARGETS, dtype).tolist()))


def needs(framework: Framework, dtype: str) -> None:
    """Skip what a framework does not have: NumPy has no bfloat16."""
    if dtype not in framework.dtypes:
        pytest.skip(f"{framework.name} has no {dtype}")


def check(
    got: np.ndarray[Any, Any], expected: list[exact.Exact], dtype: str, pairs: list[tuple[float, float]]
) -> None:
    """Hold every element to the bound of its dtype."""
    distance, at = exact.worst(got.ravel().tolist(), expected, dtype)
    true = exact.mp.nstr(expected[at].value, 17)
    assert distance <= BOUND[dtype], f"x, y = {pairs[at]}: {got.ravel()[at]!r} is {distance} ULP from {true}"


def call(framework: Framework, dtype: str, w: float | None, p: float | None) -> tuple[Any, ...]:
    """The grid as tensors x, y and weights of the logits' shape, where given."""
    pairs = grid(dtype)
    x = framework.tensor([x for x, _ in pairs], dtype)
    y = framework.tensor([y for _, y in pairs], dtype)
    weights = {"weight": w, "pos_weight": p}
    given = {name: framework.tensor([v] * len(pairs), dtype) for name, v in weights.items() if v is not None}
    return pairs, x, y, given


@pytest.mark.parametrize(
    ("w", "p"), [(None, None), (None, 2.5), (3.0, None), (0.5, 0.25), (0.0, 2.5), (3.0, 0.0)]
)
def test_loss(framework: Framework, executor: str, dtype: str, w: float | None, p: float | None) -> None:
    needs(framework, dtype)
    pairs, x, y, weights = call(framework, dtype, w, p)
    assert cl.executor_of(cl.binary_cross_entropy_with_logits, x, y, **weights).startswith(executor)
    loss = cl.binary_cross_entropy_with_logits(x, y, reduction="none", **weights)
    assert framework.dtype(loss) == dtype
    factors = (1.0 if w is None else w, 1.0 if p is None else p)
    check(framework.array(loss), [exact.loss(a, b, *factors) for a, b in pairs], dtype, pairs)


@pytest.mark.parametrize(("w", "p"), [(1.0, 1.0), (0.5, 2.5), (0.0, 2.5), (3.0, 0.0)])
def test_gradients_of_all_four(framework: Framework, executor: str, dtype: str, w: float, p: float) -> None:
    needs(framework, dtype)
    pairs, x, y, weights = call(framework, dtype, w, p)
    tensors = [x, y, weights["weight"], weights["pos_weight"]]
    if framework.name in WITHOUT_AUTOGRAD:
        _, by_name = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits, x, y, wrt=ARGUMENTS, reduction="none", **weights
        )
        gradients = [by_name[name] for name in ARGUMENTS]
    else:
        gradients = framework.gradients(
            lambda a, b, c, d: cl.binary_cross_entropy_with_logits(
                a, b, weight=c, pos_weight=d, reduction="none"
            ),
            tensors,
        )
    for name, gradient in zip(ARGUMENTS, gradients, strict=True):
        assert framework.dtype(gradient) == dtype
        expected = [exact.DERIVATIVES[name](a, b, w, p) for a, b in pairs]
        check(framework.array(gradient), expected, dtype, pairs)


@pytest.mark.parametrize("p", [None, 2.5])
def test_second_derivatives(autograd: Framework, executor: str, p: float | None) -> None:
    """Second derivatives by logits, and mixed by logits and targets, at ±0 and ±inf too."""
    pairs, x, y, weights = call(autograd, "float32", None, p)

    def loss(a: Any, b: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(a, b, reduction="none", **weights)

    factor = 1.0 if p is None else p
    twice = autograd.second(loss, [x, y], 0, 0)
    check(autograd.array(twice), [exact.d2_logits(a, b, 1.0, factor) for a, b in pairs], "float32", pairs)
    mixed = autograd.second(loss, [x, y], 1, 0)
    check(
        autograd.array(mixed),
        [exact.d2_logits_targets(a, b, 1.0, factor) for a, b in pairs],
        "float32",
        pairs,
    )


def test_finite_differences(autograd: Framework, executor: str) -> None:
    """The autograd's gradients are those of the function that is returned, in float64, by central
    differences.
    """
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=6) * 3, rng.uniform(size=6)
    w, p = rng.uniform(0.5, 2, size=6), rng.uniform(0.5, 2, size=6)
    values = [x, y, w, p]

    def loss(a: Any, b: Any, c: Any, d: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(a, b, weight=c, pos_weight=d)

    gradients = autograd.gradients(loss, [autograd.tensor(v, "float64") for v in values])
    h = 1e-6
    for i, gradient in enumerate(gradients):
        for j in range(6):
            ends = []
            for step in (h, -h):
                moved = [v.copy() for v in values]
                moved[i][j] += step
                ends.append(float(autograd.array(loss(*(autograd.tensor(v, "float64") for v in moved)))))
            assert autograd.array(gradient)[j] == pytest.approx(
                (ends[0] - ends[1]) / (2 * h), rel=1e-6, abs=1e-9
            )

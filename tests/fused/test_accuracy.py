"""The fused kernel against mpmath, in ULP, stratum by stratum; its sums against exact sums."""

from __future__ import annotations

import importlib.util
import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import exact
import lane
import numpy as np
import pytest
from mpmath import mp, mpf

from compatlosses import fused

X = (True, False, False, False)
ALL = (True, True, True, True)


def logits(dtype: str, rng: np.random.Generator, each: int = 25) -> np.ndarray:
    """Logits from every stratum: tiny to huge, where sigma saturates, where results are subnormal, where they
    vanish.
    """
    far = {"float32": (80.0, 104.5), "float64": (700.0, 746.5)}[dtype]
    edges = (0.0, 1e-30, 1e-6, 1e-3, 0.1, 0.35, 0.7, 1.0, 2.0, 5.0, 17.0, 20.0, 37.0, *far, 1e5)
    strata = [rng.uniform(a, b, each) for a, b in pairwise(edges)]
    limit = np.finfo(dtype)
    special = [
        0.0,
        limit.tiny,
        limit.smallest_subnormal,
        limit.max,
        math.inf,
        math.log(2),
        709.0,
        745.2,
        103.97,
    ]
    positive = np.concatenate([*strata, special]).astype(dtype)
    return np.concatenate([positive, -positive])


def worst(got: Any, want: list[exact.Exact], dtype: str) -> float:
    return exact.worst(got.astype(np.float64), want, dtype)[0]


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 0.51), ("float64", 2.0)])
def test_hard_labels(dtype: str, bound: float, label: float) -> None:
    x = logits(dtype, np.random.default_rng(1))
    r = lane.evaluate(x, np.full_like(x, label), reduction="none", wrt=X)
    assert worst(r.loss, [exact.loss(float(v), label) for v in x], dtype) <= bound
    assert worst(r.gradients[0], [exact.d_logits(float(v), label) for v in x], dtype) <= bound


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 0.51), ("float64", 2.0)])
def test_soft_labels(dtype: str, bound: float) -> None:
    """The loss in its own ULP.

    Where the gradient's terms cancel, its bound counts in ULP of the larger term.
    """
    rng = np.random.default_rng(2)
    x = logits(dtype, rng)
    y = rng.choice([1e-30, 1e-9, 0.1, 0.3, 0.5, 0.9, 1 - 2.0**-20], x.size).astype(dtype)
    y[::3] = rng.random(y[::3].size)
    r = lane.evaluate(x, y, reduction="none", wrt=X)
    pairs = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    own = [exact.Exact(exact.loss(a, b).value, mpf(0)) for a, b in pairs]
    assert worst(r.loss, own, dtype) <= bound
    assert worst(r.gradients[0], [exact.d_logits(a, b) for a, b in pairs], dtype) <= bound


def test_soft_label_cancellation_in_float32() -> None:
    """sigma(x) - y at its zero: half an ULP of the result and 2^-32 of sigma(x) (1 - y)."""
    y = np.linspace(0.01, 0.99, 400, dtype=np.float32)
    x = np.log(y / (1 - y)).astype(np.float32)
    g = lane.evaluate(x, y, reduction="none", wrt=X).gradients[0]
    assert g is not None
    for a, b, c in zip(x, y, g, strict=True):
        want = exact.d_logits(float(a), float(b)).value
        term = exact.sigmoid(float(a)) * (1 - mpf(float(b)))
        assert (
            abs(mpf(float(c)) - want)
            <= float(np.spacing(np.float32(abs(want)))) * 0.5001 + term * mpf(2) ** -32
        )


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 0.51), ("float64", 3.5)])
def test_weights_and_every_gradient(dtype: str, bound: float) -> None:
    rng = np.random.default_rng(3)
    x = logits(dtype, rng, 8)
    y, w, p = (rng.uniform(0, top, x.size).astype(dtype) for top in (1.0, 3.0, 5.0))
    y[::2] = y[::2] > 0.5
    r = lane.evaluate(x, y, w, p, reduction="none", wrt=ALL)
    rows = [tuple(map(float, row)) for row in zip(x, y, w, p, strict=True)]
    assert worst(r.loss, [exact.loss(*row) for row in rows], dtype) <= bound
    for got, derivative in zip(r.gradients, exact.DERIVATIVES.values(), strict=True):
        assert worst(got, [derivative(*row) for row in rows], dtype) <= bound, derivative.__name__


def bfloat16(x: np.ndarray) -> np.ndarray:
    """Rounded to nearest even, by integers."""
    u = x.astype(np.float32).view(np.uint32).astype(np.uint64)
    return ((u + 0x7FFF + ((u >> 16) & 1)) >> 16).astype(np.uint16).view(fused.BFLOAT16)


def widened(h: np.ndarray) -> np.ndarray:
    """A half type as float64."""
    if h.dtype == np.float16:
        return h.astype(np.float64)
    return (h.view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_every_half_logit_is_correctly_rounded(name: str, label: float) -> None:
    """All 2^16, against float64 rounded once.

    NumPy's own float64 leaves 2^-41 of doubt, which no element needs.
    """
    bits = np.arange(2**16, dtype=np.uint16)
    x = bits.view(np.float16 if name == "float16" else fused.BFLOAT16)
    y = np.full(2**16, label).astype(np.float16) if name == "float16" else bfloat16(np.full(2**16, label))
    r = lane.evaluate(x, y, reduction="none", wrt=X)
    t = widened(x)
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(-np.abs(t))
        s = -t if label else t
        loss = np.maximum(s, 0) + np.log1p(e)
        slope = np.where(s >= 0, 1.0, e) / (1 + e) * (-1 if label else 1)
    for got, want in ((r.loss, loss), (r.gradients[0], slope)):
        assert got is not None and got.dtype == x.dtype
        values = widened(np.asarray(got))
        digits, lowest = exact._PRECISION[name]
        nan = np.isnan(t)
        assert np.isnan(values[nan]).all()
        values, want = values[~nan], want[~nan]
        exponent = np.maximum(np.frexp(np.where(np.isfinite(want), want, 1.0))[1] - 1, lowest)
        error = np.abs(values - want) / np.exp2(exponent - digits + 1.0)
        error[values == want] = 0
        assert np.count_nonzero(error > 0.5) <= 6, error.max()
        assert error.max() <= 0.501


def test_half_gradients_are_scaled_before_they_are_rounded() -> None:
    n = 100_000
    x = np.full(n, -3.0, np.float16)
    y = np.zeros(n, np.float16)
    plain = lane.evaluate(x, y, wrt=X).gradients[0]
    scaled = lane.gradients(x, y, cotangent=65536.0)[0]
    assert plain is not None and scaled is not None
    want = np.float16(65536.0 / n / (1 + math.exp(3.0)))
    assert (scaled == want).all()
    assert not (plain * np.float16(65504) == want).any()  # the other way round is another number


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kind", ["equal", "random"])
def test_sums_of_float32(kind: str, reduction: str) -> None:
    n = 3_000_001
    rng = np.random.default_rng(4)
    x = rng.normal(0, 5, n).astype(np.float32) if kind == "random" else np.full(n, -4.4, np.float32)
    y = (rng.random(n) < 0.3).astype(np.float32) if kind == "random" else np.zeros(n, np.float32)
    got = lane.evaluate(x, y, reduction=reduction).loss
    t = x.astype(np.float64)
    want = math.fsum(np.maximum(t, 0) - t * y + np.log1p(np.exp(-np.abs(t)))) / (
        n if reduction == "mean" else 1
    )
    assert abs(float(got) - want) <= 0.51 * float(np.spacing(np.float32(want)))


def test_sums_of_float64_are_exact_but_for_the_elements() -> None:
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.normal(0, 5, 40_000), rng.normal(0, 1e12, 3000), rng.normal(0, 1e-3, 7_001)])
    y = rng.uniform(-3, 3, x.size)
    elements = lane.evaluate(x, y, reduction="none").loss
    exactly = sum((Fraction(float(v)) for v in elements), Fraction(0))
    for reduction, want in (("sum", exactly), ("mean", exactly / x.size)):
        got = Fraction(float(lane.evaluate(x, y, reduction=reduction).loss))
        assert abs(got - want) <= Fraction(float(np.spacing(abs(float(want))))) * Fraction(501, 1000)


def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "exhaustive.py"
    spec = importlib.util.spec_from_file_location("exhaustive", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_slice_of_the_exhaustive_check() -> None:
    found = tool().check(0, 2**32, 8191)
    assert {name: v for name, v in found.items() if v["ulp"] > 0.51} == {}
    assert (
        max(v["ulp"] for v in found.values()) > 0.45
    )  # an oracle that saw no error at all would prove nothing


def test_the_oracle_of_the_exhaustive_check() -> None:
    x = logits("float32", np.random.default_rng(6))
    four = tool().exact(x)
    wanted = ((exact.loss, 0.0), (exact.d_logits, 0.0), (exact.loss, 1.0), (exact.d_logits, 1.0))
    for quantity, (function, label) in zip(four, wanted, strict=True):
        for v, got in zip(x, quantity, strict=True):
            want = function(float(v), label).value
            if mp.isinf(want):
                assert got == want
            else:
                assert abs(mpf(float(got)) - want) <= max(abs(want) * mpf(2) ** -49, mpf(2) ** -1070)

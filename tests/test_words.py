"""The logarithms, exponentials and powers of the vocabulary against multiprecision: in each library, and as
Numba compiles them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from frameworks import Framework
from mpmath.ctx_mp import MPContext

from compatlosses.libraries import find

mp = MPContext()
mp.prec = 300
SIZES = [
    1e-300,
    1e-30,
    1e-8,
    0.3,
    0.5,
    0.7071067811865475,
    0.7071067811865477,
    0.99999,
    1.0,
    1.00001,
    1.5,
    2.0,
]
SIZES += [88.0, 1e8, 1e30, 1e300]
POINTS: dict[str, list[float]] = {
    "log": [*SIZES, 0.0, math.inf],
    "log1p": [0.0, *(-x for x in SIZES if x < 1), -1.0, *(x for x in SIZES if x < 1e30)],
    "exp": [
        0.0,
        *(s * x for x in SIZES if x <= 88 for s in (1, -1)),
        -700.0,
        700.0,
        1e300,
        -1e300,
        -math.inf,
        math.inf,
    ],
}
POINTS["expm1"] = POINTS["exp"] + [0.2499, -0.2499, 0.2501, -0.2501, -1e-15]
EXPONENTS = (0.0, 0.5, 1.0, 2.0, 3.7)


def true(name: str, x: float) -> Any:
    """The exact number."""
    if name == "log" and x == 0:
        return mp.mpf("-inf")
    if name == "log1p" and x == -1:
        return mp.mpf("-inf")
    return getattr(mp, name)(mp.mpf(x))


def ulps(got: float, exact: Any) -> float:
    """How far a double is from the exact number, in units of its last place."""
    nearest = float(exact)
    if math.isinf(nearest) or nearest == 0.0:
        return 0.0 if got == nearest else math.inf
    return float(abs(mp.mpf(got) - exact) / mp.mpf(float(np.spacing(abs(nearest)))))


def words_of(framework: Framework) -> Any:
    """The vocabulary of a framework's library."""
    library = find(framework.tensor([1.0]))
    assert library is not None
    return library.OPS


@pytest.mark.parametrize("name", ["log", "log1p", "exp", "expm1"])
def test_in_a_library(framework: Framework, name: str) -> None:
    word = getattr(words_of(framework), name)
    found = framework.array(word(framework.tensor(POINTS[name], "float64"))).tolist()
    for x, got in zip(POINTS[name], found, strict=True):
        assert ulps(got, true(name, x)) <= (4 if name == "expm1" else 2), (x, got)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_powers_in_a_library(framework: Framework, exponent: float) -> None:
    bases = [0.0, 1e-30, 1e-8, 0.3, 0.5, 0.999, 1.0]
    found = framework.array(words_of(framework).power(framework.tensor(bases, "float64"), exponent)).tolist()
    for x, got in zip(bases, found, strict=True):
        assert ulps(got, mp.mpf(x) ** mp.mpf(exponent)) <= 2, (x, got)


def test_what_they_do_not_take(framework: Framework) -> None:
    words, below = words_of(framework), framework.tensor([-0.5, math.nan], "float64")
    assert np.isnan(framework.array(words.log(below))).all()
    assert np.isnan(framework.array(words.log1p(framework.tensor([-1.5, math.nan], "float64")))).all()
    assert np.isnan(framework.array(words.exp(framework.tensor([math.nan], "float64")))).all()


def test_their_derivatives(autograd: Framework) -> None:
    words, x = words_of(autograd), autograd.tensor([0.25, 0.5, 3.0], "float64")
    for function, slope, bend in (
        (words.log, [4.0, 2.0, 1 / 3], [-16.0, -4.0, -1 / 9]),
        (words.log1p, [0.8, 2 / 3, 0.25], [-0.64, -4 / 9, -1 / 16]),
        (words.expm1, np.exp([0.25, 0.5, 3.0]), np.exp([0.25, 0.5, 3.0])),
        (words.exp, np.exp([0.25, 0.5, 3.0]), np.exp([0.25, 0.5, 3.0])),
        (
            lambda t: words.power(t, 2.5),
            2.5 * np.array([0.25, 0.5, 3.0]) ** 1.5,
            3.75 * np.sqrt([0.25, 0.5, 3.0]),
        ),
        (lambda t: words.log_less(t, 2.0 * t), [2.0, 0.0, 1 / 3 - 2], [-16.0, -4.0, -1 / 9]),
    ):
        (first,) = autograd.gradients(function, [x])
        np.testing.assert_allclose(autograd.array(first), slope, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(autograd.array(autograd.second(function, [x], 0, 0)), bend, rtol=1e-14)


LOGITS = [0.0, -0.0, 1e-9, 1.5, -1.5, 40.0, -40.0, 200.0, -200.0, math.inf, -math.inf, math.nan]
WHOLE = [(1.0 - b, b, True) for b in (0.0, 1.0, 0.25, 2.0, -0.5)]
COEFFICIENTS = [(2.5, 0.5), (0.0, 3.0), (0.0, 0.0), (math.inf, 0.0), (0.0, math.inf), (math.inf, math.inf)]
PAIRS = [*WHOLE, *((a, b, False) for a, b in COEFFICIENTS)]


def softplus(x: float) -> Any:
    """log(1 + e^x), exactly."""
    return mp.inf if x == math.inf else mp.log1p(mp.exp(x))


def sigmoid(x: float) -> Any:
    """1 / (1 + e^-x), exactly."""
    return mp.mpf(0) if x == -math.inf else 1 / (1 + mp.exp(-x))


def mended(a: float, b: Any) -> Any:
    """a b, which is 0 where one is 0 and the other infinite."""
    return mp.mpf(0) if 0 in (a, b) and not (math.isnan(a) or mp.isnan(b)) else a * b


def check_pair(got: float, first: Any, second: Any) -> None:
    """A sum of two terms, to a few units in the last place of the larger one."""
    if mp.isnan(first + second) or mp.isinf(first + second):
        assert mp.isnan(got) if mp.isnan(first + second) else got == float(first + second)
        return
    spacing = np.spacing(float(max(abs(first), abs(second))))
    assert abs(mp.mpf(got) - (first + second)) <= 4 * mp.mpf(float(spacing))


@pytest.mark.parametrize(("a", "b", "whole"), PAIRS)
def test_pairs_in_a_library(framework: Framework, a: float, b: float, whole: bool) -> None:
    """Signed zeros, infinite logits and infinite coefficients too."""
    words = words_of(framework)
    x, first, second = (framework.tensor(v, "float64") for v in (LOGITS, [a] * 12, [b] * 12))
    losses = framework.array(words.softplus_pair(x, first, second, whole)).tolist()
    slopes = framework.array(words.sigmoid_pair(x, first, second, whole)).tolist()
    for logit, loss, slope in zip(LOGITS, losses, slopes, strict=True):
        check_pair(loss, mended(a, softplus(logit)), mended(b, softplus(-logit)))
        check_pair(slope, mended(a, sigmoid(logit)), -mended(b, sigmoid(-logit)))


class TestCompiled:
    """The words that Numba compiles."""

    @pytest.mark.parametrize("name", ["log", "log1p", "exp", "expm1"])
    def test_one_argument(self, name: str) -> None:
        from compatlosses.loops import words

        for x in [*POINTS[name], *([5e-324, 1e-310] if "log" in name else [-744.0, 709.7])]:
            assert ulps(getattr(words, name)(x), true(name, x)) <= (2 if name == "expm1" else 1), x

    @pytest.mark.parametrize(("a", "b", "whole"), PAIRS)
    def test_pairs(self, a: float, b: float, whole: bool) -> None:
        from compatlosses.loops import words

        for x in LOGITS:
            loss, slope = words.softplus_pair(x, a, b, whole), words.sigmoid_pair(x, a, b, whole)
            check_pair(loss, mended(a, softplus(x)), mended(b, softplus(-x)))
            check_pair(slope, mended(a, sigmoid(x)), -mended(b, sigmoid(-x)))

    def test_powers(self) -> None:
        from compatlosses.loops import words

        for x in (1e-30, 1e-8, 0.3, 0.5, 0.999, 1.0, 5e-324):
            for exponent in EXPONENTS:
                assert ulps(words.power(x, exponent), mp.mpf(x) ** mp.mpf(exponent)) <= 1, (x, exponent)
        assert (words.power(0.0, 2.0), words.power(0.0, 0.0), words.power(math.inf, 0.5)) == (
            0.0,
            1.0,
            math.inf,
        )

    def test_a_logarithm_less_a_number_near_it(self) -> None:
        from compatlosses.loops import words

        for y in (1e-30, 0.3, 0.75, 2.5, 1e12):
            near = float(np.log(y))
            for x in (near, near + 2 * float(np.spacing(near)), near + 1e-9, 0.0, 3.0):
                # the rounding of the logarithm alone would be all of the first of them
                error = abs(mp.mpf(words.log_less(y, x)) - (mp.log(mp.mpf(y)) - mp.mpf(x)))
                assert error <= 2.0**-53 * abs(words.log_less(y, x)) + 2.0**-56 * abs(near), (y, x)

    def test_nan(self) -> None:
        from compatlosses.loops import words

        assert all(math.isnan(f(math.nan)) for f in (words.log, words.log1p, words.exp))
        assert (
            math.isnan(words.log(-1.0))
            and math.isnan(words.log1p(-2.0))
            and math.isnan(words.power(-1.0, 2.0))
        )

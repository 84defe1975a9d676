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


class TestCompiled:
    """The words that Numba compiles."""

    @pytest.mark.parametrize("name", ["log", "log1p", "exp", "expm1"])
    def test_one_argument(self, name: str) -> None:
        from compatlosses.loops import words

        for x in [*POINTS[name], *([5e-324, 1e-310] if "log" in name else [-744.0, 709.7])]:
            assert ulps(getattr(words, name)(x), true(name, x)) <= (2 if name == "expm1" else 1), x

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

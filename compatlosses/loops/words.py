"""The vocabulary of `vocabulary`, one element at a time in float64, for Numba to compile.

A weight is never None here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from ..scalar import fma, inlined, wide_exp, wide_rest
from .logarithms import wide_log, wide_log1p, wide_power, wide_power_of_e

word: Callable[..., Any] = njit(nogil=True, error_model="numpy", inline="always")


@word
def number(value, like):  # type: ignore[no-untyped-def]
    """The number itself."""
    return value


@word
def where(condition, a, b):  # type: ignore[no-untyped-def]
    """a where the condition holds, else b."""
    return a if condition else b


@word
def abs(x):  # type: ignore[no-untyped-def]
    """|x|"""
    return -x if x < 0.0 else x


@word
def sign(x):  # type: ignore[no-untyped-def]
    """1, -1, and 0 at 0."""
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0 * x)


@word
def within(x, limit):  # type: ignore[no-untyped-def]
    """The number of [-limit, limit] that is nearest."""
    return limit if x > limit else (-limit if x < -limit else x)


@inlined
def times(a, b):  # type: ignore[no-untyped-def]
    """The product; 0 where one factor is 0 and the other infinite."""
    c = a * b
    return 0.0 if (c != c) & (a == a) & (b == b) else c


weighted = times
factor = times


@inlined
def product(w, a, b):  # type: ignore[no-untyped-def]
    """The weighted product."""
    return times(times(w, a), b)


@word
def smoothed(y, s):  # type: ignore[no-untyped-def]
    """y (1 - s) + s / 2"""
    return y * (1.0 - s) + 0.5 * s


@inlined
def softplus(x):  # type: ignore[no-untyped-def]
    """log(1 + e^x)"""
    e, e_lo = wide_exp(x)
    log1p, _ = wide_rest(e, e_lo)
    return (x if x > 0.0 else 0.0) + log1p


@inlined
def sigmoid(x):  # type: ignore[no-untyped-def]
    """1 / (1 + e^-x)"""
    e, e_lo = wide_exp(x)
    _, inverse = wide_rest(e, e_lo)
    return e * inverse if x < 0.0 else inverse


@inlined
def softplus_pair(x, a, b, whole):  # type: ignore[no-untyped-def]
    """a softplus(x) + b softplus(-x)"""
    return times(a, softplus(x)) + times(b, softplus(-x))


@inlined
def sigmoid_pair(x, a, b, whole):  # type: ignore[no-untyped-def]
    """a sigmoid(x) - b sigmoid(-x)"""
    return times(a, sigmoid(x)) - times(b, sigmoid(-x))


@inlined
def log(x):  # type: ignore[no-untyped-def]
    """The natural logarithm of x >= 0"""
    high, _ = wide_log(x, 0.0)
    return high


@inlined
def log_less(y, x):  # type: ignore[no-untyped-def]
    """log(y) - x"""
    high, low = wide_log(y, 0.0)
    return (high - x) + low


@inlined
def log1p(x):  # type: ignore[no-untyped-def]
    """log(1 + x) of x >= -1"""
    return wide_log1p(x)


@inlined
def exp(x):  # type: ignore[no-untyped-def]
    """e^x"""
    return wide_power_of_e(x, 0.0)


@inlined
def expm1(x):  # type: ignore[no-untyped-def]
    """e^x - 1"""
    q = fma(1.0 / 6227020800.0, x, 1.0 / 479001600.0)
    q = fma(q, x, 1.0 / 39916800.0)
    q = fma(q, x, 1.0 / 3628800.0)
    q = fma(q, x, 1.0 / 362880.0)
    q = fma(q, x, 1.0 / 40320.0)
    q = fma(q, x, 1.0 / 5040.0)
    q = fma(q, x, 1.0 / 720.0)
    q = fma(q, x, 1.0 / 120.0)
    q = fma(q, x, 1.0 / 24.0)
    q = fma(q, x, 1.0 / 6.0)
    q = fma(q, x, 1.0 / 2.0)
    q = fma(q, x, 1.0)
    return x * q if abs(x) < 0.25 else wide_power_of_e(x, 0.0) - 1.0


@inlined
def power(x, exponent):  # type: ignore[no-untyped-def]
    """x^exponent of x >= 0"""
    return wide_power(x, exponent)

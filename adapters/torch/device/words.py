"""The vocabulary of definitions for Triton: a block of elements at a time, in double.

An input or weight that is absent is None, and parameters are constants of the program. There is no power: in
double the logarithm would need more digits than that has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import triton
import triton.language as tl

word: Callable[..., Any] = triton.jit


@word
def number(value, like):  # type: ignore[no-untyped-def]
    """The number, as a block."""
    return tl.full(like.shape, value, tl.float64)


@word
def where(condition, a, b):  # type: ignore[no-untyped-def]
    """a where the condition holds, else b."""
    return tl.where(condition, a, b)


@word
def abs(x):  # type: ignore[no-untyped-def]
    """|x|"""
    return tl.abs(x)


@word
def sign(x):  # type: ignore[no-untyped-def]
    """1, -1, and 0 at 0."""
    return tl.where(x > 0.0, 1.0, tl.where(x < 0.0, -1.0, 0.0 * x))


@word
def within(x, limit):  # type: ignore[no-untyped-def]
    """The number of [-limit, limit] that is nearest."""
    return tl.where(x > limit, limit, tl.where(x < -limit, -limit, x))


@word
def times(a, b):  # type: ignore[no-untyped-def]
    """The product; 0 where one factor is 0 and the other infinite."""
    c = a * b
    return tl.where((c != c) & (a == a) & (b == b), 0.0, c)


@word
def weighted(w, x):  # type: ignore[no-untyped-def]
    """x, times the weight where there is one."""
    if w is None:
        return x
    else:
        return times(w, x)


@word
def factor(w, other):  # type: ignore[no-untyped-def]
    """The product of two weights, each of which may be absent."""
    if w is None:
        return other
    else:
        return weighted(other, w)


@word
def product(w, a, b):  # type: ignore[no-untyped-def]
    """The weighted product."""
    if w is None:
        return a * b
    else:
        return times(times(w, a), b)


@word
def smoothed(y, s):  # type: ignore[no-untyped-def]
    """y (1 - s) + s / 2"""
    if s == 0.0:
        return y
    else:
        return y * number(1.0 - s, y) + number(0.5 * s, y)


@word
def exp(x):  # type: ignore[no-untyped-def]
    """e^x"""
    return tl.exp(x)


@word
def log(x):  # type: ignore[no-untyped-def]
    """The natural logarithm; minus infinity of 0, NaN below."""
    return tl.log(x)


@word
def log_less(y, x):  # type: ignore[no-untyped-def]
    """log(y) - x"""
    return tl.log(y) - x


@word
def log1p(x):  # type: ignore[no-untyped-def]
    """log(1 + x): what the sum lost is put back, but for -1 and infinity."""
    one = 1.0 + x
    whole = one - 1.0 == x
    lost = tl.where(whole, 0.0, x - (one - 1.0))
    return tl.log(one) + lost / tl.where(whole, 1.0, one)


@word
def expm1(x):  # type: ignore[no-untyped-def]
    """e^x - 1"""
    r = 1.0 + x / 13.0
    for n in tl.static_range(11):
        r = 1.0 + x * r / (12.0 - n)
    return tl.where(tl.abs(x) < 0.25, x * r, tl.exp(x) - 1.0)


@word
def decay(x):  # type: ignore[no-untyped-def]
    """e^-|x|"""
    return tl.exp(-tl.abs(x))


@word
def softplus(x):  # type: ignore[no-untyped-def]
    """log(1 + e^x)"""
    return tl.where(x < 0.0, 0.0, x) + log1p(decay(x))


@word
def sigmoid(x):  # type: ignore[no-untyped-def]
    """1 / (1 + e^-x)"""
    e = decay(x)
    return tl.where(x < 0.0, e, 1.0) / (1.0 + e)


@word
def softplus_pair(x, a, b, whole):  # type: ignore[no-untyped-def]
    """a softplus(x) + b softplus(-x)"""
    return pair_of_softplus(x, a, b, log1p(decay(x)), whole)


@word
def sigmoid_pair(x, a, b, whole):  # type: ignore[no-untyped-def]
    """a sigmoid(x) - b sigmoid(-x)"""
    e = decay(x)
    return pair_of_sigmoid(x, a, b, e / (1.0 + e), 1.0 / (1.0 + e), whole)


@word
def pair_of_softplus(x, a, b, rest, whole):  # type: ignore[no-untyped-def]
    """a softplus(x) + b softplus(-x), given log(1 + e^-|x|). ``whole``: a + b is 1."""
    if whole:
        c = tl.where(x < 0.0, -b, a)
        return rest + c * tl.where(c == 0.0, 0.0, x)
    else:
        up = tl.where(x < 0.0, rest, rest + x)
        down = tl.where(x < 0.0, rest - x, rest)
        return times(a, up) + times(b, down)


@word
def pair_of_sigmoid(x, a, b, small, large, whole):  # type: ignore[no-untyped-def]
    """a sigmoid(x) - b sigmoid(-x), given sigmoid(-|x|) and sigmoid(|x|). ``whole``: a + b is 1."""
    if whole:
        return tl.where(x < 0.0, small - b, a - small)
    else:
        up = tl.where(x < 0.0, small, large)
        down = tl.where(x < 0.0, large, small)
        return times(a, up) - times(b, down)

"""`words` for results in single or half precision: double arithmetic, with polynomials of relative error
below 2^-32 for what costs most, those of `compatlosses.scalar`. Rounded once to single, a number is within
0.51 ULP.
"""

from __future__ import annotations

import triton.language as tl

from .words import abs as abs
from .words import exp as exp
from .words import expm1 as expm1
from .words import factor as factor
from .words import log as log
from .words import log1p as log1p
from .words import log_less as log_less
from .words import number as number
from .words import pair_of_sigmoid, pair_of_softplus, word
from .words import product as product
from .words import sign as sign
from .words import smoothed as smoothed
from .words import times as times
from .words import weighted as weighted
from .words import where as where
from .words import within as within


@word
def near(a, b, c):  # type: ignore[no-untyped-def]
    """a b + c, rounded once where the device can."""
    return tl.fma(tl.full(b.shape, a, tl.float64), b, tl.full(b.shape, c, tl.float64))


@word
def decay(x):  # type: ignore[no-untyped-def]
    """e^-|x|; 0 beyond 700."""
    t = -tl.abs(x)
    gone = t < -700.0
    t = tl.where(gone, -700.0, t)
    k = near(1.4426950408889634, t, 6755399441056767.0)  # 1.5 * 2^52 + 1023
    n = k - 6755399441056767.0
    r = tl.fma(n, tl.full(t.shape, -0.6931471805599453, tl.float64), t)
    q = near(0.00019899285575896282, r, 0.0013941118895837)
    q = tl.fma(q, r, tl.full(r.shape, 0.00833329846980059, tl.float64))
    q = tl.fma(q, r, tl.full(r.shape, 0.04166635277111221, tl.float64))
    q = tl.fma(q, r, tl.full(r.shape, 0.16666666719028936, tl.float64))
    q = tl.fma(q, r, tl.full(r.shape, 0.5000000047146057, tl.float64))
    q = tl.fma(q, r, tl.full(r.shape, 1.0, tl.float64))
    q = tl.fma(q, r, tl.full(r.shape, 1.0, tl.float64))
    scale = (k.to(tl.int64, bitcast=True) << 52).to(tl.float64, bitcast=True)
    return tl.where(gone, 0.0, q * scale)


@word
def rest_of(e):  # type: ignore[no-untyped-def]
    """log(1 + e) and e / (1 + e), by one division."""
    one = 1.0 + e
    two = 2.0 + e
    d = e / (one * two)
    s = d * one
    z = s * s
    q = near(0.24393908084023025, z, 0.21398560506678543)
    q = tl.fma(q, z, tl.full(z.shape, 0.28620207408437237, tl.float64))
    q = tl.fma(q, z, tl.full(z.shape, 0.39998711246862334, tl.float64))
    q = tl.fma(q, z, tl.full(z.shape, 0.6666667902643397, tl.float64))
    q = tl.fma(q, z, tl.full(z.shape, 1.9999999998090061, tl.float64))
    return s * q, two * d


@word
def softplus(x):  # type: ignore[no-untyped-def]
    """log(1 + e^x)"""
    rest, _ = rest_of(decay(x))
    return tl.where(x < 0.0, 0.0, x) + rest


@word
def sigmoid(x):  # type: ignore[no-untyped-def]
    """1 / (1 + e^-x)"""
    e = decay(x)
    return tl.where(x < 0.0, e, 1.0) / (1.0 + e)


@word
def softplus_pair(x, a, b, whole):  # type: ignore[no-untyped-def]
    """a softplus(x) + b softplus(-x)"""
    rest, _ = rest_of(decay(x))
    return pair_of_softplus(x, a, b, rest, whole)


@word
def sigmoid_pair(x, a, b, whole):  # type: ignore[no-untyped-def]
    """a sigmoid(x) - b sigmoid(-x)"""
    e = decay(x)
    _, small = rest_of(e)
    if whole:
        return pair_of_sigmoid(x, a, b, small, small, whole)
    else:
        return pair_of_sigmoid(x, a, b, small, 1.0 / (1.0 + e), whole)


@word
def power(x, exponent):  # type: ignore[no-untyped-def]
    """x^exponent of x >= 0; 1 for the exponent 0, NaN of x < 0."""
    if exponent == 0.0:
        return tl.full(x.shape, 1.0, tl.float64)
    else:
        return tl.exp(tl.log(x) * number(exponent, x))

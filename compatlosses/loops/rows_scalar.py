"""The mathematics of a row, one number at a time, for Numba to compile into SIMD code: what `scalar` has not.

A row's largest logit is m. Its exponentials e = exp(x - m) lie in [0, 1]; the sum of all is at least 1. The
functions named narrow serve float32 and the half types, those named wide float64, as in `scalar`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from ..scalar import LOG2E, MAGIC, bit_cast, bits, fma, from_bits, inlined

ROOT = 0.7071067811865476
"""The root of 1/2. Mantissas are taken from here to twice as much."""


single_bits = bit_cast(types.float32, types.int32)
from_single_bits = bit_cast(types.int32, types.float32)


@inlined
def ordered_bits(i: Any) -> Any:
    """The bits of a float32 as an int32 that is larger where the number is; and those bits again of that."""
    return np.int32(i ^ ((i >> np.int32(31)) & np.int32(0x7FFFFFFF)))


@inlined
def ordered(x: Any) -> Any:
    """An int32 that is larger where a float32 is: compilers vectorise the search for the largest integer."""
    return ordered_bits(single_bits(x))


@inlined
def single(i: Any) -> Any:
    """The float32 of which an int32 is `ordered`."""
    return from_single_bits(ordered_bits(i))


@inlined
def two_sum(a: float, b: float) -> tuple[float, float]:
    """a + b and what its rounding lost; 0 of an infinity."""
    s = a + b
    t = s - a
    lost = (a - (s - t)) + (b - t)
    return s, 0.0 if lost != lost else lost


@inlined
def two_product(a: float, b: float) -> tuple[float, float]:
    """a b and what its rounding lost; 0 of an infinity."""
    p = a * b
    lost = fma(a, b, -p)
    return p, 0.0 if lost != lost else lost


@inlined
def narrow_exp(t: float) -> float:
    """exp(t) of t <= 0, relative error below 2^-33; e^-708 below that, which is 0 to a float32."""
    t = -708.0 if t < -708.0 else t
    k = fma(t, LOG2E, MAGIC + 1023.0)
    n = k - (MAGIC + 1023.0)
    r = fma(n, -0.6931471805599453, t)
    q = fma(0.00019899285575896282, r, 0.0013941118895837)
    q = fma(q, r, 0.00833329846980059)
    q = fma(q, r, 0.04166635277111221)
    q = fma(q, r, 0.16666666719028936)
    q = fma(q, r, 0.5000000047146057)
    q = fma(q, r, 1.0)
    q = fma(q, r, 1.0)
    e: float = q * from_bits(bits(k) << 52)
    return e


@inlined
def reduced(u: float) -> tuple[float, float, float, float]:
    """k, f, 2^-k and what the rounding of 1 + u lost: 1 + u = 2^k f, u >= 0, f from `ROOT` to twice that."""
    one = 1.0 + u
    k = (bits(one) - bits(ROOT)) >> 52
    f = from_bits(bits(one) - (k << 52))
    return float(k), f, from_bits((1023 - k) << 52), u - (one - 1.0)


@inlined
def narrow_log1p(u: float) -> float:
    """log(1 + u) of u >= 0, relative error below 2^-32."""
    k, f, scale, lost = reduced(u)
    r = (f - 1.0) + lost * scale
    s = r / (2.0 + r)
    z = s * s
    q = fma(0.24393908084023025, z, 0.21398560506678543)
    q = fma(q, z, 0.28620207408437237)
    q = fma(q, z, 0.39998711246862334)
    q = fma(q, z, 0.6666667902643397)
    q = fma(q, z, 1.9999999998090061)
    logarithm: float = fma(k, 0.6931471805599453, s * q)
    return logarithm


@inlined
def wide_log1p(u: float, u_lo: float) -> tuple[float, float]:
    """log(1 + u + u_lo) of u >= 0 as high and low part, relative error below 2^-53."""
    k, f, scale, lost = reduced(u)
    r, r_lo = two_sum(f - 1.0, (lost + u_lo) * scale)
    two = 2.0 + r
    two_lo = (r - (two - 2.0)) + r_lo
    inverse = 1.0 / two
    s = r * inverse
    s_lo = (fma(-s, two, r) + fma(-s, two_lo, r_lo)) * inverse
    z = s * s
    q = fma(0.1563057780092285, z, 0.07492143795550767)
    q = fma(q, z, 0.10845178394880015)
    q = fma(q, z, 0.11734279061303197)
    q = fma(q, z, 0.13335178631449257)
    q = fma(q, z, 0.1538454396486055)
    q = fma(q, z, 0.18181819897962714)
    q = fma(q, z, 0.2222222219823677)
    q = fma(q, z, 0.285714285716001)
    q = fma(q, z, 0.39999999999999525)
    q = fma(q, z, 0.6666666666666666)
    # the high part of ln 2 has 42 bits, so its product with k is exact
    high, low = two_sum(k * 0.6931471805598903, 2.0 * s)
    high, low = two_sum(high, low + fma(k, 5.497923018708371e-14, fma(s * z, q, 2.0 * s_lo)))
    return high, low

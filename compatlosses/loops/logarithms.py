"""Logarithms, exponentials and powers of any number, one at a time in float64, for Numba to compile into SIMD
code: what `scalar` has not.

A logarithm is a high and a low part, together true to 2^-56 of it: so exact that a number near it can be
taken from it, and that it can be multiplied by an exponent.
"""

from __future__ import annotations

import math

from ..scalar import LOG2E, MAGIC, bits, fma, from_bits, inlined
from .rows_scalar import ROOT, two_product, two_sum

SMALLEST_NORMAL = 2.2250738585072014e-308
OVERFLOW, UNDERFLOW = 709.782712893384, -745.1332191019412
"""e^x is infinite above the one, and 0 below the other."""


@inlined
def wide_log(u: float, u_lo: float) -> tuple[float, float]:
    """log(u + u_lo) as high and low part, u_lo a small part of u; NaN of u < 0."""
    subnormal = u < SMALLEST_NORMAL
    v = u * 18014398509481984.0 if subnormal else u
    k = (bits(v) - bits(ROOT)) >> 52
    f = from_bits(bits(v) - (k << 52))
    lost = 0.0 if u_lo == 0.0 else u_lo * from_bits((1023 - k) << 52)
    r, r_lo = two_sum(f - 1.0, lost)
    # log(1 + r) = 2 artanh(s) with s = r / (2 + r), |s| < 0.172, by its series
    two = 2.0 + r
    two_lo = (r - (two - 2.0)) + r_lo
    inverse = 1.0 / two
    s = r * inverse
    s_lo = (fma(-s, two, r) + fma(-s, two_lo, r_lo)) * inverse
    z = s * s
    q = fma(2.0 / 21.0, z, 2.0 / 19.0)
    q = fma(q, z, 2.0 / 17.0)
    q = fma(q, z, 2.0 / 15.0)
    q = fma(q, z, 2.0 / 13.0)
    q = fma(q, z, 2.0 / 11.0)
    q = fma(q, z, 2.0 / 9.0)
    q = fma(q, z, 2.0 / 7.0)
    q = fma(q, z, 2.0 / 5.0)
    q = fma(q, z, 2.0 / 3.0)
    n = float(k) - (54.0 if subnormal else 0.0)
    # the high part of ln 2 has 42 bits, so its product with n is exact
    high, low = two_sum(n * 0.6931471805598903, 2.0 * s)
    high, low = two_sum(high, low + fma(n, 5.497923018708371e-14, fma(s * z, q, 2.0 * s_lo)))
    ordinary = (u > 0.0) & (u < math.inf)
    special = -math.inf if u == 0.0 else (u if u > 0.0 else math.nan)
    return high if ordinary else special, low if ordinary else 0.0


@inlined
def wide_log1p(x: float) -> float:
    """log(1 + x); NaN of x < -1."""
    one, lost = two_sum(1.0, x)
    high, _ = wide_log(one, lost)
    return x if abs(x) < 1e-17 else high


@inlined
def wide_power_of_e(t: float, t_lo: float) -> float:
    """exp(t + t_lo), t_lo a small part of t."""
    held = OVERFLOW if t > OVERFLOW else (UNDERFLOW if t < UNDERFLOW else t)
    k = fma(held, LOG2E, MAGIC)
    n = k - MAGIC
    a = fma(n, -0.6931471805598903, held)
    b = fma(n, -5.497923018708371e-14, t_lo)
    r = a + b
    r_lo = b - (r - a)
    q = fma(2.0914686968086876e-09, r, 2.5105217004720745e-08)
    q = fma(q, r, 2.75572736431103e-07)
    q = fma(q, r, 2.7557255400206422e-06)
    q = fma(q, r, 2.4801587325547743e-05)
    q = fma(q, r, 0.00019841269874820627)
    q = fma(q, r, 0.0013888888888883748)
    q = fma(q, r, 0.008333333333326136)
    q = fma(q, r, 0.04166666666666667)
    q = fma(q, r, 0.1666666666666667)
    q = fma(q, r, 0.5)
    high = 1.0 + r
    low = (r - (high - 1.0)) + fma(r_lo, high, q * (r * r))
    # 2^n in two factors, each a normal number: only the last product can round
    whole = bits(k) - bits(MAGIC)
    half = whole >> 1
    e = (high + low) * from_bits((half + 1023) << 52) * from_bits((whole - half + 1023) << 52)
    return math.inf if t > OVERFLOW else (0.0 if t < UNDERFLOW else e)


@inlined
def wide_power(x: float, exponent: float) -> float:
    """x^exponent of x >= 0; 1 for the exponent 0, NaN of x < 0."""
    log, log_lo = wide_log(x, 0.0)
    t, t_lo = two_product(log, exponent)
    rest = log_lo * exponent
    power = wide_power_of_e(t, t_lo + (0.0 if rest != rest else rest))
    return 1.0 if exponent == 0.0 else power

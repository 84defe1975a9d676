"""The mathematics of `formula`, one element at a time, for Numba to compile into SIMD code.

Everything follows from e = exp(-|x|), which lies in [0, 1] and never overflows::

    softplus(x)  = max(x, 0) + log1p(e)         sigma(|x|)  = 1 / (1 + e)
    softplus(-x) = max(-x, 0) + log1p(e)        sigma(-|x|) = e / (1 + e)

The functions named narrow serve float32 and the half types: they work in float64 with polynomials of relative
error below 2^-32, so that a result rounded once to float32 is within 0.51 ULP. Those named wide serve float64
and carry what each rounding lost.

Compilers may not reorder or contract anything here (no fastmath flag is set): a fused multiply-add is asked
for by name and rounds once everywhere. Where the processor has none, LLVM calls the C library's: slower, the
same bits. There are no branches and no calls into libm, so loops over these functions vectorise. Work is cut
into short loops (see `kernels.logits`): in one long loop the processor waits for the chain of operations of
an element.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import njit, types
from numba.extending import intrinsic

LOG2E = 1.4426950408889634
MAGIC = 6755399441055744.0
"""1.5 * 2^52: a number added to it is rounded to an integer, which then stands in the lowest bits."""

SIGN = np.int64(-(2**63))

inlined: Callable[..., Any] = njit(error_model="numpy", forceinline=True)


# --- what Numba lacks ---------------------------------------------------------------------------------------


def _fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once. float64."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return types.float64(types.float64, types.float64, types.float64), build


def bit_cast(given: types.Type, result: types.Type) -> Callable[..., Any]:
    """A function from a number of one type to that of another with the same bits."""

    def of_these_types(typing: Any, x: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], context.get_value_type(result))

        return result(given), build

    return intrinsic(of_these_types)


fma: Callable[..., Any] = intrinsic(_fma)
bits = bit_cast(types.float64, types.int64)
from_bits = bit_cast(types.int64, types.float64)


# --- the floating-point mode --------------------------------------------------------------------------------
#
# A framework may have set the thread that calls to read or write subnormal numbers as 0, or to round in
# another direction. An entry point does nothing but keep that mode, set IEEE 754's own, call a function that
# is `apart`, and restore it.

MACHINE = platform.machine().lower()
X86, ARM = MACHINE in ("x86_64", "amd64"), MACHINE in ("aarch64", "arm64")
IEEE = 0x1F80 if X86 else 0
"""The control register: round to nearest, no flush to zero, no exception raised."""


def _set_mode(typing: Any, mode: Any) -> Any:
    """Set the thread's floating-point mode; the one before. On a processor unknown here nothing is done."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        i32, i64 = ir.IntType(32), ir.IntType(64)
        declare, nothing = builder.module.declare_intrinsic, ir.VoidType()
        if X86:
            place = builder.alloca(i32)
            address = builder.bitcast(place, ir.IntType(8).as_pointer())
            access = ir.FunctionType(nothing, [address.type])
            builder.call(declare("llvm.x86.sse.stmxcsr", fnty=access), [address])
            before = builder.zext(builder.load(place), i64)
            builder.store(builder.trunc(args[0], i32), place)
            builder.call(declare("llvm.x86.sse.ldmxcsr", fnty=access), [address])
            return before
        if ARM:
            before = builder.call(declare("llvm.aarch64.get.fpcr", fnty=ir.FunctionType(i64, [])), [])
            builder.call(declare("llvm.aarch64.set.fpcr", fnty=ir.FunctionType(nothing, [i64])), args)
            return before
        return args[0]

    return types.int64(types.int64), build


def _apart(typing: Any) -> Any:
    """Keep the function that calls this from being merged into its caller, which would let arithmetic slip
    out of its mode.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), build


def _wide_vectors(typing: Any) -> Any:
    """Let the loops of the function that calls this use vectors of 512 bits where the processor gains.

    LLVM prefers 256 on Intel's that have both. From Ice Lake and Zen 4 on the clock does not suffer. Results
    do not depend on it. llvmlite has no public way to set such an attribute.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if WIDE_VECTORS:
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), build


WIDE_VECTORS = bool(get_host_cpu_features().get("avx512vbmi2"))
set_mode: Callable[..., Any] = intrinsic(_set_mode)
apart: Callable[..., Any] = intrinsic(_apart)
wide_vectors: Callable[..., Any] = intrinsic(_wide_vectors)


# --- the transcendental pieces ------------------------------------------------------------------------------


FAR = 700.0
"""Beyond it exp(-|x|), below 1e-304, counts as 0."""


@inlined
def narrow_exp(x: float) -> float:
    """exp(-|x|), relative error below 2^-33 up to FAR; 0 beyond."""
    t = -abs(x)
    gone = t < -FAR
    t = -FAR if gone else t
    k = fma(t, LOG2E, MAGIC + 1023.0)
    r = fma(k - (MAGIC + 1023.0), -0.6931471805599453, t)
    q = fma(0.00019899285575896282, r, 0.0013941118895837)
    q = fma(q, r, 0.00833329846980059)
    q = fma(q, r, 0.04166635277111221)
    q = fma(q, r, 0.16666666719028936)
    q = fma(q, r, 0.5000000047146057)
    q = fma(q, r, 1.0)
    q = fma(q, r, 1.0)  # exactly 1 at 0, so that a gradient vanishes there at the label 1/2
    e: float = q * from_bits(0 if gone else bits(k) << 52)
    return e


@inlined
def narrow_rest(e: float) -> tuple[float, float]:
    """log1p(e) and e / (1 + e) to a relative 2^-33.

    One division serves both, and log1p(e) = 2 atanh(e / (2 + e)).
    """
    one = 1.0 + e
    two = 2.0 + e
    d = e / (one * two)
    s = d * one
    z = s * s
    q = fma(0.24393908084023025, z, 0.21398560506678543)
    q = fma(q, z, 0.28620207408437237)
    q = fma(q, z, 0.39998711246862334)
    q = fma(q, z, 0.6666667902643397)
    q = fma(q, z, 1.9999999998090061)
    return s * q, two * d


@inlined
def wide_exp(x: float) -> tuple[float, float]:
    """exp(-|x|) of a float64 as high and low part; the high part alone where subnormal."""
    e, e_lo = wide_exp_of(-abs(x), 0.0)
    return e, e_lo


@inlined
def wide_exp_of(t: float, t_lo: float) -> tuple[float, float]:
    """exp(t + t_lo), t <= 0, as high and low part; the high part alone where subnormal."""
    k = fma(t, LOG2E, MAGIC)
    n = k - MAGIC
    # e = 2^n exp(r + r_lo); the high part of ln 2 has 42 bits, so its product with n is exact
    a = fma(n, -0.6931471805598903, t)
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
    q = high + low
    low = low - (q - high)
    # in two steps, of which only the last can round: 2^n itself may lie below the normal numbers
    scale = from_bits((bits(k) + 1151) << 52)
    gone = n < -1076.0
    e = 0.0 if gone else q * scale * 2.938735877055719e-39
    e_lo = 0.0 if gone else low * scale * 2.938735877055719e-39
    return e, e_lo


@inlined
def wide_rest(e: float, e_lo: float) -> tuple[float, float]:
    """log1p(e) and 1 / (1 + e), each within 0.7 ULP: the remainders of the divisions are put back."""
    two = 2.0 + e
    two_lo = (e - (two - 2.0)) + e_lo
    inverse = 1.0 / two
    s = e * inverse
    s_lo = (fma(-s, two, e) + fma(-s, two_lo, e_lo)) * inverse
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
    log1p = 2.0 * s + fma(s * z, q, 2.0 * s_lo)

    one = 1.0 + e
    one_lo = (e - (one - 1.0)) + e_lo
    inverse = 1.0 / one
    return log1p, fma(fma(-inverse, one_lo, fma(-inverse, one, 1.0)), inverse, inverse)


# --- the loss and its derivatives ---------------------------------------------------------------------------
#
# Written for |x|: with c the coefficient of the softplus that grows with |x| and d that of the other,
# loss = c |x| + (c + d) log1p(e) and d/dx = sign(x) (c - d e) / (1 + e). Right of 0 c is 1 - y and d is p y,
# left of 0 it is the other way round.


@inlined
def negative(x: float) -> bool:
    """Whether the sign bit is set: -0 counts as negative, and a select by it costs no comparison."""
    answer: bool = bits(x) < 0
    return answer


@inlined
def product(a: float, b: float) -> float:
    """a b, and 0 where one is 0 and the other infinite; NaN only from NaN."""
    c = a * b
    return 0.0 if (c != c) & (a == a) & (b == b) else c


@inlined
def loss(m: float, c: float, bounded: float) -> float:
    """c m + bounded, at m = |x| and bounded = (c + d) log1p(e). A coefficient of 0 removes an infinite m."""
    total: float = fma(c, 0.0 if c == 0.0 else m, bounded)
    return total


@inlined
def by_logit(x: float, c: float, d: float, e: float, big: float) -> float:
    """sign(x) (c - d e) / (1 + e), given big = 1 / (1 + e)."""
    slope = fma(-d, e, c) * big
    signed: float = from_bits(bits(slope) ^ (bits(x) & SIGN))
    return signed


@inlined
def signed(magnitude: float, x: float) -> float:
    """``magnitude`` >= 0 with the sign of x."""
    result: float = from_bits(bits(magnitude) | (bits(x) & SIGN))
    return result


@inlined
def by_target(x: float, p: float, log1p: float) -> float:
    """p softplus(-x) - softplus(x), without the part in which log1p would cancel."""
    linear: float = product(p, -x) if x < 0.0 else -x
    slope: float = product(p - 1.0, log1p)
    return slope + linear


@inlined
def by_pos_weight(x: float, y: float, log1p: float) -> float:
    """y softplus(-x)."""
    slope: float = product(y, (-x if x < 0.0 else 0.0) + log1p)
    return slope

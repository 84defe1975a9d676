"""Compiled loops over host memory: blocks of 1024 elements in logical (C) order, whatever the layout and the thread.

An element's place in a block, and so every order of summation, follows from its logical index alone. That is why the
results have the same bits for any strides and any number of threads. All functions release the GIL, keep no state and
write nothing but their outputs.

`plain_*` take contiguous arrays of one dtype and read and write them directly. `general_*` take anything: each block
of each operand is first gathered as float64 into scratch that stays in the cache, and results are rounded on their way
out.

An operand of `general_*` is one row of an int64 table: ``[code, address, ndim, *shape, *strides]`` with byte strides,
rows in the order of the constants below. The code of what is absent is -1; an absent input is 1, an absent output is
not computed. A gradient that is summed to a smaller shape has the code SUMMED and strides in elements; its address is
that of two float64 arrays of its size one after the other: running sums, and what their roundings lost. The size
follows the strides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from . import scalar
from .scalar import bits, from_bits

BLOCK = 1024

FLOAT64, FLOAT32, FLOAT16, BFLOAT16, SUMMED = range(5)
LOGITS, TARGETS, WEIGHT, POS_WEIGHT, COTANGENT, LOSS, BY_LOGITS, BY_TARGETS, BY_WEIGHT, BY_POS_WEIGHT = range(10)
END = 10
"""How many operands there are. Scratch rows are numbered like them; a few more hold what lies between."""
EXP, LOG1P, BIG, ROWS = range(10, 14)


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` compiled when it is first called, and kept between runs where there is a place to keep it."""
    try:
        return njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:  # Numba found no writable directory for its cache
        return njit(nogil=True, error_model="numpy")(function)


inner: Callable[..., Any] = njit(nogil=True, error_model="numpy")


def _pointer(typing: Any, address: Any) -> Any:
    """An int64 address as an untyped pointer."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), build


pointer: Callable[..., Any] = intrinsic(_pointer)


# --- elements -----------------------------------------------------------------------------------------------------


@inner
def exponentials(exact, x, e, e_lo, n):  # type: ignore[no-untyped-def]
    """e = exp(-|x|) of n elements, and its low part if ``exact``. Else e_lo holds 2^n between two loops: fast as two."""
    if exact:
        for i in range(n):
            e[i], e_lo[i] = scalar.wide_exp(np.float64(x[i]))
    else:
        for i in range(n):
            e[i], e_lo[i] = scalar.narrow_reduced(np.float64(x[i]))
        for i in range(n):
            e[i] = scalar.narrow_exp(e[i], e_lo[i])


@inner
def logarithms(exact, e, e_lo, log1p, big, n):  # type: ignore[no-untyped-def]
    """log1p(e) and 1 / (1 + e) of n elements."""
    if exact:
        for i in range(n):
            log1p[i], big[i] = scalar.wide_rest(e[i], e_lo[i])
    else:
        for i in range(n):
            log1p[i], big[i] = scalar.narrow_rest(e[i])


@inner
def plain_elements(x, y, e, log1p, big, scale, loss, gx, n):  # type: ignore[no-untyped-def]
    """Losses and gradients (times scale) by the logit, of n unweighted elements; what is None is compiled away."""
    for i in range(n):
        u = np.float64(x[i])
        b = np.float64(y[i])
        a = 1.0 - b
        left = scalar.negative(u)
        c = b if left else a
        if loss is not None:
            loss[i] = scalar.loss(abs(u), c, log1p[i])
        if gx is not None:
            gx[i] = scalar.by_logit(u, c, a if left else b, e[i], big[i]) * scale


@inner
def finite(values, n):  # type: ignore[no-untyped-def]
    """Whether the first n are."""
    others = 0
    for i in range(n):
        others += values[i] - values[i] != 0.0
    return others == 0


@inner
def tame_elements(r, n):  # type: ignore[no-untyped-def]
    """Losses and gradients by the logit, without weight, of n elements with finite targets and positive weights.

    ``r`` is the scratch of `general`; what has no positive weight has 1 there. `wild_elements` gives the same bits.
    """
    for i in range(n):
        u = r[LOGITS, i]
        v = r[TARGETS, i]
        a = 1.0 - v
        b = r[POS_WEIGHT, i] * v
        left = scalar.negative(u)
        c = b if left else a
        share = 1.0 if b == v else a + b  # an exact 1 where there is no positive weight
        r[BY_WEIGHT, i] = scalar.loss(abs(u), c, share * r[LOG1P, i])
        r[BY_LOGITS, i] = scalar.by_logit(u, c, a if left else b, r[EXP, i], r[BIG, i])


@inner
def wild_elements(r, n):  # type: ignore[no-untyped-def]
    """The same of any n elements: wherever a factor is 0, its product is, though the other be infinite.

    What this hides of a NaN is in ``share`` and in 1 / (1 + e).
    """
    for i in range(n):
        u = r[LOGITS, i]
        v = r[TARGETS, i]
        a = 1.0 - v
        b = scalar.product(r[POS_WEIGHT, i], v)
        left = scalar.negative(u)
        c = b if left else a
        share = 1.0 if b == v else a + b
        m = abs(u)
        e = r[EXP, i]
        r[BY_WEIGHT, i] = scalar.loss(m, 0.0 if m == 0.0 else c, scalar.product(share, r[LOG1P, i]))
        r[BY_LOGITS, i] = scalar.by_logit(u, c, 0.0 if e == 0.0 else (a if left else b), e, r[BIG, i])


@inner
def weigh(r, scale, n):  # type: ignore[no-untyped-def]
    """Put the weight into losses and gradients by the logit, cotangent and scale into the latter."""
    for i in range(n):
        w = r[WEIGHT, i]
        r[LOSS, i] = scalar.product(w, r[BY_WEIGHT, i])
        r[BY_LOGITS, i] = scalar.product(w, r[BY_LOGITS, i]) * (r[COTANGENT, i] * scale)


@inner
def other_gradients(r, scale, n):  # type: ignore[no-untyped-def]
    """The gradients by target, weight and positive weight of n elements."""
    for i in range(n):
        u = r[LOGITS, i]
        w = r[WEIGHT, i]
        log1p = r[LOG1P, i]
        g = r[COTANGENT, i] * scale
        r[BY_TARGETS, i] = scalar.product(w, scalar.by_target(u, r[POS_WEIGHT, i], log1p)) * g
        r[BY_WEIGHT, i] *= g
        r[BY_POS_WEIGHT, i] = scalar.product(w, scalar.by_pos_weight(u, r[TARGETS, i], log1p)) * g


@inner
def rescued(r, scale, n):  # type: ignore[no-untyped-def]
    """Where a product overflowed before a small weight met it, multiply in the other order: coefficients first."""
    for i in range(n):
        w = r[WEIGHT, i]
        if not 0.0 < abs(w) < 1.0:
            continue
        u = r[LOGITS, i]
        v = scalar.product(w, r[TARGETS, i])
        p = r[POS_WEIGHT, i]
        g = r[COTANGENT, i] * scale
        if np.isinf(r[LOSS, i]):
            a = w - v
            b = scalar.product(p, v)
            c = b if scalar.negative(u) else a
            r[LOSS, i] = scalar.loss(abs(u), c, scalar.product(a + b, r[LOG1P, i]))
        if np.isinf(r[BY_TARGETS, i]):
            linear = scalar.product(w * p, -u) if u < 0.0 else w * -u
            r[BY_TARGETS, i] = (scalar.product(w * (p - 1.0), r[LOG1P, i]) + linear) * g
        if np.isinf(r[BY_POS_WEIGHT, i]):
            r[BY_POS_WEIGHT, i] = scalar.by_pos_weight(u, v, r[LOG1P, i]) * g


# --- sums ---------------------------------------------------------------------------------------------------------


@inner
def tree_sum(values, n):  # type: ignore[no-untyped-def]
    """The sum of the first n of BLOCK float64, by halves, in place; rounding errors are left where they fall."""
    half = BLOCK
    while half >= 2 * n and half > 1:  # the rest would be zeros
        half //= 2
    values[n:half] = 0.0
    while half > 1:
        half //= 2
        for i in range(half):
            values[i] = values[i] + values[half + i]
    return values[0], 0.0


@inner
def compensated_tree_sum(values, lost, n):  # type: ignore[no-untyped-def]
    """Like `tree_sum`, and what the roundings lost, in the scratch array ``lost``."""
    half = BLOCK
    while half >= 2 * n and half > 1:
        half //= 2
    values[n:half] = 0.0
    lost[:half] = 0.0
    while half > 1:
        half //= 2
        for i in range(half):
            a = values[i]
            b = values[half + i]
            s = a + b
            t = s - a
            values[i] = s
            lost[i] = (lost[i] + lost[half + i]) + ((a - (s - t)) + (b - t))
    return values[0], lost[0]


@entry
def total(partials, divisor):  # type: ignore[no-untyped-def]
    """The sum of pairs (block, 2) in order, over ``divisor``, rounded once. Infinities survive."""
    high = 0.0
    low = 0.0
    for i in range(partials.shape[0]):
        a = partials[i, 0]
        s = high + a
        t = s - high
        low += ((high - (s - t)) + (a - t)) + partials[i, 1]
        high = s
    if not np.isfinite(high):
        return high / divisor
    s = high + low
    low = low - (s - high)
    quotient = s / divisor
    return quotient + (scalar.fma(-quotient, divisor, s) + low) / divisor


# --- contiguous arrays of one dtype -------------------------------------------------------------------------------


@inner
def plain(exact, x, y, loss, gx, scale, partials, first, last):  # type: ignore[no-untyped-def]
    """Blocks first to last of 1-D x and y. Of loss (elements) and gx, an array of size 0 asks for none.

    partials: float64 (blocks, 2), or of size 0 where no sum is wanted.
    """
    scratch = np.empty((5, BLOCK))
    e, log1p, big, values, lost = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    for block in range(first, last):
        i = block * BLOCK
        n = min(BLOCK, x.size - i)
        xs = x[i : i + n]
        ys = y[i : i + n]
        exponentials(exact, xs, e, lost, n)
        logarithms(exact, e, lost, log1p, big, n)
        if gx.size:
            plain_elements(xs, ys, e, log1p, big, scale, values, gx[i : i + n], n)
        else:
            plain_elements(xs, ys, e, log1p, big, scale, values, None, n)
        if loss.size:
            target = loss[i : i + n]
            for j in range(n):
                target[j] = values[j]
        if partials.size:
            if exact:
                partials[block] = compensated_tree_sum(values, lost, n)
            else:
                partials[block] = tree_sum(values, n)


@entry
def plain_narrow(x, y, loss, gx, scale, partials, first, last):  # type: ignore[no-untyped-def]
    """`plain` for float32."""
    plain(False, x, y, loss, gx, scale, partials, first, last)


@entry
def plain_wide(x, y, loss, gx, scale, partials, first, last):  # type: ignore[no-untyped-def]
    """`plain` for float64."""
    plain(True, x, y, loss, gx, scale, partials, first, last)


# --- anything -----------------------------------------------------------------------------------------------------


@inner
def decode_float16(h):  # type: ignore[no-untyped-def]
    """The float64 that 16 bits are."""
    magnitude = np.int64(h & 0x7FFF) << 42  # ten bits of fraction at the top of a float64's 52
    value = from_bits(magnitude) * 2.0**1008
    value = from_bits(magnitude | (0x7FF << 52)) if (h & 0x7C00) == 0x7C00 else value
    return -value if h & 0x8000 else value


@inner
def decode_bfloat16(h):  # type: ignore[no-untyped-def]
    """The float64 that 16 bits are."""
    magnitude = np.int64(h & 0x7FFF) << 45
    value = from_bits(magnitude) * 2.0**896
    value = from_bits(magnitude | (0x7FF << 52)) if (h & 0x7F80) == 0x7F80 else value
    return -value if h & 0x8000 else value


@inner
def encode(v, fraction, smallest, limit, shift, rescale, infinity):  # type: ignore[no-untyped-def]
    """A float64 rounded once, ties to even, to 16 bits: ``fraction`` bits of it, normal from 2^smallest on.

    Adding and taking away 1.5 * 2^52 quanta rounds to a multiple of the quantum, constant below the normal numbers.
    """
    m = min(abs(v), limit)
    m = v if v != v else m
    exponent = max(bits(m) & (0x7FF << 52), np.int64(1023 + smallest) << 52)
    magic = from_bits(exponent + (np.int64(52 - fraction) << 52)) * 1.5
    m = (m + magic) - magic
    h = bits(m * rescale) >> shift  # exact: the exponent takes its new bias, subnormals become subnormal float64
    h = infinity if m >= limit else h
    h = infinity | (1 << (fraction - 1)) if v != v else h
    return np.uint16(h | ((bits(v) >> 48) & 0x8000))


@inner
def encode_float16(v):  # type: ignore[no-untyped-def]
    """The 16 bits of a float64 rounded to float16."""
    return encode(v, 10, -14, 65536.0, 42, 2.0**-1008, 0x7C00)


@inner
def encode_bfloat16(v):  # type: ignore[no-untyped-def]
    """The 16 bits of a float64 rounded to bfloat16."""
    return encode(v, 7, -126, 2.0**128, 45, 2.0**-896, 0x7F80)


@inner
def read(code, address, stride, out, start, n):  # type: ignore[no-untyped-def]
    """n elements of dtype ``code``, ``stride`` bytes apart, into out[start:start + n] as float64."""
    to = out[start : start + n]
    if code == FLOAT32:
        if stride == 4:
            f = carray(pointer(address), (n,), np.float32)
            for i in range(n):
                to[i] = f[i]
        else:
            for i in range(n):
                to[i] = carray(pointer(address + i * stride), (1,), np.float32)[0]
    elif code == FLOAT64:
        if stride == 8:
            d = carray(pointer(address), (n,), np.float64)
            for i in range(n):
                to[i] = d[i]
        else:
            for i in range(n):
                to[i] = carray(pointer(address + i * stride), (1,), np.float64)[0]
    elif code == FLOAT16:
        for i in range(n):
            to[i] = decode_float16(carray(pointer(address + i * stride), (1,), np.uint16)[0])
    else:
        for i in range(n):
            to[i] = decode_bfloat16(carray(pointer(address + i * stride), (1,), np.uint16)[0])


@inner
def write(code, address, values, n):  # type: ignore[no-untyped-def]
    """n values rounded to the dtype ``code`` and stored one after the other."""
    if code == FLOAT32:
        f = carray(pointer(address), (n,), np.float32)
        for i in range(n):
            f[i] = values[i]
    elif code == FLOAT64:
        d = carray(pointer(address), (n,), np.float64)
        for i in range(n):
            d[i] = values[i]
    else:
        h = carray(pointer(address), (n,), np.uint16)
        if code == FLOAT16:
            for i in range(n):
                h[i] = encode_float16(values[i])
        else:
            for i in range(n):
                h[i] = encode_bfloat16(values[i])


@inner
def add_run(sums, lost, at, stride, values, start, n):  # type: ignore[no-untyped-def]
    """values[start:start + n] added to sums[at], sums[at + stride], ..."""
    for i in range(n):
        j = at + i * stride
        a = sums[j]
        b = values[start + i]
        s = a + b
        t = s - a
        sums[j] = s
        lost[j] += (a - (s - t)) + (b - t)


@inner
def walk(row, start, n, values, index):  # type: ignore[no-untyped-def]
    """Elements start to start + n of an operand in C order: read into ``values``, or added up from it where SUMMED.

    index: int64 scratch, one place a dimension. Goes by runs along the last dimension.
    """
    code = row[0]
    base = row[1]
    ndim = row[2]
    shape = row[3 : 3 + ndim]
    strides = row[3 + ndim : 3 + 2 * ndim]
    size = 1
    for d in range(ndim):
        size *= shape[d]
    sums = carray(pointer(base), (1,), np.float64)
    lost = sums
    if code == SUMMED:
        size = row[3 + 2 * ndim]
        sums = carray(pointer(base), (size,), np.float64)
        lost = carray(pointer(base + 8 * size), (size,), np.float64)
    if ndim == 0:
        if code == SUMMED:
            add_run(sums, lost, 0, 0, values, 0, n)
        else:
            read(code, base, 0, values, 0, n)
        return
    rest = start
    offset = 0
    for d in range(ndim - 1, -1, -1):
        index[d] = rest % shape[d]
        rest //= shape[d]
        offset += index[d] * strides[d]
    width = shape[ndim - 1]
    stride = strides[ndim - 1]
    done = 0
    while True:
        take = min(width - index[ndim - 1], n - done)
        if code == SUMMED:
            add_run(sums, lost, offset, stride, values, done, take)
        else:
            read(code, base + offset, stride, values, done, take)
        done += take
        if done == n:
            return
        offset -= index[ndim - 1] * stride
        index[ndim - 1] = 0
        d = ndim - 2
        while True:  # like an odometer; it cannot run over, as elements are left
            index[d] += 1
            offset += strides[d]
            if index[d] < shape[d]:
                break
            offset -= shape[d] * strides[d]
            index[d] = 0
            d -= 1


@inner
def general(exact, table, size, ignore, scale, divisor, partials, first, last):  # type: ignore[no-untyped-def]
    """Blocks first to last of the operands in ``table``, ``size`` elements in all.

    ignore: the target of elements that do not count, NaN for none. Gradients are multiplied by scale, the losses of
    single elements divided by divisor. partials: as for `plain`.
    """
    scratch = np.ones((ROWS, BLOCK))
    lost = np.empty(BLOCK)
    index = np.empty(table.shape[1], np.int64)
    values = scratch[LOSS]
    others = table[BY_TARGETS, 0] >= 0 or table[BY_WEIGHT, 0] >= 0 or table[BY_POS_WEIGHT, 0] >= 0
    for k in range(LOSS):
        if table[k, 0] >= 0 and table[k, 2] == 0:
            walk(table[k], 0, BLOCK, scratch[k], index)
    for block in range(first, last):
        i = block * BLOCK
        n = min(BLOCK, size - i)
        for k in range(LOSS):
            if table[k, 0] >= 0 and table[k, 2] > 0:
                walk(table[k], i, n, scratch[k], index)
        exponentials(exact, scratch[LOGITS], scratch[EXP], lost, n)
        logarithms(exact, scratch[EXP], lost, scratch[LOG1P], scratch[BIG], n)
        if finite(scratch[TARGETS], n) and finite(scratch[POS_WEIGHT], n):
            tame_elements(scratch, n)
        else:
            wild_elements(scratch, n)
        weigh(scratch, scale, n)
        if others:
            other_gradients(scratch, scale, n)
        if table[WEIGHT, 0] >= 0 and not (
            finite(scratch[LOSS], n) and finite(scratch[BY_TARGETS], n) and finite(scratch[BY_POS_WEIGHT], n)
        ):
            rescued(scratch, scale, n)
        if ignore == ignore:
            for j in range(n):
                if scratch[TARGETS, j] == ignore:
                    scratch[LOSS:END, j] = 0.0
        if divisor != 1.0 and table[LOSS, 0] >= 0:
            for j in range(n):
                values[j] /= divisor
        for k in range(LOSS, END):
            code = table[k, 0]
            if code == SUMMED:
                walk(table[k], i, n, scratch[k], index)
            elif code >= 0:
                item = 8 if code == FLOAT64 else 4 if code == FLOAT32 else 2
                write(code, table[k, 1] + i * item, scratch[k], n)
        if partials.size:
            if exact:
                partials[block] = compensated_tree_sum(values, lost, n)
            else:
                partials[block] = tree_sum(values, n)


@entry
def general_narrow(table, size, ignore, scale, divisor, partials, first, last):  # type: ignore[no-untyped-def]
    """`general` where no operand is float64."""
    general(False, table, size, ignore, scale, divisor, partials, first, last)


@entry
def general_wide(table, size, ignore, scale, divisor, partials, first, last):  # type: ignore[no-untyped-def]
    """`general` where some operand is float64."""
    general(True, table, size, ignore, scale, divisor, partials, first, last)


@entry
def count(table, size, ignore, first, last):  # type: ignore[no-untyped-def]
    """How many targets of blocks first to last count."""
    scratch = np.empty(BLOCK)
    index = np.empty(table.shape[1], np.int64)
    found = 0
    for block in range(first, last):
        n = min(BLOCK, size - block * BLOCK)
        walk(table[TARGETS], block * BLOCK, n, scratch, index)
        for j in range(n):
            found += scratch[j] != ignore
    return found


@entry
def store(code, address, values):  # type: ignore[no-untyped-def]
    """float64 values rounded to the dtype ``code``, one after the other from ``address`` on."""
    write(code, address, values, values.size)

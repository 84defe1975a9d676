"""Compiled loops over host memory: blocks of 1024 elements in logical (C) order, whatever the layout and the
thread.

An element's place in a block, and so every order of summation, follows from its logical index alone. That is
why the results have the same bits for any strides and any number of threads. All functions release the GIL,
keep no state and write nothing but their outputs. An entry point gets its scratch memory, sets the
floating-point mode and leaves the work to a function that neither allocates nor raises: the mode is restored,
and a thread that has joined leaves (see `pieces`).

`plain` takes contiguous arrays of one dtype and reads and writes them directly. `general` takes anything:
each block of each operand is first gathered as float64 into scratch that stays in the cache, and results are
rounded on their way out (see `memory`). Its operands are the rows of a table, in the order of the constants
below. An absent input is 1, an absent output is not computed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from llvmlite.binding import ffi
from numba import njit, types
from numba.core.compiler_lock import global_compiler_lock

from . import memory, pieces, scalar, sums
from .cache import KernelCache, digest_of
from .memory import FLOAT32, FLOAT64, SUMMED, read, walk, write
from .pieces import begun, claimed, end, inner, join, leave, settled
from .scalar import IEEE, apart, set_mode
from .sums import BLOCK, compensated_tree_sum, quotient, tree_sum

LOGITS, TARGETS, WEIGHT, POS_WEIGHT, COTANGENT, LOSS, BY_LOGITS, BY_TARGETS, BY_WEIGHT, BY_POS_WEIGHT = range(
    10
)
END = 10
"""How many operands there are. Scratch rows are numbered like them; a few more hold what lies between."""
EXP, LOG1P, BIG, ROWS = range(10, 14)
WIDE = np.dtype(np.float64)


def entries(*modules: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for functions that are compiled when first called, and kept between runs where there is a
    place for it.

    What is kept belongs to the code of these modules and of those that all loops are made of.
    """

    def entry(function: Callable[..., Any]) -> Callable[..., Any]:
        return kept(njit(nogil=True, error_model="numpy")(function), function, *modules)  # type: ignore[no-any-return]

    return entry


def kept(compiled: Any, function: Callable[..., Any], *modules: str) -> Any:
    """``compiled``, which Numba makes of ``function``, kept between runs for the code of these modules."""
    sources = digest_of((*modules, *(module.__name__ for module in (memory, pieces, scalar, sums))))
    if sources is not None:
        with suppress(OSError, RuntimeError):  # Numba found no writable directory
            compiled._cache = KernelCache(function, sources)
    return compiled


entry = entries(__name__)

compiling: Callable[[], bool] = global_compiler_lock.is_locked
"""Whether this very thread is compiling something with Numba, so that a call comes from a signal handler or a
finaliser.
"""

LOCKS = (global_compiler_lock, getattr(ffi.lib, "_lock", global_compiler_lock))
"""What a thread that compiles holds."""


# --- elements -----------------------------------------------------------------------------------------------


@inner
def exponentials(exact, x, e, e_lo, n):  # type: ignore[no-untyped-def]
    """e = exp(-|x|) of n elements, and its low part if ``exact``.

    Else e_lo holds 2^n between two loops: fast as two.
    """
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
def finite(values, n):  # type: ignore[no-untyped-def]
    """Whether the first n are."""
    others = 0
    for i in range(n):
        others += values[i] - values[i] != 0.0
    return others == 0


@inner
def factor(g, i, scale):  # type: ignore[no-untyped-def]
    """What the gradient of element i is multiplied by: scale, and its cotangent where there is one."""
    return scale if g is None else np.float64(g[i]) * scale


@inner
def tame_elements(x, y, p, e, log1p, big, g, scale, loss, gx, n):  # type: ignore[no-untyped-def]
    """Losses and gradients (times g scale) by the logit, without weight, of n elements with finite targets
    and pos_weight.

    What is None is compiled away: the positive weight p and the cotangent g, 1 then, losses and gradients.
    `wild_elements` gives the same bits.
    """
    for i in range(n):
        u = np.float64(x[i])
        v = np.float64(y[i])
        a = 1.0 - v
        b = v if p is None else p[i] * v
        left = scalar.negative(u)
        c = b if left else a
        # an exact 1 where there is no positive weight
        shared = log1p[i] if p is None else (1.0 if b == v else a + b) * log1p[i]
        if loss is not None:
            loss[i] = scalar.loss(abs(u), c, shared)
        if gx is not None:
            gx[i] = scalar.by_logit(u, c, a if left else b, e[i], big[i]) * factor(g, i, scale)


@inner
def wild_elements(x, y, p, e, log1p, big, g, scale, loss, gx, n):  # type: ignore[no-untyped-def]
    """The same of any n elements: wherever a factor is 0, its product is, though the other be infinite.

    What this hides of a NaN is in ``share`` and in 1 / (1 + e).
    """
    for i in range(n):
        u = np.float64(x[i])
        v = np.float64(y[i])
        a = 1.0 - v
        b = scalar.product(p[i], v)
        left = scalar.negative(u)
        c = b if left else a
        share = 1.0 if b == v else a + b
        m = abs(u)
        if loss is not None:
            loss[i] = scalar.loss(m, 0.0 if m == 0.0 else c, scalar.product(share, log1p[i]))
        if gx is not None:
            gx[i] = scalar.by_logit(u, c, 0.0 if e[i] == 0.0 else (a if left else b), e[i], big[i]) * factor(
                g, i, scale
            )


@inner
def elements(x, y, p, e, log1p, big, g, scale, loss, gx, n):  # type: ignore[no-untyped-def]
    """Losses and gradients (times g scale) by the logit, without weight, of any n elements."""
    if finite(y, n) and finite(p, n):
        tame_elements(x, y, p, e, log1p, big, g, scale, loss, gx, n)
    else:
        wild_elements(x, y, p, e, log1p, big, g, scale, loss, gx, n)


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
    """Where a product overflowed before a small weight met it, multiply in the other order: coefficients
    first.
    """
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


# --- contiguous arrays of one dtype -------------------------------------------------------------------------


@entry
def plain(x, y, p, g, loss, gx, cotangent, divisor, at_once, partials, result, progress):  # type: ignore[no-untyped-def]
    """1-D x and y of one dtype, float32 or float64.

    p: the positive weight, None or float64 numbers that repeat along x. g: the cotangent of each element, or
    None. Of loss (elements) and gx (times g cotangent / divisor), an array of size 0 asks for none. partials:
    float64 (blocks, 2) that takes the blocks' sums, or of size 0 where no sum is wanted. at_once, for a
    thread that works alone: their sum over the divisor is put into the 0-D ``result``, rounded once.
    """
    scratch = np.empty((5, BLOCK))
    if at_once:
        partials = np.empty(((x.size + BLOCK - 1) // BLOCK, 2))
    repeated = None if p is None else np.empty(min(x.size, BLOCK + p.size))
    mode = set_mode(IEEE)
    plain_blocks(x, y, p, g, loss, gx, cotangent / divisor, partials, progress, scratch, repeated)
    if at_once:
        average(partials, divisor, result)
    set_mode(mode)


@inner
def plain_blocks(x, y, p, g, loss, gx, scale, partials, progress, scratch, repeated):  # type: ignore[no-untyped-def]
    """The blocks of `plain` that this thread can claim."""
    apart()
    exact = x.dtype == WIDE
    e, log1p, big, values, lost = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    period = 1
    if p is not None:
        period = p.size
        for j in range(repeated.size):
            repeated[j] = p[j] if j < period else repeated[j - period]
    blocks = (x.size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            i = block * BLOCK
            n = min(BLOCK, x.size - i)
            xs = x[i : i + n]
            ys = y[i : i + n]
            gs = None if g is None else g[i : i + n]
            exponentials(exact, xs, e, lost, n)
            logarithms(exact, e, lost, log1p, big, n)
            if p is None and gx.size:
                tame_elements(xs, ys, None, e, log1p, big, gs, scale, values, gx[i : i + n], n)
            elif p is None:
                tame_elements(xs, ys, None, e, log1p, big, None, scale, values, None, n)
            else:
                ps = repeated[i % period : i % period + n]
                if gx.size:
                    elements(xs, ys, ps, e, log1p, big, gs, scale, values, gx[i : i + n], n)
                else:
                    elements(xs, ys, ps, e, log1p, big, None, scale, values, None, n)
            if loss.size:
                target = loss[i : i + n]
                for j in range(n):
                    target[j] = values[j]
            if partials.size:
                if exact:
                    partials[block] = compensated_tree_sum(values, lost, n)
                else:
                    partials[block] = tree_sum(values, n)
        first = claimed(progress, last)
    leave(progress)


@inner
def average(partials, divisor, result):  # type: ignore[no-untyped-def]
    """The sum of the blocks' sums over ``divisor``, rounded to the dtype of ``result``."""
    apart()
    result[()] = quotient(partials, divisor)


# --- anything -----------------------------------------------------------------------------------------------


@entry
def general(exact, table, size, ignoring, ignored, cotangent, divisor, partials, progress):  # type: ignore[no-untyped-def]
    """The operands in ``table``, ``size`` elements in all.

    exact: whether with the care that the last bits of float64 need. ignoring: whether elements whose target
    is ``ignored``, a NaN too, count for nothing. Gradients are multiplied by cotangent / divisor, the losses
    of single elements divided by divisor. partials: float64 (blocks, 2) that takes the blocks' sums, or of
    size 0.
    """
    scratch = np.empty((ROWS, BLOCK))
    lost = np.empty(BLOCK)
    index = np.empty(table.shape[1], np.int64)
    mode = set_mode(IEEE)
    general_blocks(
        exact, table, size, ignoring, ignored, cotangent, divisor, partials, progress, scratch, lost, index
    )
    set_mode(mode)


@inner
def general_blocks(  # type: ignore[no-untyped-def]
    exact, table, size, ignoring, ignored, cotangent, divisor, partials, progress, scratch, lost, index
):
    """The blocks of `general` that this thread can claim."""
    apart()
    scale = cotangent / divisor
    width = min(BLOCK, size)
    values = scratch[LOSS]
    others = table[BY_TARGETS, 0] >= 0 or table[BY_WEIGHT, 0] >= 0 or table[BY_POS_WEIGHT, 0] >= 0
    scratch[BY_TARGETS, :width] = 1.0  # they are looked at below, wanted or not
    scratch[BY_POS_WEIGHT, :width] = 1.0
    for k in range(LOSS):
        if table[k, 0] < 0:
            scratch[k, :width] = 1.0
        elif table[k, 2] == 0:
            walk(table[k], 0, width, scratch[k], index)
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            i = block * BLOCK
            n = min(BLOCK, size - i)
            for k in range(LOSS):
                if table[k, 0] >= 0 and table[k, 2] > 0:
                    walk(table[k], i, n, scratch[k], index)
            exponentials(exact, scratch[LOGITS], scratch[EXP], lost, n)
            logarithms(exact, scratch[EXP], lost, scratch[LOG1P], scratch[BIG], n)
            elements(
                scratch[LOGITS], scratch[TARGETS], scratch[POS_WEIGHT], scratch[EXP], scratch[LOG1P],
                scratch[BIG],
                None, 1.0, scratch[BY_WEIGHT], scratch[BY_LOGITS], n,
            )  # fmt: skip
            weigh(scratch, scale, n)
            if others:
                other_gradients(scratch, scale, n)
            if table[WEIGHT, 0] >= 0 and not (
                finite(scratch[LOSS], n)
                and finite(scratch[BY_TARGETS], n)
                and finite(scratch[BY_POS_WEIGHT], n)
            ):
                rescued(scratch, scale, n)
            if ignoring:
                for j in range(n):
                    if same(scratch[TARGETS, j], ignored):
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
        first = claimed(progress, last)
    leave(progress)


@inner
def same(a, b):  # type: ignore[no-untyped-def]
    """Whether two numbers are equal; NaN is equal to NaN."""
    return a == b or (a != a and b != b)


@entry
def count(table, size, ignored, counts, progress):  # type: ignore[no-untyped-def]
    """How many targets of each block are not ``ignored``, into ``counts``."""
    scratch = np.empty(BLOCK)
    index = np.empty(table.shape[1], np.int64)
    mode = set_mode(IEEE)
    count_blocks(table[TARGETS], size, ignored, counts, progress, scratch, index)
    set_mode(mode)


@inner
def count_blocks(targets, size, ignored, counts, progress, scratch, index):  # type: ignore[no-untyped-def]
    """The blocks of `count` that this thread can claim."""
    apart()
    blocks = (size + BLOCK - 1) // BLOCK
    join(progress)
    first = claimed(progress, 0)
    while first < blocks:
        last = end(progress, first, blocks)
        for block in range(first, last):
            n = min(BLOCK, size - block * BLOCK)
            walk(targets, block * BLOCK, n, scratch, index)
            counts[block] = 0
            for j in range(n):
                counts[block] += not same(scratch[j], ignored)
        first = claimed(progress, last)
    leave(progress)


# --- what is small ------------------------------------------------------------------------------------------


@entry
def total(partials, divisor, code, address):  # type: ignore[no-untyped-def]
    """The sum of the blocks' sums over ``divisor``, rounded to the dtype ``code`` and stored at
    ``address``.
    """
    number = np.empty(1)
    mode = set_mode(IEEE)
    store_total(partials, divisor, code, address, number)
    set_mode(mode)


@inner
def store_total(partials, divisor, code, address, number):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    number[0] = quotient(partials, divisor)
    write(code, address, number, 1)


@entry
def store_sums(running, code, address):  # type: ignore[no-untyped-def]
    """Running sums and what their roundings lost, rounded to the dtype ``code`` and stored from ``address``
    on.
    """
    mode = set_mode(IEEE)
    store_running(running, running.size // 2, code, address)
    set_mode(mode)


@inner
def store_running(running, n, code, address):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    for i in range(n):
        if np.isfinite(running[i]):
            running[i] += running[n + i]
    write(code, address, running, n)


@entry
def widen(code, address, values):  # type: ignore[no-untyped-def]
    """Contiguous numbers of the dtype ``code`` into ``values``, as float64."""
    mode = set_mode(IEEE)
    read_all(code, address, values)
    set_mode(mode)


@inner
def read_all(code, address, values):  # type: ignore[no-untyped-def]
    """The same, in its mode."""
    apart()
    item = 8 if code == FLOAT64 else 4 if code == FLOAT32 else 2
    read(code, address, item, values, 0, values.size)


@entry
def settle(progress):  # type: ignore[no-untyped-def]
    """No thread touches the memory of the call with this progress from here on (see `pieces`)."""
    settled(progress)


@entry
def begin():  # type: ignore[no-untyped-def]
    """The progress of a call that several threads are to share."""
    return begun()


settle.compile((types.int64[::1],))  # type: ignore[attr-defined]  # before it is needed: compilation can be interrupted
begin.compile(())  # type: ignore[attr-defined]

LAST = True
"""This module is imported to its end."""

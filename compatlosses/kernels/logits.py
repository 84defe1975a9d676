"""Binary cross entropy with logits of a block of elements: losses, and gradients by the logit, unweighted.

``given`` is (logits, targets, positive weight), arrays of any floating dtype; a positive weight of None is 1,
and compiled away. ``made`` is (whether losses are wanted, whether log1p(exp(-|x|)) is, gradients): what is
None is not computed. Gradients are multiplied by ``scale``.

``work`` is float64 scratch of one dimension, in which losses and logarithms are left too: before LLVM makes a
loop one of vectors, it compares the places of all arrays in it, and gives up where there are many.

With float32's care two loops of a few dozen instructions each do it: the exponential, and the rest. That of
float64 carries what roundings lost. Wherever a factor is 0, its product is, though the other be infinite.
"""

from __future__ import annotations

import numpy as np

from .. import scalar
from ..pieces import inner
from ..scalar import negative, product, wide_vectors
from ..sums import BLOCK

LOSSES, LOG1P, E, E_LO, BIG, SLOPES, END = (BLOCK * k for k in range(7))
"""Where in scratch a block of them begins. Gradients are last: to the loops they are another array."""


@inner
def at(operand, i):  # type: ignore[no-untyped-def]
    """Element i of an operand as float64; 1 where it is absent."""
    return 1.0 if operand is None else np.float64(operand[i])


@inner
def put(wanted, out, i, value):  # type: ignore[no-untyped-def]
    """Store what is wanted."""
    if wanted is not None:
        out[i] = value


@inner
def times(p, a, b):  # type: ignore[no-untyped-def]
    """a b; where p is absent, a is an exact 1 or b finite, and no care is needed."""
    return a * b if p is None else product(a, b)


@inner
def share(p, a, b, v):  # type: ignore[no-untyped-def]
    """The factor of log1p: a + b, which is an exact 1 where there is no positive weight."""
    return 1.0 if p is None or b == v else a + b


@inner
def slope(p, b, c, d, s):  # type: ignore[no-untyped-def]
    """c - d s, d the factor of `share`: infinite where c is, though b, and so d, be infinite too."""
    if p is None:
        return c - s
    return c - product(0.0 if (abs(c) == np.inf) & (b == b) else d, s)


@inner
def narrow(given, work, made, scale, n):  # type: ignore[no-untyped-def]
    """n elements, with float32's care."""
    wide_vectors()
    x, y, p = given
    losses, logarithms, slopes = made
    for i in range(n):
        work[E + i] = scalar.narrow_exp(np.float64(x[i]))
    for i in range(n):
        u = np.float64(x[i])
        v = np.float64(y[i])
        log1p, small = scalar.narrow_rest(work[E + i])
        a = 1.0 - v
        b = times(p, at(p, i), v)
        c = -b if negative(u) else a
        d = share(p, a, b, v)
        steep = 0.0 if (u == 0.0) & (c == c) else c
        loss = scalar.fma(steep, 0.0 if c == 0.0 else u, times(p, d, log1p))
        put(losses, work, LOSSES + i, loss)
        put(logarithms, work, LOG1P + i, log1p)
        put(slopes, slopes, i, slope(p, b, c, d, scalar.signed(small, u)) * scale)


@inner
def wide_exponentials(x, work, n):  # type: ignore[no-untyped-def]
    """exp(-|x|) of n elements, with float64's care."""
    wide_vectors()
    for i in range(n):
        work[E + i], work[E_LO + i] = scalar.wide_exp(np.float64(x[i]))


@inner
def wide_logarithms(work, n):  # type: ignore[no-untyped-def]
    """log1p(e) and 1 / (1 + e) of n elements, with float64's care."""
    wide_vectors()
    for i in range(n):
        work[LOG1P + i], work[BIG + i] = scalar.wide_rest(work[E + i], work[E_LO + i])


@inner
def wide_rest(given, work, made, scale, n):  # type: ignore[no-untyped-def]
    """Losses and gradients of n elements, with float64's care.

    What products hide of a NaN is in the factor of log1p and in 1 / (1 + e).
    """
    wide_vectors()
    x, y, p = given
    losses, _, slopes = made
    for i in range(n):
        u = np.float64(x[i])
        v = np.float64(y[i])
        a = 1.0 - v
        b = times(p, at(p, i), v)
        left = negative(u)
        c = b if left else a
        e = work[E + i]
        d = 0.0 if e == 0.0 else (a if left else b)
        shared = times(p, share(p, a, b, v), work[LOG1P + i])
        steep = 0.0 if (u == 0.0) & (c == c) else c
        put(losses, work, LOSSES + i, scalar.loss(abs(u), steep, shared))
        put(slopes, slopes, i, scalar.by_logit(u, c, d, e, work[BIG + i]) * scale)


@inner
def elements(exact, given, work, made, scale, n):  # type: ignore[no-untyped-def]
    """n elements, with float64's care unless ``exact`` is None."""
    if exact is None:
        narrow(given, work, made, scale, n)
    else:
        wide_exponentials(given[0], work, n)
        wide_logarithms(work, n)
        wide_rest(given, work, made, scale, n)

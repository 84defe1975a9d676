"""The words in which a definition writes a loss, made of a library's operations. `kernels.narrow` has the
same words for Numba.

All functions are differentiable as often as the library's operations are. NaN passes through each of them.
"""

from __future__ import annotations

import math
from typing import Any

from .protocols import RowVocabulary, Tensor


def vocabulary(library: Any) -> RowVocabulary:
    """The vocabulary of a library."""

    def absolute(x: Tensor) -> Tensor:
        return library.where(x < 0.0, -x, x)

    def sign(x: Tensor) -> Tensor:
        return library.where(x > 0.0, 1.0, library.where(x < 0.0, -1.0, 0.0 * x))

    def within(x: Tensor, limit: float) -> Tensor:
        return library.where(x > limit, limit, library.where(x < -limit, -limit, x))

    def times(a: Tensor, b: Tensor) -> Tensor:
        # The factors are mended before they meet. Mended afterwards, the product would be right and its
        # derivatives NaN.
        undefined = (library.equal(a, 0) & library.isinf(b)) | (library.isinf(a) & library.equal(b, 0))
        return library.where(undefined, 0.0, a) * library.where(undefined, 0.0, b)

    def weighted(weight: Tensor | None, x: Tensor) -> Tensor:
        if weight is None:
            return x
        return times(weight, x)

    def factor(weight: Tensor | None, other: Tensor | None) -> Tensor | None:
        if weight is None or other is None:
            return other if weight is None else weight
        return times(weight, other)

    def smoothed(y: Tensor, s: float) -> Tensor:
        if s == 0.0:
            return y
        smoothing = library.constant(s, y)
        return y * (1.0 - smoothing) + 0.5 * smoothing

    def log_less(y: Tensor, x: Tensor) -> Tensor:
        return library.log(y) - x

    def expm1(x: Tensor) -> Tensor:
        # Near 0 its series. All values of the other branch are computed, so the numbers here are small too.
        near = absolute(x) < 0.25
        small = library.where(near, x, 0.0)
        r = 1.0 + small / 13.0
        for n in range(12, 1, -1):
            r = 1.0 + small * r / n
        return library.where(near, small * r, library.exp(library.where(near, 0.0, x)) - 1.0)

    def power(x: Tensor, exponent: float) -> Tensor:
        return x ** library.constant(exponent, x)  # a number may be read in single

    def distances(x: Tensor) -> tuple[Tensor, Tensor]:
        # From the largest of the row, which is a constant: it cancels in all that is made of them. An
        # infinite one is 0 from itself.
        largest = library.detached(library.row_max(x))
        infinite = library.isinf(x) & (x >= largest)
        d = library.where(infinite, 0.0, x) - library.where(infinite, 0.0, largest)
        return d, largest

    def defined(largest: Tensor, total: Tensor, x: Tensor) -> Tensor:
        # NaN where infinities of one sign meet in a row.
        undefined = library.isinf(largest) & ((largest < 0.0) | (total >= 2.0))
        return library.where(undefined, math.nan, x)

    def others(d: Tensor, e: Tensor) -> Tensor:
        # The sum of all exponentials of a row but one of the largest, which is 1.
        same = library.equal(d, 0)
        ties = library.row_sum(library.cast(same, library.dtype(d)))
        return library.row_sum(library.where(same, 0.0, e)) + (ties - 1.0)

    def told(value: Tensor, like: Tensor) -> Tensor:
        # A value that is more exact than ``like``, with the derivatives of that.
        finite = library.where(library.isinf(like), 0.0, like)
        return library.detached(value) + (finite - library.detached(finite))

    def softmax(x: Tensor) -> Tensor:
        d, largest = distances(x)
        e = library.exp(d)
        total = library.row_sum(e)
        return defined(largest, total, e / total)

    def rest(x: Tensor) -> Tensor:
        d, _ = distances(x)
        e = library.exp(d)
        sum_of_others = others(d, e)
        without = library.where(library.equal(d, 0), 0.0, 1.0 - e) + sum_of_others
        return told(without / (1.0 + sum_of_others), -softmax(x))

    def nll(x: Tensor) -> Tensor:
        d, largest = distances(x)
        e = library.exp(d)
        total = library.row_sum(e)
        return defined(largest, total, told(library.log1p(others(d, e)) - d, library.log1p(total - 1.0) - d))

    # A library need not be `Logarithmic` or `Rowwise`.
    log: Any = getattr(library, "log", None)
    log1p: Any = getattr(library, "log1p", None)
    exp: Any = getattr(library, "exp", None)
    row_sum: Any = getattr(library, "row_sum", None)
    return RowVocabulary(
        number=library.constant,
        where=library.where,
        abs=absolute,
        sign=sign,
        within=within,
        times=times,
        weighted=weighted,
        factor=factor,
        smoothed=smoothed,
        softplus=library.softplus,
        sigmoid=library.sigmoid,
        log=log,
        log_less=log_less,
        log1p=log1p,
        exp=exp,
        expm1=expm1,
        power=getattr(library, "power", power),
        row_sum=row_sum,
        nll=nll,
        softmax=softmax,
        rest=rest,
    )

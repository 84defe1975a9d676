"""The words in which a definition writes a loss, made of a library's operations. `kernels.narrow` has the
same words for Numba.

All functions are differentiable as often as the library's operations are. NaN passes through each of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .protocols import RowVocabulary, Tensor

Pair = Callable[[Any, Any, Any, bool], Any]
Pairs = tuple[Pair, Pair]
"""`Vocabulary.softplus_pair` and `Vocabulary.sigmoid_pair`."""


def pairs_of(
    times: Callable[[Any, Any], Any], softplus: Callable[[Any], Any], sigmoid: Callable[[Any], Any]
) -> Pairs:
    """The pairs by their definition, of two terms each."""

    def softplus_pair(x: Any, a: Any, b: Any, whole: bool) -> Any:
        return times(a, softplus(x)) + times(b, softplus(-x))

    def sigmoid_pair(x: Any, a: Any, b: Any, whole: bool) -> Any:
        return times(a, sigmoid(x)) - times(b, sigmoid(-x))

    return softplus_pair, sigmoid_pair


def vocabulary(library: Any, sealed: bool = False) -> RowVocabulary:
    """The vocabulary of a library.

    ``sealed``: the library never leaves the derivative of a loss to its framework. A product in a loss is
    then mended after it is made, which costs less.
    """

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

    def of_share(a: Tensor, share: Tensor) -> Tensor:
        # `times` of a number in [0, 1], which is never infinite.
        return library.where(library.isinf(a) & library.equal(share, 0), 0.0, a) * share

    def product(weight: Tensor | None, a: Tensor, b: Tensor) -> Tensor:
        if weight is None:
            return a * b
        return times(times(weight, a), b)

    def exp_of_minus_abs(x: Tensor) -> Tensor:
        # Not of an absolute value, whose derivative at 0 is 0.
        return library.exp(library.where(x < 0.0, x, -x))

    def side(x: Tensor) -> Tensor:
        # 0 left of 0, else 1. No selection: by random signs that takes ten times as long.
        return 1.0 - library.cast(x < 0.0, library.dtype(x))

    def softplus_pair(x: Tensor, a: Tensor, b: Tensor, whole: bool) -> Tensor:
        rest = library.log1p(decay(x))
        if whole:
            c = side(x) - b
            undefined = library.isinf(x) & library.equal(c, 0)
            if sealed:
                return rest + library.where(undefined, 0.0, c * x)
            return rest + c * library.where(undefined, 0.0, x)
        negative = x < 0.0
        up = library.where(negative, rest, rest + x)
        down = library.where(negative, rest - x, rest)
        return times(a, up) + times(b, down)

    def sigmoid_pair(x: Tensor, a: Tensor, b: Tensor, whole: bool) -> Tensor:
        e = decay(x)
        if whole:
            right = side(x)
            return (right - b) - (right + right - 1.0) * (e / (1.0 + e))
        negative = x < 0.0
        small, large = e / (1.0 + e), 1.0 / (1.0 + e)
        up = library.where(negative, small, large)
        down = library.where(negative, large, small)
        return of_share(a, up) - of_share(b, down)

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
        infinite = library.isinf(x) & (x > 0.0)
        return library.where(infinite, 0.0, x - largest), largest

    def defined(largest: Tensor, total: Tensor, x: Tensor) -> Tensor:
        # NaN where infinities of one sign meet in a row.
        undefined = library.isinf(largest) & ((largest < 0.0) | (total >= 2.0))
        return library.where(undefined, math.nan, x)

    def others(d: Tensor, e: Tensor) -> Tensor:
        # The sum of all exponentials of a row but one of the largest, which is 1.
        same = library.equal(d, 0)
        ties = library.row_sum(library.cast(same, library.dtype(d)))
        return library.row_sum(library.where(same, 0.0, e)) + (ties - 1.0)

    def mended(value: Tensor, like: Tensor) -> Tensor:
        # A value that is more exact than ``like``, with the derivatives of that.
        finite = library.where(library.isinf(like), 0.0, like)
        return library.detached(value) + (finite - library.detached(finite))

    def softmax(x: Tensor) -> Tensor:
        d, largest = distances(x)
        e = library.exp(d)
        total = library.row_sum(e)
        # One of more than half is made of the sum of the others: else its derivative, p (1 - p), cancels.
        most = library.equal(d, 0) & (total < 2.0)
        ratio = library.row_sum(library.where(most, 0.0, e)) / library.where(most, e, 1.0)
        return defined(largest, total, library.where(most, 1.0 / (1.0 + ratio), e / total))

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

    def is_class(y: Tensor, x: Tensor) -> Tensor:
        return library.classes(library.without_axis(library.cast(y, "int64")), x)

    def at(x: Tensor, y: Tensor) -> Tensor:
        mine = is_class(y, x)
        found = row_sum(library.cast(mine, library.dtype(x)))
        return library.where(library.equal(found, 0), math.nan, row_sum(library.where(mine, x, 0.0)))

    def distance_at(d: Tensor, y: Tensor, mine: Tensor) -> Tensor:
        # `at`, with no pass over the classes for what is no class.
        size = library.shape(d)[-1]
        if size is None or size < 0:
            return at(d, y)
        return library.where((y >= 0.0) & (y < size), row_sum(library.where(mine, d, 0.0)), math.nan)

    def nll_at(x: Tensor, y: Tensor) -> Tensor:
        d, largest = distances(x)
        mine = is_class(y, x)
        own = distance_at(d, y, mine)
        # The sum of the exponentials of the others is at least 1 where the row's class is not the largest.
        e, others = library.exp(own), row_sum(library.where(mine, 0.0, library.exp(d)))
        loss = library.log1p((others - 1.0) + e) - own
        exact = library.where(library.equal(own, 0), library.log1p(others), loss)
        return defined(largest, others + e, told(exact, loss))

    def softmax_less(x: Tensor, y: Tensor) -> Tensor:
        d, largest = distances(x)
        e, mine = library.exp(d), is_class(y, x)
        others = row_sum(library.where(mine, 0.0, e))
        own = library.exp(distance_at(d, y, mine))
        total = others + own
        inverse = defined(largest, total, 1.0 / total)
        return told(library.where(mine, -others, e) * inverse, softmax(x))

    # A library need not be `Logarithmic` or `Rowwise`.
    decay: Any = getattr(library, "decay", exp_of_minus_abs)
    log: Any = getattr(library, "log", None)
    log1p: Any = getattr(library, "log1p", None)
    exp: Any = getattr(library, "exp", None)
    row_sum: Any = getattr(library, "row_sum", None)
    told: Any = getattr(library, "told", mended)
    pairs: Pairs = (softplus_pair, sigmoid_pair)
    if log1p is None:
        pairs = pairs_of(times, library.softplus, library.sigmoid)
    return RowVocabulary(
        number=library.constant,
        where=library.where,
        abs=absolute,
        sign=sign,
        within=within,
        times=times,
        product=product,
        weighted=weighted,
        factor=factor,
        smoothed=smoothed,
        softplus=library.softplus,
        sigmoid=library.sigmoid,
        softplus_pair=pairs[0],
        sigmoid_pair=pairs[1],
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
        is_class=is_class,
        at=at,
        nll_at=nll_at,
        softmax_less=softmax_less,
    )

"""The words in which a definition writes a loss, made of a library's operations. `kernels.narrow` has the
same words for Numba.

All functions are differentiable as often as the library's operations are. NaN passes through each of them.
"""

from __future__ import annotations

from typing import Any

from .protocols import Tensor, Vocabulary


def vocabulary(library: Any) -> Vocabulary:
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
        return y if s == 0.0 else y * (1.0 - s) + 0.5 * s

    return Vocabulary(
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
    )

"""The words in which a definition writes a loss, made of a library's operations. `kernels.narrow` has the
same words for Numba.

All functions are differentiable as often as the library's operations are. NaN passes through each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .protocols import Tensor


@dataclass(frozen=True)
class Vocabulary:
    """The operations that a definition may use, besides Python's arithmetic and comparisons."""

    where: Callable[[Tensor, Any, Any], Tensor]
    """a where the condition holds, else b: tensors or numbers, at least one of them a tensor."""
    abs: Callable[[Tensor], Tensor]
    sign: Callable[[Tensor], Tensor]
    """1, -1, and 0 at 0, with slope 0 everywhere."""
    within: Callable[[Tensor, float], Tensor]
    """The number of [-limit, limit] that is nearest."""
    times: Callable[[Tensor, Tensor], Tensor]
    """The product; 0 where one factor is 0 and the other infinite."""
    weighted: Callable[[Tensor | None, Tensor], Tensor]
    """`times` with a weight, of which None is 1."""
    softplus: Callable[[Tensor], Tensor]
    """log(1 + e^x)"""
    sigmoid: Callable[[Tensor], Tensor]
    """1 / (1 + e^-x)"""


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

    return Vocabulary(
        library.where, absolute, sign, within, times, weighted, library.softplus, library.sigmoid
    )

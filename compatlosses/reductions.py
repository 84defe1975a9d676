"""What counts, and what the losses of elements are divided by: once, for both executors.

A `Reduction` is ``(name, divisor, ignored, empty, mask)``. The divisors:

- 'one': nothing is divided
- 'all': the number of elements
- 'counted': the number of elements that count
- 'batch': the size of the first axis
- 'weights': the sum of the weights of the elements that count, each repeated as often as it is used

``empty`` is the result where that is 0: NaN, which 0 / 0 gives, or 0, for which the divisor is taken as 1.
The mean of an input without elements is NaN all the same.
"""

from __future__ import annotations

import math

from .protocols import Library, Reduction, Tensor

DIVISORS = ("one", "all", "counted", "weights")


def named(name: str, divisor: str = "counted") -> Reduction:
    """The reduction called ``name``, of all elements: 'none' and 'sum' divide by nothing."""
    return (name, divisor if name == "mean" else "one", None, math.nan, None)


def counts_of(library: Library, targets: Tensor, reduction: Reduction) -> Tensor | None:
    """Where an element counts; None for everywhere."""
    ignored, mask = reduction[2], reduction[4]
    if ignored is not None:
        counts = ~library.equal(targets, ignored)
        return counts if mask is None else counts & mask
    return None if mask is None else mask & everywhere(library, targets)


def everywhere(library: Library, like: Tensor) -> Tensor:
    """True in the shape of ``like``."""
    true = library.equal(like, 0)
    return true | ~true


def divided(library: Library, total: Tensor, divisor: int | Tensor | None) -> Tensor:
    """``total`` over ``divisor``; NaN, and no framework's opinion on division by zero, where that is the
    number 0.
    """
    if divisor is None:
        return total
    if library.owns(divisor):
        return library.divide(total, library.cast(divisor, library.dtype(total)))
    if isinstance(divisor, int) and divisor == 0:
        return library.divide(total, math.nan)
    return library.divide(total, divisor)


def divisor_of(
    library: Library, reduction: Reduction, x: Tensor, weight: Tensor | None, counts: Tensor | None
) -> int | Tensor | None:
    """What the losses of elements like ``x`` are divided by: a number, a 0-D tensor, or None for 1."""
    name, divisor, _, empty, _ = reduction
    if divisor == "one":
        return None
    if divisor == "batch":
        return batch_of(library, x)
    size = library.size(x)
    if isinstance(size, int) and size == 0:
        return 0 if name == "mean" else None
    if divisor == "weights" and weight is not None:
        return _or_one(library, library.sum(_repeated(library, weight, x, counts)), empty)
    if divisor == "all" or counts is None:
        return size
    number = _or_one(library, library.sum(library.cast(counts, library.dtype(x))), empty)
    if name == "mean" and library.owns(size):
        return library.where(library.equal(size, 0), 0, number)
    return number


def batch_of(library: Library, x: Tensor) -> int | Tensor:
    """The size of the first axis: an int, or a 0-D tensor where a trace does not know it."""
    shape = library.shape(x)
    if shape is not None and shape[0] is not None and shape[0] >= 0:
        return shape[0]
    column = x
    while len(library.shape(column) or ()) > 1:
        column = column[..., 0]
    return library.size(column)


def nonzero(library: Library, divisor: int | Tensor | None) -> int | Tensor | None:
    """The divisor of gradients: 1 for 0, so that they are 0 where there is nothing to sum over."""
    if divisor is None:
        return None
    if library.owns(divisor):
        return library.where(library.equal(divisor, 0), 1, divisor)
    return 1 if divisor == 0 else divisor


def _or_one(library: Library, number: Tensor, empty: float) -> Tensor:
    """A divisor; 1 for 0 where an empty result is to be 0."""
    return library.where(library.equal(number, 0), 1, number) if empty == 0.0 else number


def _repeated(library: Library, weight: Tensor, x: Tensor, counts: Tensor | None) -> Tensor:
    """The weight of each element that counts, 0 of the others, in the shape of ``x``."""
    if counts is None:
        counts = everywhere(library, x)
    return library.where(counts, weight, 0.0)

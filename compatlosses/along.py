"""A loss of elements that is averaged or summed along an axis before it is reduced: one result a row."""

from __future__ import annotations

from typing import Any

from .evaluate import evaluate
from .protocols import Call, Library, Tensor
from .reductions import divided


def rows_of(call: Call, dtype: str, axis: int, divisor: int | Tensor | None) -> Tensor:
    """The losses of rows along ``axis``, each the sum of its elements over ``divisor`` (None: 1).

    The call's reduction must be 'none'. Elements are added before they are rounded to ``dtype``.
    """
    library: Any = call[1]
    elements = library.moved(evaluate(call, "float64"), axis, -1)
    total = library.without_axis(library.row_sum(elements))
    return library.cast(divided(library, total, divisor), dtype)


def whole_of(call: Call, dtype: str, divisor: int | Tensor | None) -> Tensor:
    """The sum of all elements over ``divisor``. The call's reduction must be 'sum'."""
    library: Library = call[1]
    return library.cast(divided(library, evaluate(call, "float64"), divisor), dtype)


def along(call: Call, dtype: str, axes: tuple[int, ...]) -> Tensor:
    """The sums of elements along axes, numbered from 0. The call's reduction must be 'none'."""
    library: Any = call[1]
    total = evaluate(call, "float64")
    for axis in sorted(axes, reverse=True):
        total = library.without_axis(library.row_sum(library.moved(total, axis, -1)))
    return library.cast(total, dtype)

"""Two tensors whose difference an API takes: broadcast against each other, promoted to one dtype."""

from __future__ import annotations

from typing import Any

from . import rules
from .libraries import Library, Shape
from .protocols import Tensor


def spread(
    library: Library, names: tuple[str, ...], x: Tensor, y: Tensor, error: type[Exception]
) -> tuple[Tensor, Tensor]:
    """Both tensors in the shape that they broadcast to by NumPy's rules.

    Raises:
        error: there is no such shape. Where sizes are unknown, the program fails when it runs.
    """
    shape, other = library.shape(x), library.shape(y)
    if not rules.is_static(shape) or not rules.is_static(other):
        return everywhere(library, x, y), everywhere(library, y, x)
    if shape == other:
        return x, y
    common = common_shape(shape, other)  # type: ignore[arg-type]
    if common is None:
        rules.fail(
            error,
            f"{names[0]} has shape {rules.shown(shape)} and {names[1]} {rules.shown(other)}, "  # type: ignore[arg-type]
            "which do not broadcast against each other; expected sizes, counted from the last, that are "
            "equal or 1. "
            "Reshape one of them first.",
        )
    return library.broadcast_to(x, common), library.broadcast_to(y, common)


def same_shape(library: Library, x: Tensor, y: Tensor) -> bool:
    """Whether two tensors have one shape, as far as their sizes are known."""
    shape, other = library.shape(x), library.shape(y)
    return shape is None or other is None or rules.same_shape(shape, other)


def common_shape(shape: Shape, other: Shape) -> Any:
    """The shape that two known shapes broadcast to; None where there is none."""
    count = max(len(shape), len(other))
    common: tuple[Any, ...] = ()
    for i in range(count):
        a = shape[len(shape) - count + i] if len(shape) - count + i >= 0 else 1
        b = other[len(other) - count + i] if len(other) - count + i >= 0 else 1
        if a != b and a != 1 and b != 1:
            return None
        common = (*common, b if a == 1 else a)
    return common


def everywhere(library: Library, x: Tensor, like: Tensor) -> Tensor:
    """``x`` repeated to the shape that it and ``like`` broadcast to, where sizes are unknown."""
    infinite = library.isinf(library.cast(like, "float32"))
    return library.where(infinite | ~infinite, x, x)


def zeros(library: Library, like: Tensor) -> Tensor:
    """Zeros of the shape and dtype of ``like``, on which no gradient depends."""
    infinite = library.isinf(like)
    return library.where(infinite | ~infinite, library.constant(0.0, like), library.constant(0.0, like))


def promoted(first: str, second: str) -> str:
    """The floating dtype of an operation on two dtypes: the wider one; float32 for the two half precisions.

    Integers and bools count for nothing beside a floating dtype.
    """
    if second not in rules.FLOATING or first == second:
        return first
    if first not in rules.FLOATING:
        return second
    return "float64" if "float64" in (first, second) else "float32"

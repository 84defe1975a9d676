"""Checks of values, for editions whose framework has them: of eager tensors on host memory alone, which can
be looked at without waiting for a device.
"""

from __future__ import annotations

import numpy as np

from . import rules
from .libraries import Library, Tensor
from .operands import BFLOAT16
from .protocols import Array


def check_least(library: Library, name: str, x: Tensor, least: float, error: type[Exception]) -> None:
    """Refuse a tensor with an element below a number."""
    array = seen(library, x)
    if array is not None:
        refuse_below(name, array, least, error)


def check_within(
    library: Library, name: str, x: Tensor, bounds: tuple[float, float], error: type[Exception]
) -> None:
    """Refuse a tensor with an element outside of an interval, or NaN."""
    array = seen(library, x)
    if array is not None:
        refuse_outside(name, array, bounds, error)


def seen(library: Library, x: Tensor) -> Array | None:
    """The memory of a tensor; None where it cannot be looked at."""
    host = library.host
    if host is None or host.why_formula((x,)) is not None:
        return None
    return host.view(x)


def refuse_below(name: str, array: Array, least: float, error: type[Exception]) -> None:
    """Refuse an array with an element below a number."""
    if array.size and (numbers(array) < least).any():
        rules.fail(error, f"{name} has an element below {least:g}; expected none. Clamp it first.")


def refuse_outside(name: str, array: Array, bounds: tuple[float, float], error: type[Exception]) -> None:
    """Refuse an array with an element outside of an interval, or NaN."""
    if not array.size:
        return
    values = numbers(array)
    # a comparison with NaN is False, and so is the whole
    if not (values.min() >= bounds[0] and values.max() <= bounds[1]):
        low, high = f"{bounds[0]:g}", f"{bounds[1]:g}"
        rules.fail(
            error,
            f"{name} has elements outside of [{low}, {high}], or NaN; all elements of {name} should be "
            f"between {low} and {high}. Are they probabilities? Logits go to the loss with logits.",
        )


def numbers(array: Array) -> Array:
    """An array of a dtype that NumPy computes with."""
    if array.dtype != BFLOAT16:
        return array
    wide: Array = np.ascontiguousarray(array).view(np.uint16).astype(np.uint32) << 16
    return wide.view(np.float32)

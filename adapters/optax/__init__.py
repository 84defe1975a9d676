"""optax's API: ``optax.sigmoid_binary_cross_entropy``, also importable as ``optax.losses.sigmoid_binary_cross_entropy``.

It takes the tensors of any framework. optax has no tensors of its own: its arrays are JAX's. Importing it imports neither.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compatlosses import losses, rules
from compatlosses.jax import adapter
from compatlosses.libraries import Names, Tensor, library_of

__all__ = ["sigmoid_binary_cross_entropy"]

_NAMES: Names = ("logits", "labels", "weight", "pos_weight")


def sigmoid_binary_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross entropy of each element between labels and the sigmoid of logits, by optax's rules.

    Args:
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        labels: tensor of any floating, integer or bool dtype, taken as numbers of the logits' dtype; values between 0 and 1
            (not checked). Logits and labels broadcast against each other by NumPy's rules, either of them.

    Beside a JAX array, NumPy arrays and numbers are made JAX arrays, as optax does.

    Returns:
        A tensor of the logits' dtype and of the shape that both broadcast to.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating, labels of no number's dtype,
            shapes of as many dimensions that do not broadcast.
        ValueError: other shapes that do not broadcast.

    Source: optax 0.2 documentation; where it is silent, optax 0.2.8.
    """
    if adapter.loaded():
        logits, labels = _converted(logits, labels)
    library = library_of(logits, labels, None, None, _NAMES)
    rules.check_dtype(library, "logits", logits, rules.FLOATING, TypeError)
    rules.check_dtype(library, "labels", labels, rules.NUMBERS, TypeError)
    dtype = library.dtype(logits)
    labels = library.cast(labels, dtype)
    shape, other = library.shape(logits), library.shape(labels)
    if shape is not None and other is not None and shape != other and None not in (*shape, *other):
        common = _common(shape, other)
        logits, labels = library.broadcast_to(logits, common), library.broadcast_to(labels, common)
    return losses.evaluate(library, logits, labels, None, None, "none", None, False, dtype)


def _common(shape: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that both broadcast to."""
    try:
        return np.broadcast_shapes(shape, other)
    except ValueError:
        # As JAX has it.
        error = TypeError if len(shape) == len(other) else ValueError
        raise error(
            f"logits have shape {rules.shown(shape)} and labels {rules.shown(other)}, which do not broadcast against each "
            "other; expected sizes, counted from the last, that are equal or 1. Reshape one of them first."
        ) from None


def _converted(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """NumPy arrays and numbers beside a JAX array as JAX arrays."""
    from compatlosses.jax import library as jax

    if jax.owns(logits):
        return logits, jax.converted(labels)
    if jax.owns(labels) and isinstance(logits, (np.ndarray, np.generic)):
        return jax.converted(logits), labels
    return logits, labels


if adapter.loaded():
    adapter.library()

"""optax's API: the losses of ``optax.losses``."""

from __future__ import annotations

from typing import Any

from compatlosses import rules
from compatlosses.checks import check
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.jax import adapter
from compatlosses.libraries import Library, Tensor, common_library, find, number
from compatlosses.reductions import named

from .conversions import converted
from .cross_entropy import (
    safe_softmax_cross_entropy,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from .differences import huber_loss, l2_loss, squared_error
from .elements import (
    LABELLED,
    generalized_kl_divergence,
    kl_divergence,
    kl_divergence_with_log_targets,
    sigmoid_focal_loss,
)

__all__ = [
    "generalized_kl_divergence", "huber_loss", "kl_divergence", "kl_divergence_with_log_targets", "l2_loss",
    "safe_softmax_cross_entropy", "sigmoid_binary_cross_entropy", "sigmoid_focal_loss",
    "softmax_cross_entropy", "softmax_cross_entropy_with_integer_labels", "squared_error",
]  # fmt: skip


def sigmoid_binary_cross_entropy(logits: Tensor, labels: Tensor | float) -> Tensor:
    """Binary cross entropy of each element between labels and the sigmoid of logits, by optax's rules.

    Args:
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        labels: number, or tensor of any floating, integer or bool dtype, taken as numbers of the logits'
            dtype; values between 0 and 1 (not checked). Logits and labels broadcast against each other by
            NumPy's rules, either of them.

    Beside a JAX array, NumPy arrays are made JAX arrays, and so are labels with ``__jax_array__``, as optax
    does.

    Returns:
        A tensor of the logits' dtype and of the shape that both broadcast to.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating, labels of no
            number's dtype, shapes of as many dimensions that do not broadcast.
        ValueError: other shapes that do not broadcast.

    Source: optax 0.2 documentation; where it is silent, optax 0.2.8.
    """
    if adapter.loaded():
        logits, labels = converted(logits, labels)
    owner = find(logits)
    if owner is not None and not owner.owns(labels):
        label = number(labels)
        if label is not None and owner.dtype(logits) in rules.FLOATING:
            labels = owner.constant(label, logits)
    library = common_library((logits, labels), LABELLED.names)
    check(library, LABELLED, (logits, labels))
    dtype = library.dtype(logits)
    logits, labels = _broadcast(library, logits, library.cast(labels, dtype))
    return evaluate((LOSS, library, (logits, labels, None, None), (0.0,), named("none")), dtype)


def _broadcast(library: Library, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the shape that both broadcast to."""
    shape, other = library.shape(logits), library.shape(labels)
    if rules.is_static(shape) and rules.is_static(other):
        if shape == other:
            return logits, labels
        common = _common(shape, other)
        return library.broadcast_to(logits, common), library.broadcast_to(labels, common)
    # Sizes that only a run tells: a selection broadcasts, and the framework refuses what does not.
    everywhere = library.equal(logits, 0) | library.equal(labels, 0)
    return library.where(everywhere, logits, logits), library.where(everywhere, labels, labels)


def _common(shape: Any, other: Any) -> tuple[int, ...]:
    """The shape that both broadcast to. Sizes may be JAX's symbols, which NumPy does not take."""
    rank = max(len(shape), len(other))
    pairs = list(zip((1,) * (rank - len(shape)) + shape, (1,) * (rank - len(other)) + other, strict=True))
    if any(a != b and a != 1 and b != 1 for a, b in pairs):
        # As JAX has it.
        error = TypeError if len(shape) == len(other) else ValueError
        raise error(
            f"logits have shape {rules.shown(shape)} and labels {rules.shown(other)}, which do not broadcast "
            f"against each "
            "other; expected sizes, counted from the last, that are equal or 1. Reshape one of them first."
        )
    return tuple(b if a == 1 else a for a, b in pairs)

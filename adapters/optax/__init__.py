"""optax's API: binary and softmax cross entropy, and losses of a difference, at ``optax.losses`` too.

They take the tensors of any framework. optax has no tensors of its own: its arrays are JAX's. Importing it
imports neither.
"""

from __future__ import annotations

from compatlosses.jax import adapter as _jax

from . import losses
from .losses import (
    generalized_kl_divergence,
    huber_loss,
    kl_divergence,
    l2_loss,
    safe_softmax_cross_entropy,
    sigmoid_binary_cross_entropy,
    sigmoid_focal_loss,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
    squared_error,
)

__all__ = [
    "generalized_kl_divergence", "huber_loss", "kl_divergence", "l2_loss", "losses",
    "safe_softmax_cross_entropy", "sigmoid_binary_cross_entropy", "sigmoid_focal_loss",
    "softmax_cross_entropy", "softmax_cross_entropy_with_integer_labels", "squared_error",
]  # fmt: skip


def __dir__() -> list[str]:
    """The names that optax's users look for."""
    return __all__


if _jax.loaded():
    _jax.library()

"""optax's API: ``optax.sigmoid_binary_cross_entropy``, also importable as
``optax.losses.sigmoid_binary_cross_entropy``.

It takes the tensors of any framework. optax has no tensors of its own: its arrays are JAX's. Importing it
imports neither.
"""

from __future__ import annotations

from compatlosses.jax import adapter as _jax

from . import losses
from .losses import huber_loss, l2_loss, sigmoid_binary_cross_entropy, squared_error

__all__ = ["huber_loss", "l2_loss", "losses", "sigmoid_binary_cross_entropy", "squared_error"]


def __dir__() -> list[str]:
    """The names that optax's users look for."""
    return __all__


if _jax.loaded():
    _jax.library()

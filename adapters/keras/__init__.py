"""Keras 3's API: ``keras.ops.binary_crossentropy``, and losses of ``keras.losses``, functions and classes.

All are at Keras' paths too, in `ops` and `losses`; ``keras.losses.binary_crossentropy``, whose signature is
another, is in `losses` alone. Logits may be the tensors of any framework; probabilities are those of Keras'
backend. Importing this imports no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from . import adapter, losses, ops
from .losses import huber, mean_absolute_error, mean_squared_error
from .ops import binary_crossentropy

if TYPE_CHECKING:
    from .modules import BinaryCrossentropy, Huber, MeanAbsoluteError, MeanSquaredError

__all__ = [
    "BinaryCrossentropy", "Huber", "MeanAbsoluteError", "MeanSquaredError", "binary_crossentropy", "huber",
    "losses", "mean_absolute_error", "mean_squared_error", "ops",
]  # fmt: skip


def __dir__() -> list[str]:
    """The names that Keras' users look for; the classes too, before they are imported."""
    return __all__


def __getattr__(name: str) -> Any:
    """A loss class, settled as `compatlosses.classes` says."""
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))

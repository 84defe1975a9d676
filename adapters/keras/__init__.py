"""Keras 3's API: ``keras.ops.binary_crossentropy`` and the loss class ``keras.losses.BinaryCrossentropy``.

Both are at Keras' paths too, in `ops` and `losses`; ``keras.losses.binary_crossentropy``, whose signature is
another, is in `losses` alone. Logits may be the tensors of any framework; probabilities are those of Keras'
backend. Importing this imports no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import losses, ops
from .ops import binary_crossentropy

if TYPE_CHECKING:
    from .modules import BinaryCrossentropy

__all__ = ["BinaryCrossentropy", "binary_crossentropy", "losses", "ops"]


def __dir__() -> list[str]:
    """The names that Keras' users look for; the class too, before it is imported."""
    return __all__


def __getattr__(name: str) -> Any:
    """The loss class, settled as `compatlosses.classes` says."""
    from compatlosses.classes import loss_class

    from . import adapter

    return loss_class(__name__, name, adapter.MODULE, "BinaryCrossentropy")

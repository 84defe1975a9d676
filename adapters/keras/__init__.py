"""Keras 3's API: the cross entropies of ``keras.ops``, and losses of ``keras.losses``, functions and classes.

All are at Keras' paths too, in `ops` and `losses`; the cross entropies of ``keras.losses``, whose signatures
are others, are in `losses` alone. All take the tensors of any framework. Importing this imports none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from . import adapter, losses, ops
from .losses import (
    binary_focal_crossentropy,
    huber,
    kl_divergence,
    mean_absolute_error,
    mean_squared_error,
    poisson,
)
from .ops import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy

if TYPE_CHECKING:
    from .modules import (
        BinaryCrossentropy,
        BinaryFocalCrossentropy,
        CategoricalCrossentropy,
        Huber,
        KLDivergence,
        MeanAbsoluteError,
        MeanSquaredError,
        Poisson,
        SparseCategoricalCrossentropy,
    )

__all__ = [
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy", "Huber", "KLDivergence",
    "MeanAbsoluteError", "MeanSquaredError", "Poisson", "SparseCategoricalCrossentropy",
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "huber",
    "kl_divergence", "losses", "mean_absolute_error", "mean_squared_error", "ops", "poisson",
    "sparse_categorical_crossentropy",
]  # fmt: skip


def __dir__() -> list[str]:
    """The names that Keras' users look for; the classes too, before they are imported."""
    return __all__


def __getattr__(name: str) -> Any:
    """A loss class, settled as `compatlosses.classes` says."""
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))

"""TensorFlow's API: the losses of ``tf.nn``, and TensorFlow 1's.

The losses are at TensorFlow's paths: in `nn`, ``compat.v1.nn`` and ``compat.v1.losses``. Labels come first.
They take the tensors of any framework. Importing them imports no framework.
"""

from __future__ import annotations

from . import adapter as _adapter
from . import compat, nn
from .nn import (
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)

__all__ = [
    "compat", "log_poisson_loss", "nn", "sigmoid_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits", "sparse_softmax_cross_entropy_with_logits",
    "weighted_cross_entropy_with_logits",
]  # fmt: skip


def __dir__() -> list[str]:
    """The names that TensorFlow's users look for."""
    return __all__


if _adapter.loaded():
    _adapter.library()

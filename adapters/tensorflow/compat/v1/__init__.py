"""``tf.compat.v1``, the API of TensorFlow 1."""

from __future__ import annotations

from . import losses, nn

__all__ = ["losses", "nn"]

"""What is known of Keras without importing it. Keras has no tensors of its own: they are its backend's."""

from __future__ import annotations

import sys

NAME = "Keras"
MODULE = "keras"


def loaded() -> bool:
    """Whether Keras has been imported, whole."""
    return hasattr(sys.modules.get(MODULE), "ops")

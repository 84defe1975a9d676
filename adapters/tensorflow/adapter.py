"""What is known of TensorFlow without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compatlosses.libraries import Library

NAME = "TensorFlow"
MODULE = "tensorflow"
DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tf-nightly")


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    if "Paddle" in installed:
        return (
            "importing TensorFlow before Paddle in one process ends it with a segmentation fault: import "
            "Paddle first, or "
            "give each a process of its own.",
        )
    return ()


def loaded() -> bool:
    """Whether TensorFlow has been imported, whole: an import that is still running has no tensors yet."""
    return hasattr(sys.modules.get(MODULE), "Tensor")


def library() -> Library:
    """The TensorFlow library."""
    from . import library as tensorflow_library

    return tensorflow_library

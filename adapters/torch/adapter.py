"""What is known of torch without importing it."""

from __future__ import annotations

import sys

from compatlosses.libraries import Library

NAME = "torch"
DISTRIBUTIONS = ("torch",)


def loaded() -> bool:
    """Whether torch has been imported."""
    return "torch" in sys.modules


def library() -> Library:
    """The torch library."""
    from . import library as torch_library

    return torch_library

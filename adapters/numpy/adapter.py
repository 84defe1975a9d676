"""What is known of NumPy without importing it."""

from __future__ import annotations

import sys

from compatlosses.libraries import Library

NAME = "NumPy"
DISTRIBUTIONS = ("numpy",)


def loaded() -> bool:
    """Whether NumPy has been imported."""
    return "numpy" in sys.modules


def library() -> Library:
    """The NumPy library."""
    from . import library as numpy_library

    return numpy_library

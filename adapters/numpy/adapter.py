"""What is known of NumPy without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compatlosses.libraries import Library

NAME = "NumPy"
MODULE = "numpy"
DISTRIBUTIONS = ("numpy",)


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    return ()


def loaded() -> bool:
    """Whether NumPy has been imported."""
    return sys.modules.get(MODULE) is not None


def library() -> Library:
    """The NumPy library."""
    from . import library as numpy_library

    return numpy_library

"""What is known of torch without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compatlosses.libraries import Library

NAME = "torch"
MODULE = "torch"
DISTRIBUTIONS = ("torch",)


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    return ()


def loaded() -> bool:
    """Whether torch has been imported."""
    return sys.modules.get(MODULE) is not None


def library() -> Library:
    """The torch library."""
    from . import library as torch_library

    return torch_library

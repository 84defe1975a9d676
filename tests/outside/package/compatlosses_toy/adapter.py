"""What is known of the toy framework without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compatlosses.libraries import Library

NAME = "Toy"
MODULE = "toy"
DISTRIBUTIONS = ("compatlosses-toy",)


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    return ()


def loaded() -> bool:
    """Whether the framework has been imported."""
    return sys.modules.get(MODULE) is not None


def library() -> Library:
    """The library, imported when it is first asked for."""
    from . import library as toy_library

    return toy_library

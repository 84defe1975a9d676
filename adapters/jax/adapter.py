"""What is known of JAX without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compatlosses.libraries import Library

NAME = "JAX"
MODULE = "jax"
DISTRIBUTIONS = ("jax",)


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    found = []
    numpy = installed.get("NumPy", "")
    if numpy.partition(".")[0] in ("0", "1"):
        found.append(
            f"JAX needs NumPy 2 and NumPy {numpy} is installed: importing jax fails. Install 'numpy>=2', or "
            f"give JAX an "
            "environment of its own."
        )
    if "MindSpore" in installed:
        found.append(
            "JAX needs NumPy 2 and MindSpore's build NumPy 1: no NumPy serves both, and installing one "
            "changes it under the "
            "other. Give each an environment of its own."
        )
    return tuple(found)


def loaded() -> bool:
    """Whether JAX has been imported, whole: an import that is still running has no arrays yet."""
    return hasattr(sys.modules.get(MODULE), "Array")


def library() -> Library:
    """The JAX library."""
    from . import library as jax_library

    return jax_library

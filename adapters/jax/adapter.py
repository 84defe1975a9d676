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
    if "MindSpore" in installed:
        return (
            "JAX needs NumPy 2 and MindSpore's build NumPy 1: installing one upgrades or downgrades NumPy under the other. "
            "Give each an environment of its own.",
        )
    return ()


def loaded() -> bool:
    """Whether JAX has been imported, whole: an import that is still running has no arrays yet."""
    return hasattr(sys.modules.get(MODULE), "Array")


def library() -> Library:
    """The JAX library."""
    from . import library as jax_library

    return jax_library

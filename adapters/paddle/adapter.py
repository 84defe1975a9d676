"""What is known of Paddle without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compatlosses.libraries import Library

NAME = "Paddle"
MODULE = "paddle"
DISTRIBUTIONS = ("paddlepaddle", "paddlepaddle-gpu")


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    if "MindSpore" in installed:
        return (
            "Paddle and MindSpore can share a process only if mindspore is imported first: after paddle it "
            "fails to "
            "import (undefined oneDNN symbol; seen with 3.3.1 and 2.10.0).",
        )
    return ()


def loaded() -> bool:
    """Whether Paddle has been imported."""
    return sys.modules.get(MODULE) is not None


def library() -> Library:
    """The Paddle library."""
    from . import library as paddle_library

    return paddle_library

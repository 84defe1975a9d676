"""What is known of Paddle without importing it."""

from __future__ import annotations

import sys

from compatlosses.libraries import Library

NAME = "Paddle"
DISTRIBUTIONS = ("paddlepaddle", "paddlepaddle-gpu")


def loaded() -> bool:
    """Whether Paddle has been imported."""
    return "paddle" in sys.modules


def library() -> Library:
    """The Paddle library."""
    from . import library as paddle_library

    return paddle_library

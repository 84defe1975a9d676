"""What is known of MindSpore without importing it."""

from __future__ import annotations

import sys

from compatlosses.libraries import Library

NAME = "MindSpore"
DISTRIBUTIONS = ("mindspore",)


def loaded() -> bool:
    """Whether MindSpore has been imported."""
    return "mindspore" in sys.modules


def library() -> Library:
    """The MindSpore library."""
    from . import library as mindspore_library

    return mindspore_library

"""What is known of MindSpore without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compatlosses.libraries import Library

NAME = "MindSpore"
MODULE = "mindspore"
DISTRIBUTIONS = ("mindspore",)


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    numpy = installed.get("NumPy", "")
    if numpy.partition(".")[0].isdigit() and int(numpy.partition(".")[0]) >= 2:
        return (
            f"MindSpore is compiled against NumPy 1 and NumPy {numpy} is installed: some of its operators "
            f"fail with "
            f"'returned a result with an exception set'. Install 'numpy<2', or keep MindSpore in an "
            f"environment of its own.",
        )
    return ()


def loaded() -> bool:
    """Whether MindSpore has been imported."""
    return sys.modules.get(MODULE) is not None


def library() -> Library:
    """The MindSpore library."""
    from . import library as mindspore_library

    return mindspore_library

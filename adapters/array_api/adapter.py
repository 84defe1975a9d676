"""What is known of the array API standard without importing a namespace of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec

from compatlosses.libraries import Library

NAME = "Python array API"
MODULE = "array_api_compat"
DISTRIBUTIONS = ("array-api-compat",)

NAMESPACES = ("array_api_strict", "dask.array", "ndonnx", "cupy", MODULE)
"""The modules whose arrays this adapter is for.

For the arrays of another, the caller imports array_api_compat.
"""


def cautions(installed: Mapping[str, str]) -> tuple[str, ...]:
    """What to beware of beside the frameworks of these names and versions."""
    return ()


def loaded() -> bool:
    """Whether one of the namespaces has been imported, and array-api-compat is there to use its
    arrays with.
    """
    for module in NAMESPACES:
        if sys.modules.get(module) is not None:
            return MODULE in sys.modules or find_spec(MODULE) is not None
    return False


def library() -> Library:
    """The library of every namespace."""
    from . import library as array_api_library

    return array_api_library

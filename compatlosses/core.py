"""The functions that a call passes through, for compilers that are to read them as they are: no branch
depends on values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from . import (
    along,
    by_formula,
    calls,
    curvature,
    elementwise,
    evaluate,
    gradients,
    libraries,
    neutral,
    neutral_along,
    neutral_rows,
    reductions,
    row_formula,
    row_rules,
    rules,
    vocabulary,
)
from .definitions import MODULES


def core_functions() -> Iterator[Callable[..., Any]]:
    """The functions of the core and of the definitions."""
    for module in (
        along,
        by_formula,
        calls,
        curvature,
        elementwise,
        evaluate,
        gradients,
        libraries,
        neutral,
        neutral_along,
        neutral_rows,
        reductions,
        row_formula,
        row_rules,
        rules,
        vocabulary,
        *MODULES,
    ):
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                yield function

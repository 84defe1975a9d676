"""The drivers: a file a framework, with its ways to execute calls. None imports its framework before it is
made.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..driver import CannotRun

NAMES = ("array_api", "jax", "keras", "mindspore", "numpy", "paddle", "tensorflow", "torch")


def driver_of(framework: str, mode: str = "eager") -> Any:
    """The framework, ready to execute calls in this mode."""
    if framework not in NAMES:
        return outside(framework)
    if framework == "paddle" and not hasattr(importlib.import_module("paddle"), "to_tensor"):
        framework = "fluid"
    modes = modes_in(framework)
    if mode not in modes:
        raise CannotRun(f"this release has no mode {mode!r}; expected among {', '.join(modes)}")
    return modes[mode]()


def modes_of(framework: str) -> tuple[str, ...]:
    """The names of a framework's modes; the first is 'eager'."""
    return tuple(modes_in(framework)) if framework in NAMES else ("eager",)


def modes_in(name: str) -> dict[str, Any]:
    """A driver's classes by mode."""
    return importlib.import_module("." + name, __name__).MODES  # type: ignore[no-any-return]


def outside(name: str) -> Any:
    """A framework that another package brings, by the entry point of that name: a subclass of `Eager`."""
    from importlib.metadata import entry_points

    (point,) = entry_points(group="compatlosses.conformance", name=name)
    return point.load()()

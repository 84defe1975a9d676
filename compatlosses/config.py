"""What runs here: the versions, the threads, and which executor each library's eager calls take."""

from __future__ import annotations

import platform
import sys
from typing import Any

from . import fused
from .threads import get_num_threads


def show_config(mode: str = "stdout") -> dict[str, Any] | None:
    """Say which path eager calls on host memory take here, and why, for each adapter whose framework is
    imported.

    Args:
        mode: 'stdout' prints it for people; 'dicts' returns it for programs.

    Raises:
        ValueError: another mode.

    Source: this library's own API, in the manner of ``numpy.show_config``.
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f"mode is {mode!r}; expected 'stdout' or 'dicts'")
    from .adapters import ADAPTERS

    why = fused.why_unavailable()
    paths: dict[str, str] = {}
    for adapter in ADAPTERS:
        if not adapter.loaded():
            paths[adapter.NAME] = "not imported"
        elif adapter.library().host is None:
            paths[adapter.NAME] = f"formula: {adapter.NAME} has no host memory that the fused executor reads"
        else:
            paths[adapter.NAME] = "fused" if why is None else f"formula: {why}"
    numba = sys.modules.get("numba")
    config = {
        "Python": platform.python_version(),
        "Numba": getattr(numba, "__version__", None),
        "fused executor": "available" if why is None else why,
        "threads": get_num_threads(),
        "eager calls on host memory": paths,
    }
    if mode == "dicts":
        return config
    for key, value in config.items():
        if isinstance(value, dict):
            print(f"{key}:")
            for name, path in value.items():
                print(f"  {name}: {path}")
        else:
            print(f"{key}: {value}")
    return None

"""What releases of torch call by different names. The newer ones' own functions are used as they are: Dynamo knows those."""

from __future__ import annotations

from collections.abc import Callable

import torch

# torch.compiler has it since 2.3.
is_compiling: Callable[[], bool] = getattr(torch.compiler, "is_compiling", None) or torch._utils.is_compiling


def _autocast_is_on(device: str) -> bool:
    """As torch.is_autocast_enabled answers since 2.4 for a type of device."""
    return torch.is_autocast_cpu_enabled() if device == "cpu" else torch.is_autocast_enabled()


autocast_is_on: Callable[[str], bool] = (
    torch.is_autocast_enabled if hasattr(torch.amp, "is_autocast_available") else _autocast_is_on
)

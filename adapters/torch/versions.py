"""What releases of torch call by different names.

The newer ones' own functions are used as they are: Dynamo knows those.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

# torch.compiler has it since 2.3.
is_compiling: Callable[[], bool] = getattr(torch.compiler, "is_compiling", None) or torch._utils.is_compiling


def _autocast_is_on(device: str) -> bool:
    """Whether torch.autocast is on for a type of device.

    Of one without autocast, such as meta, torch must not be asked.
    """
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def _autocast_was_on(device: str) -> bool:
    """As `_autocast_is_on`, before 2.4."""
    return torch.is_autocast_cpu_enabled() if device == "cpu" else torch.is_autocast_enabled()


autocast_is_on: Callable[[str], bool] = (
    _autocast_is_on if hasattr(torch.amp, "is_autocast_available") else _autocast_was_on
)


host_autocast_is_on: Callable[[], bool] = (
    partial(torch.is_autocast_enabled, "cpu")
    if hasattr(torch.amp, "is_autocast_available")
    else torch.is_autocast_cpu_enabled
)
"""Whether torch.autocast is on for host memory."""


def _hooks_are_unknown(ignore_is_tracing: bool) -> None:
    """Before 2.8 torch does not say which hooks are set: as if there were none."""


saved_tensors_hooks: Callable[[bool], object] = getattr(
    torch._C._autograd, "_top_saved_tensors_default_hooks", _hooks_are_unknown
)
"""The hooks that pack what backward passes need just now (checkpoint, offloading); None where there are none.
"""

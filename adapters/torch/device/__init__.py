"""Losses of elements on a GPU: one pass over memory for the loss and its gradient, by kernels that Triton
compiles from the definitions.

Triton comes with torch where that has CUDA or ROCm. Without it the formula runs.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from compatlosses.protocols import Call

from ..versions import is_compiling

DEVICES = ("cuda",)
"""The types of device that Triton compiles for; torch calls AMD's so too."""
OLDEST = (3, 4)
"""The first release of Triton that the kernels compile with."""


def why_not(call: Call, /) -> str | None:
    """Why a call cannot take the kernels, in words; None where it can."""
    loss, _, inputs, _, _ = call
    if is_compiling():
        return "torch.compile or torch.export is reading the call"
    if inputs[0].device.type not in DEVICES:
        return f"a tensor is on the device {inputs[0].device}"
    if loss.rows != "" or loss.loops == "":
        return f"{loss.name} has no kernel for a GPU"
    why = why_unavailable()
    if why is not None:
        return why
    from . import calls

    return calls.why_not(call)


def value(call: Call, dtype: Any, /) -> Any:
    """The loss of a call that `why_not` has nothing against, with its gradients."""
    from . import calls

    return calls.value(call, dtype)


@cache
def why_unavailable() -> str | None:
    """Why the kernels cannot be compiled here; None where they can."""
    needed = ".".join(map(str, OLDEST))
    try:
        found = version("triton")
    except PackageNotFoundError:
        return f"Triton is not installed; expected {needed} or newer, which torch for CUDA brings along"
    if tuple(int(part) for part in found.split(".")[:2]) < OLDEST:
        return f"Triton {found} is installed; expected {needed} or newer"
    return None

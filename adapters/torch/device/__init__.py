"""Losses of elements on a GPU: one pass over memory for the loss and its gradient, by kernels that Triton
compiles from the definitions.

Triton comes with torch where that has CUDA or ROCm. Without it the formula runs.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import torch

from compatlosses.protocols import Call, Loss

from ..versions import is_compiling

DEVICES = ("cuda",)
"""The types of device that Triton compiles for; torch calls AMD's so too."""
OLDEST = (3, 4)
"""The first release of Triton that the kernels compile with."""


def why_not(call: Call, /) -> str | None:
    """Why a call cannot take the kernels, in words, none for a device that there are none for; None where it
    can.
    """
    loss, _, inputs, _, _ = call
    if is_compiling() or inputs[0].device.type not in DEVICES:
        return ""
    if loss.rows != "" or loss.loops == "":
        return f"{loss.name} has no kernel for a GPU"
    why = why_unavailable()
    if why is not None:
        return why
    from . import calls

    return calls.why_not(call)


def value(call: Call, dtype: torch.dtype, /) -> torch.Tensor | None:
    """The loss of a call that `why_not` has nothing against, with its gradients; None where its kernels turn
    out not to work here.
    """
    from . import calls

    try:
        return calls.value(call, dtype)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # of the compiler, the driver or the launch, whose errors are of many types
        give_up(call, error)
        return None


FAILED: dict[str, str] = {}
"""The losses whose kernels did not work in this process, and why. Their calls take the formula."""


def failed(loss: Loss) -> str | None:
    """Why the kernels of a loss do not work here; None where nothing speaks against them."""
    return FAILED.get(loss.name)


def give_up(call: Call, error: Exception) -> None:
    """Send the calls of a loss to the formula from now on, and say so."""
    name = call[0].name
    why = f"the kernel of {name} failed: {type(error).__name__}: {error}".splitlines()[0]
    FAILED[name] = why
    logging.getLogger("compatlosses").warning("%s. Its calls on a GPU take the formula.", why)


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

"""How the fused executor gets at the memory of an array: by DLPack, which says on which device that is.

Lazy arrays, Dask's among them, have no DLPack. The standard has no autograd to attach to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from compatlosses import fused
from compatlosses.executors import NOTHING_WANTED, Array, FusedCall

Tensor = Any

_CPU = 1
"""DLPack's kDLCPU."""


def why_formula(
    logits: Tensor, targets: Tensor, weight: Tensor | float | None, pos_weight: Tensor | float | None, /
) -> str | None:
    """Why a call with these arguments must go to the formula; None where the fused executor may run."""
    for array in (logits, targets, weight, pos_weight):
        if array is None or isinstance(array, (int, float)):
            continue
        device = device_type(array)
        if device is None:
            return (
                f"{type(array).__module__}.{type(array).__qualname__} does not offer its memory through "
                "DLPack"
            )
        if device != _CPU:
            return f"an array is on a device of DLPack's type {device}"
    return fused.why_unavailable()


def device_type(array: Tensor) -> int | None:
    """DLPack's number for the type of the array's device; None where the array has no memory to offer."""
    if not hasattr(array, "__dlpack_device__"):
        return None
    try:
        return int(array.__dlpack_device__()[0])
    except (BufferError, NotImplementedError, ValueError):
        return None


def wanted(
    logits: Tensor, targets: Tensor, weight: Tensor | float | None, pos_weight: Tensor | float | None, /
) -> fused.Wanted:
    """Nothing: there is no autograd."""
    return NOTHING_WANTED


def view(tensor: Tensor, /) -> Array:
    """The array's memory; a copy where it may only be read, which DLPack could not always say."""
    try:
        return np.from_dlpack(tensor)
    except BufferError:
        return np.from_dlpack(array_namespace(tensor).asarray(tensor, copy=True))


def tensor(array: Array | np.generic, like: Tensor, /) -> Tensor:
    """An array that nobody else holds as an array of the namespace of ``like``."""
    return array_namespace(like).from_dlpack(np.asarray(array))


def attach(
    call: FusedCall,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
    /,
) -> Tensor:
    """The call's loss."""
    return tensor(call.loss, logits)

"""How the fused executor gets at the memory of an array: by DLPack, which says on which device that is.

Lazy arrays, Dask's among them, have no DLPack. The standard has no autograd to attach to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from compatlosses import fused
from compatlosses.executors import nothing_wanted
from compatlosses.protocols import Array, Derivable

Tensor = Any

_CPU = 1
"""DLPack's kDLCPU."""


def why_formula(inputs: tuple[Any, ...], /) -> str | None:
    """Why a call with these inputs must go to the formula; None where the fused executor may run."""
    for array in inputs:
        if array is None or isinstance(array, (int, float)):
            continue
        device = device_type(array)
        if device is None:
            kind = type(array)
            return f"{kind.__module__}.{kind.__qualname__} does not offer its memory through DLPack"
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


def wanted(inputs: tuple[Any, ...], /) -> tuple[bool, ...]:
    """Nothing: there is no autograd."""
    return nothing_wanted(inputs)


def view(tensor: Tensor, /) -> Array:
    """The array's memory; a copy where it may only be read, which DLPack could not always say."""
    try:
        return np.from_dlpack(tensor)
    except BufferError:
        return np.from_dlpack(array_namespace(tensor).asarray(tensor, copy=True))


def tensor(array: Array | np.generic, like: Tensor, /) -> Tensor:
    """An array that nobody else holds as an array of the namespace of ``like``."""
    return array_namespace(like).from_dlpack(np.asarray(array))


def attach(call: Derivable, inputs: tuple[Any, ...], /) -> Tensor:
    """The call's loss."""
    return tensor(call.loss, inputs[0])

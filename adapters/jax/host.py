"""How the fused executor gets at JAX arrays: proof that a call is eager on host memory, and views.

A derivative in JAX is always asked for of a tracer, and a tracer goes to the formula. There is nothing to
attach to.
"""

from __future__ import annotations

from typing import Any

import jax
import ml_dtypes
import numpy as np

from compatlosses import fused
from compatlosses.executors import NOTHING_WANTED, Array, FusedCall

Tensor = Any


def why_formula(
    logits: Tensor, targets: Tensor, weight: Tensor | float | None, pos_weight: Tensor | float | None, /
) -> str | None:
    """Why a call with these arguments must go to the formula; None where the fused executor may run."""
    for array in (logits, targets, weight, pos_weight):
        if array is None or isinstance(array, (int, float)):
            continue
        if isinstance(array, jax.core.Tracer):
            return "JAX is tracing the call"
        devices = array.sharding.device_set
        if len(devices) != 1:
            return f"an array is spread over {len(devices)} devices"
        (device,) = devices
        if device.platform != "cpu":
            return f"an array is on the device {device}"
    return fused.why_unavailable()


def wanted(
    logits: Tensor, targets: Tensor, weight: Tensor | float | None, pos_weight: Tensor | float | None, /
) -> fused.Wanted:
    """Nothing: what is differentiated is traced."""
    return NOTHING_WANTED


def view(tensor: Tensor, /) -> Array:
    """The array's memory. It is JAX's to keep and is only read."""
    array = np.asarray(_Memory(np.asarray(tensor)))
    return array.view(fused.BFLOAT16) if tensor.dtype == ml_dtypes.bfloat16 else array


def tensor(array: Array | np.generic, like: Tensor, /) -> Tensor:
    """An array that nobody else holds as a JAX array on the device of ``like``."""
    whole: Array = np.asarray(array)
    if whole.dtype == fused.BFLOAT16:
        whole = whole.view(ml_dtypes.bfloat16)
    (device,) = like.sharding.device_set
    with jax.enable_x64(True):
        return jax.device_put(whole, device)


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


class _Memory:
    """An array's memory by NumPy's array interface: JAX's own view is read-only, which is a kernel of its
    own.
    """

    __slots__ = ("__array_interface__", "array")

    def __init__(self, array: Array) -> None:
        self.array = array.view(np.uint16) if array.dtype == ml_dtypes.bfloat16 else array
        interface = self.array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}

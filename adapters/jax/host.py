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
from compatlosses.executors import nothing_wanted
from compatlosses.protocols import Array, Derivable

Tensor = Any


def why_formula(inputs: tuple[Any, ...], /) -> str | None:
    """Why a call with these inputs must go to the formula; None where the fused executor may run."""
    for array in inputs:
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


def wanted(inputs: tuple[Any, ...], /) -> tuple[bool, ...]:
    """Nothing: what is differentiated is traced."""
    return nothing_wanted(inputs)


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


def attach(call: Derivable, inputs: tuple[Any, ...], /) -> Tensor:
    """The call's loss."""
    return tensor(call.loss, inputs[0])


class _Memory:
    """An array's memory by NumPy's array interface: JAX's own view is read-only, which is a kernel of its
    own.
    """

    __slots__ = ("__array_interface__", "array")

    def __init__(self, array: Array) -> None:
        self.array = array.view(np.uint16) if array.dtype == ml_dtypes.bfloat16 else array
        interface = self.array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}

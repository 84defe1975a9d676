"""How the fused executor gets at TensorFlow tensors: proof that a call is eager on host memory, views, the
gradient's hook.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import forwardprop_util, record

from compatlosses import fused
from compatlosses.executors import views
from compatlosses.protocols import Array, Derivable

Tensor = Any

_EAGER = tf.__internal__.EagerTensor
_ALIGNMENT = 64
"""TensorFlow ends the process when it meets memory that is aligned less."""


def why_formula(inputs: tuple[Any, ...], /) -> str | None:
    """Why a call with these inputs must go to the formula; None where the fused executor may run."""
    if not tf.executing_eagerly():
        return "a graph is being built"
    tensors = [x for x in inputs if x is not None and not isinstance(x, (int, float))]
    for tensor in tensors:
        if type(tensor) is not _EAGER:
            return f"a tensor is of the class {type(tensor).__qualname__}"
        if not tensor.device.endswith("/device:CPU:0"):
            return f"a tensor is on the device {tensor.device}"
    if forwardprop_util.pack_tangents(tensors).indices:
        return "a forward accumulator is watching"
    return fused.why_unavailable()


def wanted(inputs: tuple[Any, ...], /) -> tuple[bool, ...]:
    """By which inputs a gradient tape will ask for a gradient."""
    return tuple([watched(x) for x in inputs])


def watched(argument: Tensor | float | None) -> bool:
    """Whether an argument is a floating tensor that a tape watches."""
    return (
        argument is not None
        and not isinstance(argument, (int, float))
        and bool(argument.dtype.is_floating)
        and bool(record.should_record_backprop([argument]))
    )


def view(tensor: Tensor, /) -> Array:
    """The tensor's memory as an array."""
    array = np.asarray(_Memory(tensor))
    return array.view(fused.BFLOAT16) if tensor.dtype == tf.bfloat16 else array


def tensor(array: Array | np.generic, like: Tensor, /) -> Tensor:
    """An array that nobody else holds as a TensorFlow tensor; a copy where its memory is aligned for NumPy
    only.
    """
    whole: Array = np.asarray(array)
    if whole.ctypes.data % _ALIGNMENT or not whole.flags.c_contiguous:
        whole = aligned(whole)
    if whole.dtype == fused.BFLOAT16:
        return tf.bitcast(tf.experimental.dlpack.from_dlpack(whole.view(np.uint16).__dlpack__()), tf.bfloat16)
    return tf.experimental.dlpack.from_dlpack(whole.__dlpack__())


def aligned(array: Array) -> Array:
    """A copy in memory that is aligned as TensorFlow's own is."""
    memory = np.empty(array.nbytes + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    copy: Array = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def attach(call: Derivable, inputs: tuple[Any, ...], /) -> Tensor:
    """The call's loss as a tensor whose gradients a tape asks of ``call``; a gradient of those is the
    formula's.
    """
    asked = [i for i, wanted in enumerate(call.wanted) if wanted]
    given = [inputs[i] for i in asked]

    def gradient(g: Tensor) -> list[Tensor]:
        g = tf.convert_to_tensor(g)  # a gradient of tf.gather comes as slices
        from . import library

        if type(g) is not _EAGER or recorded([g, *given]):
            found = call.formula_gradients(library, call.wanted, g, inputs)
            return [found[i] for i in asked]
        found = call.gradients(views(library.host, inputs), float(g) if call.reduced else view(g))
        return [tensor(array, inputs[0]) for array in found if array is not None]

    return tf.custom_gradient(lambda *given: (tensor(call.loss, inputs[0]), gradient))(*given)


def recorded(tensors: list[Tensor]) -> bool:
    """Whether a tape or a forward accumulator follows what is done with one of these tensors."""
    return bool(record.should_record_backprop(tensors)) or bool(
        forwardprop_util.pack_tangents(tensors).indices
    )


class _Memory:
    """A tensor's memory by NumPy's array interface: TensorFlow's own view is read-only, which is a kernel of
    its own.
    """

    __slots__ = ("__array_interface__", "array")

    def __init__(self, tensor: Tensor) -> None:
        # TensorFlow gives a bfloat16 number where it should give an array without dimensions.
        array = np.asarray(tensor if tensor.ndim else tensor.numpy())
        self.array = array.view(np.uint16) if tensor.dtype == tf.bfloat16 else array
        interface = self.array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}

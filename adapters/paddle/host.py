"""How the fused executor gets at Paddle tensors: proof that a call is eager on host memory, views, the
gradient's hook.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import paddle
from paddle.base.framework import EagerParamBase

from compatlosses import fused
from compatlosses.executors import nothing_wanted, views
from compatlosses.operands import address
from compatlosses.protocols import Array, Derivable
from compatlosses.request import Direct

from .autograd import attached, differentiable, made
from .versions import Dense, allocation, autocast_is_on, share

Tensor = Any

_UINT16 = np.dtype(np.uint16)
"""That of bits of bfloat16; Paddle has no numbers of this dtype."""

_TYPESTR = {
    paddle.float16: "<f2",
    paddle.bfloat16: "<u2",
    paddle.float32: "<f4",
    paddle.float64: "<f8",
    paddle.bool: "|b1",
    paddle.int8: "|i1",
    paddle.uint8: "|u1",
    paddle.int16: "<i2",
    paddle.int32: "<i4",
    paddle.int64: "<i8",
}


_THIS: Any = sys.modules[__name__]
"""This module, as the host that the arguments are viewed by."""


def why_formula(inputs: tuple[Any, ...], /) -> str | None:
    """Why a call with these inputs must go to the formula; None where the fused executor may run."""
    if not paddle.in_dynamic_mode():
        return "a program is being built"
    for tensor in inputs:
        if tensor is None or isinstance(tensor, (int, float)):
            continue
        kind = type(tensor)
        if kind is not paddle.Tensor and kind is not EagerParamBase:
            return f"a tensor is of the class {kind.__qualname__}"
        if not tensor.place.is_cpu_place():
            return f"a tensor is on the device {tensor.place}"
        if not tensor.is_dense():
            return "a tensor is not dense"
        if tensor.dtype not in _TYPESTR:
            return f"the fused executor has no {tensor.dtype}"
    return fused.why_unavailable()


def facts(inputs: tuple[Any, ...], /) -> tuple[Any, ...] | None:
    """What a call with these inputs depends on, where it is plain; see `compatlosses.protocols.Factual`."""
    if not paddle.in_dynamic_mode() or autocast_is_on():
        return None
    found: list[Any] = [paddle.is_grad_enabled()]
    for x in inputs:
        kind = type(x)
        if kind is paddle.Tensor or kind is EagerParamBase:
            dtype = x.dtype
            if dtype not in _TYPESTR or not x.place.is_cpu_place() or not x.is_dense():
                return None
            found.append((dtype, tuple(x.shape), x.stop_gradient, x.is_contiguous()))
        elif x is None or kind is float:
            found.append(kind)
        else:
            return None
    return tuple(found)


def wanted(inputs: tuple[Any, ...], /) -> tuple[bool, ...]:
    """By which inputs autograd will ask for a gradient."""
    if not paddle.is_grad_enabled():
        return nothing_wanted(inputs)
    return tuple([differentiable(x) for x in inputs])


def view(tensor: Tensor, /) -> Array:
    """The tensor's memory as an array."""
    shape = tensor.shape
    array = np.empty(tuple(shape), _TYPESTR[tensor.dtype]) if 0 in shape else np.asarray(_Memory(tensor))
    return array.view(fused.BFLOAT16) if array.dtype is _UINT16 else array


def at_once(direct: Direct, inputs: tuple[Any, ...], /) -> tuple[Tensor, Array | None] | None:
    """The loss of a call that comes again and its gradient, from addresses; None where that cannot be. See
    `compatlosses.protocols.Addressed`.
    """
    addresses: list[int] = []
    held: list[Any] = []  # the memory, whatever becomes of the tensors meanwhile
    for x in inputs:
        memory = None if x is None else allocation(x)
        place = 0 if memory is None else memory._ptr()
        if memory is not None and x.data_ptr() != place:  # given other memory just now: `view` says so
            return None
        held.append(memory)
        addresses.append(place)
    x = inputs[0]
    loss, gradient = np.empty((), direct.dtype), None
    if direct.differentiates:
        bits = x.dtype == paddle.bfloat16
        gradient = np.empty(tuple(x.shape), fused.BFLOAT16 if bits else _TYPESTR[x.dtype])
    if not direct.compute(addresses, 0 if gradient is None else address(gradient), address(loss)):
        return None
    return tensor(loss, x), gradient


def tensor(array: Array | np.generic | Tensor, like: Tensor, /) -> Tensor:
    """An array that nobody else holds as a Paddle tensor. The loss that `at_once` has made is one already."""
    if isinstance(array, paddle.Tensor):
        return array
    whole: Array = np.asarray(array)
    if whole.dtype == fused.BFLOAT16:
        return made(whole.view(np.int16)).view("bfloat16")
    return made(whole)


def attach(call: Derivable, inputs: tuple[Any, ...], /) -> Tensor:
    """The call's loss as a tensor whose gradients autograd asks of ``call``; a gradient of those is the
    formula's.
    """

    def gradient(i: int, g: Tensor, saved: Any) -> Tensor:
        wanted = tuple([i == k for k in range(len(inputs))])
        if paddle.is_grad_enabled():
            from . import library

            return call.formula_gradients(library, wanted, g, tuple(saved))[i]
        cotangent = g.item() if call.reduced else None
        kept = call.handed_out(wanted) if cotangent == 1.0 else None
        if kept is None:
            kept = call.gradients(views(_THIS, saved), view(g) if cotangent is None else cotangent, wanted)
        found = kept[i]
        assert found is not None
        return tensor(found, g)

    return attached(tensor(call.loss, inputs[0]), inputs, inputs, gradient)


class _Memory:
    """A tensor's memory by NumPy's array interface, which has strides and lets bfloat16 pass as its bits.

    DLPack would do, but its views are read-only, and it has no bfloat16. What is held is the allocation: a
    tensor may be given another one while a kernel reads, by `cast_` or by Paddle's `_clear_data`.
    """

    __slots__ = ("__array_interface__", "allocation")

    def __init__(self, tensor: Tensor) -> None:
        self.allocation = dense = Dense()  # not by `allocation`: this is on the way of small calls
        share(dense, tensor.get_tensor())
        place = dense._ptr()
        typestr = _TYPESTR[tensor.dtype]
        itemsize = int(typestr[2])
        self.__array_interface__ = {
            "version": 3,
            "typestr": typestr,
            "data": (place, False),
            "shape": tuple(tensor.shape),
            "strides": None
            if tensor.is_contiguous()
            else tuple(stride * itemsize for stride in tensor.strides),
        }
        # Asked last: what has been read above is true of the memory that is held.
        if tensor.data_ptr() != place:
            raise RuntimeError(
                f"a tensor of shape {tuple(tensor.shape)} was given other memory while this loss was "
                f"computed; expected that "
                f"no other thread changes it. Give the loss a clone."
            )

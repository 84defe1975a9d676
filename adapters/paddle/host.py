"""How the fused executor gets at Paddle tensors: proof that a call is eager on host memory, views, the gradient's hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import paddle
from paddle.base.core import from_dlpack
from paddle.base.framework import EagerParamBase

from compatlosses import fused, losses
from compatlosses.executors import NOTHING_WANTED, Array, FusedCall, views

Tensor = Any

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


# In 3.3 Paddle's own constructor comes behind a look at the newer ways to call it, which takes longer than it does.
_init: Callable[..., None] = getattr(paddle, "original_init", paddle.Tensor.__init__)
_new: Callable[..., Tensor] = paddle.Tensor.__new__


def why_formula(
    logits: Tensor, targets: Tensor, weight: Tensor | float | None, pos_weight: Tensor | float | None, /
) -> str | None:
    """Why a call with these arguments must go to the formula; None where the fused executor may run."""
    if not paddle.in_dynamic_mode():
        return "a program is being built"
    for tensor in (logits, targets, weight, pos_weight):
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


def wanted(
    logits: Tensor, targets: Tensor, weight: Tensor | float | None, pos_weight: Tensor | float | None, /
) -> fused.Wanted:
    """By which arguments autograd will ask for a gradient."""
    if not paddle.is_grad_enabled():
        return NOTHING_WANTED
    return differentiable(logits), differentiable(targets), differentiable(weight), differentiable(pos_weight)


def differentiable(argument: Tensor | float | None) -> bool:
    """Whether an argument is a tensor that asks for a gradient."""
    return argument is not None and not isinstance(argument, (int, float)) and not argument.stop_gradient


def view(tensor: Tensor, /) -> Array:
    """The tensor's memory as an array."""
    # Paddle keeps no memory for a tensor without elements. To ask for its size would cost more than the view.
    typestr, shape = _TYPESTR[tensor.dtype], tuple(tensor.shape)
    array = np.asarray(_Memory(tensor, typestr, shape)) if 0 not in shape else np.empty(shape, typestr)
    return array.view(fused.BFLOAT16) if typestr == "<u2" else array


def tensor(array: Array | np.generic, like: Tensor, /) -> Tensor:
    """An array that nobody else holds as a Paddle tensor."""
    whole: Array = np.asarray(array)
    if whole.dtype == fused.BFLOAT16:
        return made(whole.view(np.int16)).view("bfloat16")
    return made(whole)


def made(array: Array) -> Tensor:
    """An array as a Paddle tensor, without a copy."""
    tensor = _new(paddle.Tensor)
    _init(tensor, from_dlpack(array.__dlpack__()))
    return tensor


def attach(
    call: FusedCall,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
    /,
) -> Tensor:
    """The call's loss as a tensor whose gradients autograd asks of ``call``; a gradient of those is the formula's."""
    from . import library

    def slope(of: int) -> Callable[[Tensor], Tensor]:
        wanted = (of == 0, of == 1, of == 2, of == 3)

        def gradient(g: Tensor) -> Tensor:
            if paddle.is_grad_enabled():
                return losses.gradients_by_formula(library, wanted, g, logits, targets, weight, pos_weight, *call.options)[of]
            arrays = views(library.host, logits, targets, weight, pos_weight)
            found = call.gradients(arrays, g.item() if call.reduced else view(g), wanted)[of]
            assert found is not None
            return tensor(found, logits)

        return gradient

    arguments = [argument if differentiable(argument) else None for argument in (logits, targets, weight, pos_weight)]
    value = tensor(call.loss, logits)
    if call.loss.dtype.itemsize > 2:
        return library.attached(value, arguments, slope)
    # Paddle's CPU kernels cannot add in half precision, which is how it joins the nodes of several arguments.
    wide = library.attached(library.cast(value, "float32"), arguments, slope)
    return library.cast(wide, library.dtype(value))


class _Memory:
    """A tensor's memory by NumPy's array interface, which has strides and lets bfloat16 pass as its bits.

    DLPack would do, but its views are read-only, and it has no bfloat16.
    """

    __slots__ = ("__array_interface__", "tensor")

    def __init__(self, tensor: Tensor, typestr: str, shape: tuple[int, ...]) -> None:
        self.tensor = tensor
        itemsize = int(typestr[2])
        self.__array_interface__ = {
            "version": 3,
            "typestr": typestr,
            "data": (tensor.data_ptr(), False),
            "shape": shape,
            "strides": None if tensor.is_contiguous() else tuple(stride * itemsize for stride in tensor.strides),
        }

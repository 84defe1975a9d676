"""How torch tensors are used: on any device, under torch.compile, torch.export, functorch and autocast."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import torch
from torch.overrides import handle_torch_function as handle_torch_function
from torch.overrides import has_torch_function_variadic as has_torch_function_variadic

from compatlosses import gradients as gradients_of
from compatlosses import libraries
from compatlosses.protocols import Call, Loss
from compatlosses.vocabulary import vocabulary

from . import device
from . import host as host
from .in_place import in_place
from .state import is_recording, operations_alone
from .versions import autocast_is_on, is_compiling

NAME = "torch"
LOSS_CLASS = "compatlosses.torch.BCEWithLogitsLoss"

_THIS: Any = sys.modules[__name__]
"""This module, as the library that the formula is computed with."""

_NAMES = {
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
    torch.float32: "float32",
    torch.float64: "float64",
    torch.bool: "bool",
    torch.int8: "int8",
    torch.uint8: "uint8",
    torch.int16: "int16",
    torch.int32: "int32",
    torch.int64: "int64",
    torch.complex64: "complex64",
    torch.complex128: "complex128",
}
_DTYPES = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
    "int64": torch.int64,
}


def owns(x: object) -> bool:
    """Whether ``x`` is a torch tensor."""
    return isinstance(x, torch.Tensor)


def why_unsuitable(x: torch.Tensor, /) -> str | None:
    """Why no loss can be computed from a tensor of this kind; None where it can."""
    if isinstance(x, _MaskedTensor):
        return (
            "a MaskedTensor was given; expected a plain tensor, because its mask would be lost. Fill logits "
            "and weights with a "
            "finite number, logits.to_tensor(0.0), and targets with one that no target has, "
            "targets.to_tensor(-1.0), and call "
            "compatlosses.binary_cross_entropy_with_logits with ignore_index=-1.0."
        )
    if x.layout is torch.strided:
        if not x.is_nested:
            return None
        return (
            "a nested tensor of the strided layout was given; expected a dense or a jagged one, as torch "
            "knows no sizes of it. "
            "Make it with layout=torch.jagged, or pad it with torch.nested.to_padded_tensor."
        )
    if x.layout in _UNSUITABLE:
        return f"a tensor of layout {x.layout} was given; expected a dense one. Call to_dense() first."
    return None


_MaskedTensor = torch.masked.MaskedTensor
_UNSUITABLE = [
    getattr(torch, name)
    for name in ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "_mkldnn")
]


def shape(x: torch.Tensor, /) -> tuple[int, ...]:
    """The sizes of ``x`` by dimension."""
    return x.shape


def dtype(x: torch.Tensor, /) -> str:
    """The name of the element type."""
    return _NAMES.get(x.dtype) or str(x.dtype).removeprefix("torch.")


def cast(x: torch.Tensor, dtype: str, /) -> torch.Tensor:
    """``x`` with elements of ``dtype``, itself where it has those; of float32 for float64 where the device
    has no double.

    Under torch.compile a Function behind a cast to the dtype that is there already has second derivatives of
    0.
    """
    to = _wide(x) if dtype == "float64" else _DTYPES[dtype]
    return x if x.dtype is to else x.to(to)


def constant(value: float, like: torch.Tensor, /) -> torch.Tensor:
    """A 0-D tensor that holds ``value``, of the dtype and on the device of ``like``."""
    return torch.full((), value, dtype=like.dtype, device=like.device)


def sum_to(x: torch.Tensor, like: torch.Tensor, /) -> torch.Tensor:
    """``x`` summed to the shape of ``like`` in a wide accumulator, of the dtype of ``x``."""
    axes = libraries.summed_axes(x.shape, like.shape)
    if not axes:
        return x
    return torch.sum(x, axes, dtype=_wide(x)).reshape(like.shape).to(x.dtype)


def reshape(x: torch.Tensor, shape: Sequence[int], /) -> torch.Tensor:
    """``x`` in another shape of the same size."""
    return x.reshape(tuple(shape))


def broadcast_to(x: torch.Tensor, shape: Sequence[int], /) -> torch.Tensor:
    """``x`` repeated to a shape that it broadcasts to."""
    return x.broadcast_to(tuple(shape))


def where(condition: torch.Tensor, a: torch.Tensor | float, b: torch.Tensor | float, /) -> torch.Tensor:
    """``a`` where ``condition`` holds, else ``b``, of the dtype of the tensor among them."""
    return torch.where(condition, a, b)


def isinf(x: torch.Tensor, /) -> torch.Tensor:
    """Where ``x`` is infinite."""
    return torch.isinf(x)


def equal(x: torch.Tensor, value: float, /) -> torch.Tensor:
    """Where ``x`` has exactly this value, which its dtype holds; NaN is NaN."""
    return torch.isnan(x) if value != value else x == value


def softplus(x: torch.Tensor, /) -> torch.Tensor:
    """log(1 + e^x).

    Not torch's softplus, linear above 20, nor its logsigmoid: ONNX's log(sigmoid(-x)), infinite beyond 104.
    """
    negative = x < 0
    small = torch.exp(torch.where(negative, x, -x))
    rest = _log1p_for_onnx(small) if torch.onnx.is_in_onnx_export() else torch.log1p(small)
    return torch.where(negative, 0.0, x) + rest


def _log1p_for_onnx(x: torch.Tensor) -> torch.Tensor:
    """log(1 + x) of x in [0, 1].

    ONNX has no log1p, and torch writes log(1 + x) for it, which is 0 below 6e-8.
    """
    if is_recording():
        # The older exporter, which records, has no atanh. Kahan: the error of 1 + x is divided out again.
        u = 1 + x
        return torch.where(u == 1, x, torch.log(u) * (x / torch.where(u == 1, 1.0, u - 1)))
    return 2 * torch.atanh(x / (2 + x))


def sigmoid(x: torch.Tensor, /) -> torch.Tensor:
    """1 / (1 + e^-x).

    Not torch's sigmoid, which is 0 in float32 below -88, and whose derivative cancels above 0.
    """
    negative = x < 0
    small = torch.exp(torch.where(negative, x, -x))
    return torch.where(negative, small, 1.0) / (1 + small)


def sum(x: torch.Tensor, /) -> torch.Tensor:
    """The 0-D sum of all elements, in a wide accumulator."""
    return torch.sum(x, dtype=_wide(x))


def divide(x: torch.Tensor, divisor: float | torch.Tensor, /) -> torch.Tensor:
    """``x`` over a number or a 0-D tensor of its dtype."""
    return x / divisor


def size(x: torch.Tensor, /) -> int:
    """The number of elements."""
    return x.numel()


def tracing() -> bool:
    """Whether torch.compile or torch.export is reading this call."""
    return is_compiling()


def autocast_dtype(x: torch.Tensor, /) -> str | None:
    """float32 for half precision while torch.autocast is on for the device of ``x``: this loss is on its
    float32 list.
    """
    if x.dtype in (torch.float16, torch.bfloat16) and autocast_is_on(x.device.type):
        return "float32"
    return None


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: torch.Tensor | None, /) -> torch.Tensor:
    """The loss of each element, differentiable by the definition's slopes."""
    if operations_alone():
        operations: torch.Tensor = gradients_of.elements(_THIS, loss, inputs, counts)
        return operations
    count = len(loss.arguments)
    tensors = (*inputs[:count], *((None,) * (MOST - count)))
    # Dynamo does not trace a Function that has a jvp of its own; forward mode under it goes through the
    # operations.
    function = _Loss if is_compiling() else _LossWithTangents
    result: torch.Tensor = function.apply(loss, inputs[count:], counts, *tensors)  # type: ignore[no-untyped-call]
    return result


def gradient(
    loss: Loss, of: int, g: torch.Tensor | None, inputs: tuple[Any, ...], counts: torch.Tensor | None, /
) -> torch.Tensor:
    """The gradient of `elementwise` by one input, times the cotangent ``g`` (None: 1)."""
    result: torch.Tensor = gradients_of.gradient(_THIS, loss, of, g, inputs, counts)
    return result


def why_not_on_device(call: Call, /) -> str | None:
    """Why a call cannot take the kernels for a GPU; None where it can."""
    return device.why_not(call)


def on_device(call: Call, dtype: str, /) -> torch.Tensor | None:
    """A call by the kernels for a GPU; None where they turn out not to work."""
    result: torch.Tensor | None = device.value(call, _DTYPES[dtype])
    return result


MOST = 4
"""How many tensors a loss takes at most. Dynamo reads no Function of a varying number."""


class _Loss(torch.autograd.Function):
    """The elements of a loss, whose backward is made of operations, so it differentiates again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(
        loss: Loss,
        parameters: tuple[float, ...],
        counts: torch.Tensor | None,
        first: torch.Tensor,
        second: torch.Tensor,
        third: torch.Tensor | None,
        fourth: torch.Tensor | None,
    ) -> torch.Tensor:
        inputs = (first, second, third, fourth)[: len(loss.arguments)] + parameters
        result: torch.Tensor = gradients_of.elements(_THIS, loss, inputs, counts)
        return result

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        loss, parameters, counts, first, second, third, fourth = inputs
        ctx.loss, ctx.parameters = loss, parameters
        ctx.save_for_backward(counts, first, second, third, fourth)
        ctx.save_for_forward(counts, first, second, third, fourth)

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        counts, *tensors = ctx.saved_tensors
        count = len(ctx.loss.arguments)
        inputs = (*tensors[:count], *ctx.parameters)
        found: list[torch.Tensor | None] = [None] * (3 + MOST)
        for i in range(count):
            if ctx.needs_input_grad[3 + i]:
                found[3 + i] = gradients_of.gradient(_THIS, ctx.loss, i, g, inputs, counts)
        return tuple(found)


class _LossWithTangents(_Loss):
    """`_Loss` for torch's forward mode too."""

    @staticmethod
    def jvp(ctx: Any, *tangents: torch.Tensor | None) -> torch.Tensor:
        counts, *tensors = ctx.saved_tensors
        count = len(ctx.loss.arguments)
        inputs = (*tensors[:count], *ctx.parameters)
        total = torch.zeros_like(row_sum(tensors[0]) if ctx.loss.rows else tensors[0])
        for i in range(count):
            tangent = tangents[3 + i]
            if tangent is not None:
                slope = gradients_of.slope(_THIS, ctx.loss, i, inputs, counts)
                change = gradients_of.change(_THIS, ctx.loss, slope, tangent)
                total = total + (change if counts is None else torch.where(counts, change, 0.0))
        return total


def _wide(x: torch.Tensor) -> torch.dtype:
    """The accumulator's dtype: double, which Apple's GPUs alone lack."""
    return torch.float32 if x.device.type == "mps" else torch.float64


# --- rows ---------------------------------------------------------------------------------------------------


def moved(x: torch.Tensor, source: int, destination: int, /) -> torch.Tensor:
    """``x`` with an axis at another place."""
    return x.movedim(source, destination)


def row_sum(x: torch.Tensor, /) -> torch.Tensor:
    """The sum along the last axis, which keeps it, with size 1."""
    return torch.sum(x, -1, keepdim=True)


def row_max(x: torch.Tensor, /) -> torch.Tensor:
    """The largest number along the last axis, which keeps it, with size 1."""
    return torch.amax(x, -1, keepdim=True)


def classes(indices: torch.Tensor, like: torch.Tensor, /) -> torch.Tensor:
    """Where each class of ``like`` is the one of ``indices``."""
    return indices.unsqueeze(-1) == torch.arange(like.shape[-1], device=like.device)


def with_axis(x: torch.Tensor, /) -> torch.Tensor:
    """``x`` with another last axis, of size 1."""
    return x.unsqueeze(-1)


def without_axis(x: torch.Tensor, /) -> torch.Tensor:
    """``x`` without its last axis, of size 1."""
    return x.squeeze(-1)


def exp(x: torch.Tensor, /) -> torch.Tensor:
    """e^x."""
    return torch.exp(x)


def log(x: torch.Tensor, /) -> torch.Tensor:
    """The natural logarithm."""
    return torch.log(x)


def log1p(x: torch.Tensor, /) -> torch.Tensor:
    """log(1 + x)."""
    return _log1p_for_onnx(x) if torch.onnx.is_in_onnx_export() else torch.log1p(x)


def detached(x: torch.Tensor, /) -> torch.Tensor:
    """``x`` as a constant."""
    return x.detach()


OPS = in_place(vocabulary(_THIS))

libraries.register(_THIS)

"""How the fused executor gets at torch tensors: proof that a call is eager on host memory, views, the gradient's hook."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.autograd import forward_ad

from compatlosses import fused, losses
from compatlosses.executors import Array, FusedCall, views

from .versions import is_compiling

_transformation = torch._C._functorch.peek_interpreter_stack
_tracing_state = torch._C._get_tracing_state
_dispatch_modes = torch._C._len_torch_dispatch_stack
_function_modes = torch._C._len_torch_function_stack
_PLAIN = (torch.Tensor, torch.nn.Parameter)
_STRIDED = torch.strided


def why_formula(
    logits: torch.Tensor,
    targets: torch.Tensor,
    weight: torch.Tensor | float | None,
    pos_weight: torch.Tensor | float | None,
    /,
) -> str | None:
    """Why a call with these arguments must go to the formula; None where the fused executor may run."""
    if is_compiling():
        return "torch.compile or torch.export is reading the call"
    if forward_ad._current_level >= 0:
        return "forward-mode differentiation is on"
    if _transformation() is not None:
        return "a torch.func transformation is at work"
    if _tracing_state() is not None:
        return "torch.jit.trace is recording"
    if _dispatch_modes() or _function_modes():
        return "a mode that watches operations is on"
    if dense(logits) and dense(targets) and (weight is None or dense(weight)) and (pos_weight is None or dense(pos_weight)):
        return fused.why_unavailable()
    why = why_not(logits) or why_not(targets)
    if why is None and weight is not None:
        why = why_not(weight)
    if why is None and pos_weight is not None:
        why = why_not(pos_weight)
    return why or fused.why_unavailable()


def dense(tensor: Any) -> bool:
    """Whether an argument is a tensor whose memory can be read as it is."""
    return type(tensor) in _PLAIN and tensor.is_cpu and tensor.layout is _STRIDED and not tensor.is_neg()


def why_not(tensor: torch.Tensor | float) -> str | None:
    """Why the memory of one argument cannot be read as it is; None where it can, or where it is a number."""
    if isinstance(tensor, (int, float)) or dense(tensor):
        return None
    if type(tensor) not in _PLAIN:
        return f"a tensor is of the subclass {type(tensor).__qualname__}"
    if not tensor.is_cpu:
        return f"a tensor is on the device {tensor.device}"
    if tensor.layout is not _STRIDED:
        return f"a tensor's layout is {tensor.layout}"
    return "a tensor is a lazily negated view"


def wanted(
    logits: torch.Tensor,
    targets: torch.Tensor,
    weight: torch.Tensor | float | None,
    pos_weight: torch.Tensor | float | None,
    /,
) -> fused.Wanted:
    """By which arguments autograd will ask for a gradient."""
    if not torch.is_grad_enabled():
        return (False, False, False, False)
    return (
        logits.requires_grad,
        targets.requires_grad,
        isinstance(weight, torch.Tensor) and weight.requires_grad,
        isinstance(pos_weight, torch.Tensor) and pos_weight.requires_grad,
    )


def view(tensor: torch.Tensor, /) -> Array:
    """The tensor's memory as an array."""
    if tensor.dtype is torch.bfloat16:
        bits: Array = tensor.detach().view(torch.int16).numpy()
        return bits.view(fused.BFLOAT16)
    # Forced, it comes from a tensor that asks for a gradient too. What is on the host is not copied.
    array: Array = tensor.numpy(force=True)
    return array


def tensor(array: Array | np.generic, like: torch.Tensor, /) -> torch.Tensor:
    """An array that nobody else holds as a torch tensor."""
    whole: NDArray[Any] = np.asarray(array)
    if whole.dtype == fused.BFLOAT16:
        return torch.from_numpy(whole.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(whole)


def attach(
    call: FusedCall,
    logits: torch.Tensor,
    targets: torch.Tensor,
    weight: torch.Tensor | float | None,
    pos_weight: torch.Tensor | float | None,
    /,
) -> torch.Tensor:
    """The call's loss as a tensor whose gradients autograd asks of ``call``."""
    # Not Function's own apply, a third of whose time goes into asking again whether a transformation is at work.
    result: torch.Tensor = super(torch.autograd.Function, _Fused).apply(  # type: ignore[no-untyped-call]
        call, logits, targets, weight, pos_weight
    )
    return result


class _Fused(torch.autograd.Function):
    """A `FusedCall` in torch's graph. A gradient of its gradient is the formula's."""

    @staticmethod
    def forward(
        ctx: Any,
        call: FusedCall,
        logits: torch.Tensor,
        targets: torch.Tensor,
        weight: torch.Tensor | float | None,
        pos_weight: torch.Tensor | float | None,
    ) -> torch.Tensor:
        ctx.call = call
        if weight is None and pos_weight is None:
            ctx.save_for_backward(logits, targets)
        else:
            ctx.numbers = [None if isinstance(factor, torch.Tensor) else factor for factor in (weight, pos_weight)]
            factors = [factor if isinstance(factor, torch.Tensor) else None for factor in (weight, pos_weight)]
            ctx.save_for_backward(logits, targets, *factors)
        return tensor(call.loss, logits)

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        # Asking for them is how torch notices that an input was modified in place since.
        logits, targets, *factors = ctx.saved_tensors
        call: FusedCall = ctx.call
        weight, pos_weight = None, None
        if factors:
            weight, pos_weight = (n if f is None else f for f, n in zip(factors, ctx.numbers, strict=True))
        if torch.is_grad_enabled():
            return (
                None,
                *losses.gradients_by_formula(
                    library(), ctx.needs_input_grad[1:], g, logits, targets, weight, pos_weight, *call.options
                ),
            )
        arrays = views(library().host, logits, targets, weight, pos_weight)
        found = call.gradients(arrays, g.item() if call.reduced else view(g))
        return (None, *(None if gradient is None else tensor(gradient, logits) for gradient in found))


def library() -> Any:
    """The torch library, which imports this module."""
    from . import library as torch_library

    return torch_library

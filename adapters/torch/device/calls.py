"""A call on a GPU inside torch: which calls the kernels take, and their gradients' life in autograd.

Everything that is no plain eager call runs the formula: torch.compile fuses that by itself.
"""

from __future__ import annotations

from typing import Any

import torch

from compatlosses import by_formula
from compatlosses.protocols import Call
from compatlosses.reductions import counts_of, divisor_of

from ..host import _ARRAY_DTYPES
from ..state import function_modes, is_recording, why_not_plain
from ..versions import saved_tensors_hooks
from . import failed, give_up, launches
from .launches import Work


def why_not(call: Call) -> str | None:
    """Why a call cannot take the kernels, in words; None where it can."""
    loss, _, inputs, _, reduction = call
    why = failed(loss) or why_not_plain()
    if why is not None:
        return why
    if is_recording() or function_modes():
        return "operations are watched"
    for x in (*inputs, reduction[4]):
        if isinstance(x, torch.Tensor) and (x.device != inputs[0].device or not is_dense(x)):
            return "a tensor's memory is not its values, or on another device"
    if inputs[0].numel() == 0:
        return "there is no element"
    if not launches.is_written(loss, any(getattr(x, "dtype", None) is torch.float64 for x in inputs)):
        return f"{loss.name} is written in words that the kernels lack"
    return None


def is_dense(x: torch.Tensor) -> bool:
    """Whether a kernel can read a tensor's memory as its values."""
    return (
        type(x) in (torch.Tensor, torch.nn.Parameter)
        and x.layout is torch.strided
        and x.dtype in _ARRAY_DTYPES
        and not x.is_neg()
        and not x._is_zerotensor()
    )


def value(call: Call, dtype: torch.dtype) -> torch.Tensor:
    """The loss of a call that `why_not` has nothing against, with its gradients."""
    _, _, inputs, _, reduction = call
    tensors = [x if isinstance(x, torch.Tensor) else None for x in inputs]
    result: torch.Tensor = _OnDevice.apply(call, dtype, reduction[4], *tensors)  # type: ignore[no-untyped-call]
    return result


def work_of(call: Call, dtype: torch.dtype) -> Work:
    """What a call asks of the kernels."""
    loss, library, inputs, parameters, reduction = call
    counts = counts_of(library, inputs[1], reduction)
    weight = by_formula.as_tensor(library, inputs[-1], inputs[0])
    divisor: Any = divisor_of(library, reduction, inputs[0], weight, counts)
    if isinstance(divisor, torch.Tensor):
        divisor = divisor.to(torch.float64)
    if counts is not None:
        counts = counts.expand(inputs[0].shape).contiguous().view(torch.uint8)
    return Work(loss, inputs, parameters, counts, divisor, dtype)


def formatted(result: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """A result of the kernels in the memory format of an input."""
    formatted = torch.empty_like(like, dtype=result.dtype, requires_grad=False)
    return result if formatted.stride() == result.stride() else formatted.copy_(result)


class _OnDevice(torch.autograd.Function):
    """A call in torch's graph. Gradients by other inputs than the first, and gradients of gradients, are the
    formula's.
    """

    @staticmethod
    def forward(
        ctx: Any, call: Call, dtype: torch.dtype, mask: torch.Tensor | None, *tensors: torch.Tensor | None
    ) -> torch.Tensor:
        reduced = call[4][0] != "none"
        # What hooks pack is what counts, and a gradient that is kept they do not see.
        at_once = reduced and ctx.needs_input_grad[3] and saved_tensors_hooks(False) is None
        loss, gradient = launches.losses(work_of(call, dtype), not reduced, at_once)
        ctx.call, ctx.dtype = (*call[:2], (), call[3], (*call[4][:4], None)), dtype
        ctx.numbers = [None if isinstance(x, torch.Tensor) else x for x in call[2]]
        ctx.kept = [] if gradient is None else [gradient]
        ctx.save_for_backward(mask, *tensors)
        return loss if reduced else formatted(loss, call[2][1])

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        # Asking for them is also how torch notices that an input was modified in place since.
        mask, *saved = ctx.saved_tensors
        inputs = tuple([n if x is None else x for x, n in zip(saved, ctx.numbers, strict=True)])
        loss, library, _, parameters, reduction = ctx.call
        call = (loss, library, inputs, parameters, (*reduction[:4], mask))
        wrt = [i for i in range(len(inputs)) if ctx.needs_input_grad[3 + i]]
        found: list[torch.Tensor | None] = [None] * (3 + len(inputs))
        if 0 in wrt and not torch.is_grad_enabled() and is_dense(g) and why_not(call) is None:
            kept = ctx.kept.pop() if ctx.kept else None
            try:
                gradient = launches.gradient(work_of(call, ctx.dtype), g, kept)
                found[3] = formatted(gradient, inputs[0])
                wrt.remove(0)
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                give_up(call, error)
        for i in wrt:
            (found[3 + i],) = by_formula.slopes(call, (i,), g)
        return tuple(found)

"""What torch does with operations just now: executes them, records them, transforms them, or lets a mode
watch them.
"""

from __future__ import annotations

import torch
from torch.autograd import forward_ad

from .versions import is_compiling

_transformation = torch._C._functorch.peek_interpreter_stack
_tracing_state = torch._C._get_tracing_state
_dispatch_modes = torch._C._len_torch_dispatch_stack
function_modes = torch._C._len_torch_function_stack


def why_not_plain() -> str | None:
    """Why operations are not simply executed just now; None where they are."""
    if is_compiling():
        return "torch.compile or torch.export is reading the call"
    if forward_ad._current_level >= 0:
        return "forward-mode differentiation is on"
    if _transformation() is not None:
        return "a torch.func transformation is at work"
    if _dispatch_modes():
        return "a mode that watches operations is on"
    return None


def is_recording() -> bool:
    """Whether torch.jit.trace is recording, or the ONNX exporter that is built on it."""
    return _tracing_state() is not None


def operations_alone() -> bool:
    """Whether the formula must be differentiated by its operations: where torch does not take a Function, or
    does it wrong.

    A recording that is to be saved holds none; functionalize has no rule for one; under torch.compile
    together with torch.func, its second derivatives are 0 and vmap, jvp and their like fail.
    """
    if is_compiling():  # Dynamo reads `_transformation` as never None
        return torch._C._are_functorch_transforms_active()
    if is_recording():
        return True
    if _transformation() is None:
        return False
    levels = torch._C._functorch.get_interpreter_stack() or ()
    return any(level.key() == torch._C._functorch.TransformType.Functionalize for level in levels)

"""How the fused executor gets at MindSpore tensors: proof that a call is eager on the CPU, views, the
gradient's hook.

The hook is MindSpore's `_Function`, which its eager tape alone knows: under its compiler the formula's cells
take its place.
"""

from __future__ import annotations

import sys
from typing import Any

import mindspore
import numpy as np
from mindspore import context, ops
from mindspore.common import np_dtype
from mindspore.common.api import _pynative_executor

from compatlosses import fused
from compatlosses.executors import nothing_wanted, views
from compatlosses.protocols import Array, Derivable

try:
    from mindspore.common import _Function
except ImportError:
    _Function = None

Tensor = Any

_THIS: Any = sys.modules[__name__]
"""This module, as the host whose tensors are viewed."""


def why_formula(inputs: tuple[Any, ...]) -> str | None:
    """Why a call with these inputs must go to the formula; None where the fused executor may run."""
    if _has_no_value(probe):
        return "MindSpore is compiling the call"
    return _why_not_eager(inputs)


def _why_not_eager(inputs: tuple[Any, ...]) -> str | None:
    """The same for a call that is not compiled."""
    if _Function is None:
        return f"MindSpore {mindspore.__version__} has no custom gradients for eager calls"
    # Not get_context, which takes 20 microseconds to say so.
    if context._get_mode() != context.PYNATIVE_MODE:
        return "MindSpore is in graph mode"
    for tensor in inputs:
        if isinstance(tensor, mindspore.Tensor):
            if type(tensor) not in (mindspore.Tensor, mindspore.Parameter):
                return f"a tensor is of the subclass {type(tensor).__qualname__}"
            if not tensor.device.startswith("CPU"):
                return f"a tensor is on the device {tensor.device}"
    return fused.why_unavailable()


@ops.constexpr(check=False)  # type: ignore[untyped-decorator]
def _has_no_value(function: Any) -> bool:
    """Whether a function has come as None: MindSpore's compiler hands constants over so, Python hands over
    the function.
    """
    return function is None


def probe() -> None:
    """The function that `_has_no_value` is asked about."""


def wanted(inputs: tuple[Any, ...]) -> tuple[bool, ...]:
    """By which inputs the tape may ask for a gradient.

    It follows every tensor that a differentiated function is given.
    """
    if not _pynative_executor.requires_grad():
        return nothing_wanted(inputs)
    return tuple([differentiable(x) for x in inputs])


def differentiable(argument: Tensor | float | None) -> bool:
    """Whether an argument is a floating tensor on the tape.

    Before 2.10 none can be asked for it: then each may be.
    """
    return (
        isinstance(argument, mindspore.Tensor)
        and argument.is_floating_point()
        and argument._requires_grad is not False
    )


def view(tensor: Tensor) -> Array:
    """The tensor's memory as an array; where it is not contiguous MindSpore makes a copy."""
    array: Array = tensor.asnumpy()
    return array.view(np.uint16).view(fused.BFLOAT16) if tensor.dtype == mindspore.bfloat16 else array


def tensor(array: Array | np.generic, like: Tensor) -> Tensor:
    """An array that nobody else holds as a MindSpore tensor."""
    whole: Array = np.asarray(array)
    if whole.dtype == fused.BFLOAT16:
        whole = whole.view(np.uint16).view(np_dtype.bfloat16)
    return mindspore.Tensor.from_numpy(whole)


def attach(call: Derivable, inputs: tuple[Any, ...]) -> Tensor:
    """The call's loss as a tensor whose gradients the tape asks of ``call``."""
    return _Fused.apply(call, *inputs)


if _Function is not None:

    class _Fused(_Function):  # type: ignore[misc]
        """A `FusedCall` on MindSpore's tape. A gradient of its gradient is the formula's."""

        @staticmethod
        def forward(ctx: Any, call: Derivable, *inputs: Tensor | float | None) -> Tensor:
            # Tensors go where the tape checks their versions and hooks find them; it takes no numbers.
            ctx.save_for_backward(*[x if isinstance(x, mindspore.Tensor) else None for x in inputs])
            ctx.call = call
            ctx.numbers = [None if isinstance(x, mindspore.Tensor) else x for x in inputs]
            return tensor(call.loss, inputs[0])

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
            from . import library

            call: Derivable = ctx.call
            saved = ctx.saved_tensors
            inputs = tuple([n if x is None else x for x, n in zip(saved, ctx.numbers, strict=True)])
            if _pynative_executor.requires_grad():
                return (None, *call.formula_gradients(library, call.wanted, g, inputs))
            found = call.gradients(views(_THIS, inputs), float(g) if call.reduced else view(g))
            return (None, *[None if gradient is None else tensor(gradient, g) for gradient in found])

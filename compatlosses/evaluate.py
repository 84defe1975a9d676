"""The way of a call, once its edition has checked it: to the executor that can run it, and back as
a tensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import by_formula
from .elementwise import ElementwiseCall, Request, evaluated, takes
from .executors import NOTHING_WANTED, array_dtype
from .protocols import Call, Tensor


def evaluate(call: Call, dtype: str) -> Tensor:
    """The loss as a tensor of ``dtype``, with its gradients."""
    if why_formula(call) is None:
        return fused(call, dtype)
    return by_formula.value(call, dtype)


def why_formula(call: Call) -> str | None:
    """Why a call must go to the formula, in words; None where the compiled loops may run."""
    loss, library, inputs, _, reduction = call
    host = library.host
    if host is None:
        return f"{library.NAME} has no host memory"
    if loss.loops == "":
        return f"{loss.name} has no compiled loops"
    if not takes(reduction):
        return "the mean by weights is the formula's"
    why: str | None = host.why_formula(*inputs, reduction[4])
    return why


def fused(call: Call, dtype: str) -> Tensor:
    """The loss by the compiled loops, attached to the framework's autograd where that will ask for
    gradients.
    """
    loss, library, inputs, parameters, reduction = call
    host = library.host
    wanted = host.wanted(*inputs, None)
    arrays = tuple([x if x is None or isinstance(x, (int, float)) else host.view(x) for x in inputs])
    mask = None if reduction[4] is None else host.view(reduction[4]).copy()
    request = Request(
        loss, parameters, (*reduction[:4], mask), array_dtype(dtype), getattr(host, "empty", np.empty)
    )
    made = ElementwiseCall(request, arrays, reduction[4], wanted)
    if wanted == NOTHING_WANTED:
        return host.tensor(made.loss, inputs[0])
    return host.attach(made, *inputs, None)


def value_and_slopes(call: Call, wrt: tuple[int, ...], dtype: str) -> tuple[Tensor, tuple[Any, ...]]:
    """The loss and its gradients by the inputs numbered ``wrt``, in one pass where the compiled loops run."""
    loss, library, inputs, parameters, reduction = call
    if why_formula(call) is not None:
        return by_formula.value(call, dtype), by_formula.slopes(call, wrt)
    host = library.host
    arrays = tuple([x if x is None or isinstance(x, (int, float)) else host.view(x) for x in inputs])
    mask = None if reduction[4] is None else host.view(reduction[4])
    request = Request(
        loss, parameters, (*reduction[:4], mask), array_dtype(dtype), getattr(host, "empty", np.empty)
    )
    wanted = tuple([i in wrt for i in range(len(inputs))])
    result = evaluated(request, arrays, wanted, None, wants_loss=True)
    return host.tensor(result.loss, inputs[0]), tuple(
        [host.tensor(result.gradients[i], inputs[i]) for i in wrt]
    )

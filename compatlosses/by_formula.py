"""The formula executor: a call in the operations of its library, on any device and under any trace."""

from __future__ import annotations

from typing import Any

from .libraries import Library
from .losses import assured, factor
from .protocols import Call, Loss, Tensor
from .reductions import counts_of, divided, divisor_of


def value(call: Call, dtype: str) -> Tensor:
    """The loss as a tensor of ``dtype``."""
    loss, library, inputs, parameters, reduction = call
    tensors = prepared(loss, library, inputs)
    counts = counts_of(library, inputs[1], reduction)
    result = library.elementwise(loss, tensors + parameters, counts)
    if reduction[0] != "none":
        result = library.sum(result)
    divisor = divisor_of(library, reduction, tensors[0], tensors[len(loss.inputs)], counts)
    return library.cast(divided(library, result, divisor), dtype)


def slopes(call: Call, wrt: tuple[int, ...], g: Tensor | None = None) -> tuple[Tensor, ...]:
    """The gradients of `value` by the inputs numbered ``wrt``, times the cotangent ``g`` (None: 1):
    differentiable again.
    """
    loss, library, inputs, parameters, reduction = call
    tensors = prepared(loss, library, inputs)
    counts = counts_of(library, inputs[1], reduction)
    weight = len(loss.inputs)
    divisor = divisor_of(library, reduction, tensors[0], tensors[weight], counts)
    if g is not None:
        g = library.cast(g, library.dtype(tensors[0]))
    found: tuple[Tensor, ...] = ()
    for i in wrt:
        gradient = library.gradient(loss, i, g, tensors + parameters, counts)
        found = (*found, library.cast(divided(library, gradient, divisor), library.dtype(inputs[i])))
    return found


def prepared(loss: Loss, library: Library, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs as tensors of the dtype of the computation.

    Sizes that are not known yet are checked when the program runs.
    """
    dtype = "float64" if loss.double else computed_dtype(library, inputs)
    first = library.cast(inputs[0], dtype)
    tensors: tuple[Any, ...] = (first,)
    for i in range(1, len(inputs)):
        x = inputs[i]
        argument = loss.arguments[i]
        if x is not None and library.owns(x):
            x = library.cast(
                assured(library, argument.name, x, inputs[0], not argument.broadcasts), library.dtype(first)
            )
        tensors = (*tensors, factor(library, x, first))
    return tensors


def computed_dtype(library: Library, inputs: tuple[Any, ...]) -> str:
    """float64 where an input is, else float32."""
    for x in inputs:
        if x is not None and library.owns(x) and library.dtype(x) == "float64":
            return "float64"
    return "float32"

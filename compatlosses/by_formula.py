"""The formula executor: a call in the operations of its library, on any device and under any trace."""

from __future__ import annotations

from typing import Any

from . import row_formula, rules
from .protocols import Call, Library, Loss, Tensor
from .reductions import counts_of, divided, divisor_of, everywhere, nonzero


def value(call: Call, dtype: str) -> Tensor:
    """The loss as a tensor of ``dtype``."""
    loss, library, inputs, parameters, reduction = call
    if loss.rows != "":
        return row_formula.value(call, dtype)
    inputs = assured_inputs(loss, library, inputs)
    counts = counts_of(library, inputs[1], reduction)
    tensors = prepared(library, inputs, computed_dtype(loss, library, inputs))
    result = library.elementwise(loss, tensors + parameters, counts)
    if reduction[0] != "none":
        result = library.sum(result)
    divisor = divisor_of(library, reduction, tensors[0], tensors[len(loss.inputs)], counts)
    return library.cast(divided(library, result, divisor), dtype)


def slopes(call: Call, wrt: tuple[int, ...], g: Tensor | None = None, dtype: str = "") -> tuple[Tensor, ...]:
    """The gradients of `value` by the inputs numbered ``wrt``, times the cotangent ``g`` (None: 1):
    differentiable again.

    They are computed in ``dtype``: a host's, whose memory is the processor's, in float64 like what they stand
    for; by default as `value` is.
    """
    loss, library, inputs, parameters, reduction = call
    if loss.rows != "":
        return row_formula.slopes(call, wrt, g)
    given = inputs
    inputs = assured_inputs(loss, library, given)
    counts = counts_of(library, inputs[1], reduction)
    tensors = prepared(library, inputs, dtype or computed_dtype(loss, library, inputs))
    divisor = divisor_of(library, reduction, tensors[0], tensors[len(loss.inputs)], counts)
    divisor = nonzero(library, divisor)
    if g is not None:
        g = library.cast(g, library.dtype(tensors[0]))
    found: tuple[Tensor, ...] = ()
    for i in wrt:
        gradient = library.gradient(loss, i, g, tensors + parameters, counts)
        if loss.arguments[i].broadcasts:
            # What is assured may have been repeated on the way.
            gradient = library.sum_to(gradient, given[i])
        gradient = divided(library, gradient, divisor)
        if reduction[1] == "weights" and i == len(loss.inputs):
            gradient = gradient - by_divisor(call, tensors, counts, g, divisor)
        found = (*found, library.cast(gradient, library.dtype(given[i])))
    return found


def by_divisor(
    call: Call, tensors: tuple[Any, ...], counts: Tensor | None, g: Tensor | None, divisor: Any
) -> Tensor:
    """What the mean changes by through its divisor, the sum of the weights."""
    loss, library, inputs, parameters, _ = call
    total = library.sum(library.elementwise(loss, tensors + parameters, counts))
    share = divided(library, divided(library, total, divisor), divisor)
    if g is not None:
        share = share * g
    repeated = library.where(everywhere(library, tensors[0]) if counts is None else counts, share, 0.0)
    return library.sum_to(repeated, inputs[len(loss.inputs)])


def assured_inputs(loss: Loss, library: Library, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs; sizes that are not known yet are checked when the program runs."""
    found: tuple[Any, ...] = (inputs[0],)
    for i in range(1, len(inputs)):
        argument = loss.arguments[i]
        names = (argument.name, loss.arguments[0].name)
        found = (*found, assured(library, names, inputs[i], inputs[0], not argument.broadcasts))
    return found


def prepared(library: Library, inputs: tuple[Any, ...], dtype: str) -> tuple[Any, ...]:
    """The inputs as tensors of ``dtype``."""
    first = library.cast(inputs[0], dtype)
    tensors: tuple[Any, ...] = (first,)
    for i in range(1, len(inputs)):
        tensors = (*tensors, as_tensor(library, inputs[i], first))
    return tensors


def as_tensor(library: Library, x: Tensor | float | None, first: Tensor) -> Tensor | None:
    """An input as a tensor of the dtype of the first one; None stays None."""
    if x is None:
        return None
    if library.owns(x):
        return library.cast(x, library.dtype(first))
    return library.constant(x, first)


def computed_dtype(loss: Loss, library: Library, inputs: tuple[Any, ...]) -> str:
    """The dtype of the computation: float64 where an input is or the loss is cheap, else float32."""
    if loss.double:
        return "float64"
    for x in inputs:
        if x is not None and library.owns(x) and library.dtype(x) == "float64":
            return "float64"
    return "float32"


def assured(
    library: Any, names: tuple[str, str], x: Tensor | float | None, first: Tensor, same: bool
) -> Tensor | float | None:
    """``x``; where its shape cannot be judged yet, tied to a check against that of ``first``.

    ``names`` are those of the two. See `Deferred`.
    """
    if x is None or not hasattr(library, "assured") or not library.owns(x):
        return x
    shape, target = library.shape(x), library.shape(first)
    if same:
        if rules.is_static(shape) and rules.is_static(target):
            return x
        return library.assured(
            x, first, True, f"the shape of the {names[0]} differs from that of the {names[1]}; {RESHAPE}"
        )
    if rules.surely_broadcasts(shape, target):
        return x
    message = (
        f"the {names[0]} does not broadcast to the shape of the {names[1]}, or would enlarge it; {RESHAPE}"
    )
    return library.assured(x, first, False, message)


RESHAPE = "reshape or broadcast it explicitly first"

"""A loss of elements with its gradients, in a library's operations: what each library makes its framework's
custom gradient.

``inputs`` are a loss' tensors in the definition's order, then the weight, then the parameters: one tuple,
because some compilers pass one to a custom gradient. Tensors have one dtype; a weight that is None is 1.
``counts`` says where an element counts, None for everywhere. The others have loss 0 and slope 0, whatever
their inputs hold, and whatever comes in for them.
"""

from __future__ import annotations

from typing import Any

from .protocols import Library, Loss, Tensor


def elements(library: Library, loss: Loss, inputs: tuple[Any, ...], counts: Tensor | None) -> Tensor:
    """The loss of each element."""
    functions = loss.written(library.OPS)
    if counts is None:
        return functions[0](*inputs)
    return library.where(counts, functions[0](*replaced(library, loss, inputs, counts)), 0.0)


def slope(library: Library, loss: Loss, of: int, inputs: tuple[Any, ...], counts: Tensor | None) -> Tensor:
    """The derivative of each element's loss by the input number ``of``, not summed to that input's shape."""
    functions = loss.written(library.OPS)
    given = inputs if counts is None else replaced(library, loss, inputs, counts)
    weight = len(loss.inputs)
    if of == weight and len(functions) == 1 + weight:  # the loss is proportional to it
        return functions[0](*given[:weight], None, *given[weight + 1 :])
    return functions[1 + of](*given)


def gradient(
    library: Library, loss: Loss, of: int, g: Tensor | None, inputs: tuple[Any, ...], counts: Tensor | None
) -> Tensor:
    """The gradient of `elements` by the input number ``of``, times the cotangent ``g`` (None: 1), of that
    input's shape.
    """
    result = scaled(library, slope(library, loss, of, inputs, counts), g, counts)
    return library.sum_to(result, inputs[of]) if loss.arguments[of].broadcasts else result


def change(library: Library, loss: Loss, slope: Tensor, tangent: Tensor) -> Tensor:
    """What the loss of each element or row changes by with an input that changes by ``tangent``."""
    return library.OPS.row_sum(tangent * slope) if loss.rows != "" else tangent * slope


def replaced(library: Library, loss: Loss, inputs: tuple[Any, ...], counts: Tensor) -> tuple[Any, ...]:
    """The inputs with harmless values where an element does not count, so that no NaN there reaches a
    gradient.
    """
    count = len(loss.arguments)
    given: tuple[Any, ...] = ()
    for i in range(count):
        x = inputs[i]
        if x is not None:
            x = library.where(counts, x, loss.arguments[i].harmless)
        given = (*given, x)
    return given + inputs[count:]


def scaled(library: Library, slope: Tensor, g: Tensor | None, counts: Tensor | None) -> Tensor:
    """A slope times the cotangent, 0 where an element does not count."""
    if g is not None:
        slope = slope * g  # in this order: torch lays a product out as its first factor
    if counts is not None:
        slope = library.where(counts, slope, 0.0)
    return slope

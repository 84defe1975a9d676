"""Neutral calls of losses of elements that may be joined along an axis to one result a row: their checks, the
result and its gradients.

A call of any other loss of elements, and one without an axis, is the case of no axis and no divisor.
"""

from __future__ import annotations

import math
from typing import Any

from . import neutral
from .along import rows_of, whole_of
from .curvature import curvatures
from .evaluate import evaluate
from .evaluate import value_and_slopes as of_elements
from .neutral import Options
from .neutral_rows import checked_axis
from .protocols import Call, Library, Loss, Tensor
from .reductions import counts_of, divided, nonzero
from .row_rules import without
from .rules import FLOATING, is_static

Joined = tuple[Call, str, int | None, Any]
"""A checked call of the elements; the dtype of the result; the axis along which elements are added, None
where the whole is; and what the sums are divided by, None for nothing.
"""


def checked_call(
    loss: Loss, inputs: tuple[Any, ...], parameters: tuple[Any, ...], axis: object, options: Options
) -> Joined:
    """The call of a loss that is joined along ``axis``, from its inputs and parameters. None for the axis
    leaves elements apart.
    """
    given, numbers = of_element(loss, inputs, parameters)
    element = loss if loss.element is None else loss.element
    if axis is None:
        call, dtype = neutral.checked_call(element, given, numbers, options)
        return call, dtype, None, None
    mean_of_sums = loss.along == "sum" and options[0] == "mean"
    if mean_of_sums and options[1] != "counted" and options[1] != "all":
        raise ValueError(
            f"divisor is {options[1]!r} and axis is {axis!r}; expected 'counted' or 'all', which count rows"
        )
    asked: Options = ("sum", "counted", *options[2:]) if mean_of_sums else options
    call, dtype = neutral.checked_call(element, given, numbers, asked)
    library: Library = call[1]
    shape = library.shape(inputs[0])
    if shape is None:
        raise ValueError(f"{loss.names[0]} has an unknown number of dimensions; expected a known one")
    place = checked_axis(axis, loss.names[0], shape)
    if mean_of_sums:
        return call, dtype, None, rows_that_count(call, place, options[1] == "all")
    length = shape[place] if loss.along == "mean" and options[0] != "mean" else None
    return call, dtype, place if options[0] == "none" else None, length


def of_element(
    loss: Loss, inputs: tuple[Any, ...], parameters: tuple[Any, ...]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The inputs and parameters of the loss of the elements, which may have more of them."""
    if loss.element is None:
        return inputs, parameters
    given: tuple[Any, ...] = ()
    for name in loss.element.names:
        given = (*given, inputs[loss.names.index(name)] if name in loss.names else None)
    numbers: tuple[Any, ...] = ()
    for parameter in loss.element.parameters:
        numbers = (*numbers, parameter.default)
    return given, numbers


def places_of_element(loss: Loss, places: tuple[int, ...]) -> tuple[int, ...]:
    """The places of inputs among those of the loss of the elements."""
    if loss.element is None:
        return places
    found: tuple[int, ...] = ()
    for i in range(len(places)):
        found = (*found, loss.element.names.index(loss.names[places[i]]))
    return found


def rows_that_count(call: Call, axis: int, every: bool) -> int | Tensor:
    """The number of rows along an axis; of those with an element that counts, unless ``every`` one is."""
    library: Any = call[1]
    x, targets = call[2][0], call[2][1]
    counts = None if every else counts_of(library, targets, call[4])
    shape = library.shape(x)
    rows = without(shape, axis)
    if counts is None and is_static(rows):
        return math.prod(rows)
    if counts is None:
        return library.size(library.row_sum(library.moved(x, axis, -1)))
    number = library.row_sum(library.cast(library.moved(counts, axis, -1), "float64"))
    return library.sum(library.cast(number > 0.0, "float64"))


def value(joined: Joined) -> Tensor:
    """The result."""
    call, dtype, axis, divisor = joined
    if axis is not None:
        return rows_of(call, dtype, axis, divisor)
    return evaluate(call, dtype) if divisor is None else whole_of(call, dtype, divisor)


def value_and_slopes(joined: Joined, wrt: tuple[int, ...]) -> tuple[Tensor, tuple[Any, ...]]:
    """The result, and the gradients of the sum of all results by the inputs numbered ``wrt``."""
    call, dtype, axis, divisor = joined
    if axis is None and divisor is None:
        return of_elements(call, wrt, dtype)
    _, slopes = of_elements(summed(call), wrt, "float64")
    return value(joined), shared(call, wrt, slopes, divisor)


def second_slopes(joined: Joined, wrt: tuple[int, ...]) -> tuple[Tensor, ...]:
    """The second derivatives of the sum of all results, each by one element of an input twice."""
    call, _, axis, divisor = joined
    if axis is None and divisor is None:
        return curvatures(call, wrt)
    return shared(call, wrt, curvatures(summed(call), wrt), divisor)


def summed(call: Call) -> Call:
    """The sum of a call's elements, whose inputs are in double: their slopes are still to be divided."""
    loss, library, inputs, parameters, reduction = call
    wide: tuple[Any, ...] = ()
    for x in inputs:
        if library.owns(x) and library.dtype(x) in FLOATING:
            x = library.cast(x, "float64")
        wide = (*wide, x)
    return loss, library, wide, parameters, ("sum", "one", reduction[2], reduction[3], reduction[4])


def shared(
    call: Call, wrt: tuple[int, ...], slopes: tuple[Any, ...], divisor: int | Tensor | None
) -> tuple[Any, ...]:
    """Slopes over a divisor, each of the dtype of its input."""
    library, inputs = call[1], call[2]
    found: tuple[Any, ...] = ()
    for i in range(len(wrt)):
        slope = divided(library, slopes[i], nonzero(library, divisor))
        found = (*found, library.cast(slope, library.dtype(inputs[wrt[i]])))
    return found

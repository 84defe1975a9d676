"""What the neutral functions of losses of rows share: their checks, and the call."""

from __future__ import annotations

import math
from typing import Any

from . import rules
from .evaluate import evaluate
from .libraries import common_library, number, quoted
from .neutral import (
    Options,
    check_divisor,
    check_ignore_index,
    check_mask,
    checked_parameter,
    ignored_value,
    result_dtype,
)
from .plans import Plans
from .protocols import Call, Library, Loss, Parameter, Reduction, Shape, Tensor
from .row_rules import without

INDICES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
"""The dtypes of class indices."""

AXIS = Parameter("axis", -1)
SMOOTHING = Parameter("label_smoothing", 0.0, least=0.0, most=1.0)

Given = tuple[object, object, object]
"""(axis, label_smoothing, weighting), as the caller gave them."""


def call(loss: Loss, plans: Plans, inputs: tuple[Any, ...], given: Given, options: Options) -> Any:
    """A neutral call: ``inputs`` are the definition's and the weight. ``plans`` are those of the loss."""
    told = (*given, *options)
    if isinstance(inputs[0], plans.types):
        loss_of_plan = plans.known(inputs, told)
        if loss_of_plan is not None:
            return loss_of_plan
    checked, dtype = checked_call(loss, inputs, given, options)
    return evaluate(checked, dtype, plans, told)


def checked_call(loss: Loss, inputs: tuple[Any, ...], given: Given, options: Options) -> tuple[Call, str]:
    """The call, and the dtype of its result."""
    library = common_library(inputs, loss.names)
    axis = check_inputs(loss, library, inputs, given[0])
    if given[2] != "class" and given[2] != "row":
        raise ValueError(f"weighting is {quoted(given[2])}; expected 'class' or 'row'")
    if given[2] == "row" and inputs[2] is not None and loss.of_weighted_rows is not None:
        loss = loss.of_weighted_rows
    smoothing = checked_parameter(SMOOTHING, given[1])
    reduction = checked_options(loss, library, inputs, axis, options)
    checked = (loss, library, inputs, (axis, smoothing), reduction)
    return checked, result_dtype(library, inputs[0], options[4])


def check_inputs(loss: Loss, library: Library, inputs: tuple[Any, ...], axis: object) -> int:
    """The axis of the classes, from 0 on. Dtypes and shapes that do not go together are refused."""
    names = loss.names
    x, targets, weight = inputs
    rules.check_dtype(library, names[0], x, rules.FLOATING, TypeError, targets=targets)
    rules.check_dtype(library, names[1], targets, INDICES + rules.FLOATING, TypeError)
    shape = library.shape(x)
    if shape is None:
        raise ValueError(f"{names[0]} has an unknown number of dimensions; expected a known one")
    place = checked_axis(axis, names[0], shape)
    rows = without(shape, place)
    expected = shape if library.dtype(targets) in rules.FLOATING else rows
    own = library.shape(targets)
    if own is not None and not rules.same_shape(own, expected):
        raise ValueError(
            f"{names[1]} has dtype {library.dtype(targets)} and shape {rules.shown(own)}; expected class "
            f"indices of shape {rules.shown(rows)}, that of {names[0]} without "
            f"axis {place}, or probabilities, floating numbers, of shape {rules.shown(shape)}"
        )
    if weight is not None:
        check_weight(library, weight, shape[place])
    return place


def checked_axis(axis: object, name: str, shape: Shape) -> int:
    """The axis of the classes, from 0 on."""
    value = number(axis)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"axis is {quoted(axis)}; expected an int")
    count = len(shape)
    if count == 0:
        raise ValueError(f"{name} has no dimension; expected an axis of classes")
    if not -count <= value < count:
        raise ValueError(
            f"axis is {value}; expected {-count} to {count - 1}, as {name} has {count} dimensions"
        )
    place = value % count
    if shape[place] == 0:
        raise ValueError(f"{name} has shape {rules.shown(shape)}, no class along axis {place}; expected one")
    return place


def check_weight(library: Library, weight: Tensor, classes: int | None) -> None:
    """Refuse a weight that is not one number a class."""
    if not library.owns(weight):
        raise TypeError(
            f"weight is {quoted(weight)}; expected a {library.NAME} tensor of one number for each class"
        )
    rules.check_dtype(library, "weight", weight, rules.NUMBERS, TypeError)
    own = library.shape(weight)
    if own is not None and not rules.same_shape(own, (classes,)):
        raise ValueError(
            f"weight has shape {rules.shown(own)}; expected {rules.shown((classes,))}, one number for each "
            f"class"
        )


def checked_options(
    loss: Loss, library: Library, inputs: tuple[Any, ...], axis: int, options: Options
) -> Reduction:
    """The reduction that the options come to."""
    reduction, divisor, ignore_index, mask, _ = options
    x, targets, weight = inputs
    rules.check_reduction(reduction, ValueError)
    check_divisor(divisor, weight)
    check_ignore_index(ignore_index)
    if ignore_index is not None and library.dtype(targets) in rules.FLOATING:
        raise ValueError(
            f"ignore_index is {quoted(ignore_index)} and {loss.names[1]} has dtype "
            f"{library.dtype(targets)}, probabilities; expected class indices. Name rows by mask instead."
        )
    ignored = ignored_value(library, targets, ignore_index)
    if mask is not None:
        check_mask(library, mask)
        check_rows_of_mask(library, mask, library.shape(x), axis)
    return (str(reduction), str(divisor) if reduction == "mean" else "one", ignored, math.nan, mask)


def check_rows_of_mask(library: Library, mask: Tensor, shape: Shape | None, axis: int) -> None:
    """Refuse a mask that does not broadcast to the rows."""
    own = library.shape(mask)
    if own is None or shape is None:
        return
    rows = without(shape, axis)
    if not rules.broadcasts(own, rows):
        raise ValueError(
            f"mask has shape {rules.shown(own)}; expected one that broadcasts to {rules.shown(rows)}, the "
            f"shape of the rows"
        )

"""What the neutral functions share: their checks, and the call. Each function lies with its definition."""

from __future__ import annotations

import math
from typing import Any, Literal, Protocol, TypeVar

from . import rules
from .deprecated import normalized
from .evaluate import evaluate
from .libraries import common_library, number, quoted
from .plans import Plans as Plans
from .protocols import Call, Library, Loss, Parameter, Reduction, Tensor
from .reductions import DIVISORS

ReductionName = Literal["none", "mean", "sum"]
DivisorName = Literal["counted", "all", "weights"]


class TensorLike(Protocol):
    """What a type checker can know of a tensor of any framework."""

    @property
    def shape(self) -> Any:
        """The sizes by dimension."""

    @property
    def dtype(self) -> Any:
        """The type of the elements."""


T = TypeVar("T", bound=TensorLike)
"""The type of a call's tensors, and of its result."""

SHARED = ("reduction", "divisor", "ignore_index", "mask", "dtype")
"""The options that all losses share, in the order of `Options`."""

Options = tuple[object, ...]
"""(reduction, divisor, ignore_index, mask, dtype), as the caller gave them, and what is `deprecated`."""


def call(
    loss: Loss, plans: Plans, inputs: tuple[Any, ...], parameters: tuple[Any, ...], options: Options
) -> Any:
    """A neutral call: ``inputs`` are the definition's and the weight, ``parameters`` the definition's.

    ``plans`` are those of the loss.
    """
    given = (*parameters, *options)
    if isinstance(inputs[0], plans.types):
        loss_of_plan = plans.known(inputs, given)
        if loss_of_plan is not None:
            return loss_of_plan
    checked, dtype = checked_call(loss, inputs, parameters, options)
    if len(options) > len(SHARED) and options[-1] is not None:  # what is deprecated warns at each call
        return evaluate(checked, dtype)
    return evaluate(checked, dtype, plans, given)


def checked_call(
    loss: Loss, inputs: tuple[Any, ...], parameters: tuple[Any, ...], options: Options
) -> tuple[Call, str]:
    """The call, and the dtype of its result."""
    library = common_library(inputs, loss.names)
    check_inputs(loss, library, inputs)
    numbers = checked_parameters(loss, parameters)
    if loss.batches:
        rules.check_reduction_of_batches(options[0], ValueError)
    if loss.batches and options[0] == "batchmean":
        reduction = of_a_batch(library, inputs, checked_options(library, inputs, ("sum", *options[1:])))
    else:
        reduction = checked_options(library, inputs, options)
    if len(options) > len(SHARED) and options[-1] is not None:
        reduction = normalized(reduction, options[-1])
    checked = (loss, library, numeric(loss, library, inputs), numbers, reduction)
    return checked, result_dtype(library, inputs[0], options[4])


def check_inputs(loss: Loss, library: Library, inputs: tuple[Any, ...]) -> None:
    """Refuse dtypes and shapes that do not go together.

    Returns None on purpose: where sizes are unknown, a compiler may not be able to use a value from behind a
    check of them.
    """
    first, targets = loss.names[0], inputs[1] if library.owns(inputs[1]) else None
    rules.check_dtype(library, first, inputs[0], rules.FLOATING, TypeError, targets=targets)
    # Each rule is asked for its words only where a quick look does not suffice: most of what a small call
    # costs is calls.
    shape = library.shape(inputs[0])
    for i in range(1, len(inputs)):
        x, name = inputs[i], loss.names[i]
        if x is None and not loss.arguments[i].optional:
            raise TypeError(f"{name} is None; expected a tensor or a number")
        if x is None or not library.owns(x):
            continue
        if library.dtype(x) not in rules.NUMBERS:
            rules.check_dtype(library, name, x, rules.NUMBERS, TypeError)
        own = library.shape(x)
        if not loss.arguments[i].broadcasts:
            if shape is None or own != shape:
                rules.check_same_shape(library, name, x, first, inputs[0], ValueError)
        elif own is None or shape is None or not rules.broadcasts(own, shape):
            rules.check_broadcast(library, name, x, first, inputs[0], ValueError)


def numeric(loss: Loss, library: Library, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs, those that broadcast as tensors of the library, Python numbers or None."""
    found: tuple[Any, ...] = ()
    for i in range(len(inputs)):
        found = (*found, weight_of(library, inputs[i]) if loss.arguments[i].broadcasts else inputs[i])
    return found


def checked_options(library: Library, inputs: tuple[Any, ...], options: Options) -> Reduction:
    """The reduction that the options come to."""
    reduction, divisor, ignore_index, mask = options[0], options[1], options[2], options[3]
    rules.check_reduction(reduction, ValueError)
    check_divisor(divisor, inputs[-1])
    check_ignore_index(ignore_index)
    if mask is not None:
        check_mask(library, mask)
        rules.check_broadcast(library, "mask", mask, "the first tensor", inputs[0], ValueError)
    return (
        str(reduction),
        str(divisor) if reduction == "mean" else "one",
        ignored_value(library, inputs[1], ignore_index),
        math.nan,
        mask,
    )


def of_a_batch(library: Library, inputs: tuple[Any, ...], reduction: Reduction) -> Reduction:
    """A sum as 'batchmean'."""
    shape = library.shape(inputs[0])
    if shape is None or len(shape) == 0:
        raise ValueError(
            "reduction is 'batchmean' and there is no first axis, or none that is known; expected tensors of "
            "one dimension at least"
        )
    return (reduction[0], "batch", *reduction[2:])


def check_divisor(divisor: object, weight: object) -> None:
    """Refuse a divisor of means that is none of the three, or asks for weights that are not there."""
    if not isinstance(divisor, str) or divisor not in DIVISORS[1:]:
        raise ValueError(f"divisor is {quoted(divisor)}; expected 'counted', 'all' or 'weights'")
    if divisor == "weights" and weight is None:
        raise ValueError(
            "divisor is 'weights' and there is no weight; expected a weight, or the divisor 'counted'"
        )


def check_ignore_index(ignore_index: object) -> None:
    """Refuse an ignore_index that is neither None nor a number."""
    if ignore_index is not None and number(ignore_index) is None:
        raise TypeError(f"ignore_index is {quoted(ignore_index)}; expected a number or None")


def check_mask(library: Library, mask: Tensor) -> None:
    """Refuse a mask that is no bool tensor."""
    if not library.owns(mask):
        raise TypeError(
            f"mask is {quoted(mask)}; expected a {library.NAME} tensor of bool. Make it one first."
        )
    rules.check_dtype(library, "mask", mask, ("bool",), TypeError)


def checked_parameters(loss: Loss, parameters: tuple[Any, ...]) -> tuple[float, ...]:
    """The parameters as Python numbers within their bounds."""
    found: tuple[float, ...] = ()
    for i in range(len(parameters)):
        found = (*found, checked_parameter(loss.parameters[i], parameters[i]))
    return found


def checked_parameter(parameter: Parameter, value: object) -> float:
    """One parameter as a Python number within its bounds."""
    if value is None and parameter.absent is not None:
        return parameter.absent
    if len(parameter.choices) > 0:
        return chosen(parameter, value)
    given = number(value)
    if given is None or isinstance(given, bool):
        raise TypeError(f"{parameter.name} is {quoted(value)}; expected a number")
    if parameter.above is not None and not given > parameter.above:
        raise ValueError(f"{parameter.name} is {given}; expected a number above {parameter.above:g}")
    if parameter.most is not None and not given <= parameter.most:
        raise ValueError(f"{parameter.name} is {given}; expected a number of at most {parameter.most:g}")
    if parameter.least is not None and not given >= parameter.least:
        raise ValueError(f"{parameter.name} is {given}; expected a number of at least {parameter.least:g}")
    return float(given)


def chosen(parameter: Parameter, value: object) -> float:
    """The place of a value among the choices of a parameter."""
    for i in range(len(parameter.choices)):
        if isinstance(value, (bool, str)) and value == parameter.choices[i]:
            return float(i)
    message = f"{parameter.name} is {quoted(value)}; expected {parameter.choices[0]!r} or "
    message = message + f"{parameter.choices[1]!r}"
    if isinstance(value, str) and isinstance(parameter.choices[0], str):
        raise ValueError(message)
    raise TypeError(message)


def result_dtype(library: Library, first: Tensor, dtype: object) -> str:
    """The dtype of a result: ``dtype``, or where that is None the first tensor's, as automatic casting
    leaves it.
    """
    if dtype is None:
        dtype = library.autocast_dtype(first) or library.dtype(first)
    if not isinstance(dtype, str) or dtype not in rules.FLOATING:
        raise ValueError(f"dtype is {quoted(dtype)}; expected {', '.join(rules.FLOATING)}")
    return str(dtype)


def ignored_value(library: Library, targets: Tensor, ignore_index: object) -> float | None:
    """The value of the targets' dtype that ``ignore_index``, a number or None, names."""
    if ignore_index is None:
        return None
    return rules.sentinel(library.dtype(targets), number(ignore_index))


def weight_of(library: Library, weight: Tensor | float | None) -> Tensor | float | None:
    """A weight as a tensor of the library, a Python number or None."""
    if weight is None or library.owns(weight):
        return weight
    value = number(weight)
    if isinstance(value, int) and abs(value) > rules.LARGEST:
        raise ValueError(
            "a weight is an int beyond the range of float64; expected a smaller one. Pass float('inf') for "
            "infinity."
        )
    return value

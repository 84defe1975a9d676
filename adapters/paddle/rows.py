"""What Paddle's releases share in losses of rows: the rules for labels, axes, weights and divisors.

The functions are in ``cross_entropy.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from compatlosses import row_rules, rules
from compatlosses.definitions import (
    cross_entropy,
    cross_entropy_of_probabilities,
    cross_entropy_of_probabilities_of_weighted_rows,
    cross_entropy_of_weighted_rows,
    nll,
)
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library, number, quoted
from compatlosses.neutral import ignored_value
from compatlosses.neutral_rows import check_weight, checked_axis
from compatlosses.plans import Look, Plans, View
from compatlosses.protocols import Loss

from .checks import promoted

NAMES = ("input", "label", "weight")
INDICES = ("int32", "int64")
WHOLE = ("float32", "float64")
"""The floating dtypes that may hold class indices."""

Inputs = tuple[Any, Any, Any]
"""Input, label and weight."""

_LIKELIHOODS = Plans()
"""Those of `log_likelihood`."""


@dataclass(frozen=True, eq=False)
class Release:
    """Where releases of Paddle differ."""

    dtypes: tuple[str, ...]
    """Of the input and the weight."""
    divides_by_all: Callable[[int], bool]
    """Whether, with this ignore_index, a mean without weights divides by all rows, not by those that
    count."""
    plans: Plans


class Options(NamedTuple):
    """The options of a cross entropy."""

    ignore_index: int = -100
    reduction: str = "mean"
    soft_label: bool = False
    axis: int = -1
    use_softmax: bool = True
    label_smoothing: float = 0.0


def losses(release: Release, inputs: Inputs, options: Options, logits: str = "input") -> Tensor:
    """A cross entropy by the rules of a release. Unreduced losses keep the axis of the classes, with size 1,
    unless the labels are indices without it and soft_label is not given. ``logits``: the name of the input.
    """
    given = (logits, *options)
    if isinstance(inputs[0], release.plans.types):
        loss_of_plan = release.plans.known(inputs, given)
        if loss_of_plan is not None:
            return loss_of_plan
    check_options(options)
    names = (logits, *NAMES[1:])
    library = common_library(inputs, names)
    x, label, weight = inputs
    rules.check_dtype(library, names[0], x, release.dtypes, TypeError, targets=label)
    axis = checked_axis(options.axis, names[0], known_shape(library, names[0], x))
    if weight is not None:
        check_weight_of(library, weight, release.dtypes, (x, axis))
    soft = is_soft(library, (x, label), axis, options)
    keeps = options.soft_label or len(library.shape(label) or ()) == len(library.shape(x) or ())
    if soft:
        check_soft(library, names, (x, label), options)
    else:
        rules.check_dtype(library, names[1], label, INDICES + WHOLE, TypeError)
        label = indices(library, names, (x, label), axis)
    # What is kept has the labels that were given, and gives the losses as they are.
    plans = None if label is not inputs[1] or (keeps and options.reduction == "none") else release.plans
    ignored = None if soft else ignored_value(library, label, options.ignore_index)
    divisor = divisor_of(release, options, weight, soft)
    if divisor == "all" and not soft:
        warn_of_ignored_rows(library, label, ignored)
    loss = loss_of(options.use_softmax, weight is not None and (soft or options.label_smoothing > 0.0))
    reduction = (options.reduction, divisor, ignored, 0.0, None)
    parameters = (axis, float(options.label_smoothing))
    call = (loss, library, (x, label, weight), parameters, reduction)
    result = evaluate(call, result_dtype(library, x, weight), plans, given)
    return with_axis(library, result, axis) if keeps and options.reduction == "none" else result


def log_likelihood(inputs: Inputs, ignore_index: int, reduction: str) -> Tensor:
    """The negative log-likelihood of rows, whose classes are the second axis."""
    given = (ignore_index, reduction)
    if isinstance(inputs[0], _LIKELIHOODS.types):
        loss_of_plan = _LIKELIHOODS.known(inputs, given)
        if loss_of_plan is not None:
            return loss_of_plan
    rules.check_reduction(reduction, ValueError)
    check_ignore_index(ignore_index)
    library = common_library(inputs, NAMES)
    x, label, weight = inputs
    rules.check_dtype(library, "input", x, rules.FLOATING, TypeError, targets=label)
    rules.check_dtype(library, "label", label, INDICES, TypeError)
    shape = known_shape(library, "input", x)
    if len(shape) < 2:
        raise ValueError(f"input has shape {rules.shown(shape)}; expected (N, C) or (N, C, d1, ...)")
    axis = checked_axis(1, "input", shape)
    if weight is not None:
        check_weight_of(library, weight, rules.FLOATING, (x, axis))
    label = indices(library, NAMES, (x, label), axis)
    divisor = "one"
    if reduction == "mean":
        divisor = "counted" if weight is None else "weights"
    ignored = ignored_value(library, label, ignore_index)
    call = (nll.LOSS, library, (x, label, weight), (axis, 0.0), (reduction, divisor, ignored, 0.0, None))
    plans = _LIKELIHOODS if label is inputs[1] else None  # what is kept has the labels that were given
    return evaluate(call, result_dtype(library, x, weight), plans, given)


def softmax(logits: Tensor, axis: int) -> Tensor:
    """The softmax of checked logits, of their shape and dtype."""
    library: Any = common_library((logits,), ("logits",))
    place = axis % len(library.shape(logits))
    x = library.moved(library.cast(logits, "float64"), place, -1)
    return library.cast(library.moved(library.OPS.softmax(x), -1, place), library.dtype(logits))


# --- rules --------------------------------------------------------------------------------------------------


def check_options(options: Options) -> None:
    """Refuse options that no release takes."""
    rules.check_reduction(options.reduction, ValueError)
    check_ignore_index(options.ignore_index)
    if options.soft_label and options.ignore_index > 0:
        raise ValueError(
            f"ignore_index is {options.ignore_index} and soft_label is True; expected the default, -100, as "
            f"only indices can be ignored"
        )
    smoothing = number(options.label_smoothing)
    if smoothing is None:
        raise TypeError(f"label_smoothing is {quoted(options.label_smoothing)}; expected a number")
    if not 0.0 <= smoothing <= 1.0:
        raise ValueError(f"label_smoothing is {smoothing}; expected a number from 0 to 1")


def check_ignore_index(ignore_index: object) -> None:
    """Refuse an ignore_index that is no int."""
    if isinstance(ignore_index, bool) or not isinstance(number(ignore_index), int):
        raise TypeError(f"ignore_index is {quoted(ignore_index)}; expected an int")


def known_shape(library: Library, name: str, x: Tensor) -> tuple[int | None, ...]:
    """The shape of a tensor whose number of dimensions must be known."""
    shape = library.shape(x)
    if shape is None:
        raise ValueError(f"{name} has an unknown number of dimensions; expected a known one")
    return shape


def check_weight_of(
    library: Library, weight: Tensor, dtypes: tuple[str, ...], logits: tuple[Tensor, int]
) -> None:
    """Refuse a weight that is not one floating number a class. ``logits``: with the axis of the classes."""
    shape = known_shape(library, "input", logits[0])
    check_weight(library, weight, shape[logits[1]])
    rules.check_dtype(library, "weight", weight, dtypes, TypeError)


def is_soft(library: Library, pair: tuple[Tensor, Tensor], axis: int, options: Options) -> bool:
    """Whether labels are a number for each class. Where they are smoothed their shape says that."""
    if options.label_smoothing == 0.0:
        return options.soft_label
    shape, own = library.shape(pair[0]), library.shape(pair[1])
    if shape is None or own is None or len(own) != len(shape):
        return False
    return library.dtype(pair[1]) in rules.FLOATING and rules.same_shape(own, shape)


def check_soft(
    library: Library, names: tuple[str, ...], pair: tuple[Tensor, Tensor], options: Options
) -> None:
    """Refuse labels that are not a number for each class, of the input's dtype unless they are smoothed."""
    x, label = pair
    accepted = rules.FLOATING if options.label_smoothing else (library.dtype(x),)
    rules.check_same_shape(library, names[1], label, names[0], x, ValueError)
    rules.check_dtype(library, names[1], label, accepted, TypeError)


def indices(library: Any, names: tuple[str, ...], pair: tuple[Tensor, Tensor], axis: int) -> Tensor:
    """Labels as integers in the shape of the rows."""
    x, label = pair
    own, shape = library.shape(label), library.shape(x)
    if own is not None and len(own) == len(shape) and own[axis] == 1:
        label = library.without_axis(library.moved(label, axis, -1))
    row_rules.check_indices(library, (names[0], names[1]), label, x, axis)
    return library.cast(label, "int64") if library.dtype(label) in WHOLE else label


def divisor_of(release: Release, options: Options, weight: Tensor | None, soft: bool) -> str:
    """What a loss is divided by."""
    if options.reduction != "mean":
        return "one"
    if weight is not None:
        return "weights"
    return "all" if soft or release.divides_by_all(options.ignore_index) else "counted"


def loss_of(use_softmax: bool, by_row: bool) -> Loss:
    """The definition, of logits or of probabilities, whose weights are those of terms or of rows."""
    if use_softmax:
        return cross_entropy_of_weighted_rows.LOSS if by_row else cross_entropy.LOSS
    if by_row:
        return cross_entropy_of_probabilities_of_weighted_rows.LOSS
    return cross_entropy_of_probabilities.LOSS


def result_dtype(library: Library, x: Tensor, weight: Tensor | None) -> str:
    """The dtype of the loss: the input's times the weight's, as Paddle promotes it."""
    dtype = library.autocast_dtype(x) or library.dtype(x)
    return (
        dtype if weight is None else promoted(dtype, library.autocast_dtype(weight) or library.dtype(weight))
    )


def with_axis(library: Any, losses: Tensor, axis: int) -> Tensor:
    """The losses of rows, with the axis of the classes, of size 1."""
    return library.moved(library.with_axis(losses), -1, axis)


# --- the divisor --------------------------------------------------------------------------------------------


def warn_of_ignored_rows(library: Library, label: Tensor, ignored: float | None) -> None:
    """Warn once, where labels on host memory hold the negative index of rows that are ignored: the mean
    divides by them too.
    """
    host = library.host
    if _warn.cache_info().currsize or host is None or host.why_formula((label,)) is not None:
        return
    if (host.view(label) == ignored).any():
        _warn(5)


def look_for(divides_by_all: Callable[[int], bool]) -> Look:
    """The same of calls that come again, of a release."""

    def look(view: View, inputs: tuple[Any, ...], options: tuple[Any, ...]) -> None:
        _, ignore_index, reduction, soft, *_ = options
        if reduction != "mean" or inputs[2] is not None or soft or _warn.cache_info().currsize:
            return
        if divides_by_all(ignore_index):
            label = view(inputs[1])
            if label.dtype.kind == "i" and (label == ignore_index).any():
                _warn(6)

    return look


@cache
def _warn(level: int) -> None:
    warnings.warn(
        "rows are ignored by a negative ignore_index, and the mean divides by all rows, the ignored ones "
        "too: this is the rule of Paddle 3 and 2.0, and of no other framework. To divide by the rows that "
        "count, use an ignore_index of at least 0, reduction='sum' and your own divisor, "
        "compatlosses.paddle.v2_6, or compatlosses.cross_entropy. This is said once.",
        UserWarning,
        stacklevel=level,
    )


# --- the releases -------------------------------------------------------------------------------------------


def release_of(dtypes: tuple[str, ...], divides_by_all: Callable[[int], bool]) -> Release:
    """A release, which has seen no call."""
    return Release(dtypes, divides_by_all, Plans(look_for(divides_by_all)))


PADDLE_3 = release_of(rules.FLOATING, lambda ignore_index: ignore_index < 0)
PADDLE_2_6 = release_of(rules.FLOATING, lambda ignore_index: False)
PADDLE_2_0 = release_of(WHOLE, lambda ignore_index: ignore_index == -100)

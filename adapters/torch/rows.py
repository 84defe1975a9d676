"""torch's losses of rows: ``cross_entropy`` and ``nll_loss`` of ``torch.nn.functional``.

The axis of the classes is the second one, of an input with one dimension that one.
"""

from __future__ import annotations

import math
from contextlib import suppress
from operator import index
from typing import Any

from compatlosses import pairs, row_rules, rules
from compatlosses.definitions import cross_entropy as of_logits
from compatlosses.definitions import nll
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, number, quoted
from compatlosses.neutral_rows import checked_axis
from compatlosses.plans import Plans
from compatlosses.protocols import Loss, Shape

from . import adapter, dispatch
from .elements import library_for
from .legacy import checked_reduction

_PLANS = Plans()
_INDICES = ("int64", "uint8")
_INDICES_ELSEWHERE = (*_INDICES, "int32")
"""Those of other frameworks: JAX has no int64 by default."""

Inputs = tuple[Tensor, Tensor, Tensor | None]


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax cross entropy of rows, by torch's rules.

    The loss of a row with an index is ``-weight[target] log(softmax(input)[target])``, that of a row with
    probabilities the sum of ``-weight target log(softmax(input))`` over the classes. A reduction in the
    fourth place is taken for ``size_average``: ``cross_entropy(x, y, None, 'none')`` is a mean.

    Args:
        input: logits, a floating tensor of shape (C,), (N, C) or (N, C, d1, ...).
        target: the index of each row's class, int64 or uint8, of the input's shape without the axis of the
            classes; or a floating number for each class, of the input's shape. Beside tensors of another
            framework than torch, indices may be int32 too.
        weight: factor of each class, of shape (C,). Beside indices it has the input's dtype.
        size_average: deprecated. With ``reduce``, overrides ``reduction`` whatever that is: see there.
        ignore_index: rows with this index have no loss and no gradient. Beside probabilities it must be
            negative, and means nothing.
        reduce: deprecated. False means 'none'; otherwise ``size_average=False`` means 'sum', and either given
            'mean'.
        reduction: 'none', 'mean' or 'sum'. A mean of indices divides by the weights of the rows that are not
            ignored, one of probabilities by the number of rows.
        label_smoothing: a number s in [0, 1]: each target q becomes ``q (1 - s) + s / C``.

    Returns:
        A tensor of the input's dtype, beside probabilities of the dtype that torch promotes the arguments to:
        of the rows' shape for 'none', 0-D otherwise. Under torch.autocast, of float32 where that is half
        precision. The mean over ignored rows alone is NaN.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, an ignore_index that is no int, a
            label_smoothing that is no number.
        ValueError: another number of rows than the input's, an input without classes, an unknown reduction.
        RuntimeError: other shapes that do not go together, another dtype of target or weight, a
            label_smoothing outside [0, 1], an ignore_index of 0 or more beside probabilities.
        NotImplementedError: an input that is not floating.
        IndexError: an index that is no class. In a compiled program and on a device, where values cannot be
            seen, its row's loss is NaN.

    Source: torch 2.13 documentation of ``torch.nn.functional.cross_entropy``; where it is silent, torch
    2.13.0.
    """
    inputs = (input, target, weight)
    options = ("cross_entropy", size_average, ignore_index, reduce, reduction, label_smoothing)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target, weight):
        return dispatch.answer(
            cross_entropy,
            (input, target, weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            ignore_index=ignore_index,
            reduce=reduce,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )
    library = library_for(*inputs)
    name = checked_reduction(library, size_average, reduce, reduction)
    smoothing = rules.parameter("label_smoothing", label_smoothing)
    if not smoothing >= 0.0 or not smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing is {smoothing}; expected a number from 0 to 1")
    # What is deprecated warns at each call.
    plans = _PLANS if size_average is None and reduce is None and name == reduction else None
    return _rows(of_logits.LOSS, library, inputs, (ignore_index, name, smoothing), (plans, options))


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of rows, ``-weight[target] input[target]``, by torch's rules. Nothing is
    normalised.

    Args:
        input: log-probabilities, a floating tensor of shape (C,), (N, C) or (N, C, d1, ...).
        target: the index of each row's class, as in `cross_entropy`.
        weight, size_average, ignore_index, reduce, reduction: as in `cross_entropy`.

    Returns:
        A tensor of the input's dtype: of the rows' shape for 'none', 0-D otherwise. Under torch.autocast, of
        float32 where that is half precision. The mean over ignored rows alone is NaN.

    Raises:
        TypeError, ValueError, RuntimeError, NotImplementedError, IndexError: as `cross_entropy`.

    Source: torch 2.13 documentation of ``torch.nn.functional.nll_loss``; where it is silent, torch 2.13.0.
    """
    inputs = (input, target, weight)
    options = ("nll_loss", size_average, ignore_index, reduce, reduction)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target, weight):
        return dispatch.answer(
            nll_loss,
            (input, target, weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            ignore_index=ignore_index,
            reduce=reduce,
            reduction=reduction,
        )
    library = library_for(*inputs)
    name = checked_reduction(library, size_average, reduce, reduction)
    # What is deprecated warns at each call.
    plans = _PLANS if size_average is None and reduce is None and name == reduction else None
    return _rows(nll.LOSS, library, inputs, (ignore_index, name, 0.0), (plans, options))


for _function in (cross_entropy, nll_loss):
    setattr(_function, "__prepare_scriptable__", dispatch.natively(_function.__name__))  # noqa: B010


def _rows(
    loss: Loss,
    library: Library,
    inputs: Inputs,
    options: tuple[object, str, float],
    remembered: tuple[Plans | None, tuple[object, ...]],
) -> Tensor:
    """A loss of rows by torch's rules.

    ``options``: ignore_index, and reduction and label_smoothing, checked. ``remembered``: the plans that keep
    the call, and the options as the caller gave them.
    """
    input, target, weight = inputs
    ignore_index, reduction, smoothing = options
    shape = library.shape(input)
    if shape is None:
        raise ValueError("input has an unknown number of dimensions; expected a known one")
    soft = loss is of_logits.LOSS and library.dtype(target) in rules.FLOATING
    ignored = _ignored(library, target, ignore_index, soft)
    if loss is of_logits.LOSS:
        if not soft and rules.is_static(shape):
            _check_not_of_input(library, target, shape)
        rules.check_dtype(library, "input", input, rules.FLOATING, NotImplementedError)
    axis = checked_axis(0 if len(shape) == 1 else 1, "input", shape)
    rows = _target_of_rows(library, target, shape, shape if soft else row_rules.without(shape, axis))
    if not soft:
        accepted = _INDICES if library.NAME == adapter.MODULE else _INDICES_ELSEWHERE
        rules.check_dtype(library, "target", target, accepted, RuntimeError)
    rules.check_dtype(library, "input", input, rules.FLOATING, NotImplementedError)
    dtype = _dtype(library, input)
    if soft:
        dtype = pairs.promoted(dtype, _dtype(library, target))
    if weight is not None:
        dtype = _dtype_beside(library, weight, (soft, dtype), shape[axis])
    divisor = "one"
    if reduction == "mean":
        divisor = "all" if soft else ("counted" if weight is None else "weights")
    call = (
        loss,
        library,
        (input, rows, weight),
        (axis, smoothing),
        (reduction, divisor, ignored, math.nan, None),
    )
    plans, given = remembered
    if plans is None or rows is not target:
        return evaluate(call, dtype)
    return evaluate(call, dtype, plans, given)


def _ignored(library: Library, target: Tensor, ignore_index: object, soft: bool) -> int | None:
    """The index of rows that do not count; None for no row, where the target cannot hold it: -100 beside
    uint8.
    """
    value = number(ignore_index)
    if value is None and rules.says_a_number(ignore_index):
        with suppress(TypeError):  # a tensor that is no integer
            value = index(ignore_index)  # type: ignore[arg-type]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"ignore_index is {quoted(ignore_index)}; expected an int")
    if soft:
        if value >= 0:
            raise RuntimeError(
                f"ignore_index is {value} and target has dtype {library.dtype(target)}, probabilities; "
                f"expected class indices. Leave ignore_index out, or give class indices."
            )
        return None
    dtype = library.dtype(target)
    return rules.whole(dtype, value) if dtype in _INDICES_ELSEWHERE else None


def _check_not_of_input(library: Library, target: Tensor, shape: Shape) -> None:
    """Refuse a target of the input's shape, which makes probabilities of it, that is not floating."""
    if library.shape(target) == shape:
        raise RuntimeError(
            f"target has dtype {library.dtype(target)} and the shape of input, {rules.shown(shape)}; "
            f"expected a floating dtype of probabilities, or class indices without the axis of the classes. "
            f"Cast or reshape it first."
        )


def _target_of_rows(library: Any, target: Tensor, shape: Shape, expected: Shape) -> Tensor:
    """The target in the shape that is expected beside an input of ``shape``; an index of shape (1,) is one
    without dimensions.
    """
    own = library.shape(target)
    if own is None or rules.same_shape(own, expected):
        return target
    if expected == () and own == (1,):
        return library.without_axis(target)
    # torch counts rows first, and an input with one dimension as one.
    count = 1 if len(shape) == 1 else shape[0]
    counted = len(own) < 2 or len(shape) > 1
    agrees = len(own) > 0 and rules.same_shape(own[:1], (count,))
    error = ValueError if counted and not agrees else RuntimeError
    rules.fail(
        error,
        f"target has shape {rules.shown(own)}; expected {rules.shown(expected)} beside an input of shape "
        f"{rules.shown(shape)}. Reshape it first.",
    )


def _dtype(library: Library, x: Tensor) -> str:
    """The dtype of a tensor, as automatic casting leaves it."""
    return library.autocast_dtype(x) or library.dtype(x)


def _dtype_beside(library: Library, weight: Tensor, beside: tuple[bool, str], classes: int | None) -> str:
    """The dtype of a loss with a weight for each class. ``beside``: whether targets are probabilities, and
    the dtype without the weight.
    """
    soft, dtype = beside
    own = library.shape(weight)
    if own is not None and not rules.same_shape(own, (classes,)):
        raise RuntimeError(
            f"weight has shape {rules.shown(own)}; expected {rules.shown((classes,))}, one number for each "
            f"class"
        )
    if soft:
        rules.check_dtype(library, "weight", weight, rules.NUMBERS, RuntimeError)
        return pairs.promoted(dtype, _dtype(library, weight))
    if _dtype(library, weight) != dtype:
        rules.check_dtype(library, "weight", weight, (dtype,), RuntimeError)
    return dtype

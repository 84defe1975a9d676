"""MindSpore's losses of rows: ``cross_entropy`` and ``nll_loss`` of ``mindspore.ops``, and what the loss
classes and ``mindspore.mint`` share with them.

The axis of the classes is the second one, of logits with one dimension that one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from compatlosses import pairs, row_rules, rules
from compatlosses.definitions import cross_entropy as of_logits
from compatlosses.definitions import nll
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library, find, number, quoted
from compatlosses.neutral import ignored_value
from compatlosses.neutral_rows import check_weight, checked_axis
from compatlosses.protocols import Loss


@dataclass(frozen=True, eq=False)
class RowDialect:
    """The tensors that a function of rows accepts: their names, and dtypes."""

    names: tuple[str, str, str]
    logits: tuple[str, ...]
    indices: tuple[str, ...]
    probabilities: tuple[str, ...] = ()
    """The dtypes of targets with a number for each class; none where there are no such targets."""
    weights: tuple[str, ...] = ("float16", "float32", "float64", "int32", "int64")
    repeats: bool = True
    """Whether probabilities may broadcast, and indices have the axis of the classes with size 1."""
    promotes: bool = True
    """Whether the result has the widest dtype of all three; else that of the logits, float32 of
    probabilities.
    """
    least_rows: int = 0


_NUMBERS = ("float16", "float32", "float64")
OF_OPS = RowDialect(("input", "target", "weight"), _NUMBERS, ("int32", "int64"), _NUMBERS)
NLL_OF_OPS = RowDialect(("inputs", "target", "weight"), _NUMBERS, ("int32", "int64"))


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax cross entropy of rows, by the rules of ``mindspore.ops``.

    The loss of a row with an index is ``-weight[target] log(softmax(input)[target])``, that of a row with
    probabilities the sum of ``-weight target log(softmax(input))`` over the classes.

    Args:
        input: logits, float16, float32 or float64: of shape (C,), (N, C) or (N, C, d1, ...).
        target: int32 or int64, the index of each row's class, of the input's shape without the axis of the
            classes; or float16, float32 or float64, a number for each class.
        weight: factor of each class, of shape (C,).
        ignore_index: rows with this index have no loss and no gradient. Of indices alone.
        reduction: 'none', 'mean' or 'sum'. A mean of indices divides by the weights of the rows that are not
            ignored, one of probabilities by the number of rows.
        label_smoothing: a float s in [0, 1]: each target q becomes ``q (1 - s) + s / C``.

    Returns:
        A tensor of the widest dtype of input, probabilities and weight: of the rows' shape for 'none', 0-D
        otherwise. The mean over ignored rows alone is NaN.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an ignore_index
            that is no int, a label_smoothing that is no float.
        ValueError: shapes that do not go together, an unknown reduction, a label_smoothing outside [0, 1].
        IndexError: an index that is no class. In a compiled program and on a device, where values cannot be
            seen, its row's loss is NaN.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.cross_entropy``; where it is silent, mindspore
    2.10.0.
    """
    rules.check_reduction(reduction, ValueError)
    check_ignore_index(ignore_index)
    check_smoothing(label_smoothing)
    options = (ignore_index, reduction, label_smoothing)
    return rows(OF_OPS, of_logits.LOSS, (input, target, weight), options)


def nll_loss(
    inputs: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int | None = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The negative log-likelihood of rows, ``-weight[target] inputs[target]``, by the rules of
    ``mindspore.ops``. Nothing is normalised.

    Args:
        inputs: log-probabilities, float16, float32 or float64: of shape (C,), (N, C) or (N, C, d1, ...).
        target: int32 or int64, the index of each row's class, of the shape of inputs without the axis of the
            classes.
        weight: factor of each class, of shape (C,).
        ignore_index: rows with this index have no loss and no gradient; None for none.
        reduction: 'none', 'mean' or 'sum'. A mean divides by the weights of the rows that are not ignored.
        label_smoothing: a number s in [0, 1]: each target q becomes ``q (1 - s) + s / C``.

    Returns:
        A tensor of the wider dtype of inputs and weight: of the rows' shape for 'none', 0-D otherwise. The
        mean over ignored rows alone is NaN.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an option that is
            no number.
        ValueError, IndexError: as `cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.nll_loss``; where it is silent, mindspore 2.10.0.
    """
    rules.check_reduction(reduction, ValueError)
    if ignore_index is not None and number(ignore_index) is None:
        raise TypeError(f"ignore_index is {quoted(ignore_index)}; expected a number or None")
    smoothing = number(label_smoothing)
    if smoothing is None:
        raise TypeError(f"label_smoothing is {quoted(label_smoothing)}; expected a number")
    check_range(smoothing)
    options = (ignore_index, reduction, float(smoothing))
    return rows(NLL_OF_OPS, nll.LOSS, (inputs, target, weight), options)


def rows(
    dialect: RowDialect, loss: Loss, inputs: tuple[Any, ...], options: tuple[int | None, str, float]
) -> Tensor:
    """A loss of rows by MindSpore's rules. ``options``: ignore_index, reduction, label_smoothing, checked."""
    names = dialect.names
    library = common_library(inputs, names)
    x, target, weight = inputs
    rules.check_dtype(library, names[0], x, dialect.logits, TypeError)
    rules.check_dtype(library, names[1], target, dialect.indices + dialect.probabilities, TypeError)
    shape = library.shape(x)
    if shape is None:
        raise ValueError(f"{names[0]} has an unknown number of dimensions; expected a known one")
    axis = checked_axis(0 if len(shape) == 1 else 1, names[0], shape)
    if weight is not None:
        check_weight(library, weight, shape[axis])
        rules.check_dtype(library, names[2], weight, dialect.weights, TypeError)
    if shape[0] is not None and shape[0] >= 0 and shape[0] < dialect.least_rows:
        raise ValueError(f"{names[0]} has shape {rules.shown(shape)}, no row; expected one")
    target = of_rows(library, dialect, (x, target), axis)
    soft = library.dtype(target) in rules.FLOATING
    dtype = result_dtype(library, dialect, (x, target, weight))
    ignore_index, reduction, smoothing = options
    divisor = "one"
    if reduction == "mean":
        divisor = "all" if soft else ("counted" if weight is None else "weights")
    ignored = None if soft else ignored_value(library, target, held(library, target, ignore_index))
    return evaluate(
        (
            loss,
            library,
            (x, target, weight),
            (axis, smoothing),
            (reduction, divisor, ignored, math.nan, None),
        ),
        dtype,
    )


def result_dtype(library: Library, dialect: RowDialect, inputs: tuple[Any, ...]) -> str:
    """The dtype of the loss of logits, targets and a weight."""
    x, target, weight = inputs
    dtype = library.autocast_dtype(x) or library.dtype(x)
    soft = library.dtype(target) in rules.FLOATING
    if not dialect.promotes:
        return "float32" if soft else dtype
    if soft:
        dtype = pairs.promoted(dtype, library.dtype(target))
    return dtype if weight is None else pairs.promoted(dtype, library.dtype(weight))


def held(library: Library, target: Tensor, ignore_index: int | None) -> int | None:
    """The ignore_index; None, for no row, where the targets' dtype cannot hold it: -100 beside uint8."""
    if ignore_index is not None and library.dtype(target) == "uint8" and not 0 <= ignore_index <= 255:
        return None
    return ignore_index


def of_rows(library: Any, dialect: RowDialect, pair: tuple[Tensor, Tensor], axis: int) -> Tensor:
    """The targets in the shape of the rows, or with a number for each class."""
    x, target = pair
    names = dialect.names
    own, shape = library.shape(target), library.shape(x)
    if library.dtype(target) in rules.FLOATING:
        if not dialect.repeats:
            rules.check_same_shape(library, names[1], target, names[0], x, ValueError)
        rules.check_broadcast(library, names[1], target, names[0], x, ValueError)
        if own != shape and rules.is_static(own) and rules.is_static(shape):
            return library.broadcast_to(target, shape)
        return target
    if dialect.repeats and own is not None and len(own) == len(shape) and own[axis] == 1:
        target = library.without_axis(library.moved(target, axis, -1))
    row_rules.check_indices(library, (names[0], names[1]), target, x, axis)
    return target


def check_ignore_index(ignore_index: object) -> None:
    """Refuse an ignore_index that is no int."""
    if isinstance(ignore_index, bool) or not isinstance(ignore_index, int):
        raise TypeError(f"ignore_index is {quoted(ignore_index)}; expected an int")


def check_smoothing(label_smoothing: object) -> None:
    """Refuse a label_smoothing that is no float, or outside [0, 1]."""
    if not isinstance(label_smoothing, float):
        raise TypeError(f"label_smoothing is {quoted(label_smoothing)}; expected a float")
    check_range(label_smoothing)


def check_range(label_smoothing: float) -> None:
    """Refuse a label_smoothing outside [0, 1]."""
    if not label_smoothing >= 0.0 or not label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing is {label_smoothing}; expected a number from 0 to 1")


# --- what the loss classes do -------------------------------------------------------------------------------

_HALF_AND_SINGLE = ("float16", "float32")
_OF_CLASS = RowDialect(
    ("logits", "labels", "weight"), _HALF_AND_SINGLE, ("int32",), _HALF_AND_SINGLE, _HALF_AND_SINGLE, False
)
_SPARSE = RowDialect(("logits", "labels", "weight"), _HALF_AND_SINGLE, ("int32", "int64"), repeats=False)


def check_options(weight: Tensor | None, ignore_index: object) -> None:
    """What a loss class with a weight refuses when it is made."""
    check_ignore_index(ignore_index)
    if weight is None:
        return
    library = find(weight)
    if library is None:
        raise TypeError(f"weight is {quoted(weight)}; expected a tensor of float16 or float32, or None")
    rules.check_dtype(library, "weight", weight, _HALF_AND_SINGLE, TypeError)


def check_sparse(sparse: object) -> None:
    """Refuse a flag that is no bool."""
    if not isinstance(sparse, bool):
        raise TypeError(f"sparse is {quoted(sparse)}; expected a bool")


def cross_entropy_of_class(
    logits: Tensor, labels: Tensor, weight: Tensor | None, options: tuple[int, str, float]
) -> Tensor:
    """The loss of ``nn.CrossEntropyLoss``: `cross_entropy` of float16 and float32 and of int32 alone."""
    return rows(_OF_CLASS, of_logits.LOSS, (logits, labels, weight), options)


def softmax_cross_entropy_of_class(logits: Tensor, labels: Tensor, sparse: bool, reduction: str) -> Tensor:
    """The loss of ``nn.SoftmaxCrossEntropyWithLogits``: of rows along the last axis of two."""
    names = ("logits", "labels")
    library = common_library((logits, labels), names)
    rules.check_dtype(library, names[0], logits, _HALF_AND_SINGLE, TypeError)
    accepted = _SPARSE.indices if sparse else (library.dtype(logits),)
    rules.check_dtype(library, names[1], labels, accepted, TypeError)
    shape = library.shape(logits)
    if shape is not None and len(shape) != 2 and not (sparse and reduction == "mean" and len(shape) > 2):
        raise ValueError(f"logits has shape {rules.shown(shape)}; expected two dimensions, (N, C)")
    axis = checked_axis(-1, names[0], shape)  # type: ignore[arg-type]
    if sparse:
        row_rules.check_indices(library, names, labels, logits, axis)
    else:
        rules.check_same_shape(library, names[1], labels, names[0], logits, ValueError)
    dtype = library.autocast_dtype(logits) or library.dtype(logits)
    divisor = "all" if reduction == "mean" else "one"
    call = (
        of_logits.LOSS,
        library,
        (logits, labels, None),
        (axis, 0.0),
        (reduction, divisor, None, math.nan, None),
    )
    return evaluate(call, dtype)

"""What Keras' losses of rows share: the loss of each row, of logits or probabilities of any framework.

Probabilities are divided by their sum and clipped to [epsilon, 1 - epsilon], in double where the device has
it.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

from compatlosses import row_rules, rules
from compatlosses.checks import MUTUAL, Dialect, check
from compatlosses.definitions import cross_entropy as of_logits
from compatlosses.definitions import cross_entropy_of_probabilities as of_shares
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library, number
from compatlosses.neutral_rows import checked_axis

from . import adapter, checks

OF_LOSSES = checks.dialect(("y_pred", "y_true"), MUTUAL)
OF_OPS = checks.dialect(("output", "target"), MUTUAL)
"""Of class indices, whose shape is that of the rows."""


class Rows(NamedTuple):
    """How rows are read: whether the output is logits, the axis of the classes, and label smoothing."""

    from_logits: bool
    axis: int
    smoothing: float = 0.0


def soft_losses(dialect: Dialect, target: Tensor, output: Tensor, rows: Rows) -> Tensor:
    """The losses of rows with a number for each class, of the output's dtype.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, an output that is not floating, an axis that
            is no int.
        ValueError: a target of another shape than the output, an axis that it lacks.
    """
    output, rows = activated(output, rows)
    library = common_library((output, target), dialect.names)
    check(library, dialect, (output, target))
    axis = axis_of(library, dialect.names[0], output, rows.axis)
    dtype = library.dtype(output)
    # Targets have the output's dtype in Keras.
    target = row_rules.probabilities(library, library.cast(target, dtype))
    return losses(library, (output, target), rows._replace(axis=axis), ("none", "one", None), dtype)


def index_losses(
    dialect: Dialect,
    pair: tuple[Tensor, Tensor],
    rows: Rows,
    ignore_class: int | None = None,
    reduction: str = "none",
) -> tuple[Tensor, Tensor | None]:
    """The losses of rows with the index of a class, of the output's dtype, and where they count; None for
    everywhere. ``reduction`` may be 'mean', over the rows that count, or 'sum'.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, an output that is not floating, an axis that
            is no int.
        ValueError: a target of another shape than the rows, an axis that the output lacks.
        IndexError: an index that is no class. Where values cannot be seen, its loss is NaN.
    """
    target, output = pair
    output, rows = activated(output, rows)
    names = dialect.arguments[0].name, dialect.arguments[1].name
    library: Any = common_library((output, target), names)
    check(library, dialect, (output, target))
    axis = axis_of(library, names[0], output, rows.axis)
    target = of_rows(library, target, output, axis)
    row_rules.check_indices(library, names, target, output, axis)
    kind = library.dtype(target)
    if kind in rules.FLOATING or kind == "bool":
        target = library.cast(target, "int32" if kind == "bool" else "int64")
    ignored = ignored_class(library, target, ignore_class)
    counts = None if ignored is None else ~library.equal(target, ignored)
    divisor = "counted" if reduction == "mean" else "one"
    found = losses(
        library,
        (output, target),
        rows._replace(axis=axis),
        (reduction, divisor, ignored),
        library.dtype(output),
    )
    return found, counts


def losses(
    library: Any,
    pair: tuple[Tensor, Tensor],
    rows: Rows,
    reduction: tuple[str, str, int | None],
    dtype: str,
) -> Tensor:
    """The losses of rows that have been checked. ``pair``: output and target. ``reduction``: its name, its
    divisor, the index of rows that do not count; a mean over none of them is 0.
    """
    output, target = pair
    from_logits, axis, smoothing = rows
    reduced = (*reduction, 0.0, None)
    if from_logits:
        return evaluate((of_logits.LOSS, library, (output, target, None), (axis, smoothing), reduced), dtype)
    if library.dtype(target) in rules.FLOATING:
        target = library.moved(target, axis, -1)
    call = (shares(library, output, axis), target, None)
    last = len(library.shape(output)) - 1
    return evaluate((of_shares.LOSS, library, call, (last, smoothing), reduced), dtype)


def shares(library: Any, output: Tensor, axis: int) -> Tensor:
    """Probabilities in double, classes last, over their sum, and clipped: no gradient where they are."""
    p = library.moved(library.cast(output, "float64"), axis, -1)
    p = p / library.row_sum(p)
    value = checks.epsilon()
    least, most = library.constant(value, p), library.constant(1.0 - value, p)
    return library.where(p < least, least, library.where(p > most, most, p))


def activated(output: Tensor, rows: Rows) -> tuple[Tensor, Rows]:
    """The output, or the logits that a softmax activation of Keras has kept on it."""
    if not adapter.loaded():
        return output, rows
    from . import backend

    output, from_logits = backend.logits_of(output, rows.from_logits)
    return output, rows._replace(from_logits=from_logits)


def axis_of(library: Library, name: str, output: Tensor, axis: object) -> int:
    """The axis of the classes, from 0 on."""
    shape = library.shape(output)
    if shape is None:
        raise ValueError(f"{name} has an unknown number of dimensions; expected a known one")
    return checked_axis(axis, name, shape)


def of_rows(library: Any, target: Tensor, output: Tensor, axis: int) -> Tensor:
    """The target without the axis of the classes, which it may have with size 1."""
    shape, other = library.shape(target), library.shape(output)
    if shape is None or len(shape) != len(other) or shape[axis] != 1:
        return target
    return library.without_axis(library.moved(target, axis, -1))


def ignored_class(library: Library, target: Tensor, ignore_class: object) -> int | None:
    """The index of rows that do not count; None where there is none that the target could hold."""
    value = number(ignore_class)
    if value is None or math.isnan(value):
        return None
    return rules.whole(library.dtype(target), value)


def warn_of_one_class(library: Library | None, output: Tensor, axis: int) -> None:
    """Warn of rows of one class, whose loss is 0."""
    shape = None if library is None else library.shape(output)
    if shape and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"y_pred has shape {rules.shown(shape)}, one class along axis {axis}, so that the loss is 0; "
            f"expected several. Call binary_crossentropy for two classes that share one output.",
            SyntaxWarning,
            stacklevel=3,
        )

"""optax' softmax cross entropy of rows: ``softmax_cross_entropy``, the same of integer labels, and
``safe_softmax_cross_entropy``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from compatlosses import pairs, row_rules, rules
from compatlosses.checks import Argument, Dialect, check
from compatlosses.definitions.cross_entropy import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.jax import adapter
from compatlosses.libraries import Library, Shape, Tensor, common_library, find, quoted
from compatlosses.neutral_rows import INDICES, checked_axis

from .conversions import converted
from .elements import LABELLED

_NAMES = ("logits", "labels", "where")
_OF_INDICES = Dialect((Argument("logits", rules.FLOATING), Argument("labels", INDICES)), confusable=True)

Axis = int | tuple[int, ...]


def softmax_cross_entropy(
    logits: Tensor, labels: Tensor, axis: Axis | None = -1, where: Tensor | None = None
) -> Tensor:
    """Softmax cross entropy of rows with a number for each class, by optax' rules.

    A row's loss is ``-sum(labels * log(softmax(logits)))``.

    Args:
        logits: tensor with an axis of classes; float16, bfloat16, float32 or float64.
        labels: a number for each class, floating, integer or bool; it broadcasts against the logits.
        axis: that of the classes; several axes, or None for all, whose places are the classes together.
        where: bool tensor. One that has as many dimensions as the logits says which classes a row has; one of
            the rows' shape says which rows count.

    Beside a JAX array, NumPy arrays are made JAX arrays, as optax does.

    Returns:
        A tensor of the rows' shape and of the wider dtype of logits and labels. The loss of a row without
        classes, or that does not count, is 0.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating, an axis that is
            no int.
        ValueError: shapes that do not broadcast, an axis that the logits lack, a where that is not of bool or
            does not broadcast.

    Source: optax 0.2.8 documentation of ``optax.softmax_cross_entropy``.
    """
    logits, labels, where = _converted(logits, labels, where)
    library = common_library((logits, labels, where), _NAMES)
    check(library, LABELLED, (logits, labels))
    dtype = pairs.promoted(library.dtype(logits), library.dtype(labels))
    axes = _checked_axes(library, logits, axis)
    logits, labels, axes = _of_one_shape(library, logits, row_rules.probabilities(library, labels), axes)
    chosen = _chosen(library, logits, where, axes)
    return _losses(library, chosen, _flattened(library, labels, axes), dtype)


def safe_softmax_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """`softmax_cross_entropy` along the last axis. In optax it is the one in which a label of 0 masks a logit
    of minus infinity; here both are.

    Args:
        logits, labels: as in `softmax_cross_entropy`.

    Returns:
        As `softmax_cross_entropy`.

    Raises:
        TypeError, ValueError: as `softmax_cross_entropy`.

    Source: optax 0.2.8 documentation of ``optax.safe_softmax_cross_entropy``.
    """
    return softmax_cross_entropy(logits, labels)


def softmax_cross_entropy_with_integer_labels(
    logits: Tensor, labels: Tensor, axis: Axis = -1, where: Tensor | None = None
) -> Tensor:
    """Softmax cross entropy of rows with the index of a class, by optax' rules.

    A row's loss is ``-log(softmax(logits)[label])``. An index that is no class, a negative one too, makes it
    NaN, without a gradient.

    Args:
        logits: as in `softmax_cross_entropy`.
        labels: the index of each row's class: integers of the rows' shape, or of as many dimensions, some of
            size 1.
        axis: that of the classes, or a tuple of several, of which a label is the flat index.
        where: as in `softmax_cross_entropy`. The loss of a class that its row does not have is infinite.

    Arguments are converted as `softmax_cross_entropy` converts them.

    Returns:
        A tensor of the rows' shape and the logits' dtype. The loss of a row without classes, or that does not
        count, is 0.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating, labels that are
            no integers.
        ValueError: as `softmax_cross_entropy`; an axis that is neither an int nor a tuple.

    Source: optax 0.2.8 documentation of ``optax.softmax_cross_entropy_with_integer_labels``; where it is
    silent, optax 0.2.8.
    """
    if isinstance(axis, bool) or not isinstance(axis, (int, tuple)):
        raise ValueError(f"axis is {quoted(axis)}; expected an int or a tuple of them")
    logits, labels, where = _converted(logits, labels, where)
    library = common_library((logits, labels, where), _NAMES)
    check(library, _OF_INDICES, (logits, labels))
    chosen = _chosen(library, logits, where, _checked_axes(library, logits, axis))
    logits, labels = _of_the_same_rows(library, chosen.logits, labels)
    known = _known(library, logits, labels)
    counts = known if chosen.counts is None else known & chosen.counts
    losses = _losses(library, _Chosen(logits, None, counts), labels, library.dtype(logits))
    return library.where(known if chosen.counts is None else known | ~chosen.counts, losses, math.nan)


class _Chosen(NamedTuple):
    """Logits whose last axis is that of the classes, what ``where`` says of each class, and which rows
    count.
    """

    logits: Tensor
    classes: Tensor | None
    counts: Tensor | None


def _losses(library: Any, chosen: _Chosen, labels: Tensor, dtype: str) -> Tensor:
    """The loss of each row that counts, 0 of the others."""
    logits, classes, counts = chosen
    if classes is not None and library.dtype(labels) in rules.FLOATING:
        labels = library.where(classes, labels, 0.0)
    axis = len(library.shape(logits)) - 1
    reduction = ("none", "one", None, math.nan, counts)
    return evaluate((LOSS, library, (logits, labels, None), (axis, 0.0), reduction), dtype)


def _converted(logits: Tensor, labels: Tensor, where: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """The arguments as optax makes them arrays; a number as labels as a tensor like the logits."""
    owner = find(logits)
    if isinstance(labels, float) and owner is not None and owner.dtype(logits) in rules.FLOATING:
        labels = owner.constant(labels, logits)
    if adapter.loaded():
        logits, labels = converted(logits, labels)
        if where is not None:
            logits, where = converted(logits, where)
    return logits, labels, where


def _checked_axes(library: Library, logits: Tensor, axis: object) -> tuple[int, ...]:
    """The axes of the classes, each from 0 on."""
    shape = library.shape(logits)
    if shape is None:
        raise ValueError("logits has an unknown number of dimensions; expected a known one")
    given = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple([checked_axis(each, "logits", shape) for each in given])
    if not axes or len(set(axes)) < len(axes):
        raise ValueError(f"axis is {axis}; expected at least one axis, and each once")
    return axes


def _of_one_shape(
    library: Library, logits: Tensor, labels: Tensor, axes: tuple[int, ...]
) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Both broadcast against each other, and the axes of the classes there."""
    before = library.shape(logits)
    logits, labels = pairs.spread(library, ("logits", "labels"), logits, labels, ValueError)
    after = library.shape(logits)
    if before is None or after is None:
        return logits, labels, axes
    added = len(after) - len(before)
    for axis in axes:
        if before[axis] != after[axis + added]:
            raise ValueError(
                f"logits has one class along axis {axis} and labels {after[axis + added]}; expected as many"
            )
    return logits, labels, tuple([axis + added for axis in axes])


def _of_the_same_rows(library: Library, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Logits, classes last, and labels of as many dimensions, broadcast to the same rows."""
    shape: Any = library.shape(logits)
    own: Any = library.shape(labels)
    if not rules.is_static(shape) or not rules.is_static(own) or own == shape[:-1]:
        return logits, labels
    rows = shape[:-1]
    common = pairs.common_shape(rows, own) if len(own) == len(rows) else None
    if common is None:
        raise ValueError(
            f"labels has shape {rules.shown(own)}; expected {rules.shown(rows)}, that of logits without the "
            f"classes"
        )
    return library.broadcast_to(logits, (*common, shape[-1])), library.broadcast_to(labels, common)


def _chosen(library: Any, logits: Tensor, where: Tensor | None, axes: tuple[int, ...]) -> _Chosen:
    """What ``where`` leaves of logits."""
    shape = library.shape(logits)
    flat = _flattened(library, logits, axes)
    if where is None:
        return _Chosen(flat, None, None)
    if not library.owns(where):
        raise TypeError(f"where is {quoted(where)}; expected a {library.NAME} tensor of bool or None")
    rules.check_dtype(library, "where", where, ("bool",), ValueError)
    own = library.shape(where)
    rows = tuple([size for i, size in enumerate(shape) if i not in axes])
    expected = shape if len(own) == len(shape) else rows
    if not rules.broadcasts(own, expected):
        raise ValueError(
            f"where has shape {rules.shown(own)}; expected one that broadcasts to {rules.shown(shape)}, that "
            f"of logits, or to {rules.shown(rows)}, that of the rows"
        )
    if own != expected and rules.is_static(expected):
        where = library.broadcast_to(where, expected)
    if expected is rows:
        return _Chosen(flat, None, where)
    classes = _flattened(library, where, axes)
    some = ~library.equal(library.row_sum(library.cast(classes, "float32")), 0)
    return _Chosen(library.where(classes, flat, -math.inf), classes, library.without_axis(some))


def _flattened(library: Any, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """``x`` with the axes of the classes as the last one."""
    count = len(library.shape(x))
    for i, axis in enumerate(axes):
        x = library.moved(x, axis - len([each for each in axes[:i] if each < axis]), count - 1)
    if len(axes) == 1:
        return x
    shape: Shape = library.shape(x)
    rows = count - len(axes)
    if not rules.is_static(shape):
        raise ValueError("logits has unknown sizes; expected known ones, of which several axes are classes")
    return library.reshape(x, (*shape[:rows], math.prod(shape[rows:])))  # type: ignore[arg-type]


def _known(library: Any, logits: Tensor, labels: Tensor) -> Tensor:
    """Where a label is a class of the last axis."""
    classes = library.shape(logits)[-1]
    if library.dtype(labels) in ("int8", "uint8", "int16", "uint16"):  # which may not hold their number
        labels = library.cast(labels, "int32")
    if not rules.is_known(classes):
        classes = library.cast(library.size(logits) / library.size(library.row_max(logits)), "int64")
        labels = library.cast(labels, "int64")
    return (labels >= 0) & (labels < classes)

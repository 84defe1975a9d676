"""optax' focal loss of each element, and its Kullback-Leibler divergences along axes."""

from __future__ import annotations

from typing import Any

from compatlosses import pairs, rules
from compatlosses.along import along
from compatlosses.checks import MUTUAL, Argument, Dialect, check, of_one_shape, pair
from compatlosses.definitions import generalized_kl_div, kl_div, sigmoid_focal
from compatlosses.evaluate import evaluate
from compatlosses.jax import adapter
from compatlosses.libraries import Library, Tensor, common_library, find, number
from compatlosses.neutral import check_mask
from compatlosses.reductions import named

from .conversions import converted

Axis = int | tuple[int, ...] | None

LABELLED = Dialect((Argument("logits", rules.FLOATING), Argument("labels", rules.NUMBERS)), confusable=True)
_TARGETS = Dialect(pair(("log_predictions", "targets"), rules.FLOATING, MUTUAL))
_LOG_TARGETS = Dialect(pair(("log_predictions", "log_targets"), rules.FLOATING, MUTUAL))


def sigmoid_focal_loss(
    logits: Tensor, labels: Tensor | float, *, alpha: float | None = None, gamma: float = 2.0
) -> Tensor:
    """The focal loss of each element by optax' rules: ``(1 - p_t)**gamma`` times binary cross entropy.

    Args:
        logits: floating tensor of any shape.
        labels: number, or tensor of any dtype, values in [0, 1] (not checked). Both broadcast against each
            other.
        alpha: weight of the label 1, at least 0; that of the label 0 is ``1 - alpha``. None: both are 1.
        gamma: how much less right predictions weigh; at least 0.

    Returns:
        A tensor of the logits' dtype and of the shape that both broadcast to.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, logits that are not floating, an
            alpha or gamma that is no number.
        ValueError: shapes that do not broadcast, an alpha or gamma below 0.

    Source: optax 0.2.8 documentation of ``optax.sigmoid_focal_loss``.
    """
    if adapter.loaded():
        logits, labels = converted(logits, labels)
    owner, label = find(logits), number(labels)
    if owner is not None and label is not None and not owner.owns(labels):
        labels = owner.constant(label, logits)
    library = common_library((logits, labels), LABELLED.names)
    check(library, LABELLED, (logits, labels))
    parameters = (
        -1.0 if alpha is None else rules.nonnegative("alpha", alpha),
        rules.nonnegative("gamma", gamma),
    )
    dtype = library.dtype(logits)
    x, y = of_one_shape(library, LABELLED, (logits, library.cast(labels, dtype)))
    return evaluate((sigmoid_focal.LOSS, library, (x, y, None, None), parameters, named("none")), dtype)


def kl_divergence(
    log_predictions: Tensor, targets: Tensor, axis: Axis = -1, where: Tensor | None = None
) -> Tensor:
    """The Kullback-Leibler divergence along an axis by optax' rules,
    ``sum(targets * (log(targets) - log_predictions))``.

    Args:
        log_predictions: logarithms of probabilities; floating.
        targets: probabilities: a floating tensor that broadcasts against them. 0 contributes 0.
        axis: the axis or the axes of the distributions; None for all.
        where: bool tensor that broadcasts to the common shape: elements that count.

    Returns:
        A tensor of the wider dtype of the two, of the common shape without the axes.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating.
        ValueError: shapes that do not broadcast, an axis that they do not have.

    Source: optax 0.2.8 documentation of ``optax.kl_divergence``.
    """
    return _divergence(_TARGETS, (log_predictions, targets, where), axis, 0.0)


def kl_divergence_with_log_targets(
    log_predictions: Tensor, log_targets: Tensor, axis: Axis = -1, where: Tensor | None = None
) -> Tensor:
    """The Kullback-Leibler divergence along an axis by optax' rules, with both distributions in logarithms.

    Args:
        log_predictions, axis, where: as in `kl_divergence`.
        log_targets: logarithms of probabilities: a floating tensor that broadcasts against them.

    Returns:
        As `kl_divergence`.

    Raises:
        TypeError, ValueError: as `kl_divergence`.

    Source: optax 0.2.8 documentation of ``optax.losses.kl_divergence_with_log_targets``.
    """
    return _divergence(_LOG_TARGETS, (log_predictions, log_targets, where), axis, 1.0)


def generalized_kl_divergence(
    log_predictions: Tensor, targets: Tensor, axis: Axis = -1, where: Tensor | None = None
) -> Tensor:
    """The generalized Kullback-Leibler divergence along an axis by optax' rules, of numbers that need not add
    up to 1: ``sum(targets * (log(targets) - log_predictions) + exp(log_predictions) - targets)``.

    Args:
        log_predictions: logarithms of positive numbers; floating.
        targets: numbers of at least 0: a floating tensor that broadcasts against them. 0 contributes
            ``exp(log_predictions)``.
        axis, where: as in `kl_divergence`.

    Returns:
        As `kl_divergence`.

    Raises:
        TypeError, ValueError: as `kl_divergence`.

    Source: optax 0.2.8 documentation of ``optax.generalized_kl_divergence``.
    """
    return _divergence(_TARGETS, (log_predictions, targets, where), axis, None)


def _divergence(
    dialect: Dialect, tensors: tuple[Any, Any, Any], axis: Axis, logarithms: float | None
) -> Tensor:
    """A divergence by optax' rules for dtypes and shapes. ``logarithms``: whether targets are such, 1 or 0;
    None for the generalized divergence.
    """
    x, y, where = tensors
    if adapter.loaded():
        x, y = converted(x, y)
        if where is not None:
            x, where = converted(x, where)
    library = common_library((x, y, where), (*dialect.names, "where"))
    check(library, dialect, (x, y))
    dtype = pairs.promoted(library.dtype(x), library.dtype(y))
    x, y = of_one_shape(library, dialect, (x, y))
    if where is not None:
        check_mask(library, where)
        rules.check_broadcast(library, "where", where, dialect.names[0], x, ValueError)
    axes = checked_axes(library, x, axis)
    reduction = ("none", "one", None, float("nan"), where)
    if logarithms is None:
        return along((generalized_kl_div.LOSS, library, (x, y, None), (), reduction), dtype, axes)
    return along((kl_div.LOSS, library, (x, y, None), (logarithms,), reduction), dtype, axes)


def checked_axes(library: Library, x: Tensor, axis: Axis) -> tuple[int, ...]:
    """The axes, from 0 on."""
    shape = library.shape(x)
    rank = 0 if shape is None else len(shape)
    given = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for each in given:
        if not -rank <= each < rank:
            raise ValueError(
                f"axis is {axis}; expected {-rank} to {rank - 1}, as there are {rank} dimensions"
            )
    return tuple([each % rank for each in given])

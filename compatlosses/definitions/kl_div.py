"""The Kullback-Leibler divergence of a target distribution y from a predicted one, whose logarithm is x: an
element is y (log y - x), or with the target's logarithm t e^t (t - x).

A target of probability 0 has loss 0, whatever its prediction. The difference comes before the product, so
that nothing cancels that the result does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from .. import neutral_along
from ..neutral import DivisorName, Plans, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (Input("log_probabilities"), Input("targets", harmless=1.0))
PARAMETERS = (Parameter("log_targets", False, choices=(False, True)),)
SYNONYMS = (
    "kl_div",
    "KLDivLoss",
    "kldiv_loss",
    "kl_divergence",
    "kl_divergence_with_log_targets",
    "generalized_kl_divergence",
    "KLDivergence",
)
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, w, log_targets):  # type: ignore[no-untyped-def]
        if log_targets == 0.0:
            some = ops.abs(y) > 0.0
            rest = ops.where(some, ops.log_less(ops.where(some, y, 1.0), x), 0.0)
            return ops.weighted(w, ops.times(y, rest))
        some = y > -math.inf
        rest = ops.where(some, ops.where(some, y, 0.0) - x, 0.0)
        return ops.weighted(w, ops.times(ops.exp(y), rest))

    def by_log_probabilities(x, y, w, log_targets):  # type: ignore[no-untyped-def]
        return ops.weighted(w, -y if log_targets == 0.0 else -ops.exp(y))

    def by_targets(x, y, w, log_targets):  # type: ignore[no-untyped-def]
        if log_targets == 0.0:
            return ops.weighted(w, ops.log_less(y, x) + 1.0)
        some = y > -math.inf
        rest = ops.where(some, ops.where(some, y, 0.0) - x + 1.0, 0.0)
        return ops.weighted(w, ops.times(ops.exp(y), rest))

    return value, by_log_probabilities, by_targets


LOSS = Loss(
    "kl_div", INPUTS, PARAMETERS, written, loops="compatlosses.loops.kl_div", batches=True, along="sum"
)
PLANS = Plans()


def kl_div(
    log_probabilities: T,
    targets: T,
    *,
    log_targets: bool = False,
    axis: int | None = None,
    weight: T | float | None = None,
    reduction: Literal["none", "mean", "sum", "batchmean"] = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The Kullback-Leibler divergence, ``weight * targets * (log(targets) - log_probabilities)``.

    Args:
        log_probabilities: logarithms of the predicted probabilities, a tensor of any shape; float16,
            bfloat16, float32 or float64.
        targets: tensor of that shape, probabilities; floating, integer or bool. 0 contributes 0, a negative
            number NaN.
        log_targets: whether targets are logarithms of probabilities too.
        axis: that along which the probabilities of a distribution lie: its elements are added, and the losses
            are those of the distributions. None: those of the elements.
        weight: factor of each element's loss: a tensor that broadcasts to their shape, or a number.
        reduction: 'none', 'mean', 'sum' or 'batchmean': the sum over the size of the first axis, which is the
            divergence of a batch of distributions. The mean is over all elements, with an axis over all
            distributions.
        divisor: of the mean: 'counted' divides by the number of elements that count, or of distributions with
            such an element, 'all' by that of all of them, 'weights' by the sum of the weights of the elements
            that count; with an axis there is none such.
        ignore_index: elements whose target has this value do not count: no loss, no gradient. NaN matches
            NaN.
        mask: bool tensor that broadcasts to their shape: where it is False, an element does not count.
        dtype: name of the result's dtype; by default theirs, or under automatic casting the framework's
            choice.

    Returns:
        A tensor of their framework and device: for 'none' of their shape, without the axis where there is
        one, 0-D otherwise. The mean over no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, an axis that they lack, a weight or mask that does not broadcast, an
            option or parameter out of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> x, y = np.log([[0.5, 0.5], [0.75, 0.25]]), np.array([[0.5, 0.5], [0.25, 0.75]])
    >>> float(cl.kl_div(x, y, reduction="batchmean").round(6))
    0.274653
    >>> float(cl.kl_div(x, y, axis=-1).round(6)), cl.kl_div(x, y, axis=-1, reduction="none").shape
    (0.274653, (2,))
    """
    inputs, options = (log_probabilities, targets, weight), (reduction, divisor, ignore_index, mask, dtype)
    result: T
    if axis is None:
        result = call(LOSS, PLANS, inputs, (log_targets,), options)
    else:
        result = neutral_along.value(neutral_along.checked_call(LOSS, inputs, (log_targets,), axis, options))
    return result

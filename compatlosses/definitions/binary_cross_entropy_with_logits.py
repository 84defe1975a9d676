"""Binary cross entropy of a logit x and a target y: (1 - y) softplus(x) + p y softplus(-x), p the positive
weight; a smoothed target is y (1 - s) + s / 2.

No term cancels another for targets in [0, 1]. Coefficients are multiplied first, so that a product overflows
only if it must.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (
    Input("logits"),
    Input("targets"),
    Input("pos_weight", optional=True, broadcasts=True, harmless=1.0),
)
PARAMETERS = (Parameter("label_smoothing", 0.0, least=0.0, most=1.0),)
SYNONYMS = (
    "binary_cross_entropy_with_logits",
    "BCEWithLogitsLoss",
    "binary_crossentropy",
    "BinaryCrossentropy",
    "sigmoid_binary_cross_entropy",
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_with_logits",
    "weighted_cross_entropy_with_logits",
)
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, p, w, s):  # type: ignore[no-untyped-def]
        negative = ops.weighted(w, ops.smoothed(1.0 - y, s))
        positive = ops.weighted(w, ops.weighted(p, ops.smoothed(y, s)))
        return ops.softplus_pair(x, negative, positive, p is None and w is None and s == 0.0)

    def by_logits(x, y, p, w, s):  # type: ignore[no-untyped-def]
        negative = ops.weighted(w, ops.smoothed(1.0 - y, s))
        positive = ops.weighted(w, ops.weighted(p, ops.smoothed(y, s)))
        return ops.sigmoid_pair(x, negative, positive, p is None and w is None and s == 0.0)

    def by_targets(x, y, p, w, s):  # type: ignore[no-untyped-def]
        positive = ops.weighted(ops.factor(w, p), ops.softplus(-x))
        return (positive - ops.weighted(w, ops.softplus(x))) * (1.0 - s)

    def by_pos_weight(x, y, p, w, s):  # type: ignore[no-untyped-def]
        return ops.times(ops.weighted(w, ops.smoothed(y, s)), ops.softplus(-x))

    return value, by_logits, by_targets, by_pos_weight


LOSS = Loss(
    "binary_cross_entropy_with_logits",
    INPUTS,
    PARAMETERS,
    written,
    loops="compatlosses.loops.binary_cross_entropy_with_logits",
    lane="compatlosses.fused",
    double=False,
)
PLANS = Plans()


def binary_cross_entropy_with_logits(
    logits: T,
    targets: T,
    *,
    weight: T | float | None = None,
    pos_weight: T | float | None = None,
    label_smoothing: float = 0.0,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
    normalize: bool | None = None,
) -> T:
    """Binary cross entropy between targets and the sigmoid of logits,
    ``weight * ((1 - targets) softplus(logits) + pos_weight * targets softplus(-logits))``.

    Args:
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        targets: tensor of that shape; floating, integer or bool. Values outside [0, 1] follow the formula.
        weight: factor of each element's loss: a tensor that broadcasts to the logits' shape, or a number.
        pos_weight: factor of the positive term: likewise.
        label_smoothing: s in [0, 1]; targets become ``targets * (1 - s) + s / 2``.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of elements that count, 'all' by that of all
            elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose target has this value do not count: no loss, no gradient, whatever else
            they hold. It is compared in the targets' dtype, rounded to that; NaN matches NaN.
        mask: bool tensor that broadcasts to the logits' shape: where it is False, an element does not count.
        dtype: name of the result's dtype; by default the logits', or under automatic casting the framework's
            choice.
        normalize: deprecated. True is the divisor 'counted', also of sums and of elements, and 1 where none
            counts; False is the divisor 'all'.

    Returns:
        A tensor of the logits' framework and device: of their shape for 'none', 0-D otherwise. The mean over
        no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, a weight or mask that does not broadcast or would enlarge the result,
            an option out of its range, an ignore_index that the targets' dtype cannot hold.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> logits = np.array([[2.0, -1.0], [0.5, 0.0]])
    >>> targets = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> float(cl.binary_cross_entropy_with_logits(logits, targets).round(6))
    0.526853
    """
    options = (reduction, divisor, ignore_index, mask, dtype, normalize)
    result: T = call(LOSS, PLANS, (logits, targets, pos_weight, weight), (label_smoothing,), options)
    return result

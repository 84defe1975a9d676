"""Huber's loss of the difference r of prediction and target: r^2 / 2 for |r| <= delta, delta (|r| - delta /
2) beyond.

With c = r held within [-delta, delta] it is c (r - c / 2), and its slope is c. An infinite delta gives half
the squared error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (Input("predictions"), Input("targets"))
PARAMETERS = (Parameter("delta", 1.0, above=0.0),)
SYNONYMS = ("huber_loss", "HuberLoss", "huber", "Huber")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, w, delta):  # type: ignore[no-untyped-def]
        r = x - y
        bend = ops.number(delta, r)
        c = ops.within(r, bend)
        # Not r - c / 2 inside: at an infinite r and delta that is no number.
        rest = ops.where(ops.abs(r) <= bend, 0.5 * r, r - 0.5 * c)
        return ops.product(w, c, rest)

    def by_predictions(x, y, w, delta):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.within(x - y, ops.number(delta, x)))

    def by_targets(x, y, w, delta):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.within(y - x, ops.number(delta, x)))

    return value, by_predictions, by_targets


LOSS = Loss("huber_loss", INPUTS, PARAMETERS, written, loops="compatlosses.loops.huber")
PLANS = Plans()


def huber_loss(
    predictions: T,
    targets: T,
    *,
    delta: float = 1.0,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """Huber's loss of the difference r: r^2 / 2 up to ``delta``, delta (|r| - delta / 2) beyond.

    Args:
        predictions: tensor of any shape; float16, bfloat16, float32 or float64.
        targets: tensor of that shape; floating, integer or bool, taken as numbers.
        delta: where the parabola ends and the lines begin; above 0. An infinite delta gives half the squared
            error.
        weight: factor of each element's loss: a tensor that broadcasts to the predictions' shape, or a
            number.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of elements that count, 'all' by that of all
            elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose target has this value do not count: no loss, no gradient. NaN matches
            NaN.
        mask: bool tensor that broadcasts to the predictions' shape: where it is False, an element does not
            count.
        dtype: name of the result's dtype; by default the predictions', or under automatic casting the
            framework's choice.

    Returns:
        A tensor of the predictions' framework and device: of their shape for 'none', 0-D otherwise. The mean
        over no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, a weight or mask that does not broadcast, an option or parameter out
            of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> float(cl.huber_loss(np.array([1.0, 4.0]), np.array([1.5, 1.0])))
    1.3125
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (predictions, targets, weight), (delta,), options)
    return result

"""The squared error, (x - y)^2, of a prediction x and a target y."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss

INPUTS = (Input("predictions"), Input("targets"))
SYNONYMS = (
    "mse_loss",
    "MSELoss",
    "mean_squared_error",
    "MeanSquaredError",
    "square_error_cost",
    "squared_error",
    "l2_loss",
)
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, w):  # type: ignore[no-untyped-def]
        r = x - y
        return ops.product(w, r, r)

    def by_predictions(x, y, w):  # type: ignore[no-untyped-def]
        return 2.0 * ops.weighted(w, x - y)

    def by_targets(x, y, w):  # type: ignore[no-untyped-def]
        return 2.0 * ops.weighted(w, y - x)

    return value, by_predictions, by_targets


LOSS = Loss("mse_loss", INPUTS, (), written, loops="compatlosses.loops.mse")
PLANS = Plans()


def mse_loss(
    predictions: T,
    targets: T,
    *,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The squared error of predictions, ``weight * (predictions - targets)**2``.

    Args:
        predictions: tensor of any shape; float16, bfloat16, float32 or float64.
        targets: tensor of that shape; floating, integer or bool, taken as numbers.
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
    >>> float(cl.mse_loss(np.array([1.0, 4.0]), np.array([1.5, 1.0])))
    4.625
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (predictions, targets, weight), (), options)
    return result

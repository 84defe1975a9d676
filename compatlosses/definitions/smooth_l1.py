"""The smooth absolute error of the difference r: r^2 / (2 beta) for |r| < beta, |r| - beta / 2 beyond:
Huber's loss over beta.

With c = r / beta held within [-1, 1] it is c (r - beta c / 2), and its slope is c. At beta = 0 it is the
absolute error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (Input("predictions"), Input("targets"))
PARAMETERS = (Parameter("beta", 1.0, least=0.0),)
SYNONYMS = ("smooth_l1_loss", "SmoothL1Loss", "smooth_l1")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, w, beta):  # type: ignore[no-untyped-def]
        r = x - y
        bend = ops.number(beta, r)
        inside = ops.abs(r) < bend
        c = ops.where(inside, r / ops.number(beta if beta > 0.0 else 1.0, r), ops.sign(r))
        rest = ops.where(inside, 0.5 * r, r - 0.5 * bend * c)
        return ops.product(w, c, rest)

    def by_predictions(x, y, w, beta):  # type: ignore[no-untyped-def]
        r = x - y
        # At beta = 0 nothing is inside. The quotient is kept finite, because its derivative is taken all the
        # same.
        inside = ops.abs(r) < ops.number(beta, r)
        return ops.weighted(w, ops.where(inside, r / ops.number(beta if beta > 0.0 else 1.0, r), ops.sign(r)))

    def by_targets(x, y, w, beta):  # type: ignore[no-untyped-def]
        r = y - x
        inside = ops.abs(r) < ops.number(beta, r)
        return ops.weighted(w, ops.where(inside, r / ops.number(beta if beta > 0.0 else 1.0, r), ops.sign(r)))

    return value, by_predictions, by_targets


LOSS = Loss("smooth_l1_loss", INPUTS, PARAMETERS, written, loops="compatlosses.loops.smooth_l1")
PLANS = Plans()


def smooth_l1_loss(
    predictions: T,
    targets: T,
    *,
    beta: float = 1.0,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The smooth absolute error of the difference r: r^2 / (2 beta) below ``beta``, |r| - beta / 2 beyond.

    Args:
        predictions: tensor of any shape; float16, bfloat16, float32 or float64.
        targets: tensor of that shape; floating, integer or bool, taken as numbers.
        beta: where the parabola ends and the lines begin; at least 0. At 0 it is the absolute error.
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
    >>> float(cl.smooth_l1_loss(np.array([1.0, 4.0]), np.array([1.5, 1.0])))
    1.3125
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (predictions, targets, weight), (beta,), options)
    return result

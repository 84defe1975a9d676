"""The soft margin loss of a logit x and a sign y: log(1 + e^(-y x)).

For y = 1 and -1 it is binary cross entropy with the target (y + 1) / 2; for any other y it is a logistic loss
of another slope.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss

INPUTS = (Input("logits"), Input("signs"))
SYNONYMS = ("soft_margin_loss", "SoftMarginLoss")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.softplus(-ops.times(y, x)))

    def by_logits(x, y, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.times(-y, ops.sigmoid(-ops.times(y, x))))

    def by_signs(x, y, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.times(-x, ops.sigmoid(-ops.times(y, x))))

    return value, by_logits, by_signs


LOSS = Loss("soft_margin_loss", INPUTS, (), written, loops="compatlosses.loops.soft_margin")
PLANS = Plans()


def soft_margin_loss(
    logits: T,
    signs: T,
    *,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The soft margin loss, ``weight * log(1 + exp(-signs * logits))``.

    Args:
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        signs: tensor of that shape, 1 and -1; floating, integer or bool. Other values follow the formula.
        weight: factor of each element's loss: a tensor that broadcasts to the logits' shape, or a number.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of elements that count, 'all' by that of all
            elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose sign has this value do not count: no loss, no gradient. NaN matches
            NaN.
        mask: bool tensor that broadcasts to the logits' shape: where it is False, an element does not count.
        dtype: name of the result's dtype; by default the logits', or under automatic casting the
            framework's choice.

    Returns:
        A tensor of the logits' framework and device: of their shape for 'none', 0-D otherwise. The mean
        over no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, a weight or mask that does not broadcast, an option or parameter out
            of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> float(cl.soft_margin_loss(np.array([2.0, -1.0]), np.array([1.0, 1.0])).round(6))
    0.720095
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (logits, signs, weight), (), options)
    return result

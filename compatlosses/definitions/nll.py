"""The negative log-likelihood: minus the sum of q_c x_c over the classes c of a row, with log-probabilities x
and a class index, or targets q.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T
from ..neutral_rows import AXIS, call
from ..protocols import Input, Loss
from . import nll_of_indices

INPUTS = (Input("log_probabilities"), Input("targets"))
PARAMETERS = (AXIS,)
SYNONYMS = ("nll_loss", "NLLLoss", "NLLLoss2d")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss of rows along the last axis, which it keeps, and its slopes, in the vocabulary ``ops``."""

    def value(x, q, w):  # type: ignore[no-untyped-def]
        return ops.row_sum(ops.times(ops.weighted(w, q), -x))

    def by_log_probabilities(x, q, w):  # type: ignore[no-untyped-def]
        return -ops.weighted(w, q) + 0.0 * q

    def by_targets(x, q, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, -x)

    def by_weight(x, q, w):  # type: ignore[no-untyped-def]
        return ops.times(q, -x)

    return value, by_log_probabilities, by_targets, by_weight


LOSS = Loss(
    "nll_loss",
    INPUTS,
    PARAMETERS,
    written,
    loops="compatlosses.loops.nll",
    rows="class",
    alone=True,
    of_indices=nll_of_indices.LOSS,
)
PLANS = Plans()


def nll_loss(
    log_probabilities: T,
    targets: T,
    *,
    axis: int = -1,
    weight: T | None = None,
    ignore_index: int | None = None,
    mask: T | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    dtype: str | None = None,
) -> T:
    """The negative log-likelihood of rows of log-probabilities: of an index y ``-log_probabilities[y]``, of
    probabilities the sum of each times that of its class. Nothing is normalised.

    Args:
        log_probabilities: tensor with an axis of classes; float16, bfloat16, float32 or float64.
        targets: integers, the index of each row's class, of that shape without ``axis``; or floating numbers
            of that shape, a probability for each class.
        axis: that of the classes.
        weight: one factor for each class, of shape (classes,).
        ignore_index: rows with this index do not count: no loss, no gradient, whatever they hold. It need not
            be the index of a class.
        mask: bool tensor that broadcasts to the shape of the rows: where it is False, a row does not count.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of rows that count, 'all' by that of all rows,
            'weights' by the sum of the weights of the rows that count, each that of its index's class, or the
            sum of target times weight.
        dtype: name of the result's dtype; by default the first tensor's, or under automatic casting the
            framework's choice.

    Returns:
        A tensor of the framework and device of the first one: of the rows' shape for 'none', 0-D otherwise.
        The mean over no row is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that do not go together, an option out of its range, ignore_index with
            probabilities.
        IndexError: an index of a row that counts is no class. In a compiled program and on a device, where
            values cannot be seen, the loss of that row is NaN.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> float(cl.nll_loss(np.array([[-0.5, -1.0], [-2.0, -0.25]]), np.array([0, 1]), reduction="sum"))
    0.75
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (log_probabilities, targets, weight), (axis, 0.0, "class"), options)
    return result

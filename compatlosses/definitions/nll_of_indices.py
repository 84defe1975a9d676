"""The negative log-likelihood of a class index: minus the log-probability of class y, times the weight of
that class.

`nll_loss` calls it by the formula where targets are indices. They are numbers with an axis of classes of size
1. The loss of one that is no class is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral_rows import AXIS
from ..protocols import Input, Loss

INPUTS = (Input("log_probabilities"), Input("targets"))
PARAMETERS = (AXIS,)


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss of rows along the last axis, which it keeps, and its slopes, in the vocabulary ``ops``."""

    def weight_of(w: Any, y: Any) -> Any:
        return None if w is None else ops.at(w, y)

    def value(x, y, w):  # type: ignore[no-untyped-def]
        return ops.weighted(weight_of(w, y), -ops.at(x, y))

    def by_log_probabilities(x, y, w):  # type: ignore[no-untyped-def]
        one = 1.0 + 0.0 * y
        one = ops.at(ops.where(x > 0.0, one, one), y)  # NaN where y is no class
        return ops.weighted(weight_of(w, y), ops.where(ops.is_class(y, x), -one, 0.0 * one))

    def by_targets(x, y, w):  # type: ignore[no-untyped-def]
        return 0.0 * y

    def by_weight(x, y, w):  # type: ignore[no-untyped-def]
        loss = -ops.at(x, y)
        return ops.where(ops.is_class(y, x), loss, ops.times(0.0 * y, loss))

    return value, by_log_probabilities, by_targets, by_weight


LOSS = Loss("nll_of_indices", INPUTS, PARAMETERS, written, rows="index")

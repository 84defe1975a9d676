"""Softmax cross entropy of a class index: minus the logarithm of the softmax of logits x at class y, times
the weight of that class.

`cross_entropy` calls it by the formula where targets are indices that are not smoothed. Targets are numbers
with an axis of classes of size 1. The loss of one that is no class is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral_rows import AXIS
from ..protocols import Input, Loss

INPUTS = (Input("logits"), Input("targets"))
PARAMETERS = (AXIS,)


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss of rows along the last axis, which it keeps, and its slopes, in the vocabulary ``ops``."""

    def weight_of(w: Any, y: Any) -> Any:
        return None if w is None else ops.at(w, y)

    def value(x, y, w):  # type: ignore[no-untyped-def]
        return ops.weighted(weight_of(w, y), ops.nll_at(x, y))

    def by_logits(x, y, w):  # type: ignore[no-untyped-def]
        return ops.weighted(weight_of(w, y), ops.softmax_less(x, y))

    def by_targets(x, y, w):  # type: ignore[no-untyped-def]
        return 0.0 * y

    def by_weight(x, y, w):  # type: ignore[no-untyped-def]
        loss = ops.nll_at(x, y)
        return ops.where(ops.is_class(y, x), loss, ops.times(0.0 * y, loss))

    return value, by_logits, by_targets, by_weight


LOSS = Loss("cross_entropy_of_indices", INPUTS, PARAMETERS, written, rows="index")

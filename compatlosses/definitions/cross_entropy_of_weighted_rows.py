"""Softmax cross entropy with weights of rows: a row's loss times the sum of q_c w_c over its classes.

`cross_entropy` calls it for the weighting 'row'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral_rows import AXIS, SMOOTHING
from ..protocols import Input, Loss
from . import cross_entropy_of_indices

INPUTS = (Input("logits"), Input("targets"))
PARAMETERS = (AXIS, SMOOTHING)


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss of rows along the last axis, which it keeps, and its slopes, in the vocabulary ``ops``."""

    def of_row(x: Any, q: Any) -> Any:
        return ops.row_sum(ops.times(q, ops.nll(x)))

    def value(x, q, w):  # type: ignore[no-untyped-def]
        return ops.times(ops.row_sum(ops.weighted(w, q)), of_row(x, q))

    def by_logits(x, q, w):  # type: ignore[no-untyped-def]
        slope = ops.times(ops.softmax(x), ops.row_sum(q) - q) - ops.times(q, ops.rest(x))
        return ops.times(ops.row_sum(ops.weighted(w, q)), slope)

    def by_targets(x, q, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, of_row(x, q)) + ops.times(ops.row_sum(ops.weighted(w, q)), ops.nll(x))

    def by_weight(x, q, w):  # type: ignore[no-untyped-def]
        return ops.times(q, of_row(x, q))

    return value, by_logits, by_targets, by_weight


LOSS = Loss(
    "cross_entropy_of_weighted_rows",
    INPUTS,
    PARAMETERS,
    written,
    loops="compatlosses.loops.rows",
    rows="row",
    of_indices=cross_entropy_of_indices.LOSS,
)

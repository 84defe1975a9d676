"""Cross entropy of probabilities with weights of rows: a row's loss times the sum of q_c w_c over the
classes.

Editions call it whose APIs leave out the softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..protocols import Loss
from . import cross_entropy_of_probabilities
from .cross_entropy_of_probabilities import INPUTS, PARAMETERS


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss of rows along the last axis, which it keeps, and its slopes, in the vocabulary ``ops``."""
    of_row, of_row_by_probabilities, of_row_by_targets, _ = cross_entropy_of_probabilities.written(ops)

    def value(p, q, w):  # type: ignore[no-untyped-def]
        return ops.times(ops.row_sum(ops.weighted(w, q)), of_row(p, q, None))

    def by_probabilities(p, q, w):  # type: ignore[no-untyped-def]
        return ops.times(ops.row_sum(ops.weighted(w, q)), of_row_by_probabilities(p, q, None))

    def by_targets(p, q, w):  # type: ignore[no-untyped-def]
        slope = ops.times(ops.row_sum(ops.weighted(w, q)), of_row_by_targets(p, q, None))
        return ops.weighted(w, of_row(p, q, None)) + slope

    def by_weight(p, q, w):  # type: ignore[no-untyped-def]
        return ops.times(q, of_row(p, q, None))

    return value, by_probabilities, by_targets, by_weight


LOSS = Loss("cross_entropy_of_probabilities_of_weighted_rows", INPUTS, PARAMETERS, written, rows="row")

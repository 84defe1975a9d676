"""Cross entropy of probabilities: minus the sum of q_c log p_c over the classes c of a row, with
probabilities p, which need not sum to 1, and targets q, probabilities or a class index.

A term whose target is 0 is 0, at a probability of 0 too; a target beside a probability of 0 has an infinite
loss. Editions call it whose APIs leave out the softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral_rows import AXIS, SMOOTHING
from ..protocols import Input, Loss

INPUTS = (Input("probabilities", harmless=1.0), Input("targets"))
PARAMETERS = (AXIS, SMOOTHING)


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss of rows along the last axis, which it keeps, and its slopes, in the vocabulary ``ops``."""

    def of_terms(p: Any, v: Any) -> Any:
        # 1 in place of 0 in a term without a target, so that it is 0 and all its derivatives.
        return ops.where(p > 0.0, p, ops.where(ops.abs(v) > 0.0, p, 1.0 + 0.0 * p))

    def value(p, q, w):  # type: ignore[no-untyped-def]
        v = ops.weighted(w, q)
        return ops.row_sum(ops.times(v, -ops.log(of_terms(p, v))))

    def by_probabilities(p, q, w):  # type: ignore[no-untyped-def]
        v = ops.weighted(w, q)
        return -v / of_terms(p, v)

    def by_targets(p, q, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, -ops.log(p))

    def by_weight(p, q, w):  # type: ignore[no-untyped-def]
        return ops.times(q, -ops.log(p))

    return value, by_probabilities, by_targets, by_weight


LOSS = Loss("cross_entropy_of_probabilities", INPUTS, PARAMETERS, written, rows="class")

"""Binary cross entropy of a logit x and a target y: (1 - y) softplus(x) + p y softplus(-x), p the positive
weight.

No term cancels another for targets in [0, 1]. Coefficients are multiplied first, so that a product overflows
only if it must.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..protocols import Input, Loss

INPUTS = (
    Input("logits"),
    Input("targets"),
    Input("pos_weight", optional=True, broadcasts=True, harmless=1.0),
)
SYNONYMS = (
    "binary_cross_entropy_with_logits",
    "BCEWithLogitsLoss",
    "binary_crossentropy",
    "BinaryCrossentropy",
    "sigmoid_binary_cross_entropy",
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_with_logits",
    "weighted_cross_entropy_with_logits",
)
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, p, w):  # type: ignore[no-untyped-def]
        negative = ops.weighted(w, 1.0 - y)
        positive = ops.weighted(w, ops.weighted(p, y))
        return ops.times(negative, ops.softplus(x)) + ops.times(positive, ops.softplus(-x))

    def by_logits(x, y, p, w):  # type: ignore[no-untyped-def]
        negative = ops.weighted(w, 1.0 - y)
        positive = ops.weighted(w, ops.weighted(p, y))
        return ops.times(negative, ops.sigmoid(x)) - ops.times(positive, ops.sigmoid(-x))

    def by_targets(x, y, p, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.weighted(p, ops.softplus(-x))) - ops.weighted(w, ops.softplus(x))

    def by_pos_weight(x, y, p, w):  # type: ignore[no-untyped-def]
        return ops.times(ops.weighted(w, y), ops.softplus(-x))

    return value, by_logits, by_targets, by_pos_weight


LOSS = Loss("binary_cross_entropy_with_logits", INPUTS, (), written)

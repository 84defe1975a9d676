"""Binary cross entropy of a logit x and a target y whose positive weight p scales the whole loss of an
element: (p y + 1 - y) ((1 - y) softplus(x) + y softplus(-x)).

For targets 0 and 1 it is the usual form. An API of 2020 documents it; it has no neutral function.

The scale is not (p - 1) y + 1, which cancels: at p = 1e-10, y = 1 that would be 0 in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..protocols import Input, Loss

INPUTS = (Input("logits"), Input("targets"), Input("pos_weight", broadcasts=True, harmless=1.0))


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, p, w):  # type: ignore[no-untyped-def]
        scale = ops.weighted(w, ops.times(p, y) + (1.0 - y))
        return ops.softplus_pair(x, ops.times(scale, 1.0 - y), ops.times(scale, y), False)

    def by_logits(x, y, p, w):  # type: ignore[no-untyped-def]
        scale = ops.weighted(w, ops.times(p, y) + (1.0 - y))
        return ops.sigmoid_pair(x, ops.times(scale, 1.0 - y), ops.times(scale, y), False)

    def by_targets(x, y, p, w):  # type: ignore[no-untyped-def]
        negative = ops.weighted(w, ops.times(p, 1.0 - 2.0 * y) - 2.0 * (1.0 - y))
        positive = ops.weighted(w, ops.times(p, 2.0 * y) + (1.0 - 2.0 * y))
        return ops.softplus_pair(x, negative, positive, False)

    def by_pos_weight(x, y, p, w):  # type: ignore[no-untyped-def]
        wy = ops.weighted(w, y)
        return ops.softplus_pair(x, ops.times(wy, 1.0 - y), ops.times(wy, y), False)

    return value, by_logits, by_targets, by_pos_weight


LOSS = Loss("binary_cross_entropy_of_whole_weights", INPUTS, (), written)

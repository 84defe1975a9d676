"""The generalized Kullback-Leibler divergence of a target y from a predicted number p with the logarithm x:
y log(y / p) + p - y. Neither need be a probability.

With d = x - log y it is y (e^d - 1 - d), which is about y d^2 / 2 for small d, and e^x for a target of 0. It
is as true as d: in double, a relative error of log y / d rounding errors remains where d is small.

optax' edition calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..protocols import Input, Loss

INPUTS = (Input("log_predictions"), Input("targets", harmless=1.0))
PARAMETERS = ()


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def some_of(y: Any) -> Any:
        return ops.where(ops.abs(y) > 0.0, y, 1.0)

    def value(x, y, w):  # type: ignore[no-untyped-def]
        d = -ops.log_less(some_of(y), x)
        s = ops.within(d, 0.5)
        # (e^s - 1 - s) / s^2 as its series, which ends below 1e-17.
        t = 1.0 + s / 12.0 * (1.0 + s / 13.0 * (1.0 + s / 14.0))
        for n in (11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0):
            t = 1.0 + s / n * t
        near = y * (0.5 * (s * s) * t)
        below = ops.times(y, ops.expm1(ops.where(d < 1.0, d, 0.0)) - d)
        above = ops.exp(x) - ops.times(y, 1.0 + d)
        apart = ops.where(d < 1.0, below, above)
        found = ops.where(ops.abs(d) < 0.5, near, apart)
        return ops.weighted(w, ops.where(ops.abs(y) > 0.0, found, ops.exp(x)))

    def by_log_predictions(x, y, w):  # type: ignore[no-untyped-def]
        d = -ops.log_less(some_of(y), x)
        found = ops.where(d < 1.0, y * ops.expm1(ops.where(d < 1.0, d, 0.0)), ops.exp(x) - y)
        return ops.weighted(w, ops.where(ops.abs(y) > 0.0, found, ops.exp(x)))

    def by_targets(x, y, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.log_less(y, x))

    return value, by_log_predictions, by_targets


LOSS = Loss("generalized_kl_div", INPUTS, PARAMETERS, written)

"""The log-cosh loss of the difference r of prediction and target: log(cosh(r)).

It is about r^2 / 2 for small r, where log cosh r = 2 artanh(t^2), t = tanh(r / 2), cancels nothing, and about
|r| - log 2 for large r. Its slope is tanh(r), in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compatlosses.neutral import DivisorName, Plans, ReductionName, T, call
from compatlosses.protocols import Input, Loss

INPUTS = (Input("predictions"), Input("targets"))
SYNONYMS = ("log_cosh_loss", "log_cosh", "LogCosh")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def value(x, y, w):  # type: ignore[no-untyped-def]
        r = x - y
        s = 0.5 * ops.within(r, 0.6875)
        q = s * s
        # tanh(s) = s / (1 + d) and artanh(p) = p / (1 - e) as continued fractions, which end below 1e-16.
        d = q / (3.0 + q / (5.0 + q / (7.0 + q / (9.0 + q / (11.0 + q / 13.0)))))
        t = s - s * d / (1.0 + d)
        p = t * t
        k = p * p
        e = k / (
            3.0 - 4.0 * k / (5.0 - 9.0 * k / (7.0 - 16.0 * k / (9.0 - 25.0 * k / (11.0 - 36.0 * k / 13.0))))
        )
        far = (ops.abs(r) - ops.number(0.6931471805599453, r)) + ops.softplus(-2.0 * ops.abs(r))
        return ops.weighted(w, ops.where(ops.abs(r) < 0.6875, 2.0 * (p + p * e / (1.0 - e)), far))

    def by_predictions(x, y, w):  # type: ignore[no-untyped-def]
        r = x - y
        s = ops.within(r, 0.6875)
        q = s * s
        d = q / (3.0 + q / (5.0 + q / (7.0 + q / (9.0 + q / (11.0 + q / (13.0 + q / 15.0))))))
        far = ops.sigmoid(2.0 * r) - ops.sigmoid(-2.0 * r)
        return ops.weighted(w, ops.where(ops.abs(r) < 0.6875, s - s * d / (1.0 + d), far))

    def by_targets(x, y, w):  # type: ignore[no-untyped-def]
        r = y - x
        s = ops.within(r, 0.6875)
        q = s * s
        d = q / (3.0 + q / (5.0 + q / (7.0 + q / (9.0 + q / (11.0 + q / (13.0 + q / 15.0))))))
        far = ops.sigmoid(2.0 * r) - ops.sigmoid(-2.0 * r)
        return ops.weighted(w, ops.where(ops.abs(r) < 0.6875, s - s * d / (1.0 + d), far))

    return value, by_predictions, by_targets


LOSS = Loss("log_cosh_loss", INPUTS, (), written, loops="compatlosses_log_cosh.loops")
PLANS = Plans()


def log_cosh_loss(
    predictions: T,
    targets: T,
    *,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The log-cosh loss, ``weight * log(cosh(predictions - targets))``.

    Arguments, result and errors are those of `compatlosses.mse_loss`.

    Source: this package's own API.

    >>> import numpy as np
    >>> round(float(log_cosh_loss(np.array([1.0, 4.0]), np.array([1.5, 1.0]))), 6)
    1.214722
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (predictions, targets, weight), (), options)
    return result

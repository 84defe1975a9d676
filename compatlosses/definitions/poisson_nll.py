"""The negative log-likelihood of a count y under a Poisson distribution with the rate x, or of which x is the
logarithm: x - y log(x + epsilon), or e^x - y x.

What does not depend on the rate, log y!, is left out, or with ``full`` approximated by Stirling's formula
where y > 1: y log y - y + log(2 pi y) / 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (Input("rates", harmless=1.0), Input("targets"))
PARAMETERS = (
    Parameter("log_input", True, choices=(False, True)),
    Parameter("full", False, choices=(False, True)),
    Parameter("epsilon", 1e-8, least=0.0),
)
SYNONYMS = ("poisson_nll_loss", "PoissonNLLLoss", "log_poisson_loss", "poisson", "Poisson")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def logarithm(x: Any, log_input: float, epsilon: float) -> Any:
        return x if log_input == 1.0 else ops.log(x + ops.number(epsilon, x))

    def value(x, y, w, log_input, full, epsilon):  # type: ignore[no-untyped-def]
        rate = ops.exp(x) if log_input == 1.0 else x
        # Of an infinite rate the loss is infinite, not the difference of two infinities.
        finite = ops.where(rate < math.inf, x, 1.0)
        loss = rate - ops.times(y, logarithm(finite, log_input, epsilon))
        if full == 1.0:
            some = y > 1.0
            count = ops.where(some, y, 1.0)
            half = 0.5 * ops.log(ops.number(6.283185307179586, y) * count)
            loss = loss + ops.where(some, count * ops.log(count) - count + half, 0.0)
        return ops.weighted(w, loss)

    def by_rates(x, y, w, log_input, full, epsilon):  # type: ignore[no-untyped-def]
        if log_input == 1.0:
            # Near 0 e^x and y may both be nearly 1.
            near = ops.abs(x) < 0.25
            return ops.weighted(w, ops.where(near, ops.expm1(x) - (y - 1.0), ops.exp(x) - y))
        u = x + ops.number(epsilon, x)
        some = u > 0.0
        fraction = ((x - y) + ops.number(epsilon, x)) / ops.where(some, u, 1.0)
        # At a rate of 0 the limits; at an infinite one 1.
        finite = ops.where(x < math.inf, fraction, 1.0)
        return ops.weighted(w, ops.where(some, finite, 1.0 - ops.times(y, 1.0 / u)))

    def by_targets(x, y, w, log_input, full, epsilon):  # type: ignore[no-untyped-def]
        slope = -logarithm(x, log_input, epsilon)
        if full == 1.0:
            some = y > 1.0
            count = ops.where(some, y, 1.0)
            slope = slope + ops.where(some, ops.log(count) + 0.5 / count, 0.0)
        return ops.weighted(w, slope)

    return value, by_rates, by_targets


LOSS = Loss("poisson_nll_loss", INPUTS, PARAMETERS, written, loops="compatlosses.loops.poisson_nll")
PLANS = Plans()


def poisson_nll_loss(
    rates: T,
    targets: T,
    *,
    log_input: bool = True,
    full: bool = False,
    epsilon: float = 1e-8,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The negative log-likelihood of counts, ``weight * (exp(rates) - targets * rates)``, or of rates that
    are no logarithms ``weight * (rates - targets * log(rates + epsilon))``.

    Args:
        rates: the logarithms of the expected counts, or the counts: a tensor of any shape; float16, bfloat16,
            float32 or float64.
        targets: tensor of that shape, counts; floating, integer or bool.
        log_input: whether rates are logarithms.
        full: adds Stirling's approximation of log(targets!) where targets are above 1.
        epsilon: added to rates that are no logarithms, inside the logarithm; at least 0.
        weight: factor of each element's loss: a tensor that broadcasts to the rates' shape, or a number.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of elements that count, 'all' by that of all
            elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose target has this value do not count: no loss, no gradient. NaN matches
            NaN.
        mask: bool tensor that broadcasts to the rates' shape: where it is False, an element does not count.
        dtype: name of the result's dtype; by default the rates', or under automatic casting the
            framework's choice.

    Returns:
        A tensor of the rates' framework and device: of their shape for 'none', 0-D otherwise. The mean
        over no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, a weight or mask that does not broadcast, an option or parameter out
            of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> float(cl.poisson_nll_loss(np.array([0.0, 1.0]), np.array([1.0, 2.0])).round(6))
    0.859141
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (rates, targets, weight), (log_input, full, epsilon), options)
    return result

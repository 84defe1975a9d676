"""The negative log-likelihood of a number y under a normal distribution with mean x and variance v: half of
log v + (x - y)^2 / v, with ``full`` log(2 pi) / 2 more.

Variances below epsilon count as epsilon. Their slope is then that at epsilon (``clamp_gradient='through'``,
as torch and Paddle document it), or 0 ('zero', which the formula has).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (Input("means"), Input("targets"), Input("variances", broadcasts=True, harmless=1.0))
PARAMETERS = (
    Parameter("full", False, choices=(False, True)),
    Parameter("epsilon", 1e-6, above=0.0),
    Parameter("clamp_gradient", "through", choices=("through", "zero")),
)
SYNONYMS = ("gaussian_nll_loss", "GaussianNLLLoss")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def held(v: Any, epsilon: float) -> Any:
        return ops.where(v < epsilon, ops.number(epsilon, v), v)

    def value(x, y, v, w, full, epsilon, clamp):  # type: ignore[no-untyped-def]
        u, d = held(v, epsilon), x - y
        loss = 0.5 * (ops.log(u) + d * (d / u))
        if full == 1.0:
            loss = loss + ops.number(0.9189385332046728, x)
        return ops.weighted(w, loss)

    def by_means(x, y, v, w, full, epsilon, clamp):  # type: ignore[no-untyped-def]
        return ops.weighted(w, (x - y) / held(v, epsilon))

    def by_targets(x, y, v, w, full, epsilon, clamp):  # type: ignore[no-untyped-def]
        return ops.weighted(w, (y - x) / held(v, epsilon))

    def by_variances(x, y, v, w, full, epsilon, clamp):  # type: ignore[no-untyped-def]
        u = held(v, epsilon)
        q = (x - y) / u  # its square overflows where the slope does
        slope = 0.5 * (1.0 / u - q * q)
        if clamp == 1.0:
            slope = ops.where(v > epsilon, slope, 0.0 * v)
        return ops.weighted(w, slope)

    return value, by_means, by_targets, by_variances


LOSS = Loss("gaussian_nll_loss", INPUTS, PARAMETERS, written, loops="compatlosses.loops.gaussian_nll")
PLANS = Plans()


def gaussian_nll_loss(
    means: T,
    targets: T,
    variances: T | float,
    *,
    full: bool = False,
    epsilon: float = 1e-6,
    clamp_gradient: Literal["through", "zero"] = "through",
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The negative log-likelihood of a normal distribution,
    ``weight * (log(variances) + (means - targets)**2 / variances) / 2``.

    Args:
        means: tensor of any shape; float16, bfloat16, float32 or float64.
        targets: tensor of that shape; floating, integer or bool, taken as numbers.
        variances: tensor that broadcasts to the means' shape, or a number. Negative ones count as epsilon.
        full: adds the constant log(2 pi) / 2.
        epsilon: what variances are not less than; above 0.
        clamp_gradient: of variances below epsilon the slope at epsilon, 'through', or 0, 'zero'.
        weight: factor of each element's loss: a tensor that broadcasts to the means' shape, or a number.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of elements that count, 'all' by that of all
            elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose target has this value do not count: no loss, no gradient. NaN matches
            NaN.
        mask: bool tensor that broadcasts to the means' shape: where it is False, an element does not count.
        dtype: name of the result's dtype; by default the means', or under automatic casting the
            framework's choice.

    Returns:
        A tensor of the means' framework and device: of their shape for 'none', 0-D otherwise. The mean
        over no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, a weight or mask that does not broadcast, an option or parameter out
            of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> x, y, v = np.array([1.0, 2.0]), np.array([1.5, 0.0]), np.array([0.25, 4.0])
    >>> float(cl.gaussian_nll_loss(x, y, v).round(6))
    0.5
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    parameters = (full, epsilon, clamp_gradient)
    result: T = call(LOSS, PLANS, (means, targets, variances, weight), parameters, options)
    return result

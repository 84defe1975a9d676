"""Binary cross entropy of a probability p and a target y: -y log p - (1 - y) log(1 - p).

It is computed from the smaller probability n of the two, p or 1 - p, as log n and log1p(-n), so that neither
logarithm loses digits. A term with a coefficient of 0 is 0. The clamps of the APIs, each off by default:

- floor: no logarithm is less than this. Where it holds, the slope of that logarithm is 0.
- clip: probabilities are held within [clip, 1 - clip]. Where that holds, the slope is 0.
- epsilon: a number that is added to p and to 1 - p inside the logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (Input("probabilities", harmless=0.5), Input("targets"))
PARAMETERS = (
    Parameter("floor", None, most=0.0, absent=-math.inf),
    Parameter("clip", 0.0, least=0.0, most=0.5),
    Parameter("epsilon", 0.0, least=0.0),
    Parameter("label_smoothing", 0.0, least=0.0, most=1.0),
)
SYNONYMS = ("binary_cross_entropy", "BCELoss", "log_loss")
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def smaller(p: Any, clip: float) -> Any:
        n = ops.where(p < 0.5, p, 1.0 - p)
        if clip == 0.0:
            return ops.where(n < 0.0, math.nan, n)
        return ops.where(n < clip, ops.number(clip, p), n)

    def logarithms(p: Any, floor: float, clip: float, epsilon: float) -> Any:
        # Those of n and 1 - n.
        n, e = smaller(p, clip), ops.number(epsilon, p)
        small, large = ops.log(n + e), ops.log1p(e - n)
        least = ops.number(floor, p)
        return ops.where(small < least, least, small), ops.where(large < least, least, large)

    def held(logarithm: Any, floor: float) -> Any:
        # Nothing is held by no floor, a logarithm of -infinity neither.
        return logarithm <= floor if floor > -math.inf else logarithm < floor

    def value(p, y, w, floor, clip, epsilon, s):  # type: ignore[no-untyped-def]
        small, large = logarithms(p, floor, clip, epsilon)
        positive, negative = ops.smoothed(y, s), ops.smoothed(1.0 - y, s)
        left = p < 0.5
        of_small, of_large = ops.where(left, positive, negative), ops.where(left, negative, positive)
        return ops.weighted(w, ops.times(of_small, -small) + ops.times(of_large, -large))

    def by_probabilities(p, y, w, floor, clip, epsilon, s):  # type: ignore[no-untyped-def]
        n, e = smaller(p, clip), ops.number(epsilon, p)
        u, v = n + e, (1.0 - n) + e
        left = p < 0.5
        a = ops.where(left, ops.smoothed(y, s), ops.smoothed(1.0 - y, s))
        b = ops.where(left, ops.smoothed(1.0 - y, s), ops.smoothed(y, s))
        # By n: where both logarithms count one fraction, in which what is nearly equal is subtracted first.
        first, second = held(ops.log(u), floor), held(ops.log1p(e - n), floor)
        some = (u > 0.0) & ~(first | second)
        together = ((n - a) + e * (b - a)) / (ops.where(some, u, 1.0) * v)
        apart = ops.where(second, 0.0 * n, b) / v - ops.where(first, 0.0 * n, ops.times(a, 1.0 / u))
        slope = ops.where(some, together, apart)
        if clip > 0.0:
            slope = ops.where(n > clip, slope, 0.0 * slope)
        return ops.weighted(w, ops.where(left, slope, -slope))

    def by_targets(p, y, w, floor, clip, epsilon, s):  # type: ignore[no-untyped-def]
        small, large = logarithms(p, floor, clip, epsilon)
        slope = ops.times(large - small, ops.number(1.0 - s, p))
        return ops.weighted(w, ops.where(p < 0.5, slope, -slope))

    return value, by_probabilities, by_targets


LOSS = Loss(
    "binary_cross_entropy", INPUTS, PARAMETERS, written, loops="compatlosses.loops.binary_cross_entropy"
)
PLANS = Plans()


def binary_cross_entropy(
    probabilities: T,
    targets: T,
    *,
    floor: float | None = None,
    clip: float = 0.0,
    epsilon: float = 0.0,
    label_smoothing: float = 0.0,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """Binary cross entropy of probabilities,
    ``-weight * (targets log(probabilities) + (1 - targets) log(1 - probabilities))``.

    Args:
        probabilities: tensor of any shape; float16, bfloat16, float32 or float64. Outside [0, 1] the loss is
            NaN, unless it is clipped.
        targets: tensor of that shape; floating, integer or bool. Values outside [0, 1] follow the formula.
        floor: what a logarithm is not less than, at most 0; -100 is torch's and Paddle's. None for none.
        clip: probabilities are held within [clip, 1 - clip]; 1e-7 is Keras'. Outside the gradient is 0.
        epsilon: added to both probabilities inside the logarithms; 1e-7 is TensorFlow's ``log_loss``.
        label_smoothing: s in [0, 1]; targets become ``targets * (1 - s) + s / 2``.
        weight: factor of each element's loss: a tensor that broadcasts to the probabilities' shape, or a
            number.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of elements that count, 'all' by that of all
            elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose target has this value do not count: no loss, no gradient. NaN matches
            NaN.
        mask: bool tensor that broadcasts to the probabilities' shape: where it is False, an element does not
            count.
        dtype: name of the result's dtype; by default the probabilities', or under automatic casting the
            framework's choice.

    Returns:
        A tensor of the probabilities' framework and device: of their shape for 'none', 0-D otherwise. The
        mean over no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, a weight or mask that does not broadcast, an option or parameter out
            of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> p, y = np.array([0.0, 0.25, 1.0]), np.array([1.0, 0.0, 1.0])
    >>> cl.binary_cross_entropy(p, y, floor=-100, reduction="none").round(6).tolist()
    [100.0, 0.287682, 0.0]
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    parameters = (floor, clip, epsilon, label_smoothing)
    result: T = call(LOSS, PLANS, (probabilities, targets, weight), parameters, options)
    return result

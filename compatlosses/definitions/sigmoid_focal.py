"""The focal loss of a logit x and a target y: binary cross entropy B times (1 - p_t)^gamma, where 1 - p_t =
(1 - y) s(x) + y s(-x) is how wrong the prediction is, s(x) = 1 / (1 + e^-x).

1 - p_t is that sum, never a difference. With alpha the loss is times alpha y + (1 - alpha) (1 - y). It is
divided by a normalizer where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..neutral import DivisorName, Plans, ReductionName, T, call
from ..protocols import Input, Loss, Parameter

INPUTS = (
    Input("logits"),
    Input("targets"),
    Input("normalizer", optional=True, broadcasts=True, harmless=1.0),
)
PARAMETERS = (
    Parameter("alpha", None, least=0.0, most=1.0, absent=-1.0),
    Parameter("gamma", 2.0, least=0.0),
)
SYNONYMS = (
    "sigmoid_focal_loss",
    "binary_focal_crossentropy",
    "BinaryFocalCrossentropy",
)
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss and its slopes in the vocabulary ``ops``."""

    def over(n: Any, x: Any) -> Any:
        return x if n is None else x / n

    def balanced(y: Any, w: Any, alpha: float) -> Any:
        if alpha < 0.0:  # with both branches: compilers that read this follow no early return
            return w
        else:
            return ops.factor(w, ops.number(alpha, y) * y + ops.number(1.0 - alpha, y) * (1.0 - y))

    def wrong(x: Any, y: Any) -> Any:
        return ops.times(1.0 - y, ops.sigmoid(x)) + ops.times(y, ops.sigmoid(-x))

    def value(x: Any, y: Any, n: Any, w: Any, alpha: float, gamma: float) -> Any:
        c = balanced(y, w, alpha)
        if gamma > 0.0:
            c = ops.factor(c, ops.power(wrong(x, y), gamma))
        negative, positive = ops.weighted(c, 1.0 - y), ops.weighted(c, y)
        return over(n, ops.softplus_pair(x, negative, positive, c is None))

    def by_logits(x, y, n, w, alpha, gamma):  # type: ignore[no-untyped-def]
        c = balanced(y, w, alpha)
        if gamma > 0.0:
            c = ops.factor(c, ops.power(wrong(x, y), gamma))
        negative, positive = ops.weighted(c, 1.0 - y), ops.weighted(c, y)
        slope = ops.sigmoid_pair(x, negative, positive, c is None)
        if gamma > 0.0:
            # gamma (1 - 2 y) s(x) s(-x) / (1 - p_t) times the loss: 0 where 1 - p_t is.
            q = wrong(x, y)
            some = ops.abs(q) > 0.0
            ratio = ops.where(some, ops.sigmoid(x) * ops.sigmoid(-x) / ops.where(some, q, 1.0), 0.0)
            loss = ops.softplus_pair(x, negative, positive, c is None)
            slope = slope + ops.number(gamma, x) * ops.times((1.0 - 2.0 * y) * ratio, loss)
        return over(n, slope)

    def by_targets(x, y, n, w, alpha, gamma):  # type: ignore[no-untyped-def]
        # By the weight of the targets, by 1 - p_t and by the entropy, which is a multiple of |x| and a rest.
        left = x < 0.0
        size = ops.abs(x)
        rest = ops.softplus(-size)
        of_line = ops.where(left, y, 1.0 - y)
        a = ops.where(left, 1.0, 1.0 + 0.0 * y)
        k = 0.0 * y
        if alpha >= 0.0:
            a = ops.number(alpha, y) * y + ops.number(1.0 - alpha, y) * (1.0 - y)
            k = k + ops.number(2.0 * alpha - 1.0, y)
        linear, constant = k * of_line + ops.where(left, a, -a), k * rest
        c = w
        if gamma > 0.0:
            # 1 - p_t may be too small for its inverse, never for these fractions of it.
            q = wrong(x, y)
            some = ops.abs(q) > 0.0
            e = ops.expm1(-size)
            change = ops.where(left, -e, e) / (2.0 + e)  # s(-x) - s(x)
            g = ops.number(gamma, x) * a * ops.where(some, change, 0.0)
            below = ops.where(some, q, 1.0)
            linear, constant = linear + g * (of_line / below), constant + g * (rest / below)
            c = ops.factor(w, ops.power(q, gamma))
        return over(n, ops.weighted(c, ops.times(linear, size) + constant))

    def by_normalizer(x, y, n, w, alpha, gamma):  # type: ignore[no-untyped-def]
        return -value(x, y, n, w, alpha, gamma) / n

    return value, by_logits, by_targets, by_normalizer


LOSS = Loss(
    "sigmoid_focal_loss",
    INPUTS,
    PARAMETERS,
    written,
    loops="compatlosses.loops.sigmoid_focal",
    lane="compatlosses.loops.unfocused",
)
PLANS = Plans()


def sigmoid_focal_loss(
    logits: T,
    targets: T,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
    normalizer: T | float | None = None,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """The focal loss, ``weight * alpha_t * (1 - p_t)**gamma`` times binary cross entropy, where p_t is the
    probability that the sigmoid of the logits gives the target.

    Args:
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        targets: tensor of that shape; floating, integer or bool. Between 0 and 1, p_t is
            ``targets * p + (1 - targets) * (1 - p)``.
        alpha: weight of the targets 1, in [0, 1]; that of the targets 0 is ``1 - alpha``. None: both are 1.
        gamma: how much less the right predictions weigh; at least 0. At 0 it is binary cross entropy.
        normalizer: what the losses are divided by, such as the number of objects: a tensor that broadcasts to
            the logits' shape, or a number.
        weight: factor of each element's loss: a tensor that broadcasts to the logits' shape, or a number.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of elements that count, 'all' by that of all
            elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose target has this value do not count: no loss, no gradient. NaN matches
            NaN.
        mask: bool tensor that broadcasts to the logits' shape: where it is False, an element does not count.
        dtype: name of the result's dtype; by default the logits', or under automatic casting the
            framework's choice.

    Returns:
        A tensor of the logits' framework and device: of their shape for 'none', 0-D otherwise. The mean
        over no element is NaN, the sum 0.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, a weight or mask that does not broadcast, an option or parameter out
            of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> x, y = np.array([2.0, -1.0]), np.array([1.0, 1.0])
    >>> cl.sigmoid_focal_loss(x, y, reduction="none").round(6).tolist()
    [0.001804, 0.701868]
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (logits, targets, normalizer, weight), (alpha, gamma), options)
    return result

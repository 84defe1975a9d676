"""Paddle 1.8's losses of probabilities and of one logit, of ``fluid.layers``: kldiv_loss and
sigmoid_focal_loss. Its log_loss is that of Paddle 2.0.
"""

from __future__ import annotations

import math
from typing import Any

from compatlosses import checks, rules
from compatlosses.checks import Argument, Dialect
from compatlosses.definitions import sigmoid_focal
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library

from ..differences_2_0 import ACCEPTED, shaped
from ..elements import divergence_of
from ..elements_2_0 import log_loss

__all__ = ["kldiv_loss", "log_loss", "sigmoid_focal_loss"]

_DIVERGENCE = Dialect(checks.pair(("x", "target"), ACCEPTED, alike=True))
_INDICES = ("int32", "int64")
_FOCAL = Dialect((Argument("x", ACCEPTED), Argument("label", _INDICES), Argument("fg_num", _INDICES)))


def kldiv_loss(x: Tensor, target: Tensor, reduction: str = "mean", name: str | None = None) -> Tensor:
    """The Kullback-Leibler divergence by the rules of Paddle 1.8, ``target * (log(target) - x)``.

    The mean, which is the default, is over all elements; 'batchmean' is the divergence.

    Args:
        x: logarithms of probabilities, of any shape; float32 or float64.
        target: probabilities: a tensor of that shape and dtype. 0 contributes 0.
        reduction: 'none', 'mean', 'sum' or 'batchmean', the sum over the size of the first axis.
        name: accepted and not used.

    Returns:
        A tensor of the dtype of ``x``: of its shape for 'none', otherwise of shape [1].

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that differ, an unknown reduction.

    Source: Paddle 1.8 documentation of ``fluid.layers.kldiv_loss``; where it is silent, paddlepaddle 1.8.5.
    """
    return shaped(divergence_of(_DIVERGENCE, (x, target), reduction, 0.0), reduction, x)


def sigmoid_focal_loss(
    x: Tensor, label: Tensor, fg_num: Tensor, gamma: float = 2.0, alpha: float = 0.25
) -> Tensor:
    """The focal loss of each class by the rules of Paddle 1.8. **Labels are classes from 1; 0 is the
    background, which is none of them. gamma comes before alpha.**

    Each class has a logit of its own. Its loss is ``alpha (1 - p)**gamma softplus(-x)`` where the label is
    that class and ``(1 - alpha) p**gamma softplus(x)`` elsewhere, p = sigmoid(x), over ``max(fg_num, 1)``.

    Args:
        x: logits of shape (N, C), for C classes without the background; float32 or float64.
        label: the class of each row, 1 to C, or 0: whole numbers of shape (N, 1), int32 (or int64). Rows of
            the label -1 have no loss and no gradient.
        fg_num: the number of objects: int32 (or int64) of shape [1].
        gamma: how much less right predictions weigh; at least 0.
        alpha: weight of the class of the label; that of the others is ``1 - alpha``. At least 0.

    Returns:
        A tensor of the shape and dtype of ``x``.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an alpha or gamma
            that is no number.
        ValueError: shapes that do not go together, an alpha or gamma below 0.

    Source: Paddle 1.8 documentation of ``fluid.layers.sigmoid_focal_loss``; where it is silent, paddlepaddle
    1.8.5.
    """
    library: Any = common_library((x, label), ("x", "label"))
    common_library((x, fg_num), ("x", "fg_num"))
    checks.check(library, _FOCAL, (x, label, fg_num))
    _check_shapes(library, x, label, fg_num)
    parameters = (rules.nonnegative("alpha", alpha), rules.nonnegative("gamma", gamma))
    dtype = library.dtype(x)
    objects = library.cast(fg_num, dtype)
    normalizer = library.where(objects > 1.0, objects, 1.0)
    targets = library.cast(library.classes(library.without_axis(label) - 1, x), dtype)
    reduction = ("none", "one", None, math.nan, ~library.equal(label, -1))
    return evaluate(
        (sigmoid_focal.LOSS, library, (x, targets, normalizer, None), parameters, reduction), dtype
    )


def _check_shapes(library: Library, x: Tensor, label: Tensor, fg_num: Tensor) -> None:
    """Refuse other shapes than (N, C), (N, 1) and [1], as far as they are known."""
    shape, own, number = library.shape(x), library.shape(label), library.shape(fg_num)
    if shape is not None and len(shape) < 2:
        raise ValueError(f"x has shape {rules.shown(shape)}; expected (N, C), a logit for each class")
    if shape is not None and own is not None and not rules.same_shape(own, (*shape[:-1], 1)):
        raise ValueError(
            f"label has shape {rules.shown(own)}; expected {rules.shown((*shape[:-1], 1))}, a class for each "
            f"row of x"
        )
    if number is not None and not rules.same_shape(number, (1,)):
        raise ValueError(f"fg_num has shape {rules.shown(number)}; expected (1,). Reshape it first.")

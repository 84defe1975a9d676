"""Softmax cross entropy: the sum of q_c (log sum_j e^x_j - x_c) over the classes c of a row, with logits x
and targets q, probabilities or a class index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ..neutral import DivisorName, Plans, ReductionName, T
from ..neutral_rows import AXIS, SMOOTHING, call
from ..protocols import Input, Loss
from . import cross_entropy_of_indices, cross_entropy_of_weighted_rows

INPUTS = (Input("logits"), Input("targets"))
PARAMETERS = (AXIS, SMOOTHING)
WeightingName = Literal["class", "row"]
SYNONYMS = (
    "cross_entropy", "CrossEntropyLoss", "softmax_cross_entropy", "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2", "SoftmaxCrossEntropyWithLogits", "softmax_with_cross_entropy",
    "sparse_softmax_cross_entropy",
    "sparse_softmax_cross_entropy_with_logits", "softmax_cross_entropy_with_integer_labels",
    "softmax_with_cross_entropy", "safe_softmax_cross_entropy", "categorical_crossentropy",
    "CategoricalCrossentropy", "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy",
)  # fmt: skip
"""The names of this loss in other APIs."""


def written(ops: Any) -> tuple[Callable[..., Any], ...]:
    """The loss of rows along the last axis, which it keeps, and its slopes, in the vocabulary ``ops``."""

    def value(x, q, w):  # type: ignore[no-untyped-def]
        return ops.row_sum(ops.times(ops.weighted(w, q), ops.nll(x)))

    def by_logits(x, q, w):  # type: ignore[no-untyped-def]
        v = ops.weighted(w, q)
        return ops.times(ops.softmax(x), ops.row_sum(v) - v) - ops.times(v, ops.rest(x))

    def by_targets(x, q, w):  # type: ignore[no-untyped-def]
        return ops.weighted(w, ops.nll(x))

    def by_weight(x, q, w):  # type: ignore[no-untyped-def]
        return ops.times(q, ops.nll(x))

    return value, by_logits, by_targets, by_weight


LOSS = Loss(
    "cross_entropy",
    INPUTS,
    PARAMETERS,
    written,
    loops="compatlosses.loops.rows",
    rows="class",
    of_indices=cross_entropy_of_indices.LOSS,
    of_weighted_rows=cross_entropy_of_weighted_rows.LOSS,
)
PLANS = Plans()


def cross_entropy(
    logits: T,
    targets: T,
    *,
    axis: int = -1,
    weight: T | None = None,
    weighting: WeightingName = "class",
    ignore_index: int | None = None,
    mask: T | None = None,
    label_smoothing: float = 0.0,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    dtype: str | None = None,
) -> T:
    """The softmax cross entropy of rows of logits: of an index y ``-log softmax(logits)[y]``, of
    probabilities the sum of each times that of its class.

    Args:
        logits: tensor with an axis of classes; float16, bfloat16, float32 or float64. Minus infinity masks a
            class.
        targets: integers, the index of each row's class, of the logits' shape without ``axis``; or floating
            numbers of the logits' shape, a probability for each class. They need not sum to 1.
        axis: that of the classes. weight: one factor for each class, of shape (classes,). weighting: 'class':
        each class's factor weighs its own term. 'row': the sum of target times factor over
            the classes weighs the whole row. Of an index without label smoothing they are the same.
        ignore_index: rows with this index do not count: no loss, no gradient, whatever their logits hold. It
            need not be the index of a class.
        mask: bool tensor that broadcasts to the shape of the rows: where it is False, a row does not count.
        label_smoothing: a number s in [0, 1]: each target q becomes ``q (1 - s) + s / classes``.
        reduction: 'none', 'mean' or 'sum'.
        divisor: of the mean: 'counted' divides by the number of rows that count, 'all' by that of all rows,
            'weights' by the sum of the weights of the rows that count. The weight of a row is that of its
            index's class, or the sum of target times factor: of smoothed targets where ``weighting`` is
            'row'.
        dtype: name of the result's dtype; by default the logits', or under automatic casting the framework's
            choice.

    Returns:
        A tensor of the logits' framework and device: of the rows' shape for 'none', 0-D otherwise. The mean
        over no row is NaN, the sum 0. The loss of a row whose logits are all minus infinity is NaN.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that do not go together, an option out of its range, ignore_index with
            probabilities.
        IndexError: an index of a row that counts is no class. In a compiled program and on a device, where
            values cannot be seen, the loss of that row is NaN.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> float(cl.cross_entropy(np.array([[2.0, 2.0], [1.0, 9.0]]), np.array([1, -1]), ignore_index=-1))
    0.6931471805599453
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    result: T = call(LOSS, PLANS, (logits, targets, weight), (axis, label_smoothing, weighting), options)
    return result

"""The multilabel soft margin loss: binary cross entropy with logits, averaged over the classes of a row.

It has no mathematics of its own: `binary_cross_entropy_with_logits` is its element.
"""

from __future__ import annotations

from ..along import rows_of, whole_of
from ..evaluate import evaluate
from ..neutral import DivisorName, ReductionName, T, checked_call
from ..neutral_rows import checked_axis
from .binary_cross_entropy_with_logits import LOSS


def multilabel_soft_margin_loss(
    logits: T,
    targets: T,
    *,
    axis: int = -1,
    weight: T | float | None = None,
    reduction: ReductionName = "mean",
    divisor: DivisorName = "counted",
    ignore_index: float | None = None,
    mask: T | None = None,
    dtype: str | None = None,
) -> T:
    """Binary cross entropy with logits, averaged over the classes of a row: one loss a row.

    Its mean is that of `compatlosses.binary_cross_entropy_with_logits`, which `value_and_gradients` takes.

    Args:
        logits: tensor of one dimension at least; float16, bfloat16, float32 or float64.
        targets: tensor of that shape; floating, integer or bool. Values outside [0, 1] follow the formula.
        axis: that of the classes.
        weight: factor of each class or element: a tensor that broadcasts to the logits' shape, or a number.
        reduction: 'none', the loss of each row; 'mean' or 'sum' of those.
        divisor: of the mean, which is over elements: 'counted' divides by the number of elements that count,
            'all' by that of all elements, 'weights' by the sum of the weights of those that count.
        ignore_index: elements whose target has this value do not count: no loss, no gradient. A row's loss is
            over all its classes all the same. NaN matches NaN.
        mask: bool tensor that broadcasts to the logits' shape: where it is False, an element does not count.
        dtype: name of the result's dtype; by default the logits', or under automatic casting the framework's
            choice.

    Returns:
        A tensor of the logits' framework and device: of their shape without the axis for 'none', 0-D
        otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype or an option of an
            unsuitable type.
        ValueError: shapes that differ, an axis that the logits lack, a weight or mask that does not
            broadcast, an option out of its range.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> x, y = np.array([[2.0, -1.0], [0.5, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> cl.multilabel_soft_margin_loss(x, y, reduction="none").round(6).tolist()
    [0.220095, 0.833612]
    """
    options = (reduction, divisor, ignore_index, mask, dtype)
    call, result_dtype = checked_call(LOSS, (logits, targets, None, weight), (0.0,), options)
    shape = call[1].shape(logits)
    if shape is None:
        raise ValueError("logits has an unknown number of dimensions; expected a known one")
    place = checked_axis(axis, "logits", shape)
    result: T
    if reduction == "mean":
        result = evaluate(call, result_dtype)
    elif reduction == "sum":
        result = whole_of(call, result_dtype, shape[place])
    else:
        result = rows_of(call, result_dtype, place, shape[place])
    return result

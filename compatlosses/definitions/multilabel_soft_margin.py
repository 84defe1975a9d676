"""The multilabel soft margin loss: binary cross entropy with logits, averaged over the classes of a row.

It has no mathematics of its own: `binary_cross_entropy_with_logits` is its element.
"""

from __future__ import annotations

from .. import neutral_along
from ..neutral import DivisorName, ReductionName, T
from ..protocols import Input, Loss
from . import binary_cross_entropy_with_logits as of_elements

INPUTS = (Input("logits"), Input("targets"))
PARAMETERS = ()
SYNONYMS = (
    "multilabel_soft_margin_loss",
    "multi_label_soft_margin_loss",
    "MultiLabelSoftMarginLoss",
)
"""The names of this loss in other APIs."""

LOSS = Loss(
    "multilabel_soft_margin_loss",
    INPUTS,
    PARAMETERS,
    of_elements.written,
    along="mean",
    element=of_elements.LOSS,
)


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

    Its mean is that of `compatlosses.binary_cross_entropy_with_logits`.

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
    result: T = neutral_along.value(
        neutral_along.checked_call(LOSS, (logits, targets, weight), (), axis, options)
    )
    return result

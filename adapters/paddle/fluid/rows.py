"""Paddle 1.8's loss of rows of probabilities."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from ..rows import PADDLE_2_0, Options, losses


def cross_entropy(input: Tensor, label: Tensor, soft_label: bool = False, ignore_index: int = -100) -> Tensor:
    """Cross entropy of rows of **probabilities**, not logits, by the rules of Paddle 1.8. Nothing is reduced.

    The loss of a row with an index is ``-log(input[label])``, that of a row with a number for each class
    ``-sum(label * log(input))``. The classes are the last axis.

    Args:
        input: probabilities, float32 or float64. They need not sum to 1.
        label: the index of each row's class, int32 or int64, of the input's shape without the last axis or
            with size 1 there. If ``soft_label``, a number for each class, of the input's shape and dtype.
        soft_label: whether labels are a number for each class.
        ignore_index: rows with this index have no loss and no gradient. Of indices alone.

    Returns:
        A tensor of the input's dtype: of the label's shape if that is indices, else of the input's shape with
        size 1 along the last axis.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an ignore_index
            that is no int.
        ValueError: shapes that do not go together.
        IndexError: an index that is no class. In a compiled program and on a device, where values cannot be
            seen, its row's loss is NaN.

    Source: Paddle 1.8 documentation of ``paddle.fluid.layers.cross_entropy``.
    """
    ignored = -100 if soft_label else ignore_index
    options = Options(ignored, "none", soft_label, use_softmax=False)
    return losses(PADDLE_2_0, (input, label, None), options)

"""``tf.compat.v1.nn``: the losses of `compatlosses.tensorflow.nn`, with the names that arguments had in
TensorFlow 1.
"""

from __future__ import annotations

from compatlosses.libraries import Tensor
from compatlosses.tensorflow import nn
from compatlosses.tensorflow.nn import sigmoid_cross_entropy_with_logits

__all__ = ["sigmoid_cross_entropy_with_logits", "weighted_cross_entropy_with_logits"]


def weighted_cross_entropy_with_logits(
    labels: Tensor | None = None,
    logits: Tensor | None = None,
    pos_weight: Tensor | float | None = None,
    name: str | None = None,
    targets: Tensor | None = None,
) -> Tensor:
    """`compatlosses.tensorflow.nn.weighted_cross_entropy_with_logits`, by TensorFlow 1's rules.

    Args:
        labels, logits, pos_weight, name: as there.
        targets: the labels, by the name that they had before.

    Returns:
        A tensor of the logits' shape and dtype: the loss of each element.

    Raises:
        ValueError: as there; both labels and targets.
        TypeError: as there.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    if targets is not None:
        if labels is not None:
            raise ValueError(
                "labels and targets are both given, two names for one argument; expected one of them"
            )
        labels = targets
    return nn.weighted_cross_entropy_with_logits(labels, logits, pos_weight, name)

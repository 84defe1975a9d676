"""``tf.compat.v1.nn``: the losses of `compatlosses.tensorflow.nn`, with the names that arguments had in
TensorFlow 1.
"""

from __future__ import annotations

from typing import Any

from compatlosses.libraries import Tensor, common_library
from compatlosses.tensorflow import cross_entropy, nn
from compatlosses.tensorflow.nn import (
    sigmoid_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)

__all__ = [
    "sigmoid_cross_entropy_with_logits", "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2", "sparse_softmax_cross_entropy_with_logits",
    "weighted_cross_entropy_with_logits",
]  # fmt: skip


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


def softmax_cross_entropy_with_logits(
    labels: Tensor | None = None,
    logits: Tensor | None = None,
    dim: int | None = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Tensor:
    """`compatlosses.tensorflow.nn.softmax_cross_entropy_with_logits`, by TensorFlow 1's rules: no gradient
    reaches the labels.

    Args:
        labels, logits, name: as there.
        dim: the axis of the classes.
        axis: the same, where ``dim`` is None.

    Returns:
        A tensor of the logits' dtype, of their shape without the axis: the loss of each row.

    Raises:
        ValueError: as there; both dim and axis.
        TypeError: as there.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    place = _one_of(dim, axis)
    labels, logits = cross_entropy.given(labels, logits)
    library: Any = common_library((logits, labels), cross_entropy.NAMES)
    return nn.softmax_cross_entropy_with_logits(library.detached(labels), logits, place, name)


def softmax_cross_entropy_with_logits_v2(
    labels: Tensor,
    logits: Tensor,
    axis: int | None = None,
    name: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """`compatlosses.tensorflow.nn.softmax_cross_entropy_with_logits`, by its name in TensorFlow 1.

    Args:
        labels, logits, axis, name: as there.
        dim: the axis, by the name that it had before.

    Returns:
        A tensor of the logits' dtype, of their shape without the axis: the loss of each row.

    Raises:
        ValueError: as there; both dim and axis.
        TypeError: as there.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    return nn.softmax_cross_entropy_with_logits(labels, logits, _one_of(dim, axis), name)


def _one_of(dim: int | None, axis: int | None) -> int | None:
    """The axis that is given by one of two names.

    Raises:
        ValueError: it is given by both.
    """
    if dim is not None and axis is not None:
        raise ValueError(f"dim is {dim} and axis {axis}, two names for one argument; expected one of them")
    return axis if dim is None else dim

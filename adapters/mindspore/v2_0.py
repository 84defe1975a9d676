"""MindSpore 2.0's API: ``mindspore.ops.binary_cross_entropy_with_logits`` when both weights were required."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from . import adapter, checks

__all__ = ["binary_cross_entropy_with_logits"]


def binary_cross_entropy_with_logits(
    logits: Tensor, label: Tensor, weight: Tensor, pos_weight: Tensor, reduction: str = "mean"
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, by the rules of MindSpore 2.0.

    Each element's loss is ``weight * ((1 - label) softplus(logits) + pos_weight * label softplus(-logits))``.

    Args:
        logits: tensor of any shape; float16 or float32.
        label: tensor of the logits' shape, float16 or float32, values between 0 and 1 (not checked).
        weight: factor of each element's loss: a float16 or float32 tensor that broadcasts to the logits'
            shape.
        pos_weight: factor of the positive term: a float16 or float32 tensor that broadcasts to the logits'
            shape.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the logits' dtype: of the logits' shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, a weight of None included; tensors of two frameworks; a
            dtype other than float16 and float32; a reduction that is no string.
        ValueError: a label of another shape, a weight that does not broadcast to the logits or would enlarge
            them, an unknown reduction.

    Source: MindSpore 2.0 documentation.
    """
    if weight is None:
        raise TypeError(
            "weight is None; expected a tensor. Give a tensor of ones, or call a later version's function."
        )
    if pos_weight is None:
        raise TypeError(
            "pos_weight is None; expected a tensor. Give a tensor of ones, or call a later version's "
            "function."
        )
    return checks.evaluate(checks.UP_TO_2_6, (logits, label, weight, pos_weight), reduction)


if adapter.loaded():
    adapter.library()

"""MindSpore's loss class, as a real cell of MindSpore."""

from __future__ import annotations

import mindspore

from compatlosses.libraries import Tensor

from .v2_7 import binary_cross_entropy_with_logits


class BCEWithLogitsLoss(mindspore.nn.BCEWithLogitsLoss):  # type: ignore[misc]
    """MindSpore's own cell with this library's loss in it: what it keeps, its copies and its repr are the native ones.

    Weights are attributes, as in the native class: no parameters. The constructor checks nothing; calls do, by the rules of
    `compatlosses.mindspore.v2_7.binary_cross_entropy_with_logits`, which take all that the rules of 2.3 to 2.6 take.

    Source: ``mindspore.nn.BCEWithLogitsLoss``, mindspore 2.10.0.
    """

    def __init__(self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None) -> None:
        super().__init__(reduction, weight, pos_weight)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(input, target, self.weight, self.pos_weight, self.reduction)

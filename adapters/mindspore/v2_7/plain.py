"""MindSpore's loss class by the rules of 2.7 and later, as a plain callable for where MindSpore has not been
imported.
"""

from __future__ import annotations

from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits


class BCEWithLogitsLoss(PlainLoss):
    """Binary cross entropy with logits by the rules of MindSpore 2.7 and later: bfloat16 too.

    See `binary_cross_entropy_with_logits`.

    Source: ``mindspore.nn.BCEWithLogitsLoss``, mindspore 2.10.0.
    """

    def __init__(
        self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None
    ) -> None:
        warn_of_foreign(
            "compatlosses.mindspore.v2_7.BCEWithLogitsLoss", "MindSpore", weight=weight, pos_weight=pos_weight
        )
        self.reduction = reduction
        self.weight = weight
        self.pos_weight = pos_weight

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(input, target, self.weight, self.pos_weight, self.reduction)

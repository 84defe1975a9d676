"""``mindspore.mint.nn.BCEWithLogitsLoss``, as a plain callable for where MindSpore has not been imported."""

from __future__ import annotations

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from .nn.functional import binary_cross_entropy_with_logits


class BCEWithLogitsLoss:
    """Binary cross entropy with logits by the rules of ``mindspore.mint``: weight first, then reduction;
    bfloat16 too.

    Source: ``mindspore.mint.nn.BCEWithLogitsLoss``, mindspore 2.10.0.
    """

    def __init__(
        self, weight: Tensor | None = None, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        warn_of_foreign(
            "compatlosses.mindspore.mint.nn.BCEWithLogitsLoss",
            "MindSpore",
            weight=weight,
            pos_weight=pos_weight,
        )
        self.weight = weight
        self.reduction = reduction
        self.pos_weight = pos_weight

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

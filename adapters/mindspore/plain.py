"""MindSpore's loss class as a plain callable, for where MindSpore is not installed."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from .v2_7 import binary_cross_entropy_with_logits


class BCEWithLogitsLoss:
    """Binary cross entropy with logits by MindSpore's rules, its options kept; see `binary_cross_entropy_with_logits`.

    Source: ``mindspore.nn.BCEWithLogitsLoss``, mindspore 2.10.0.
    """

    def __init__(self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None) -> None:
        self.reduction = reduction
        self.weight = weight
        self.pos_weight = pos_weight

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(input, target, self.weight, self.pos_weight, self.reduction)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

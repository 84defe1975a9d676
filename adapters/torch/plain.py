"""torch's loss class as a plain callable, for where torch has not been imported."""

from __future__ import annotations

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits
from .legacy import legacy_reduction


class BCEWithLogitsLoss:
    """Binary cross entropy with logits by torch's rules, its options kept; see
    `binary_cross_entropy_with_logits`.

    Source: torch 2.1 documentation of ``torch.nn.BCEWithLogitsLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        warn_of_foreign("compatlosses.torch.BCEWithLogitsLoss", "torch", weight=weight, pos_weight=pos_weight)
        self.weight = weight
        self.pos_weight = pos_weight
        self.reduction = reduction
        if size_average is not None or reduce is not None:
            self.reduction = legacy_reduction(size_average, reduce)

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

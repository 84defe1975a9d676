"""Paddle's loss class as a plain callable, for where Paddle has not been imported."""

from __future__ import annotations

from compatlosses import rules
from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits


class BCEWithLogitsLoss:
    """Binary cross entropy with logits by Paddle's rules, its options kept; see
    `binary_cross_entropy_with_logits`.

    Source: Paddle 3 documentation of ``paddle.nn.BCEWithLogitsLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
        name: str | None = None,
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign(
            "compatlosses.paddle.BCEWithLogitsLoss", "Paddle", weight=weight, pos_weight=pos_weight
        )
        self.weight = weight
        self.reduction = reduction
        self.pos_weight = pos_weight
        self.name = name

    def __call__(self, logit: Tensor, label: Tensor) -> Tensor:
        """The loss of ``logit`` and ``label``."""
        return binary_cross_entropy_with_logits(
            logit, label, self.weight, self.reduction, self.pos_weight, self.name
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

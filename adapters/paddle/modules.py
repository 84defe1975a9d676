"""Paddle's loss class, as a real layer of Paddle."""

from __future__ import annotations

from typing import Literal

import paddle

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits


class BCEWithLogitsLoss(paddle.nn.BCEWithLogitsLoss):
    """Paddle's own layer with this library's loss in it: buffers, state_dict keys, pickling and repr are the
    native ones.

    Weights of another framework are kept as they are, for inputs of that framework. Errors, shapes and dtypes
    are those of `binary_cross_entropy_with_logits`; an unknown reduction is a ValueError at once.

    Source: Paddle 3 documentation of ``paddle.nn.BCEWithLogitsLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: Literal["none", "mean", "sum"] = "mean",
        pos_weight: Tensor | None = None,
        name: str | None = None,
    ) -> None:
        warn_of_foreign(
            "compatlosses.paddle.BCEWithLogitsLoss", "Paddle", weight=weight, pos_weight=pos_weight
        )
        super().__init__(weight, reduction, pos_weight, name)

    def forward(self, logit: Tensor, label: Tensor) -> Tensor:
        """The loss of ``logit`` and ``label``."""
        return binary_cross_entropy_with_logits(
            logit, label, self.weight, self.reduction, self.pos_weight, self.name
        )

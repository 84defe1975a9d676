"""MindSpore's loss class by its document of 2.3 to 2.6, as a plain callable for where MindSpore has not been
imported.
"""

from __future__ import annotations

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits


class BCEWithLogitsLoss:
    """Binary cross entropy with logits by the rules of MindSpore 2.3 to 2.6: float16 and float32.

    See `binary_cross_entropy_with_logits`.

    Source: MindSpore 2 documentation of the function; where it is silent, ``mindspore.nn.BCEWithLogitsLoss``,
    mindspore 2.10.0.
    """

    def __init__(
        self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None
    ) -> None:
        warn_of_foreign(
            "compatlosses.mindspore.BCEWithLogitsLoss", "MindSpore", weight=weight, pos_weight=pos_weight
        )
        self.reduction = reduction
        self.weight = weight
        self.pos_weight = pos_weight

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(input, target, self.weight, self.pos_weight, self.reduction)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

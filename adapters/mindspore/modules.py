"""MindSpore's loss class by its document of 2.3 to 2.6, as a real cell of MindSpore."""

from __future__ import annotations

import mindspore

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor
from compatlosses.mindspore.ops import binary_cross_entropy_with_logits


class BCEWithLogitsLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """Binary cross entropy with logits by the rules of MindSpore 2.3 to 2.6: float16 and float32.

    A cell that keeps, copies and shows what MindSpore's own does, with this library's loss in it. It is a
    sibling of MindSpore's class, no heir: level O1 of amp takes two classes of one name in a line for one.

    Weights are attributes, as in the native class: no parameters. The constructor refuses a Parameter with a
    TypeError, and warns of another framework's tensor; calls check the rest, by the rules of
    `compatlosses.mindspore.binary_cross_entropy_with_logits`.

    Source: MindSpore 2 documentation of the function; where it is silent, ``mindspore.nn.BCEWithLogitsLoss``,
    mindspore 2.10.0.
    """

    def __init__(
        self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None
    ) -> None:
        super().__init__()
        for name, given in (("weight", weight), ("pos_weight", pos_weight)):
            if isinstance(given, mindspore.Parameter):
                raise TypeError(
                    f"{name} can not be a Parameter; expected a tensor or None. Pass {name}.value()."
                )
        warn_of_foreign(
            "compatlosses.mindspore.BCEWithLogitsLoss", "MindSpore", weight=weight, pos_weight=pos_weight
        )
        self.reduction, self.weight, self.pos_weight = reduction, weight, pos_weight

    # Level O1 of MindSpore's amp writes a cell and the functions it calls into a file of its own, where
    # neither their relative imports nor their module's names are; a static method it leaves as it is.
    _loss = staticmethod(binary_cross_entropy_with_logits)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return self._loss(input, target, self.weight, self.pos_weight, self.reduction)

"""``mindspore.ops.BCEWithLogitsLoss`` by MindSpore's document of 2.3 to 2.6, as a cell that MindSpore's
compiler takes.
"""

from __future__ import annotations

import mindspore

from compatlosses.libraries import Tensor
from compatlosses.mindspore import checks
from compatlosses.mindspore.ops.plain import evaluate


class BCEWithLogitsLoss(mindspore.nn.Cell):  # type: ignore[misc]
    """Binary cross entropy with logits by the rules of MindSpore 2.3 to 2.6: float16 and float32. Weights go
    with each call.

    The native class is a primitive. This one is a cell without parameters, because MindSpore's amp rewrites
    the calls of cells and primitives alone. It keeps the reduction alone, and checks it when it is made.

    Source: ``mindspore.ops.BCEWithLogitsLoss``, mindspore 2.10.0, for the signature; MindSpore 2
    documentation for the rules.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        checks.check_reduction(reduction)
        self.reduction = reduction

    # A static method, as in `compatlosses.mindspore.modules`.
    _loss = staticmethod(evaluate)

    def construct(
        self, input: Tensor, target: Tensor, weight: Tensor | None = None, posWeight: Tensor | None = None
    ) -> Tensor:
        """The loss of ``input`` and ``target``, their weights given here, by MindSpore's names."""
        return self._loss(input, target, weight, posWeight, self.reduction)

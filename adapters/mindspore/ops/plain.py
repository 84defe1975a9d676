"""``mindspore.ops.BCEWithLogitsLoss`` by MindSpore's document of 2.3 to 2.6, as a plain callable."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from .. import checks

_DIALECT = checks.dialect(("input", "target", "weight", "posWeight"), checks.HALF_AND_SINGLE)


class BCEWithLogitsLoss:
    """Binary cross entropy with logits by the rules of MindSpore 2.3 to 2.6: float16 and float32. Weights go
    with each call.

    The native class is a primitive, no cell: it keeps the reduction alone, and checks it when it is made.

    Source: ``mindspore.ops.BCEWithLogitsLoss``, mindspore 2.10.0, for the signature; MindSpore 2
    documentation for the rules.
    """

    def __init__(self, reduction: str = "mean") -> None:
        checks.check_reduction(reduction)
        self.reduction = reduction

    def __call__(
        self, input: Tensor, target: Tensor, weight: Tensor | None = None, posWeight: Tensor | None = None
    ) -> Tensor:
        """The loss of ``input`` and ``target``, their weights given here, by MindSpore's names."""
        return evaluate(input, target, weight, posWeight, self.reduction)

    def __repr__(self) -> str:
        return f"Prim[{type(self).__name__}]<reduction={self.reduction}>"


def evaluate(
    input: Tensor, target: Tensor, weight: Tensor | None, posWeight: Tensor | None, reduction: str
) -> Tensor:
    """The loss by the primitive's names and the rules of 2.3 to 2.6."""
    return checks.evaluate(_DIALECT, (input, target, weight, posWeight), reduction)

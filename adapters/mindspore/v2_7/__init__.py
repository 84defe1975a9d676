"""MindSpore's API of 2.7 and later: arguments renamed, bfloat16, the reduction in any letter case; function
and class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class
from compatlosses.libraries import Tensor

from .. import adapter, checks

if TYPE_CHECKING:
    from .modules import BCEWithLogitsLoss

__all__ = ["BCEWithLogitsLoss", "binary_cross_entropy_with_logits"]


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross entropy between a target and the sigmoid of input logits, by the rules of MindSpore 2.7
    and later.

    Each element's loss is ``weight * ((1 - target) softplus(input) + pos_weight * target softplus(-input))``.

    Args:
        input: logits of any shape; float16, float32 or bfloat16.
        target: tensor of the input's shape, of these dtypes, values between 0 and 1 (not checked).
        weight: factor of each element's loss: a tensor of these dtypes that broadcasts to the input's shape.
        pos_weight: factor of the positive term: a tensor of these dtypes that broadcasts to the input's
            shape.
        reduction: 'none', 'mean' or 'sum', in any letter case.

    Returns:
        A tensor of the input's dtype: of the input's shape for 'none', 0-D otherwise. Inside a function that
        ``mindspore.amp.auto_mixed_precision`` made with the level 'auto', half precision gives float32.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks; another dtype; a reduction
            that is no string.
        ValueError: a target of another shape, a weight that does not broadcast to the input or would enlarge
            it, an unknown reduction.

    Source: MindSpore 2.7 documentation; where it is silent, mindspore 2.10.0.
    """
    reduction = checks.lowered(reduction)
    return checks.evaluate(checks.SINCE_2_7, (input, target, weight, pos_weight), reduction)


def __getattr__(name: str) -> Any:
    """The loss class, a cell of MindSpore where that has been imported; a plain callable elsewhere."""
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the class too, before it is imported."""
    return sorted({*globals(), *__all__})


if adapter.loaded():
    adapter.library()

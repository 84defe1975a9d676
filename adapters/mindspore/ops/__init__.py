"""``mindspore.ops`` by MindSpore's document of 2.3 to 2.6: float16 and float32 alone, the reduction in small
letters.

The rules of 2.7 and later are in ``compatlosses.mindspore.v2_7``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from compatlosses import rules
from compatlosses.classes import loss_class
from compatlosses.libraries import Tensor

from .. import adapter, checks
from ..cross_entropy import cross_entropy, nll_loss
from ..differences import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from ..elements import (
    binary_cross_entropy,
    gaussian_nll_loss,
    kl_div,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)

if TYPE_CHECKING:
    from .modules import BCEWithLogitsLoss

__all__ = [
    "BCEWithLogitsLoss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
    "gaussian_nll_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss", "multilabel_soft_margin_loss",
    "nll_loss", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip


@overload
def binary_cross_entropy_with_logits(
    logits: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor: ...


@overload
def binary_cross_entropy_with_logits(
    *,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor: ...


def binary_cross_entropy_with_logits(
    logits: Tensor | None = None,
    label: Tensor | None = None,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: str = "mean",
    *,
    input: Tensor | None = None,
    target: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, by the rules of MindSpore 2.3 to 2.6.

    Each element's loss is ``weight * ((1 - label) softplus(logits) + pos_weight * label softplus(-logits))``.

    Args:
        logits: required. Tensor of any shape; float16 or float32.
        label: required. Tensor of the logits' shape, float16 or float32, values between 0 and 1 (not
            checked).
        weight: factor of each element's loss: a float16 or float32 tensor that broadcasts to the logits'
            shape.
        pos_weight: factor of the positive term: a float16 or float32 tensor that broadcasts to the logits'
            shape.
        reduction: 'none', 'mean' or 'sum'.
        input: another name for ``logits``, as MindSpore has it since 2.7.
        target: another name for ``label``.

    Returns:
        A tensor of the logits' dtype: of the logits' shape for 'none', 0-D otherwise. Inside a function that
        ``mindspore.amp.auto_mixed_precision`` made with the level 'auto', half precision gives float32.

    Raises:
        TypeError: an argument is missing, given under both names, or no tensor; tensors of two frameworks; a
            dtype other than float16 and float32; a reduction that is no string.
        ValueError: a label of another shape, a weight that does not broadcast to the logits or would enlarge
            them, an unknown reduction.

    Source: MindSpore 2 documentation; where it is silent, mindspore 2.10.0. ``docs/deviations.md`` says where
    the numbers are the mathematics' instead of MindSpore's.
    """
    x = rules.aliased("logits", "logits", logits, "input", input)
    y = rules.aliased("labels", "label", label, "target", target)
    return checks.evaluate(checks.UP_TO_2_6, (x, y, weight, pos_weight), reduction)


def __getattr__(name: str) -> Any:
    """The loss class: MindSpore's compiler takes it where that has been imported; a plain callable
    elsewhere.
    """
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the class too, before it is imported."""
    return sorted({*globals(), *__all__})


if adapter.loaded():
    adapter.library()

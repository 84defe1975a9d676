"""MindSpore's API as its document of 2.3 to 2.6 has it: float16 and float32 alone, the reduction in small
letters.

The function is at ``ops`` too, the classes are at ``nn`` and ``ops``. Other rules: MindSpore 2.0's in
``compatlosses.mindspore.v2_0``, those of 2.7 and later (bfloat16, any letter case) in
``compatlosses.mindspore.v2_7``, the order of ``mindspore.mint`` in ``compatlosses.mindspore.mint``. All take
the tensors of any framework. Importing them imports no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from . import adapter, nn, ops
from .ops import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    multilabel_soft_margin_loss,
    nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
)

if TYPE_CHECKING:
    from .element_modules import (
        BCELoss,
        GaussianNLLLoss,
        KLDivLoss,
        MultiLabelSoftMarginLoss,
        PoissonNLLLoss,
        SoftMarginLoss,
    )
    from .modules import (
        BCEWithLogitsLoss,
        CrossEntropyLoss,
        HuberLoss,
        L1Loss,
        MSELoss,
        NLLLoss,
        SmoothL1Loss,
        SoftmaxCrossEntropyWithLogits,
    )

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HuberLoss", "KLDivLoss",
    "L1Loss", "MSELoss", "MultiLabelSoftMarginLoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss",
    "SoftMarginLoss", "SoftmaxCrossEntropyWithLogits", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss", "huber_loss", "kl_div",
    "l1_loss", "mse_loss", "multilabel_soft_margin_loss", "nll_loss", "nn", "ops", "smooth_l1_loss",
    "soft_margin_loss",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A loss class: a cell of MindSpore where that has been imported; a plain callable elsewhere."""
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the classes too, before they are imported."""
    return sorted({*globals(), *__all__})


if adapter.loaded():
    adapter.library()

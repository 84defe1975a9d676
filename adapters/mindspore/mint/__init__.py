"""``mindspore.mint`` by the rules of 2.7 and later: bfloat16, the reduction in any letter case, and before
pos_weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from .. import adapter
from . import nn
from .nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
)

if TYPE_CHECKING:
    from .modules import (
        BCELoss,
        BCEWithLogitsLoss,
        CrossEntropyLoss,
        KLDivLoss,
        L1Loss,
        MSELoss,
        NLLLoss,
        SmoothL1Loss,
        SoftMarginLoss,
    )

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss",
    "SmoothL1Loss", "SoftMarginLoss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "cross_entropy", "kl_div", "l1_loss", "mse_loss", "nll_loss", "nn", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A loss class: a cell of MindSpore where that has been imported; a plain callable elsewhere."""
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the classes too, before they are imported."""
    return sorted({*globals(), *__all__})

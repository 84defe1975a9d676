"""``mindspore.mint.nn`` by the rules of 2.7 and later: bfloat16, the reduction in any letter case, and before
pos_weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from ... import adapter
from . import functional

if TYPE_CHECKING:
    from ..modules import (
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
    "SmoothL1Loss", "SoftMarginLoss", "functional",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A loss class: a cell of MindSpore where that has been imported; a plain callable elsewhere."""
    return loss_class(__name__, name, __all__, ("compatlosses.mindspore.mint", adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the classes too, before they are imported."""
    return sorted({*globals(), *__all__})

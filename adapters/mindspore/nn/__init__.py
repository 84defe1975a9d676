"""``mindspore.nn``: its loss classes.

``BCEWithLogitsLoss`` follows MindSpore's document of 2.3 to 2.6: float16 and float32 alone, the reduction in
small letters. The losses of a difference and of rows follow the rules of 2.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from .. import adapter

if TYPE_CHECKING:
    from ..element_modules import (
        BCELoss,
        GaussianNLLLoss,
        KLDivLoss,
        MultiLabelSoftMarginLoss,
        PoissonNLLLoss,
        SoftMarginLoss,
    )
    from ..modules import (
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
    "SoftMarginLoss", "SoftmaxCrossEntropyWithLogits",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A loss class: a cell of MindSpore where that has been imported; a plain callable elsewhere."""
    return loss_class(__name__, name, __all__, ("compatlosses.mindspore", adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the classes too, before they are imported."""
    return sorted({*globals(), *__all__})

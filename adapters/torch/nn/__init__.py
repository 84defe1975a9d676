"""``torch.nn``: the losses' functions in `functional`, and the loss classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from .. import adapter
from . import functional

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
        NLLLoss2d,
        SmoothL1Loss,
    )

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HuberLoss", "KLDivLoss", "L1Loss",
    "MSELoss", "MultiLabelSoftMarginLoss", "NLLLoss", "NLLLoss2d", "PoissonNLLLoss", "SmoothL1Loss",
    "SoftMarginLoss", "functional",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A loss class: a module of torch where that has been imported; a plain callable elsewhere."""
    return loss_class(__name__, name, __all__, ("compatlosses.torch", adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the classes too, before they are imported."""
    return sorted({*globals(), *__all__})

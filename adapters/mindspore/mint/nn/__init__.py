"""``mindspore.mint.nn`` by the rules of 2.7 and later: bfloat16, the reduction in any letter case, and before
pos_weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from ... import adapter
from . import functional

if TYPE_CHECKING:
    from ..modules import BCEWithLogitsLoss

__all__ = ["BCEWithLogitsLoss", "functional"]


def __getattr__(name: str) -> Any:
    """The loss class, a cell of MindSpore where that has been imported; a plain callable elsewhere."""
    return loss_class("compatlosses.mindspore.mint", name, adapter.MODULE)


def __dir__() -> list[str]:
    """The names of this module; the class too, before it is imported."""
    return sorted({*globals(), *__all__})

"""``mindspore.nn`` by MindSpore's document of 2.3 to 2.6: float16 and float32 alone, the reduction in small
letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class

from .. import adapter

if TYPE_CHECKING:
    from ..modules import BCEWithLogitsLoss

__all__ = ["BCEWithLogitsLoss"]


def __getattr__(name: str) -> Any:
    """The loss class, a cell of MindSpore where that has been imported; a plain callable elsewhere."""
    return loss_class("compatlosses.mindspore", name, adapter.MODULE)


def __dir__() -> list[str]:
    """The names of this module; the class too, before it is imported."""
    return sorted({*globals(), *__all__})

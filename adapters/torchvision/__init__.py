"""torchvision's API: ``sigmoid_focal_loss``, at ``ops`` too.

It takes the tensors of any framework. torchvision has no tensors of its own: they are torch's. Importing this
imports neither.
"""

from __future__ import annotations

from compatlosses.torch import adapter as _torch

from . import ops
from .ops import sigmoid_focal_loss

__all__ = ["ops", "sigmoid_focal_loss"]


def __dir__() -> list[str]:
    """The names that torchvision's users look for."""
    return __all__


if _torch.loaded():
    _torch.library()

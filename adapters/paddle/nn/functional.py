"""``paddle.nn.functional``: its losses, by the rules of Paddle 3, on the tensors of any framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..cross_entropy import cross_entropy, nll_loss, softmax_with_cross_entropy
from ..differences import l1_loss, mse_loss, smooth_l1_loss, square_error_cost
from ..elements import (
    binary_cross_entropy,
    kl_div,
    log_loss,
    multi_label_soft_margin_loss,
    sigmoid_focal_loss,
    soft_margin_loss,
)
from ..likelihoods import gaussian_nll_loss, poisson_nll_loss

if TYPE_CHECKING:
    from .. import binary_cross_entropy_with_logits

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss",
    "kl_div",
    "l1_loss", "log_loss", "mse_loss", "multi_label_soft_margin_loss", "nll_loss", "poisson_nll_loss",
    "sigmoid_focal_loss", "smooth_l1_loss", "soft_margin_loss", "softmax_with_cross_entropy",
    "square_error_cost",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The function that lies in the package above, which imports this module."""
    if name != "binary_cross_entropy_with_logits":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from .. import binary_cross_entropy_with_logits

    return binary_cross_entropy_with_logits


def __dir__() -> list[str]:
    """The names of this module."""
    return sorted({*globals(), *__all__})

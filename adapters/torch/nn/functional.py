"""``torch.nn.functional``: its losses, by torch's rules, on the tensors of any framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..differences import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from ..likelihoods import gaussian_nll_loss, poisson_nll_loss
from ..margins import multilabel_soft_margin_loss, soft_margin_loss
from ..probabilities import binary_cross_entropy, kl_div
from ..rows import cross_entropy, nll_loss

if TYPE_CHECKING:
    from .. import binary_cross_entropy_with_logits

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss",
    "huber_loss", "kl_div", "l1_loss", "mse_loss", "multilabel_soft_margin_loss", "nll_loss",
    "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
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

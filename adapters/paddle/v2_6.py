"""Paddle 2.6's API for losses of rows: the functions of ``paddle.nn.functional``.

They take the tensors of any framework. Importing them imports no framework.
"""

from __future__ import annotations

from typing import NoReturn

from compatlosses.libraries import Tensor

from .cross_entropy import nll_loss, softmax_with_cross_entropy
from .names import refuse
from .rows import PADDLE_2_6, Options, losses

__all__ = ["cross_entropy", "nll_loss", "softmax_with_cross_entropy"]


def cross_entropy(
    input: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    soft_label: bool = False,
    axis: int = -1,
    use_softmax: bool = True,
    label_smoothing: float = 0.0,
    name: str | None = None,
) -> Tensor:
    """Cross entropy of rows of logits, or of probabilities, by the rules of Paddle 2.6.

    It is `compatlosses.paddle.cross_entropy` but for the mean without weights: that divides by the number of
    rows that are not ignored, whatever the ignore_index.

    Args:
        input, label, weight, ignore_index, reduction, soft_label, axis, use_softmax, label_smoothing, name:
            as in `compatlosses.paddle.cross_entropy`.

    Returns:
        As that.

    Raises:
        TypeError, ValueError, IndexError: as that.

    Source: Paddle 2.6 documentation of ``paddle.nn.functional.cross_entropy``; where it is silent,
    paddlepaddle 2.6.2.
    """
    options = Options(ignore_index, reduction, soft_label, axis, use_softmax, label_smoothing)
    return losses(PADDLE_2_6, (input, label, weight), options)


def __getattr__(name: str) -> NoReturn:
    """Say where the rest of Paddle is."""
    refuse(
        __name__,
        name,
        f"{', '.join(__all__)} alone",
        "The other losses are in compatlosses.paddle, by Paddle 3's rules; all else is Paddle's own: `import "
        "paddle`.",
    )

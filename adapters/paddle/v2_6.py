"""Paddle 2.6's API where it is not Paddle 3's: losses of rows, ``kl_div`` and ``smooth_l1_loss`` of
``paddle.nn.functional``.

They take the tensors of any framework. Importing them imports no framework.
"""

from __future__ import annotations

from typing import NoReturn

from compatlosses.libraries import Tensor

from . import differences, elements
from .cross_entropy import nll_loss, softmax_with_cross_entropy
from .names import refuse
from .rows import PADDLE_2_6, Options, losses

__all__ = ["cross_entropy", "kl_div", "nll_loss", "smooth_l1_loss", "softmax_with_cross_entropy"]


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


def kl_div(input: Tensor, label: Tensor, reduction: str = "mean", name: str | None = None) -> Tensor:
    """The Kullback-Leibler divergence by the rules of Paddle 2.6: `compatlosses.paddle.kl_div` of labels that
    are probabilities, the only ones that 2.6 knows.

    Args:
        input, label, reduction, name: as in `compatlosses.paddle.kl_div`.

    Returns:
        As that.

    Raises:
        TypeError, ValueError: as that.

    Source: Paddle 2.6 documentation of ``paddle.nn.functional.kl_div``; where it is silent, paddlepaddle
    2.6.2.
    """
    return elements.kl_div(input, label, reduction)


def smooth_l1_loss(
    input: Tensor, label: Tensor, reduction: str = "mean", delta: float = 1.0, name: str | None = None
) -> Tensor:
    """Huber's loss by the rules of Paddle 2.6: `compatlosses.paddle.smooth_l1_loss` without ``is_huber``,
    which 2.6 does not know.

    Args:
        input, label, reduction, delta, name: as in `compatlosses.paddle.smooth_l1_loss`.

    Returns:
        As that.

    Raises:
        TypeError, ValueError: as that.

    Source: Paddle 2.6 documentation of ``paddle.nn.functional.smooth_l1_loss``; where it is silent,
    paddlepaddle 2.6.2.
    """
    return differences.smooth_l1_loss(input, label, reduction, delta)


def __getattr__(name: str) -> NoReturn:
    """Say where the rest of Paddle is."""
    refuse(
        __name__,
        name,
        f"{', '.join(__all__)} alone",
        "The other losses are in compatlosses.paddle, whose rules are those of 2.6 too; all else is Paddle's "
        "own: `import paddle`.",
    )

"""Paddle 2.0's losses of rows. Reduced results have shape [1]: Paddle 2.0 has no 0-D tensors."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from .differences_2_0 import shaped
from .rows import PADDLE_2_0, Options, log_likelihood, losses


def cross_entropy(
    input: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    soft_label: bool = False,
    axis: int = -1,
    name: str | None = None,
) -> Tensor:
    """Softmax cross entropy of rows by the rules of Paddle 2.0.

    **The mean divides by all rows where ignore_index is the default, -100, though rows with that index have
    no loss.** With another ignore_index it divides by the rows that count, with weights by the sum of theirs;
    see `compatlosses.paddle.cross_entropy`, which warns alike.

    Args:
        input: logits, float32 or float64, with an axis of classes.
        label, ignore_index, reduction, soft_label, axis, name: as in `compatlosses.paddle.cross_entropy`.
        weight: factor of each class, of shape (C,); float32 or float64.

    Returns:
        A tensor of the dtype of the input times the weight: of shape [1] for 'mean' and 'sum'. For 'none' it
        has the shape of the label if that is indices, else the input's with size 1 along the axis. The mean
        over ignored rows alone is 0, that over no row NaN.

    Raises:
        TypeError, ValueError, IndexError: as `compatlosses.paddle.cross_entropy`.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.cross_entropy``. That version cannot be
    installed any more.
    """
    options = Options(ignore_index, reduction, soft_label, axis)
    return shaped(losses(PADDLE_2_0, (input, label, weight), options), reduction, input)


def nll_loss(
    input: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    name: str | None = None,
) -> Tensor:
    """The negative log-likelihood of rows by the rules of Paddle 2.0: `compatlosses.paddle.nll_loss`, whose
    mean and sum have shape [1].

    Args:
        input, label, weight, ignore_index, reduction, name: as in `compatlosses.paddle.nll_loss`.

    Returns:
        A tensor of the dtype of the input times the weight: of the rows' shape for 'none', otherwise of shape
        [1].

    Raises:
        TypeError, ValueError, IndexError: as `compatlosses.paddle.nll_loss`.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.nll_loss``. That version cannot be installed
    any more.
    """
    return shaped(log_likelihood((input, label, weight), ignore_index, reduction), reduction, input)

"""Losses of probabilities and of one logit of ``mindspore.mint.nn.functional``."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from ..elements import DIVERGENCE_OF_MINT, OF_MINT, divergence_of, of_probabilities
from ..elements import soft_margin_loss as soft_margin_loss


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Binary cross entropy of probabilities by the rules of ``mindspore.mint``; see
    `compatlosses.mindspore.ops.binary_cross_entropy`.

    Args:
        input: probabilities of any shape; float16 or float32. Eager tensors in host memory are checked to lie
            in [0, 1].
        target: tensor of that shape and dtype.
        weight: factor of each element's loss: a tensor that broadcasts to that shape.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the input's dtype: of its shape for 'none', 0-D otherwise.

    Raises:
        TypeError, ValueError, RuntimeError: as the function of ``ops``.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.functional.binary_cross_entropy``.
    """
    return of_probabilities(OF_MINT, (input, target, weight), reduction)


def kl_div(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """The Kullback-Leibler divergence by the rules of ``mindspore.mint``, ``target * (log(target) - input)``.

    Args:
        input: logarithms of probabilities, of any shape; float16, bfloat16 or float32.
        target: probabilities, or with ``log_target`` their logarithms: a tensor that broadcasts against
            them, likewise.
        reduction: 'none', 'mean', 'sum' or 'batchmean', the sum over the size of the first axis.
        log_target: whether the target is in logarithms too.

    Returns:
        A tensor of the input's dtype: of the common shape for 'none', 0-D otherwise.

    Raises:
        TypeError, ValueError: as `compatlosses.mindspore.ops.kl_div`; of shapes, those that do not broadcast
            against each other.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.functional.kl_div``; it has no kernel for CPU.
    """
    return divergence_of(DIVERGENCE_OF_MINT, (input, target), reduction, 1.0 if log_target else 0.0)

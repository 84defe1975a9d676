"""``mindspore.mint.nn.functional`` by the rules of 2.7 and later: the reduction stands before pos_weight."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from ... import adapter, checks
from ...differences import l1_loss, mse_loss
from ...differences import smooth_l1_loss as _smooth_l1_loss

__all__ = ["binary_cross_entropy_with_logits", "l1_loss", "mse_loss", "smooth_l1_loss"]


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """The smooth absolute error of r = input - target by mint's order: r^2 / (2 beta) below beta, |r| - beta
    / 2 beyond.

    Unlike ``mindspore.ops.smooth_l1_loss`` it has the reduction in the third place, and 'mean' as its
    default.

    Args:
        input: floating tensor of any shape.
        target: floating tensor of that shape.
        reduction: 'none', 'mean' or 'sum', in any letter case.
        beta: where the parabola ends and the lines begin; at 0 it is the absolute error.

    Returns:
        A tensor of the wider dtype of the two: of the input's shape for 'none', 0-D otherwise.

    Raises:
        TypeError, ValueError: as `compatlosses.mindspore.ops.smooth_l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.functional.smooth_l1_loss``.
    """
    return _smooth_l1_loss(input, target, beta, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy between a target and the sigmoid of input logits, by the rules of
    ``mindspore.mint``.

    Arguments, result and errors are those of `compatlosses.mindspore.v2_7.binary_cross_entropy_with_logits`;
    the order of reduction and pos_weight is mint's own.

    Source: ``mindspore.mint.nn.functional.binary_cross_entropy_with_logits``, mindspore 2.10.0.
    """
    reduction = checks.lowered(reduction)
    return checks.evaluate(
        checks.SINCE_2_7_NAMES, checks.SINCE_2_7, input, target, weight, pos_weight, reduction
    )


if adapter.loaded():
    adapter.library()

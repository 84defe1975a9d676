"""``mindspore.mint.nn.functional``: its losses, whose reduction stands before beta and pos_weight.

Binary cross entropy follows the rules of 2.7 and later, the losses of a difference and of rows those of 2.10.
"""

from __future__ import annotations

from compatlosses import rules
from compatlosses.checks import MUTUAL, Dialect, pair
from compatlosses.definitions import l1, mse
from compatlosses.libraries import Tensor, common_library

from ... import adapter, checks
from ...differences import NAMES, NUMBERS, difference
from ...differences import smooth_l1_loss as _smooth_l1_loss
from ..cross_entropy import cross_entropy, nll_loss
from ..elements import binary_cross_entropy, kl_div, soft_margin_loss

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "kl_div", "l1_loss",
    "mse_loss", "nll_loss", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip

_ALIKE = Dialect(pair(NAMES, rules.NUMBERS, MUTUAL, alike=True))


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The squared error, ``(input - target)**2``, by the rules of ``mindspore.mint``.

    Args:
        input: tensor of any shape; floating, integer or bool.
        target: tensor of that dtype that broadcasts against the input.
        reduction: 'none', 'mean' or 'sum', in any letter case.

    Returns:
        A tensor of the input's dtype, float32 if that is not floating: of the common shape for 'none', 0-D
        otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a target of another dtype, a
            reduction that is no string.
        ValueError: shapes that do not broadcast against each other, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.functional.mse_loss``.
    """
    name = checks.lowered(reduction)
    checks.check_reduction(name)
    return difference(_ALIKE, mse.LOSS, (input, target), (), name)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The absolute error, ``|input - target|``, by the rules of ``mindspore.mint``.

    Its slope is 0 where they are equal.

    Args:
        input: tensor of any shape; floating, integer or bool.
        target: tensor that broadcasts against the input, likewise; one of the two is floating.
        reduction: 'none', 'mean' or 'sum', in any letter case.

    Returns:
        A tensor of the wider dtype of the two: of their common shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, neither of them floating, a
            reduction that is no string.
        ValueError: shapes that do not broadcast against each other, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.functional.l1_loss``.
    """
    name = checks.lowered(reduction)
    checks.check_reduction(name)
    library = common_library((input, target), NAMES)
    if library.dtype(input) not in rules.FLOATING:
        rules.check_dtype(library, "target", target, rules.FLOATING, TypeError)
    return difference(NUMBERS, l1.LOSS, (input, target), (), name)


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
    return checks.evaluate(checks.SINCE_2_7, (input, target, weight, pos_weight), reduction)


if adapter.loaded():
    adapter.library()

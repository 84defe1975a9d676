"""MindSpore's losses of a difference: ``mse_loss``, ``l1_loss``, ``smooth_l1_loss`` and ``huber_loss`` of
``mindspore.ops``.

Input and target broadcast against each other but in ``smooth_l1_loss``, whose third place is beta and whose
default is 'none'.
"""

from __future__ import annotations

from compatlosses import checks, pairs, rules
from compatlosses.checks import MUTUAL, Dialect
from compatlosses.definitions import huber, l1, mse, smooth_l1
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Tensor, common_library, number, quoted
from compatlosses.protocols import Loss
from compatlosses.reductions import named

from .checks import check_reduction, lowered

NAMES = ("input", "target")
NUMBERS = Dialect(checks.pair(NAMES, rules.NUMBERS, MUTUAL))
_FLOATING = Dialect(checks.pair(NAMES, rules.FLOATING))


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The squared error, ``(input - target)**2``, by the rules of ``mindspore.ops``.

    Args:
        input: tensor of any shape; floating, integer or bool.
        target: tensor that broadcasts against the input, likewise.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the wider dtype of the two, float32 if neither is floating: of their common shape for
        'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks.
        ValueError: shapes that do not broadcast against each other, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.mse_loss``; where it is silent, mindspore 2.10.0.
    """
    return difference(NUMBERS, mse.LOSS, (input, target), (), reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The absolute error, ``|input - target|``, by the rules of ``mindspore.ops``. Its slope is 0 where they
    are equal.

    Args:
        input, target, reduction: as in `mse_loss`.

    Returns:
        As `mse_loss`.

    Raises:
        TypeError, ValueError: as `mse_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.l1_loss``; where it is silent, mindspore 2.10.0.
    """
    return difference(NUMBERS, l1.LOSS, (input, target), (), reduction)


def smooth_l1_loss(input: Tensor, target: Tensor, beta: float = 1.0, reduction: str = "none") -> Tensor:
    """The smooth absolute error of r = input - target by MindSpore's rules: r^2 / (2 beta) below beta, |r| -
    beta / 2 beyond.

    The third place is beta, and nothing is reduced by default.

    Args:
        input: floating tensor of any shape.
        target: floating tensor of that shape.
        beta: where the parabola ends and the lines begin; at 0 it is the absolute error.
        reduction: 'none', 'mean' or 'sum', in any letter case.

    Returns:
        A tensor of the wider dtype of the two: of the input's shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating, a
            reduction that is no string.
        ValueError: shapes that differ, an unknown reduction.
        RuntimeError: a beta below 0.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.smooth_l1_loss``; where it is silent, mindspore
    2.10.0.
    """
    name = lowered(reduction)
    check_reduction(name)
    bend = number(beta)
    if bend is None:
        raise TypeError(f"beta is {quoted(beta)}; expected a number")
    if not bend >= 0.0:
        raise RuntimeError(f"beta is {bend}; expected a number of at least 0")
    return difference(_FLOATING, smooth_l1.LOSS, (input, target), (float(bend),), name)


def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Huber's loss of r = input - target by MindSpore's rules: r^2 / 2 up to delta, delta (|r| - delta / 2)
    beyond.

    Args:
        input, target, reduction: as in `mse_loss`.
        delta: where the parabola ends and the lines begin; above 0.

    Returns:
        As `mse_loss`.

    Raises:
        TypeError, ValueError: as `mse_loss`; ValueError for a delta that is not above 0.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.huber_loss``; where it is silent, mindspore
    2.10.0.
    """
    if isinstance(delta, bool) or not isinstance(delta, (int, float)):
        raise TypeError(f"delta is {quoted(delta)}; expected an int or a float")
    if not delta > 0.0:
        raise ValueError(f"delta is {delta}; expected a number above 0")
    return difference(NUMBERS, huber.LOSS, (input, target), (float(delta),), reduction)


def difference(
    dialect: Dialect,
    loss: Loss,
    pair: tuple[Tensor, Tensor],
    parameters: tuple[float, ...],
    reduction: str,
) -> Tensor:
    """A loss of a difference by MindSpore's rules for dtypes and shapes."""
    rules.check_reduction(reduction, ValueError)
    library = common_library(pair, dialect.names)
    checks.check(library, dialect, pair)
    dtype = pairs.promoted(library.autocast_dtype(pair[0]) or library.dtype(pair[0]), library.dtype(pair[1]))
    if dtype not in rules.FLOATING:
        dtype = "float32"
    input, target = checks.of_one_shape(library, dialect, pair)
    return evaluate(
        (loss, library, (library.cast(input, dtype), target, None), parameters, named(reduction)), dtype
    )

"""Paddle 2.0's losses of a difference. Reduced results have shape [1]: Paddle 2.0 has no 0-D tensors."""

from __future__ import annotations

from compatlosses import checks, rules
from compatlosses.checks import Dialect
from compatlosses.definitions import huber, l1, mse
from compatlosses.libraries import Tensor, find
from compatlosses.protocols import Loss

from .differences import difference

ACCEPTED = ("float32", "float64")
SPREAD = Dialect(checks.pair(("input", "label"), ACCEPTED, checks.MUTUAL))
SAME = Dialect(checks.pair(("input", "label"), ACCEPTED))


def mse_loss(input: Tensor, label: Tensor, reduction: str = "mean", name: str | None = None) -> Tensor:
    """The squared error, ``(input - label)**2``, by the rules of Paddle 2.0.

    Args:
        input: tensor of any shape; float32 or float64.
        label: tensor that broadcasts against the input, likewise.
        reduction: 'none', 'mean' or 'sum'.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of the two: of their common shape for 'none', otherwise of shape [1].

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that do not broadcast against each other, an unknown reduction.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.mse_loss``.
    """
    return reduced(SPREAD, mse.LOSS, (input, label), (), reduction)


def l1_loss(input: Tensor, label: Tensor, reduction: str = "mean", name: str | None = None) -> Tensor:
    """The absolute error, ``|input - label|``, by the rules of Paddle 2.0.

    Args:
        input, label, reduction, name: as in `mse_loss`.

    Returns:
        A tensor of the wider dtype of the two: of their common shape for 'none', otherwise of shape [1].

    Raises:
        TypeError, ValueError: as `mse_loss`.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.l1_loss``.
    """
    return reduced(SPREAD, l1.LOSS, (input, label), (), reduction)


def smooth_l1_loss(
    input: Tensor, label: Tensor, reduction: str = "mean", delta: float = 1.0, name: str | None = None
) -> Tensor:
    """Huber's loss of r = input - label by the rules of Paddle 2.0: r^2 / 2 up to delta, delta (|r| - delta /
    2) beyond.

    Args:
        input: tensor of any shape; float32 or float64.
        label: tensor of that shape, likewise.
        reduction: 'none', 'mean' or 'sum'.
        delta: where the parabola ends and the lines begin; at least 0.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of the two: of the input's shape for 'none', otherwise of shape [1].

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that differ, an unknown reduction, a delta below 0.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.smooth_l1_loss``.
    """
    return reduced(SAME, huber.LOSS, (input, label), (rules.nonnegative("delta", delta),), reduction)


def square_error_cost(input: Tensor, label: Tensor) -> Tensor:
    """The squared error of each element, by the rules of Paddle 1.8 and 2.0.

    Args:
        input, label: as in `mse_loss`.

    Returns:
        A tensor of the wider dtype of the two and of their common shape.

    Raises:
        TypeError, ValueError: as `mse_loss`.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.square_error_cost``.
    """
    return difference(SPREAD, mse.LOSS, (input, label), (), "none")


def reduced(
    dialect: Dialect,
    loss: Loss,
    pair: tuple[Tensor, Tensor],
    parameters: tuple[float, ...],
    reduction: str,
) -> Tensor:
    """A loss of a difference whose reduced result has one dimension."""
    return shaped(difference(dialect, loss, pair, parameters, reduction), reduction, pair[0])


def shaped(result: Tensor, reduction: str, x: Tensor) -> Tensor:
    """The result of a call of ``x``, with one dimension where it is reduced."""
    library = find(x)
    return result if reduction == "none" or library is None else library.reshape(result, (1,))

"""Paddle 1.8's losses of a difference, of ``fluid.layers``: mse_loss, square_error_cost, huber_loss and
smooth_l1.
"""

from __future__ import annotations

from compatlosses import checks, pairs, rules
from compatlosses.checks import SAME, Argument, Dialect
from compatlosses.definitions import huber, mse
from compatlosses.definitions.smooth_l1 import LOSS as SMOOTH_L1
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library
from compatlosses.reductions import named

from .. import differences_2_0
from ..differences import difference
from ..differences_2_0 import ACCEPTED, reduced, square_error_cost

__all__ = ["huber_loss", "mse_loss", "smooth_l1", "square_error_cost"]

_SMOOTH_L1 = Dialect(
    (
        Argument("x", ACCEPTED),
        *[Argument(name, ACCEPTED, SAME, alike=True) for name in ("y", "inside_weight", "outside_weight")],
    )
)


def mse_loss(input: Tensor, label: Tensor) -> Tensor:
    """The mean of the squared errors, by the rules of Paddle 1.8.

    Args:
        input: tensor of any shape; float32 or float64.
        label: tensor that broadcasts against the input, likewise.

    Returns:
        A tensor of shape [1] and of the wider dtype of the two.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that do not broadcast against each other.

    Source: Paddle 1.8 documentation of ``fluid.layers.mse_loss``.
    """
    return reduced(differences_2_0.SPREAD, mse.LOSS, (input, label), (), "mean")


def huber_loss(input: Tensor, label: Tensor, delta: float) -> Tensor:
    """Huber's loss of each element of r = input - label by the rules of Paddle 1.8.

    It is r^2 / 2 up to delta and delta (|r| - delta / 2) beyond.

    Args:
        input: tensor of any shape; float32 or float64.
        label: tensor of that shape, likewise.
        delta: where the parabola ends and the lines begin; at least 0.

    Returns:
        A tensor of the input's shape and of the wider dtype of the two.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that differ, a delta below 0.

    Source: Paddle 1.8 documentation of ``fluid.layers.huber_loss``.
    """
    return difference(
        differences_2_0.SAME, huber.LOSS, (input, label), (rules.nonnegative("delta", delta),), "none"
    )


def smooth_l1(
    x: Tensor,
    y: Tensor,
    inside_weight: Tensor | None = None,
    outside_weight: Tensor | None = None,
    sigma: float | None = None,
) -> Tensor:
    """The smooth absolute errors of each row, summed, by the rules of Paddle 1.8.

    With d = inside_weight (x - y) an element's loss is sigma^2 d^2 / 2 for |d| < 1 / sigma^2, |d| - 1 / (2
    sigma^2) beyond, times outside_weight.

    Args:
        x: tensor of at least two dimensions; float32 or float64.
        y: tensor of that shape and dtype.
        inside_weight: factor of each difference: a tensor of that shape and dtype.
        outside_weight: factor of each element's loss: likewise.
        sigma: 1 / sigma^2 is where the parabola ends and the lines begin; 1 by default.

    Returns:
        A tensor of the dtype of ``x`` and of shape [N, 1]: the sum over each of the N entries of the first
        dimension.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that differ, fewer than two dimensions.

    Source: Paddle 1.8 documentation of ``fluid.layers.smooth_l1``.
    """
    inputs = (x, y, inside_weight, outside_weight)
    library = common_library(inputs, _SMOOTH_L1.names)
    checks.check(library, _SMOOTH_L1, inputs)
    _check_rows(library, x)
    dtype = library.dtype(x)
    prediction, target = library.cast(x, "float64"), library.cast(y, "float64")
    if inside_weight is not None:
        prediction = (prediction - target) * library.cast(inside_weight, "float64")
        target = pairs.zeros(library, prediction)
    beta = 1.0 if sigma is None else 1.0 / (sigma * sigma)
    losses = evaluate(
        (SMOOTH_L1, library, (prediction, target, outside_weight), (beta,), named("none")),
        library.dtype(prediction),
    )
    first = losses[(slice(None), *([slice(0, 1)] * (len(library.shape(x) or ()) - 1)))]
    return library.cast(library.reshape(library.sum_to(losses, first), (-1, 1)), dtype)


def _check_rows(library: Library, x: Tensor) -> None:
    """Refuse a tensor without rows of elements."""
    shape = library.shape(x)
    if shape is not None and len(shape) < 2:
        raise ValueError(
            f"x has shape {rules.shown(shape)}; expected at least two dimensions. Add one, such as (N, 1)."
        )

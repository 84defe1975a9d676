"""optax' losses of a difference: ``squared_error``, ``l2_loss`` (half of it) and ``huber_loss``, of each
element.
"""

from __future__ import annotations

from compatlosses import pairs, rules
from compatlosses.checks import SAME, Argument, Dialect, check, of_one_shape
from compatlosses.definitions import huber, mse
from compatlosses.evaluate import evaluate
from compatlosses.jax import adapter
from compatlosses.libraries import Tensor, common_library, find
from compatlosses.protocols import Loss
from compatlosses.reductions import named

from .conversions import converted

_PREDICTIONS = Argument("predictions", rules.FLOATING)
_SAME = Dialect((_PREDICTIONS, Argument("targets", rules.NUMBERS, SAME)))
_SPREAD = Dialect((_PREDICTIONS, Argument("targets", rules.NUMBERS)))


def squared_error(predictions: Tensor, targets: Tensor | None = None) -> Tensor:
    """The squared error of each element, ``(predictions - targets)**2``, by optax' rules.

    Args:
        predictions: floating tensor of any shape.
        targets: tensor of that shape; floating, integer or bool. None for zeros.

    Returns:
        A tensor of the predictions' shape and of the wider dtype of the two.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, predictions that are not
            floating.
        ValueError: shapes that differ.

    Source: optax 0.2.8 documentation of ``optax.squared_error``.
    """
    return _difference(mse.LOSS, predictions, targets, (), None)


def l2_loss(predictions: Tensor, targets: Tensor | None = None) -> Tensor:
    """Half the squared error of each element, by optax' rules. Others call the whole of it the L2 loss.

    Args:
        predictions, targets: as in `squared_error`.

    Returns:
        As `squared_error`.

    Raises:
        TypeError, ValueError: as `squared_error`.

    Source: optax 0.2.8 documentation of ``optax.l2_loss``.
    """
    return _difference(mse.LOSS, predictions, targets, (), 0.5)


def huber_loss(predictions: Tensor, targets: Tensor | None = None, *, delta: float = 1.0) -> Tensor:
    """Huber's loss of each element of r = predictions - targets by optax' rules.

    It is r^2 / 2 up to delta and delta (|r| - delta / 2) beyond.

    Args:
        predictions: floating tensor of any shape, or a float beside a tensor.
        targets: tensor that broadcasts against them, or a number. None for zeros.
        delta: where the parabola ends and the lines begin; at least 0.

    Returns:
        A tensor of the common shape and of the wider dtype of the two.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, predictions that are not
            floating.
        ValueError: shapes that do not broadcast against each other, a delta below 0.

    Source: optax 0.2.8 documentation of ``optax.huber_loss``.
    """
    bend = rules.nonnegative("delta", delta)
    return _difference(huber.LOSS, predictions, targets, (bend,), None)


def _difference(
    loss: Loss,
    predictions: Tensor,
    targets: Tensor | None,
    parameters: tuple[float, ...],
    weight: float | None,
) -> Tensor:
    """A loss of a difference by optax' rules for dtypes and shapes."""
    # A number has the dtype of the tensor beside it, as JAX' weak types have.
    if isinstance(predictions, float):
        predictions = _beside(targets, predictions)
    if isinstance(targets, (int, float)):
        targets = _beside(predictions, targets)
    if adapter.loaded() and targets is not None:
        predictions, targets = converted(predictions, targets)
    dialect = _SPREAD if loss is huber.LOSS else _SAME
    library = common_library((predictions, predictions if targets is None else targets), dialect.names)
    check(library, dialect, (predictions, targets))
    if targets is None:
        targets = pairs.zeros(library, predictions)
    dtype = pairs.promoted(library.dtype(predictions), library.dtype(targets))
    predictions, targets = of_one_shape(library, dialect, (predictions, targets))
    return evaluate((loss, library, (predictions, targets, weight), parameters, named("none")), dtype)


def _beside(x: Tensor, value: float) -> Tensor:
    """A number as a tensor like ``x``, if that is a floating one; else itself."""
    library = find(x)
    if library is None or library.dtype(x) not in rules.FLOATING:
        return value
    return library.constant(value, x)

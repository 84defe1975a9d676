"""Keras 3's losses of a difference: ``mean_squared_error``, ``mean_absolute_error`` and ``huber`` of
``keras.losses``.

Targets come first, and the mean is over the last axis. A last axis of length 1 that one of the two lacks is
squeezed or added.
"""

from __future__ import annotations

from compatlosses import rules
from compatlosses.checks import MUTUAL, check, of_one_shape
from compatlosses.definitions import huber as huber_definition
from compatlosses.definitions import l1, mse
from compatlosses.libraries import Library, Tensor, common_library
from compatlosses.protocols import Loss
from compatlosses.reductions import named

from . import adapter, checks

_NUMBERS = (*rules.FLOATING, *rules.INTEGRAL[1:])
"""The dtypes of predictions: no bool."""

_DIALECT = checks.dialect(("y_pred", "y_true"), MUTUAL, _NUMBERS)


def mean_squared_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The mean of the squared errors over the last axis, by the rules of ``keras.losses``. Targets come
    first.

    Args:
        y_true: tensor that broadcasts against the predictions; floating, integer or bool.
        y_pred: tensor of at least one dimension; floating, or whole numbers.

    Returns:
        A tensor of the predictions' dtype, float32 where they are whole numbers: of the common shape without
        the last axis.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, predictions of bool.
        ValueError: shapes that do not broadcast against each other, predictions without dimensions.

    Source: Keras 3 documentation of ``keras.losses.mean_squared_error``; where it is silent, keras 3.15.
    """
    # Half of each loss: its slope, the difference, overflows only where the mean's does.
    return _mean("mean_squared_error", mse.LOSS, (y_true, y_pred), (), 0.5)


def mean_absolute_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The mean of the absolute errors over the last axis, by the rules of ``keras.losses``. Targets come
    first.

    Args:
        y_true, y_pred: as in `mean_squared_error`.

    Returns:
        As `mean_squared_error`.

    Raises:
        TypeError, ValueError: as `mean_squared_error`.

    Source: Keras 3 documentation of ``keras.losses.mean_absolute_error``; where it is silent, keras 3.15.
    """
    return _mean("mean_absolute_error", l1.LOSS, (y_true, y_pred), ())


def huber(y_true: Tensor, y_pred: Tensor, delta: float = 1.0) -> Tensor:
    """The mean of Huber's loss of r = y_pred - y_true over the last axis, by the rules of ``keras.losses``.
    Targets come first.

    An element's loss is r^2 / 2 up to delta and delta (|r| - delta / 2) beyond.

    Args:
        y_true, y_pred: as in `mean_squared_error`.
        delta: where the parabola ends and the lines begin; at least 0.

    Returns:
        As `mean_squared_error`.

    Raises:
        TypeError, ValueError: as `mean_squared_error`; ValueError for a delta below 0.

    Source: Keras 3 documentation of ``keras.losses.huber``; where it is silent, keras 3.15.
    """
    bend = rules.nonnegative("delta", delta)
    return _mean("huber", huber_definition.LOSS, (y_true, y_pred), (bend,))


def _mean(
    function: str,
    loss: Loss,
    pair: tuple[Tensor, Tensor],
    parameters: tuple[float, ...],
    scale: float = 1.0,
) -> Tensor:
    """The mean of a loss of a difference over the last axis. ``function``: the name that Keras has for it.

    ``scale``: what losses are multiplied by until they are divided.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(*pair):
            return backend.AveragedDifference(function, parameters).symbolic_call(*pair)
    y_true, y_pred = checks.converted(*pair)
    library = common_library((y_pred, y_true), _DIALECT.names)
    check(library, _DIALECT, (y_pred, y_true))
    dtype = library.dtype(y_pred)
    if dtype not in rules.FLOATING:
        dtype = "float32"
        y_pred = library.cast(y_pred, dtype)
    # Targets have the predictions' dtype in Keras.
    y_true, y_pred = _of_one_rank(library, library.cast(y_true, dtype), y_pred)
    x, y = of_one_shape(library, _DIALECT, (y_pred, y_true))
    axes = checks.checked_axes("y_pred", library.shape(x), -1)
    weight = None if scale == 1.0 else scale
    return checks.mean_of((loss, library, (x, y, weight), parameters, named("none")), dtype, axes, scale)


def _of_one_rank(library: Library, y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Both with one number of dimensions, where one has a last axis of length 1 more: Keras'
    ``squeeze_or_expand``.
    """
    shape, other = library.shape(y_pred), library.shape(y_true)
    if shape is None or other is None:
        return y_true, y_pred
    if len(other) == len(shape) + 1 and other[-1] == 1:
        return (y_true, y_pred[..., None]) if len(shape) == 1 else (y_true[..., 0], y_pred)
    if len(shape) == len(other) + 1 and shape[-1] == 1:
        return (y_true[..., None], y_pred) if len(other) == 1 else (y_true, y_pred[..., 0])
    return y_true, y_pred

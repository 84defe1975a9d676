"""Paddle 3's losses of a difference: ``mse_loss``, ``l1_loss``, ``smooth_l1_loss`` and ``square_error_cost``.

``smooth_l1_loss`` is Huber's loss, unless ``is_huber`` is False. Input and label broadcast against each other
but for that one.
"""

from __future__ import annotations

from compatlosses import checks, pairs, rules
from compatlosses.checks import Dialect
from compatlosses.definitions import huber, l1, mse, smooth_l1
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library
from compatlosses.plans import Plans
from compatlosses.protocols import Loss
from compatlosses.reductions import named

_PLANS = Plans()
_NAMES = ("input", "label")
_SPREAD = Dialect(checks.pair(_NAMES, rules.FLOATING, checks.MUTUAL))
_SAME = Dialect(checks.pair(_NAMES, rules.FLOATING))


def mse_loss(input: Tensor, label: Tensor, reduction: str = "mean", name: str | None = None) -> Tensor:
    """The squared error, ``(input - label)**2``, by the rules of Paddle 3.

    Args:
        input: floating tensor of any shape.
        label: floating tensor that broadcasts against the input.
        reduction: 'none', 'mean' or 'sum'.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of the two: of their common shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating.
        ValueError: shapes that do not broadcast against each other, an unknown reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.mse_loss``; where it is silent, paddlepaddle
    3.3.1.
    """
    return difference(_SPREAD, mse.LOSS, (input, label), (), reduction)


def l1_loss(input: Tensor, label: Tensor, reduction: str = "mean", name: str | None = None) -> Tensor:
    """The absolute error, ``|input - label|``, by the rules of Paddle 3. Its slope is 0 where they are equal.

    Args:
        input, label, reduction, name: as in `mse_loss`.

    Returns:
        A tensor of the wider dtype of the two: of their common shape for 'none', 0-D otherwise.

    Raises:
        TypeError, ValueError: as `mse_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.functional.l1_loss``; where it is silent, paddlepaddle
    3.3.1.
    """
    return difference(_SPREAD, l1.LOSS, (input, label), (), reduction)


def smooth_l1_loss(
    input: Tensor,
    label: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    is_huber: bool = True,
    name: str | None = None,
) -> Tensor:
    """Huber's loss of r = input - label by the rules of Paddle 3: r^2 / 2 up to delta, delta (|r| - delta /
    2) beyond.

    With ``is_huber=False`` it is that over delta: the smooth absolute error that other frameworks know by
    this name.

    Args:
        input: floating tensor of any shape.
        label: floating tensor of that shape.
        reduction: 'none', 'mean' or 'sum'.
        delta: where the parabola ends and the lines begin; at least 0.
        is_huber: whether the loss is not divided by delta.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of the two: of the input's shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating.
        ValueError: shapes that differ, an unknown reduction, a delta below 0.

    Source: Paddle 3 documentation of ``paddle.nn.functional.smooth_l1_loss``; where it is silent,
    paddlepaddle 3.3.1.
    """
    loss = huber.LOSS if is_huber else smooth_l1.LOSS
    return difference(_SAME, loss, (input, label), (rules.nonnegative("delta", delta),), reduction)


def square_error_cost(input: Tensor, label: Tensor) -> Tensor:
    """The squared error of each element, by the rules of Paddle 3: `mse_loss` without a reduction.

    Args:
        input, label: as in `mse_loss`.

    Returns:
        A tensor of the wider dtype of the two and of their common shape.

    Raises:
        TypeError, ValueError: as `mse_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.functional.square_error_cost``.
    """
    return difference(_SPREAD, mse.LOSS, (input, label), (), "none")


def difference(
    dialect: Dialect,
    loss: Loss,
    pair: tuple[Tensor, Tensor],
    parameters: tuple[float, ...],
    reduction: str,
) -> Tensor:
    """A loss of a difference by Paddle's rules for dtypes and shapes."""
    input, label = pair
    options = (loss.name, reduction, *parameters, dialect.arguments[1].shape, *dialect.arguments[1].dtypes)
    if isinstance(input, _PLANS.types):
        result = _PLANS.known((input, label, None), options)
        if result is not None:
            return result
    rules.check_reduction(reduction, ValueError)
    library = common_library(pair, dialect.names)
    checks.check(library, dialect, pair)
    input, label = checks.of_one_shape(library, dialect, pair)
    dtype = pairs.promoted(_dtype(library, pair[0]), _dtype(library, pair[1]))
    call = (loss, library, (input, label, None), parameters, named(reduction))
    if input is not pair[0] or label is not pair[1]:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _PLANS, options)


def _dtype(library: Library, x: Tensor) -> str:
    """The dtype of an argument; that of automatic casting inside it."""
    return library.autocast_dtype(x) or library.dtype(x)

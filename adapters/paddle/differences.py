"""Paddle 3's losses of a difference: ``mse_loss``, ``l1_loss``, ``smooth_l1_loss`` and ``square_error_cost``.

``smooth_l1_loss`` is Huber's loss, unless ``is_huber`` is False. Input and label broadcast against each other
but for that one.
"""

from __future__ import annotations

from compatlosses import pairs, rules
from compatlosses.definitions import huber, l1, mse, smooth_l1
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Names, Tensor, library_of
from compatlosses.plans import Plans
from compatlosses.protocols import Loss
from compatlosses.reductions import named

_PLANS = Plans()
_NAMES: Names = ("input", "label", "weight", "weight")


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
    return difference(mse.LOSS, (input, label), (), reduction, rules.FLOATING, True)


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
    return difference(l1.LOSS, (input, label), (), reduction, rules.FLOATING, True)


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
    return difference(loss, (input, label), (bend(delta),), reduction, rules.FLOATING, False)


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
    return difference(mse.LOSS, (input, label), (), "none", rules.FLOATING, True)


def difference(
    loss: Loss,
    pair: tuple[Tensor, Tensor],
    parameters: tuple[float, ...],
    reduction: str,
    accepted: tuple[str, ...],
    spreads: bool,
) -> Tensor:
    """A loss of a difference by Paddle's rules for dtypes and shapes. spreads: whether the two broadcast."""
    input, label = pair
    inputs, options = (input, label, None), (loss.name, reduction, spreads, *parameters, *accepted)
    if isinstance(input, _PLANS.types):
        result = _PLANS.known(inputs, options)
        if result is not None:
            return result
    rules.check_reduction(reduction, ValueError)
    library = library_of(input, label, None, None, _NAMES)
    dtype = pairs.promoted(
        _dtype(library, "input", input, accepted), _dtype(library, "label", label, accepted)
    )
    if spreads:
        input, label = pairs.spread(library, ("input", "label"), input, label, ValueError)
    else:
        rules.check_same_shape(library, "label", label, "input", input, ValueError)
    call = (loss, library, (input, label, None), parameters, named(reduction))
    if input is not pair[0] or label is not pair[1]:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _PLANS, options)


def bend(delta: object) -> float:
    """Where the parabola ends, as a Python number.

    Raises:
        TypeError: no number.
        ValueError: a number below 0.
    """
    value = rules.parameter("delta", delta)
    if not value >= 0.0:
        raise ValueError(f"delta is {value}; expected a number of at least 0")
    return value


def _dtype(library: Library, name: str, x: Tensor, accepted: tuple[str, ...]) -> str:
    """The dtype of an argument, checked; that of automatic casting inside it."""
    rules.check_dtype(library, name, x, accepted, TypeError)
    return library.autocast_dtype(x) or library.dtype(x)

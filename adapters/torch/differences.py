"""torch's losses of a difference: ``mse_loss``, ``l1_loss``, ``smooth_l1_loss``, ``huber_loss`` of
``torch.nn.functional``.

Input and target broadcast against each other, with torch's warning. The result has the dtype that torch
promotes to; Huber's loss has the input's, before the weight.
"""

from __future__ import annotations

import warnings
from typing import Any

from compatlosses import checks, pairs, rules
from compatlosses.checks import DTYPE, SAME, SHAPE, Argument, Dialect
from compatlosses.definitions import huber, l1, mse, smooth_l1
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor
from compatlosses.plans import Plans
from compatlosses.protocols import Loss, Reduction
from compatlosses.reductions import named

from . import dispatch
from .elements import library_for
from .legacy import checked_reduction

_PLANS = Plans()
_DIALECT = Dialect(
    (
        Argument("input", rules.FLOATING, dtype_error=NotImplementedError, beside_floating=rules.INTEGRAL),
        Argument("target", rules.NUMBERS, dtype_error=NotImplementedError, shape_error=RuntimeError),
        Argument("weight", rules.NUMBERS, SAME),
    ),
    order=((0, DTYPE), (1, DTYPE), (2, SHAPE)),
)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared error, ``weight * (input - target)**2``, by torch's rules.

    A reduction in the third place is taken for ``size_average``: ``mse_loss(x, y, 'none')`` is a mean.

    Args:
        input: floating tensor of any shape; an integer or bool one beside a floating target.
        target: tensor that broadcasts against the input, likewise.
        size_average: deprecated. With ``reduce``, overrides ``reduction`` whatever that is: see there.
        reduce: deprecated. False means 'none'; otherwise ``size_average=False`` means 'sum', and either given
            'mean'.
        reduction: 'none', 'mean' or 'sum'. With a weight, the mean divides by the sum of the weights.
        weight: factor of each element's loss: a tensor of the input's shape.

    Returns:
        A tensor of the dtype that torch promotes the arguments to: of their common shape for 'none', 0-D
        otherwise.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks.
        ValueError: a weight of another shape than the input, an unknown reduction.
        RuntimeError: input and target that do not broadcast against each other; bool beside floating where
            torch refuses it.
        NotImplementedError: neither input nor target is floating.

    Source: torch 2.13 documentation of ``torch.nn.functional.mse_loss``; ``weight`` since 2.6.
    """
    inputs, options = (input, target, weight), ("mse_loss", size_average, reduce, reduction)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target, weight):
        return dispatch.answer(
            mse_loss,
            (input, target, weight),
            input,
            target,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
            weight=weight,
        )
    library = library_for(input, target, weight)
    name = checked_reduction(library, size_average, reduce, reduction)
    mean = named(name, "weights" if weight is not None else "counted")
    return _difference(mse.LOSS, library, inputs, (), mean, options)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute error, ``weight * |input - target|``, by torch's rules. Its slope is 0 where they are
    equal.

    A reduction in the third place is taken for ``size_average``: ``l1_loss(x, y, 'none')`` is a mean.

    Args:
        input, target, size_average, reduce, reduction, weight: as in `mse_loss`.

    Returns:
        A tensor of the dtype that torch promotes the arguments to: of their common shape for 'none', 0-D
        otherwise.

    Raises:
        TypeError, ValueError, RuntimeError, NotImplementedError: as `mse_loss`.

    Source: torch 2.13 documentation of ``torch.nn.functional.l1_loss``; ``weight`` since 2.6.
    """
    inputs, options = (input, target, weight), ("l1_loss", size_average, reduce, reduction)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target, weight):
        return dispatch.answer(
            l1_loss,
            (input, target, weight),
            input,
            target,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
            weight=weight,
        )
    library = library_for(input, target, weight)
    name = checked_reduction(library, size_average, reduce, reduction)
    mean = named(name, "weights" if weight is not None else "counted")
    return _difference(l1.LOSS, library, inputs, (), mean, options)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The smooth absolute error of r = input - target by torch's rules: r^2 / (2 beta) below beta, |r| - beta
    / 2 beyond.

    It is `huber_loss` over its bend. A reduction in the third place is taken for ``size_average``.

    Args:
        input, target, size_average, reduce, reduction: as in `mse_loss`.
        beta: where the parabola ends and the lines begin; at 0 it is the absolute error.

    Returns:
        A tensor of the dtype that torch promotes the arguments to: of their common shape for 'none', 0-D
        otherwise.

    Raises:
        TypeError, ValueError, RuntimeError, NotImplementedError: as `mse_loss`; RuntimeError for a beta below
            0.

    Source: torch 2.13 documentation of ``torch.nn.functional.smooth_l1_loss``.
    """
    inputs, options = (input, target, None), ("smooth_l1_loss", size_average, reduce, reduction, beta)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target):
        return dispatch.answer(
            smooth_l1_loss,
            (input, target),
            input,
            target,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
            beta=beta,
        )
    library = library_for(input, target)
    name = checked_reduction(library, size_average, reduce, reduction)
    bend = rules.parameter("beta", beta)
    if not bend >= 0.0:
        raise RuntimeError(f"beta is {beta}; smooth_l1_loss does not support negative values for beta")
    return _difference(smooth_l1.LOSS, library, inputs, (bend,), named(name), options)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Huber's loss of r = input - target by torch's rules: r^2 / 2 up to delta, delta (|r| - delta / 2)
    beyond.

    Unlike `mse_loss`, a mean with a weight divides by the number of elements.

    Args:
        input: floating tensor of any shape.
        target: tensor that broadcasts against the input; floating, integer or bool.
        reduction: 'none', 'mean' or 'sum'.
        delta: where the parabola ends and the lines begin; above 0.
        weight: factor of each element's loss: a tensor of the input's shape.

    Returns:
        A tensor of the input's dtype, or of that of input and weight: of the common shape for 'none', 0-D
        otherwise.

    Raises:
        TypeError, ValueError, RuntimeError, NotImplementedError: as `mse_loss`; RuntimeError for a delta that
            is not above 0, and for an integer input.

    Source: torch 2.13 documentation of ``torch.nn.functional.huber_loss``; ``weight`` since 2.6.
    """
    inputs, options = (input, target, weight), ("huber_loss", None, None, reduction, delta)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target, weight):
        return dispatch.answer(
            huber_loss,
            (input, target, weight),
            input,
            target,
            reduction=reduction,
            delta=delta,
            weight=weight,
        )
    library = library_for(input, target, weight)
    rules.check_reduction(reduction, ValueError)
    bend = rules.parameter("delta", delta)
    if not bend > 0.0:
        raise RuntimeError(f"delta is {delta}; huber_loss does not support non-positive values for delta")
    if library.dtype(input) in rules.INTEGRAL and library.dtype(target) in rules.FLOATING:
        raise RuntimeError(
            f"input has dtype {library.dtype(input)}, which the loss, of dtype {library.dtype(target)}, "
            f"can't be cast to; "
            f"expected a floating input. Cast it first."
        )
    mean = named(reduction, "all" if weight is not None else "counted")
    return _difference(huber.LOSS, library, inputs, (bend,), mean, options)


for _function in (mse_loss, l1_loss, smooth_l1_loss, huber_loss):
    setattr(_function, "__prepare_scriptable__", dispatch.natively(_function.__name__))  # noqa: B010


def _difference(
    loss: Loss,
    library: Library,
    inputs: tuple[Tensor, Tensor, Tensor | None],
    parameters: tuple[float, ...],
    reduction: Reduction,
    options: tuple[Any, ...],
) -> Tensor:
    """The loss of a difference by torch's rules for dtypes and shapes.

    ``options``: the function's name, the deprecated pair, the reduction as given, the parameters.
    """
    input, target, weight = inputs
    first, second = library.dtype(input), library.dtype(target)
    if loss is l1.LOSS and "bool" in (first, second):
        raise RuntimeError(
            f"input has dtype {first} and target {second}; expected no bool, which torch does not subtract"
        )
    checks.check(library, _DIALECT, inputs)
    if not pairs.same_shape(library, input, target) and not library.tracing():
        warnings.warn(
            f"Using a target size ({rules.shown(library.shape(target))}) "  # type: ignore[arg-type]
            f"that is different to the input size ({rules.shown(library.shape(input))}). "  # type: ignore[arg-type]
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            UserWarning,
            stacklevel=3,
        )
    x, y = checks.of_one_shape(library, _DIALECT, (input, target))
    dtype = first if loss is huber.LOSS else pairs.promoted(first, second)
    if weight is not None:
        dtype = pairs.promoted(dtype, library.dtype(weight))
    if first not in rules.FLOATING:
        x = library.cast(x, dtype)
    call = (loss, library, (x, y, weight), parameters, reduction)
    # What is deprecated warns at each call.
    deprecated = options[1] is not None or options[2] is not None or options[3] != reduction[0]
    if deprecated or x is not input or y is not target:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _PLANS, options)

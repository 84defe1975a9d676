"""torch's losses of probabilities: ``binary_cross_entropy`` and ``kl_div`` of ``torch.nn.functional``."""

from __future__ import annotations

import warnings
from typing import Any

from compatlosses import checks, pairs, rules, values
from compatlosses.along import whole_of
from compatlosses.checks import DTYPE, REPEATED, SAME, SHAPE, Argument, Dialect
from compatlosses.definitions import binary_cross_entropy as entropy
from compatlosses.definitions import kl_div as divergence
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor
from compatlosses.plans import Plans, View
from compatlosses.reductions import named

from . import dispatch
from .elements import library_for, reduction_of

CHANCE = (0.0, 1.0)
FLOOR = -100.0
"""What torch's logarithms of probabilities are not less than."""


def look(view: View, inputs: tuple[Any, ...], options: tuple[Any, ...]) -> None:
    """Refuse probabilities and targets outside of [0, 1] in a call that comes again."""
    values.refuse_outside("input", view(inputs[0]), CHANCE, RuntimeError)
    values.refuse_outside("target", view(inputs[1]), CHANCE, RuntimeError)


_PLANS, _DIVERGENCES = Plans(look), Plans()
_PROBABILITIES = Dialect(
    (
        Argument("input", rules.FLOATING, dtype_error=NotImplementedError),
        Argument("target", (), SAME, dtype_error=RuntimeError),
        Argument("weight", rules.NUMBERS, REPEATED, dtype_error=RuntimeError, shape_error=RuntimeError),
    ),
    order=((1, SHAPE), (2, SHAPE), (2, DTYPE), (1, DTYPE), (0, DTYPE)),
)
_DIVERGENCE = Dialect(
    (
        Argument("input", rules.FLOATING, dtype_error=RuntimeError),
        Argument("target", rules.FLOATING, dtype_error=RuntimeError, shape_error=RuntimeError),
    )
)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross entropy of probabilities by torch's rules,
    ``-weight * (target * log(input) + (1 - target) * log(1 - input))``.

    Each logarithm is -100 at least; where that holds, the gradient by the input is 0.

    Args:
        input: probabilities of any shape; floating. Eager tensors in host memory are checked to lie in
            [0, 1].
        target: tensor of the input's shape and dtype, in [0, 1] likewise.
        weight: factor of each element's loss: a tensor that broadcasts to the input's shape.
        size_average: deprecated. With ``reduce``, overrides ``reduction`` whatever that is: see there.
        reduce: deprecated. False means 'none'; otherwise ``size_average=False`` means 'sum', and either given
            'mean'.
        reduction: 'none', 'mean' or 'sum'. The mean divides by the number of elements.

    Returns:
        A tensor of the input's dtype: of its shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks.
        ValueError: a target of another shape than the input, an unknown reduction.
        RuntimeError: values outside of [0, 1] or NaN, a weight that does not broadcast, two dtypes.
        NotImplementedError: input and target are not floating.

    Source: torch 2.13 documentation of ``torch.nn.functional.binary_cross_entropy`` and
    ``torch.nn.BCELoss``.
    """
    inputs, options = (input, target, weight), (size_average, reduce, reduction)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target, weight):
        return dispatch.answer(
            binary_cross_entropy,
            (input, target, weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
        )
    library = library_for(input, target, weight)
    name = reduction_of(library, (size_average, reduce), reduction)
    rules.check_reduction(name, ValueError)
    checks.check(library, _PROBABILITIES, inputs)
    values.check_within(library, "input", input, CHANCE, RuntimeError)
    values.check_within(library, "target", target, CHANCE, RuntimeError)
    call = (entropy.LOSS, library, inputs, (FLOOR, 0.0, 0.0, 0.0), named(name))
    dtype = library.autocast_dtype(input) or library.dtype(input)
    # What is deprecated warns at each call.
    if size_average is not None or reduce is not None or name != reduction:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _PLANS, options)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """The Kullback-Leibler divergence by torch's rules, ``target * (log(target) - input)``.

    The mean, which is the default, is over all elements, with torch's warning; 'batchmean' is the divergence.

    Args:
        input: logarithms of probabilities, of any shape; floating.
        target: probabilities, or with ``log_target`` their logarithms: floating, broadcasts against the
            input. 0 contributes 0.
        size_average, reduce: deprecated, as in `binary_cross_entropy`.
        reduction: 'none', 'mean', 'sum' or 'batchmean', the sum over the size of the input's first axis.
        log_target: whether the target is in logarithms too.

    Returns:
        A tensor of the dtype that torch promotes both to: of their common shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks.
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast against each other, whole numbers.

    Source: torch 2.13 documentation of ``torch.nn.functional.kl_div``.
    """
    inputs, options = (input, target, None), (size_average, reduce, reduction, log_target)
    if isinstance(input, _DIVERGENCES.types):
        loss = _DIVERGENCES.known(inputs, options)
        if loss is not None:
            warn_of_mean(reduction)
            return loss
    if dispatch.is_taken_over(input, target):
        return dispatch.answer(
            kl_div,
            (input, target),
            input,
            target,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
            log_target=log_target,
        )
    library = library_for(input, target)
    deprecated = size_average is not None or reduce is not None
    name = reduction_of(library, (size_average, reduce), reduction)
    if not deprecated and not library.tracing():
        warn_of_mean(reduction)
    rules.check_reduction_of_batches(name, ValueError)
    checks.check(library, _DIVERGENCE, (input, target))
    x, y = checks.of_one_shape(library, _DIVERGENCE, (input, target))
    dtype = pairs.promoted(library.dtype(input), library.dtype(target))
    parameters = (1.0 if log_target else 0.0,)
    if name == "batchmean":
        call = (divergence.LOSS, library, (x, y, None), parameters, named("sum"))
        return whole_of(call, dtype, batch_of(library, input))
    call = (divergence.LOSS, library, (x, y, None), parameters, named(name))
    if deprecated or name != reduction or x is not input or y is not target:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _DIVERGENCES, options)


def batch_of(library: Library, input: Tensor) -> int | None:
    """The size of the first axis; None for a tensor without one."""
    shape = library.shape(input)
    return shape[0] if shape else None


def warn_of_mean(reduction: str) -> None:
    """torch's warning of a mean that is no divergence, to the caller of the edition."""
    if isinstance(reduction, str) and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size. The "
            "divergence of a batch is reduction='batchmean'.",
            UserWarning,
            stacklevel=3,
        )


for _function in (binary_cross_entropy, kl_div):
    setattr(_function, "__prepare_scriptable__", dispatch.natively(_function.__name__))  # noqa: B010

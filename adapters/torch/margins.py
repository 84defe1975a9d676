"""torch's losses of one logit with margins: ``soft_margin_loss`` and ``multilabel_soft_margin_loss`` of
``torch.nn.functional``.
"""

from __future__ import annotations

from compatlosses import checks, pairs, rules
from compatlosses.along import rows_of, whole_of
from compatlosses.checks import REPEATED, Argument, Dialect
from compatlosses.definitions import binary_cross_entropy_with_logits as entropy
from compatlosses.definitions import soft_margin
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, library_of
from compatlosses.plans import Plans
from compatlosses.reductions import named

from . import dispatch
from .elements import NAMES, check_no_bools, check_reduction, in_the_shape_of, library_for, reduction_of

_PLANS = Plans()
_MARGIN = Dialect(
    (
        Argument("input", rules.FLOATING, dtype_error=RuntimeError),
        Argument("target", rules.NUMBERS, REPEATED, dtype_error=RuntimeError, shape_error=RuntimeError),
    )
)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The soft margin loss by torch's rules, ``log(1 + exp(-target * input))``.

    Args:
        input: logits of any shape; floating.
        target: 1 or -1, any number: a tensor that broadcasts to the input's shape.
        size_average: deprecated. With ``reduce``, overrides ``reduction`` whatever that is: see there.
        reduce: deprecated. False means 'none'; otherwise ``size_average=False`` means 'sum', and either given
            'mean'.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the input's dtype: of its shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks.
        ValueError: an unknown reduction.
        RuntimeError: a target that does not broadcast or would enlarge the input, an input of whole numbers.

    Source: torch 2.13 documentation of ``torch.nn.functional.soft_margin_loss``.
    """
    inputs, options = (input, target, None), (size_average, reduce, reduction)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target):
        return dispatch.answer(
            soft_margin_loss,
            (input, target),
            input,
            target,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
        )
    library = library_for(input, target)
    name = reduction_of(library, (size_average, reduce), reduction)
    rules.check_reduction(name, ValueError)
    checks.check(library, _MARGIN, (input, target))
    y = in_the_shape_of(library, target, input)
    call = (soft_margin.LOSS, library, (input, y, None), (), named(name))
    dtype = library.dtype(input)
    # What is deprecated warns at each call.
    if y is not target or size_average is not None or reduce is not None or name != reduction:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _PLANS, options)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | float | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross entropy with logits by torch's rules, averaged over the classes, the last axis.

    Args:
        input: logits; floating, of one dimension at least.
        target: tensor that broadcasts against the input; floating or integer.
        weight: factor of each class or element, a tensor that broadcasts to the loss, or a number.
        size_average, reduce: deprecated, as in `soft_margin_loss`.
        reduction: 'none', one loss an example; 'mean' or 'sum' of those.

    Returns:
        A tensor of the dtype that torch promotes the arguments to: of the common shape without the last axis
        for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a reduction of None.
        ValueError: an unknown reduction.
        IndexError: an input without dimensions.
        RuntimeError: shapes that do not broadcast, a target of bool.
        NotImplementedError: an input that is not floating.

    Source: torch 2.13 documentation of ``torch.nn.functional.multilabel_soft_margin_loss``.
    """
    if dispatch.is_taken_over(input, target, weight):
        return dispatch.answer(
            multilabel_soft_margin_loss,
            (input, target, weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
        )
    library = library_of(input, target, weight, None, NAMES)
    name = reduction_of(library, (size_average, reduce), reduction, renamed=False)
    rules.check_dtype(library, "input", input, rules.FLOATING, NotImplementedError)
    check_no_bools(library, target)
    shape = library.shape(input)
    if not shape:
        raise IndexError("input has no dimension; expected an axis of classes, the last one")
    x, y = pairs.spread(library, ("input", "target"), input, target, RuntimeError)
    check_reduction(name)
    dtype = pairs.promoted(library.dtype(input), library.dtype(target))
    if weight is not None and library.owns(weight):
        dtype = promoted_by(library, dtype, weight)
        rules.check_broadcast(library, "weight", weight, "input", x, RuntimeError)
    # torch counts the axis of the classes from the input's first one, also beside a target of more axes.
    axis, common = len(shape) - 1, library.shape(x)
    classes = shape[axis]
    if name == "none":
        call = (entropy.LOSS, library, (x, y, None, weight), (0.0,), named("none"))
        return rows_of(call, dtype, axis, classes)
    if name == "mean" and common is not None and common[axis] == classes:
        return evaluate((entropy.LOSS, library, (x, y, None, weight), (0.0,), named("mean")), dtype)
    call = (entropy.LOSS, library, (x, y, None, weight), (0.0,), named("sum"))
    rows = 1
    if name == "mean":
        for i in range(len(common)):  # type: ignore[arg-type]
            rows *= 1 if i == axis else common[i]  # type: ignore[index, operator]
    return whole_of(call, dtype, classes * rows)  # type: ignore[operator]


def promoted_by(library: Library, dtype: str, weight: Tensor) -> str:
    """The dtype of a product with a weight; one without dimensions counts for nothing."""
    return pairs.promoted(dtype, library.dtype(weight)) if library.shape(weight) else dtype


for _function in (soft_margin_loss, multilabel_soft_margin_loss):
    setattr(_function, "__prepare_scriptable__", dispatch.natively(_function.__name__))  # noqa: B010

"""torch's negative log-likelihoods: ``gaussian_nll_loss`` and ``poisson_nll_loss`` of
``torch.nn.functional``.
"""

from __future__ import annotations

from compatlosses import pairs, rules, values
from compatlosses.definitions import gaussian_nll, poisson_nll
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Names, Shape, Tensor, library_of
from compatlosses.plans import Plans
from compatlosses.reductions import named

from . import dispatch
from .elements import check_no_bools, check_reduction, flag, library_for, reduction_of

_PLANS = Plans()
_NAMES: Names = ("input", "target", "var", "var")


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of a normal distribution by torch's rules,
    ``(log(var) + (input - target)**2 / var) / 2``.

    Args:
        input: means, of any shape.
        target: tensor that broadcasts against the input.
        var: variances, floating, of the input's shape, of that without the last axis, or of that with one
            size of 1; or a Python float. None is negative: eager tensors in host memory are checked.
        full: adds log(2 pi) / 2.
        eps: variances below count as this; their gradient is not affected by it.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the dtype that torch promotes the three to: of the common shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a var that is an int, a reduction
            of None.
        ValueError: a var of another shape, a negative one, an unknown reduction.
        RuntimeError: an input and a target that do not broadcast, bools, a var of whole numbers.

    Source: torch 2.13 documentation of ``torch.nn.functional.gaussian_nll_loss``.
    """
    if dispatch.is_taken_over(input, target, var):
        return dispatch.answer(
            gaussian_nll_loss,
            (input, target, var),
            input,
            target,
            var,
            full=full,
            eps=eps,
            reduction=reduction,
        )
    library = library_of(input, target, var, None, _NAMES)
    v = checked_variances(library, input, var)
    if library.owns(v) and not isinstance(eps, int):
        # torch holds variances in place, and whole numbers at a whole one alone
        rules.check_dtype(library, "var", v, rules.FLOATING, RuntimeError)
    check_reduction(reduction)
    check_no_bools(library, input, target)
    if library.owns(v):
        check_no_bools(library, v)
    least = rules.parameter("eps", eps)
    x, y = pairs.spread(library, ("input", "target"), input, target, RuntimeError)
    dtype = pairs.promoted(library.dtype(input), library.dtype(target))
    if library.owns(v):
        dtype = pairs.promoted(dtype, library.dtype(v))
        v = pairs.spread(library, ("var", "input"), v, x, RuntimeError)[0]
    elif library.dtype(input) not in rules.FLOATING:
        dtype = pairs.promoted("float32", dtype)  # the number's, beside whole numbers
    if library.dtype(x) not in rules.FLOATING:
        x = library.cast(x, dtype)
    parameters = (1.0 if full else 0.0, least, 0.0)
    return evaluate((gaussian_nll.LOSS, library, (x, y, v, None), parameters, named(reduction)), dtype)


def checked_variances(library: Library, input: Tensor, var: Tensor | float) -> Tensor | float:
    """The variances, as a tensor that broadcasts to the input, or a number."""
    if isinstance(var, float):
        if var < 0.0:
            raise ValueError(f"var is {var}, a negative entry; expected a number of at least 0")
        return var
    if not library.owns(var):
        raise TypeError(f"var is {var!r}; expected a tensor or a float")
    values.check_least(library, "var", var, 0.0, ValueError)
    shape, own = library.shape(input), library.shape(var)
    if shape is None or own is None or own == shape:
        return var
    if own == shape[:-1] and len(shape) > 0:
        return library.reshape(var, (*own, 1))  # type: ignore[arg-type]
    if not lacks_one(shape, own):
        raise ValueError(
            f"var has shape {rules.shown(own)}, which is of incorrect size beside {rules.shown(shape)}, the "
            f"shape of input; expected that shape, the same without the last axis, or with one size of 1"
        )
    return var


def lacks_one(shape: Shape, own: Shape) -> bool:
    """Whether a shape is the other one but for one size, which is 1 here or there."""
    if len(shape) != len(own):
        return False
    return sum([b or 0 for a, b in zip(shape, own, strict=True) if a != b]) == 1


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts by torch's rules, ``exp(input) - target * input``, or without
    ``log_input`` ``input - target * log(input + eps)``.

    Args:
        input: logarithms of rates, or rates, of any shape.
        target: counts, a tensor that broadcasts against the input.
        log_input: whether the input is in logarithms.
        full: adds Stirling's approximation ``target * log(target) - target + log(2 pi target) / 2`` where the
            target is above 1.
        size_average: deprecated. With ``reduce``, overrides ``reduction`` whatever that is: see there.
        eps: added to rates inside the logarithm.
        reduce: deprecated. False means 'none'; otherwise ``size_average=False`` means 'sum', and either given
            'mean'.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the dtype that torch promotes both to: of their common shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a reduction of None, a log_input
            or full that is no bool.
        ValueError: an unknown reduction.
        RuntimeError: shapes that do not broadcast, bools where torch subtracts them, complex numbers.

    Source: torch 2.13 documentation of ``torch.nn.functional.poisson_nll_loss``.
    """
    inputs = (input, target, None)
    options = (size_average, reduce, reduction, flag("log_input", log_input), flag("full", full), eps)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target):
        return dispatch.answer(
            poisson_nll_loss,
            (input, target),
            input,
            target,
            log_input=log_input,
            full=full,
            size_average=size_average,
            eps=eps,
            reduce=reduce,
            reduction=reduction,
        )
    library = library_for(input, target)
    name = reduction_of(library, (size_average, reduce), reduction, renamed=False)
    check_reduction(name)
    for argument, x in (("input", input), ("target", target)):
        rules.check_dtype(library, argument, x, rules.NUMBERS, RuntimeError)
    if full or (library.dtype(input) == "bool" and (not log_input or library.dtype(target) == "bool")):
        check_no_bools(library, input, target)
    x, y = pairs.spread(library, ("input", "target"), input, target, RuntimeError)
    first = library.dtype(input)
    dtype = pairs.promoted(first if first in rules.FLOATING else "float32", library.dtype(target))
    if first not in rules.FLOATING:
        x = library.cast(x, dtype)
    parameters = (1.0 if log_input else 0.0, 1.0 if full else 0.0, rules.parameter("eps", eps))
    call = (poisson_nll.LOSS, library, (x, y, None), parameters, named(name))
    if x is not input or y is not target or size_average is not None or reduce is not None:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _PLANS, options)


for _function in (gaussian_nll_loss, poisson_nll_loss):
    setattr(_function, "__prepare_scriptable__", dispatch.natively(_function.__name__))  # noqa: B010

"""The neutral functions: binary cross entropy with logits on the tensors of any registered framework.

`binary_cross_entropy_with_logits` and `value_and_gradients` are what a library author calls. `evaluate` is
what every API edition calls once its own rules are checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import formula, rules
from .executors import fused_loss, fused_value_and_gradients
from .libraries import NAMES, Library, Shape, Tensor, library_of, number, quoted

Inputs = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor | None]
"""Logits, targets, weight, pos_weight of one dtype, and where an element counts (None: everywhere)."""

RESHAPE = "reshape or broadcast it explicitly first"


def binary_cross_entropy_with_logits(
    logits: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | float | None = None,
    pos_weight: Tensor | float | None = None,
    reduction: str = "mean",
    ignore_index: float | None = None,
    normalize: bool = False,
) -> Tensor:
    """Binary cross entropy between targets and the sigmoid of logits, on the tensors of any framework.

    Each element's loss is ``weight * ((1 - targets) softplus(logits) + pos_weight * targets
    softplus(-logits))``. The gradient with respect to every floating argument is the framework's own
    autograd's.

    Args:
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        targets: tensor of the logits' shape, floating, integer or bool. Values outside [0, 1] follow the
            formula.
        weight: factor of each element's loss: a tensor that broadcasts to the logits' shape, or a number,
            Python's or NumPy's.
        pos_weight: factor of the positive term: likewise.
        reduction: 'none', 'mean' or 'sum'.
        ignore_index: elements whose target has this value contribute neither loss nor gradient, whatever else
            they hold. It is compared in the targets' dtype, rounded to that; NaN matches NaN.
        normalize: divide by the number of elements that count: the mean instead of by all elements, none and
            sum too.

    Returns:
        A tensor of the logits' dtype, framework and device: of the logits' shape for 'none', 0-D otherwise.
        The mean of an empty input is NaN, its sum 0; if no element of a non-empty input counts, the mean with
        normalize is 0.

    Raises:
        TypeError: no tensor, tensors of two frameworks, a dtype that is not accepted, options of a wrong
            type.
        ValueError: shapes that differ, a weight that does not broadcast or would enlarge the result, an
            unknown reduction, an ignore_index that the targets' dtype cannot hold.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> logits = np.array([[2.0, -1.0], [0.5, 0.0]])
    >>> targets = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> float(cl.binary_cross_entropy_with_logits(logits, targets).round(6))
    0.526853
    """
    library = library_of(logits, targets, weight, pos_weight)
    check_call(library, logits, targets, weight, pos_weight, reduction, ignore_index, normalize)
    ignored = ignored_value(library, targets, ignore_index)
    return evaluate(
        library,
        logits,
        targets,
        weight,
        pos_weight,
        reduction,
        ignored,
        bool(normalize),
        library.dtype(logits),
    )


def value_and_gradients(
    logits: Tensor,
    targets: Tensor,
    *,
    wrt: tuple[str, ...] = ("logits",),
    weight: Tensor | float | None = None,
    pos_weight: Tensor | float | None = None,
    reduction: str = "mean",
    ignore_index: float | None = None,
    normalize: bool = False,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its gradients, without an autograd: for NumPy, and for whoever writes a training step by
    hand.

    Args:
        wrt: the arguments to differentiate by, of 'logits', 'targets', 'weight' and 'pos_weight'; each a
            floating tensor.
        logits, targets, weight, pos_weight, reduction, ignore_index, normalize: as in
            `binary_cross_entropy_with_logits`.

    Returns:
        The loss, and by name a gradient of the shape and dtype of each argument in ``wrt``. With reduction
        'none' it is the gradient of the sum of the returned losses.

    Raises:
        TypeError: as `binary_cross_entropy_with_logits`; a name in ``wrt`` whose argument is no floating
            tensor.
        ValueError: as `binary_cross_entropy_with_logits`; an unknown name in ``wrt``.

    Source: this library's own API.

    >>> import numpy as np
    >>> import compatlosses as cl
    >>> loss, gradients = cl.value_and_gradients(np.array([0.0, 2.0]), np.array([1.0, 0.0]), reduction="sum")
    >>> gradients["logits"].round(6).tolist()
    [-0.5, 0.880797]
    """
    library = library_of(logits, targets, weight, pos_weight)
    check_call(library, logits, targets, weight, pos_weight, reduction, ignore_index, normalize)
    arguments = {"logits": logits, "targets": targets, "weight": weight, "pos_weight": pos_weight}
    if isinstance(wrt, str):
        raise TypeError(f"wrt is the string {wrt!r}; expected a tuple of names, such as ({wrt!r},)")
    if not isinstance(wrt, Iterable):
        raise TypeError(f"wrt is {quoted(wrt)}; expected a tuple of names, such as ('logits',)")
    wrt = tuple(wrt)  # an iterator is empty once it has been checked
    for name in wrt:
        check_differentiable(library, name, arguments)

    wanted = ("logits" in wrt, "targets" in wrt, "weight" in wrt, "pos_weight" in wrt)
    options = (reduction, ignored_value(library, targets, ignore_index), bool(normalize))
    weight, pos_weight = weight_of(library, weight), weight_of(library, pos_weight)
    host = library.host
    if host is not None and host.why_formula(logits, targets, weight, pos_weight) is None:
        loss, gradients = fused_value_and_gradients(
            host, wanted, logits, targets, weight, pos_weight, *options
        )
    else:
        loss = evaluate(library, logits, targets, weight, pos_weight, *options, library.dtype(logits))
        computed = compute_dtype(library, logits, targets, weight, pos_weight)
        gradients = gradients_by_formula(
            library, wanted, None, logits, targets, weight, pos_weight, *options, computed
        )
    by_name = {name: gradient for name, gradient in zip(NAMES, gradients) if gradient is not None}
    return loss, by_name


def executor_of(
    logits: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | float | None = None,
    pos_weight: Tensor | float | None = None,
    reduction: str = "mean",
    ignore_index: float | None = None,
    normalize: bool = False,
) -> str:
    """Which executor a call with these arguments runs on here and now: 'fused', or 'formula: ' and why.

    It is the very question that the call itself asks. It takes what `binary_cross_entropy_with_logits` takes,
    and refuses it likewise.

    Raises:
        TypeError, ValueError: as `binary_cross_entropy_with_logits`.

    Source: this library's own API.
    """
    library = library_of(logits, targets, weight, pos_weight)
    check_call(library, logits, targets, weight, pos_weight, reduction, ignore_index, normalize)
    ignored_value(library, targets, ignore_index)
    weight, pos_weight = weight_of(library, weight), weight_of(library, pos_weight)
    host = library.host
    why = (
        f"{library.NAME} has no host memory"
        if host is None
        else host.why_formula(logits, targets, weight, pos_weight)
    )
    return "fused" if why is None else f"formula: {why}"


def evaluate(
    library: Library,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
    reduction: str,
    ignore_index: float | None,
    normalize: bool,
    dtype: str,
    whole: bool = False,
) -> Tensor:
    """The loss as a tensor of ``dtype``, from arguments that an edition has checked.

    ``ignore_index`` is a `rules.sentinel`: a number that the targets' dtype holds.

    ``whole``: pos_weight scales the whole loss of an element, as `formula` has it, not the positive term
    alone. The fused executor knows the usual form only. This one is computed in double, where the library has
    that: the coefficients of its derivatives cancel.
    """
    weight, pos_weight = weight_of(library, weight), weight_of(library, pos_weight)
    host = library.host
    whole = whole and pos_weight is not None
    if not whole and host is not None and host.why_formula(logits, targets, weight, pos_weight) is None:
        return fused_loss(
            host, logits, targets, weight, pos_weight, reduction, ignore_index, normalize, dtype
        )
    computed = "float64" if whole else compute_dtype(library, logits, targets, weight, pos_weight)
    inputs = prepared(library, computed, logits, targets, weight, pos_weight, ignore_index)
    return reduced(library, inputs, reduction, normalize, dtype, whole)


def check_call(
    library: Library,
    logits: object,
    targets: object,
    weight: object,
    pos_weight: object,
    reduction: object,
    ignore_index: object,
    normalize: object,
) -> None:
    """Refuse what breaks the rules of `binary_cross_entropy_with_logits`.

    It returns nothing: where sizes are unknown, MindSpore's compiler cannot use what comes back from behind a
    check of them.
    """
    rules.check_reduction(reduction, ValueError)
    # Each rule is asked for its words only where a quick look does not suffice: most of what a small call
    # costs is calls.
    shape = library.shape(logits)
    if library.dtype(logits) not in rules.FLOATING:
        rules.check_dtype(library, NAMES[0], logits, rules.FLOATING, TypeError, targets=targets)
    if library.dtype(targets) not in rules.NUMBERS:
        rules.check_dtype(library, NAMES[1], targets, rules.NUMBERS, TypeError)
    if shape is None or library.shape(targets) != shape:
        rules.check_same_shape(library, NAMES[1], targets, NAMES[0], logits, ValueError)
    if weight is not None and library.owns(weight):
        check_factor(library, NAMES[2], weight, logits, shape)
    if pos_weight is not None and library.owns(pos_weight):
        check_factor(library, NAMES[3], pos_weight, logits, shape)
    if ignore_index is not None and number(ignore_index) is None:
        raise TypeError(f"ignore_index is {quoted(ignore_index)}; expected a number or None")
    if not isinstance(number(normalize), bool):
        raise TypeError(f"normalize is {quoted(normalize)}; expected True or False")


def check_factor(library: Library, name: str, factor: Tensor, logits: Tensor, shape: Shape | None) -> None:
    """Refuse a weight whose dtype or shape does not go with logits of ``shape``."""
    if library.dtype(factor) not in rules.NUMBERS:
        rules.check_dtype(library, name, factor, rules.NUMBERS, TypeError)
    own = library.shape(factor)
    if own is None or shape is None or not rules.broadcasts(own, shape):
        rules.check_broadcast(library, name, factor, NAMES[0], logits, ValueError)


def check_differentiable(library: Library, name: object, arguments: dict[str, Any]) -> None:
    """Refuse a name to differentiate by that is unknown or whose argument is no floating tensor."""
    if not isinstance(name, str) or name not in arguments:
        raise ValueError(f"wrt names {quoted(name)}; expected names among {', '.join(arguments)}")
    argument = arguments[name]
    if not library.owns(argument):
        raise TypeError(
            f"wrt names {name}, which is {quoted(argument)}; expected a tensor there to differentiate by"
        )
    rules.check_dtype(library, name, argument, rules.FLOATING, TypeError)


def gradients_by_formula(
    library: Library,
    wanted: formula.Wanted,
    cotangent: Tensor | None,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
    reduction: str,
    ignore_index: float | None,
    normalize: bool,
    dtype: str = "float64",
) -> tuple[Tensor | None, ...]:
    """The gradients wanted, times the cotangent (None: 1), in the framework's own operations: differentiable
    again.

    They are computed in ``dtype``: the hosts', whose memory is the processor's, in float64 like what they
    stand for.
    """
    inputs = prepared(library, dtype, logits, targets, weight, pos_weight, ignore_index)
    g = None if cotangent is None else library.cast(cotangent, library.dtype(inputs[0]))
    gradients = library.gradients(wanted, g, *inputs, False)
    divisor = nonzero(library, divisor_of(library, inputs, reduction, normalize))
    arguments = (logits, targets, weight, pos_weight)
    return tuple(
        None
        if gradient is None
        else library.cast(divided(library, gradient, divisor), library.dtype(argument))
        for argument, gradient in zip(arguments, gradients)
    )


def prepared(
    library: Library,
    dtype: str,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
    ignore_index: float | None,
) -> Inputs:
    """The arguments as tensors of ``dtype``, and where they count.

    Sizes that are not known yet are checked when it runs.
    """
    targets = assured(library, "targets", targets, logits, True)
    weight = assured(library, "weight", weight, logits, False)
    pos_weight = assured(library, "pos_weight", pos_weight, logits, False)
    counts = None
    if ignore_index is not None:
        counts = ~library.equal(targets, ignore_index)
    x = library.cast(logits, dtype)
    return x, library.cast(targets, dtype), factor(library, weight, x), factor(library, pos_weight, x), counts


def assured(
    library: Library, name: str, x: Tensor | float | None, logits: Tensor, same: bool
) -> Tensor | float | None:
    """``x``; where its shape cannot be judged yet, tied to the check that `check_call` could not finish.

    See `Deferred`.
    """
    if x is None or not hasattr(library, "assured") or not library.owns(x):
        return x
    shape, target = library.shape(x), library.shape(logits)
    if same:
        if rules.is_static(shape) and rules.is_static(target):
            return x
        return library.assured(
            x, logits, True, f"the shape of the {name} differs from that of the logits; {RESHAPE}"
        )
    if rules.surely_broadcasts(shape, target):
        return x
    message = f"the {name} does not broadcast to the shape of the logits, or would enlarge it; {RESHAPE}"
    return library.assured(x, logits, False, message)


def ignored_value(library: Library, targets: Tensor, ignore_index: object) -> float | None:
    """The value of the targets' dtype that ``ignore_index``, a number or None, names."""
    if ignore_index is None:
        return None
    return rules.sentinel(library.dtype(targets), number(ignore_index))


def weight_of(library: Library, weight: Tensor | float | None) -> Tensor | float | None:
    """A weight as a tensor of the library, a Python number or None."""
    if weight is None or library.owns(weight):
        return weight
    value = number(weight)
    if isinstance(value, int) and abs(value) > rules.LARGEST:
        raise ValueError(
            "a weight is an int beyond the range of float64; expected a smaller one. Pass float('inf') for "
            "infinity."
        )
    return value


def compute_dtype(
    library: Library,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
) -> str:
    """The dtype in which a call is computed: float64 where an argument is, else float32."""
    for tensor in (logits, targets, weight, pos_weight):
        if tensor is not None and library.owns(tensor) and library.dtype(tensor) == "float64":
            return "float64"
    return "float32"


def factor(library: Library, weight: Tensor | float | None, x: Tensor) -> Tensor | None:
    """A weight as a tensor of the dtype of ``x``."""
    if weight is None:
        return None
    if library.owns(weight):
        return library.cast(weight, library.dtype(x))
    return library.constant(weight, x)


def reduced(
    library: Library, inputs: Inputs, reduction: str, normalize: bool, dtype: str, whole: bool
) -> Tensor:
    """The losses of the elements that count, reduced, divided and rounded to ``dtype`` once."""
    result = library.elements(*inputs, whole)
    if reduction != "none":
        result = library.sum(result)
    return library.cast(divided(library, result, divisor_of(library, inputs, reduction, normalize)), dtype)


def divisor_of(library: Library, inputs: Inputs, reduction: str, normalize: bool) -> int | Tensor | None:
    """What the losses are divided by: a number, a 0-D tensor, or None for 1.

    It is 0 only for an empty input's mean.
    """
    if reduction != "mean" and not normalize:
        return None
    size = library.size(inputs[0])
    counts = inputs[4]
    if reduction == "mean" and (counts is None or not normalize or (isinstance(size, int) and size == 0)):
        return size
    number = size
    if counts is not None:
        number = library.sum(library.cast(counts, library.dtype(inputs[0])))
    if library.owns(number):
        number = library.where(library.equal(number, 0), 1, number)
        if reduction == "mean" and library.owns(size):
            return library.where(library.equal(size, 0), 0, number)
        return number
    return max(number, 1)


def nonzero(library: Library, divisor: int | Tensor | None) -> int | Tensor | None:
    """The divisor of gradients: an empty input's is 1, so that its weights have the gradient 0 of a sum over
    nothing.
    """
    if divisor is None:
        return None
    if library.owns(divisor):
        return library.where(library.equal(divisor, 0), 1, divisor)
    return max(divisor, 1)


def divided(library: Library, total: Tensor, divisor: int | Tensor | None) -> Tensor:
    """``total`` over ``divisor``; NaN, and no framework's opinion on division by zero, where that is the
    number 0.
    """
    if divisor is None:
        return total
    if library.owns(divisor):
        return library.divide(total, library.cast(divisor, library.dtype(total)))
    if isinstance(divisor, int) and divisor == 0:
        return library.divide(total, float("nan"))
    return library.divide(total, divisor)

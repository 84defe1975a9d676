"""Paddle 3's losses of probabilities, of one logit and of densities, of ``paddle.nn.functional``."""

from __future__ import annotations

from typing import Any

from compatlosses import checks, pairs, rules, values
from compatlosses.along import rows_of, whole_of
from compatlosses.checks import REPEATED, Argument, Dialect
from compatlosses.definitions import binary_cross_entropy as entropy
from compatlosses.definitions import binary_cross_entropy_with_logits as entropy_of_logits
from compatlosses.definitions import kl_div as divergence
from compatlosses.definitions import sigmoid_focal, soft_margin
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library
from compatlosses.plans import Plans, View
from compatlosses.protocols import Loss
from compatlosses.reductions import named

CHANCE = (0.0, 1.0)


def look(view: View, inputs: tuple[Any, ...], options: tuple[Any, ...]) -> None:
    """Refuse probabilities outside of [0, 1] in a call that comes again."""
    values.refuse_outside("input", view(inputs[0]), CHANCE, ValueError)


_PROBABILITIES = Plans(look)
_NAMES = ("input", "label")
_SAME = Dialect(checks.pair(_NAMES, rules.FLOATING))
_NUMBERS = Dialect(checks.pair(_NAMES, rules.NUMBERS))
_LOG_LOSS = Dialect(checks.pair(_NAMES, rules.FLOATING, alike=True))


def probabilities(dtypes: tuple[str, ...]) -> Dialect:
    """Binary cross entropy of probabilities, of two tensors of one dtype and a weight."""
    return Dialect((*checks.pair(_NAMES, dtypes, alike=True), Argument("weight", dtypes, REPEATED)))


def focal(dtypes: tuple[str, ...]) -> Dialect:
    """The focal loss, of two tensors of one dtype and a normalizer."""
    pair = checks.pair(("logit", "label"), dtypes, alike=True)
    return Dialect((*pair, Argument("normalizer", dtypes, REPEATED)))


_WEIGHTED, _FOCAL = probabilities(rules.FLOATING), focal(rules.FLOATING)


def binary_cross_entropy(
    input: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    name: str | None = None,
) -> Tensor:
    """Binary cross entropy of probabilities by the rules of Paddle 3,
    ``-weight * (label * log(input) + (1 - label) * log(1 - input))``.

    Each logarithm is -100 at least; where that holds, the gradient by the input is 0.

    Args:
        input: probabilities of any shape; floating. Eager tensors in host memory are checked to lie in
            [0, 1].
        label: tensor of the input's shape and dtype; its values are not checked.
        weight: factor of each element's loss: a tensor that broadcasts to the input's shape.
        reduction: 'none', 'mean' or 'sum'. The mean divides by the number of elements.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of input and weight: of the input's shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted.
        ValueError: shapes that differ or do not broadcast, values outside of [0, 1] or NaN, an unknown
            reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.binary_cross_entropy``; where it is silent,
    paddlepaddle 3.3.1.
    """
    inputs = (input, label, weight)
    if isinstance(input, _PROBABILITIES.types):
        known = _PROBABILITIES.known(inputs, (reduction,))
        if known is not None:
            return known
    return of_probabilities(_WEIGHTED, inputs, reduction, _PROBABILITIES)


def log_loss(input: Tensor, label: Tensor, epsilon: float = 1e-4, name: str | None = None) -> Tensor:
    """Binary cross entropy of probabilities by the rules of Paddle 3,
    ``-label * log(input + epsilon) - (1 - label) * log(1 - input + epsilon)``, without a reduction.

    Args:
        input: probabilities of shape (N, 1); floating.
        label: tensor of that shape and dtype.
        epsilon: added inside the logarithms.
        name: accepted and not used.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted.
        ValueError: another shape.

    Source: Paddle 3 documentation of ``paddle.nn.functional.log_loss``; where it is silent, paddlepaddle
    3.3.1.
    """
    return log_loss_of(_LOG_LOSS, (input, label), epsilon)


def kl_div(
    input: Tensor,
    label: Tensor,
    reduction: str = "mean",
    log_target: bool = False,
    name: str | None = None,
) -> Tensor:
    """The Kullback-Leibler divergence by the rules of Paddle 3, ``label * (log(label) - input)``.

    The mean, which is the default, is over all elements; 'batchmean' is the divergence.

    Args:
        input: logarithms of probabilities, of any shape; floating.
        label: probabilities, or with ``log_target`` their logarithms: a floating tensor of that shape. 0
            contributes 0.
        reduction: 'none', 'mean', 'sum' or 'batchmean', the sum over the size of the first axis.
        log_target: whether the label is in logarithms too.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of the two: of the input's shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating.
        ValueError: shapes that differ, an unknown reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.kl_div``; where it is silent, paddlepaddle 3.3.1.
    """
    return divergence_of(_SAME, (input, label), reduction, 1.0 if log_target else 0.0)


def soft_margin_loss(
    input: Tensor, label: Tensor, reduction: str = "mean", name: str | None = None
) -> Tensor:
    """The soft margin loss by the rules of Paddle 3, ``log(1 + exp(-label * input))``.

    Args:
        input: logits of any shape.
        label: 1 and -1, of that shape: numbers of any dtype.
        reduction: 'none', 'mean' or 'sum'.
        name: accepted and not used.

    Returns:
        A tensor of the input's dtype, float32 of whole numbers: of the input's shape for 'none', 0-D
        otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks.
        ValueError: shapes that differ, an unknown reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.soft_margin_loss``; where it is silent,
    paddlepaddle 3.3.1.
    """
    rules.check_reduction(reduction, ValueError)
    library = common_library((input, label), _NUMBERS.names)
    checks.check(library, _NUMBERS, (input, label))
    if library.dtype(input) not in rules.FLOATING:
        input = library.cast(input, "float32")
    call = (soft_margin.LOSS, library, (input, label, None), (), named(reduction))
    return evaluate(call, library.autocast_dtype(input) or library.dtype(input))


def multi_label_soft_margin_loss(
    input: Tensor,
    label: Tensor,
    weight: Tensor | float | None = None,
    reduction: str = "mean",
    name: str | None = None,
) -> Tensor:
    """Binary cross entropy with logits by the rules of Paddle 3, averaged over the classes, the last axis.

    Args:
        input: logits; floating, of one dimension at least.
        label: floating tensor of that shape.
        weight: factor of each class or element: a tensor that broadcasts to the input's shape, or a number.
        reduction: 'none', one loss an example; 'mean' or 'sum' of those.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype: of the input's shape without the last axis for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating.
        ValueError: shapes that differ or do not broadcast, an unknown reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.multi_label_soft_margin_loss``; where it is
    silent, paddlepaddle 3.3.1.
    """
    rules.check_reduction(reduction, ValueError)
    library = common_library((input, label, weight), _WEIGHTED.names)
    checks.check(library, _SAME, (input, label))
    dtype = dtype_of(library, input, label)
    if library.owns(weight):
        checks.check(library, _WEIGHTED, (input, input, weight))
        dtype = pairs.promoted(dtype, library.dtype(weight))
    shape = library.shape(input)
    if not shape:
        raise ValueError("input has no dimension; expected an axis of classes, the last one")
    given = (entropy_of_logits.LOSS, library, (input, label, None, weight), (0.0,))
    if reduction == "mean":
        return evaluate((*given, named("mean")), dtype)
    if reduction == "sum":
        return whole_of((*given, named("sum")), dtype, shape[-1])
    return rows_of((*given, named("none")), dtype, -1, shape[-1])


def sigmoid_focal_loss(
    logit: Tensor,
    label: Tensor,
    normalizer: Tensor | None = None,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "sum",
    name: str | None = None,
) -> Tensor:
    """The focal loss by the rules of Paddle 3, ``alpha_t * (1 - p_t)**gamma`` times binary cross entropy
    over the normalizer.

    The default reduction is the sum.

    Args:
        logit: logits of any shape; floating.
        label: tensor of that shape and dtype, values in [0, 1] (not checked).
        normalizer: what losses are divided by, such as the number of objects: a floating tensor of no or one
            dimension.
        alpha: weight of the label 1; that of the label 0 is ``1 - alpha``. At least 0.
        gamma: how much less right predictions weigh; at least 0.
        reduction: 'none', 'mean' or 'sum'.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of logit and normalizer: of the logit's shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted, an
            alpha or gamma that is no number.
        ValueError: shapes that differ, a normalizer of more dimensions, an alpha or gamma below 0, an unknown
            reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.sigmoid_focal_loss``; where it is silent,
    paddlepaddle 3.3.1.
    """
    return focal_of(_FOCAL, (logit, label, normalizer), (alpha, gamma), reduction)


def of_probabilities(
    dialect: Dialect, inputs: tuple[Any, ...], reduction: str, plans: Plans | None = None
) -> Tensor:
    """Binary cross entropy of probabilities by the rules of a dialect."""
    rules.check_reduction(reduction, ValueError)
    library = common_library(inputs, dialect.names)
    checks.check(library, dialect, inputs)
    values.check_within(library, "input", inputs[0], CHANCE, ValueError)
    dtype = dtype_of(library, inputs[0], inputs[2])
    call = (entropy.LOSS, library, inputs, (-100.0, 0.0, 0.0, 0.0), named(reduction))
    return evaluate(call, dtype, plans, (reduction,))


def log_loss_of(dialect: Dialect, pair: tuple[Tensor, Tensor], epsilon: float) -> Tensor:
    """The losses of probabilities of shape (N, 1) by the rules of a dialect."""
    library = common_library(pair, dialect.names)
    checks.check(library, dialect, pair)
    shape = library.shape(pair[0])
    if shape is not None and (len(shape) != 2 or (rules.is_known(shape[1]) and shape[1] != 1)):
        raise ValueError(
            f"input has shape {rules.shown(shape)}; expected (N, 1). Reshape both tensors first."
        )
    parameters = (float("-inf"), 0.0, rules.parameter("epsilon", epsilon), 0.0)
    return reduced(entropy.LOSS, library, (*pair, None), parameters, "none")


def divergence_of(dialect: Dialect, pair: tuple[Tensor, Tensor], reduction: str, log_target: float) -> Tensor:
    """The Kullback-Leibler divergence by the rules of a dialect."""
    library = common_library(pair, dialect.names)
    rules.check_reduction_of_batches(reduction, ValueError)
    checks.check(library, dialect, pair)
    if reduction != "batchmean":
        return reduced(divergence.LOSS, library, (*pair, None), (log_target,), reduction)
    call = (divergence.LOSS, library, (*pair, None), (log_target,), named("sum"))
    shape = library.shape(pair[0])
    return whole_of(call, dtype_of(library, *pair), shape[0] if shape else None)


def focal_of(
    dialect: Dialect, inputs: tuple[Any, ...], parameters: tuple[float, float], reduction: str
) -> Tensor:
    """The focal loss of logits, labels and a normalizer by the rules of a dialect. ``parameters``: alpha and
    gamma.
    """
    rules.check_reduction(reduction, ValueError)
    library = common_library(inputs, dialect.names)
    checks.check(library, dialect, inputs)
    normalizer = inputs[2]
    if normalizer is not None and len(library.shape(normalizer) or ()) > 1:
        raise ValueError("normalizer has several dimensions; expected none or one dimension")
    alpha, gamma = rules.nonnegative("alpha", parameters[0]), rules.nonnegative("gamma", parameters[1])
    # Paddle promotes by no tensor without dimensions.
    scalar = normalizer is not None and library.shape(normalizer) == ()
    dtype = dtype_of(library, inputs[0], None if scalar else normalizer)
    return evaluate((sigmoid_focal.LOSS, library, (*inputs, None), (alpha, gamma), named(reduction)), dtype)


def reduced(
    loss: Loss, library: Library, inputs: tuple[Any, ...], parameters: tuple[float, ...], reduction: str
) -> Tensor:
    """The loss of a checked call."""
    dtype = dtype_of(library, inputs[0], inputs[1])
    return evaluate((loss, library, inputs, parameters, named(reduction)), dtype)


def dtype_of(library: Library, x: Tensor, y: Tensor | None) -> str:
    """The wider dtype of two tensors, as automatic casting leaves them."""
    dtype = library.autocast_dtype(x) or library.dtype(x)
    return dtype if y is None else pairs.promoted(dtype, library.autocast_dtype(y) or library.dtype(y))

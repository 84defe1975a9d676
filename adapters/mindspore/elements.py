"""MindSpore's losses of probabilities, of one logit and of densities: ``binary_cross_entropy``, ``kl_div``,
``soft_margin_loss``, ``multilabel_soft_margin_loss`` and ``gaussian_nll_loss`` of ``mindspore.ops``.
"""

from __future__ import annotations

from typing import Any

from compatlosses import checks, pairs, rules, values
from compatlosses.along import rows_of, whole_of
from compatlosses.checks import REPEATED, Argument, Dialect
from compatlosses.definitions import binary_cross_entropy as entropy
from compatlosses.definitions import binary_cross_entropy_with_logits as entropy_of_logits
from compatlosses.definitions import gaussian_nll, poisson_nll, soft_margin
from compatlosses.definitions import kl_div as divergence
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library, quoted
from compatlosses.reductions import named

from .checks import HALF_AND_SINGLE, check_reduction

CHANCE = (0.0, 1.0)
UP_TO_SINGLE = (*HALF_AND_SINGLE, "bfloat16")
FLOOR = -27.631021115928547
"""log(1e-12), what MindSpore's logarithms of probabilities are not less than."""


def probabilities(names: tuple[str, str]) -> Dialect:
    """Binary cross entropy of probabilities, of two tensors of one dtype and a weight."""
    pair = checks.pair(names, HALF_AND_SINGLE, alike=True)
    return Dialect((*pair, Argument("weight", HALF_AND_SINGLE, REPEATED)))


OF_OPS, OF_MINT = probabilities(("logits", "labels")), probabilities(("input", "target"))
DIVERGENCE = Dialect(checks.pair(("logits", "labels"), rules.FLOATING, alike=True))
DIVERGENCE_OF_MINT = Dialect(checks.pair(("input", "target"), UP_TO_SINGLE, checks.MUTUAL))
_MARGIN = Dialect(checks.pair(("input", "target"), UP_TO_SINGLE, alike=True))
_MULTILABEL = Dialect(
    (Argument("input", rules.FLOATING), Argument("target", rules.NUMBERS), Argument("weight", rules.NUMBERS))
)
_GAUSSIAN = Dialect(
    (
        *checks.pair(("x", "target"), rules.NUMBERS, checks.MUTUAL),
        Argument("var", rules.FLOATING),  # it broadcasts to the shape that the two have together
    )
)
_COUNTS = Dialect(checks.pair(("input", "target"), rules.FLOATING, checks.MUTUAL))


def binary_cross_entropy(
    logits: Tensor, labels: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Binary cross entropy by the rules of ``mindspore.ops``. The first argument is called logits and is
    probabilities.

    Each logarithm is log(1e-12) at least; where that holds, the gradient by the probabilities is 0.

    Args:
        logits: probabilities of any shape; float16 or float32. Eager tensors in host memory are checked to
            lie in [0, 1].
        labels: tensor of that shape and dtype.
        weight: factor of each element's loss: a tensor that broadcasts to that shape.
        reduction: 'none', 'mean' or 'sum'. The mean divides by the number of elements.

    Returns:
        A tensor of the first argument's dtype: of its shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted, a
            reduction that is no string.
        ValueError: shapes that differ or do not broadcast, an unknown reduction.
        RuntimeError: values outside of [0, 1] or NaN.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.binary_cross_entropy``; where it is silent,
    mindspore 2.10.0.
    """
    return of_probabilities(OF_OPS, (logits, labels, weight), reduction)


def kl_div(logits: Tensor, labels: Tensor, reduction: str = "mean") -> Tensor:
    """The Kullback-Leibler divergence by the rules of ``mindspore.ops``, ``labels * (log(labels) - logits)``.

    The first argument is called logits and is log-probabilities. The mean is over all elements; 'batchmean'
    is the divergence.

    Args:
        logits: logarithms of probabilities, of any shape; floating.
        labels: probabilities: a tensor of that shape and dtype. 0 contributes 0.
        reduction: 'none', 'mean', 'sum' or 'batchmean', the sum over the size of the first axis.

    Returns:
        A tensor of the first argument's dtype: of its shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted.
        ValueError: shapes that differ, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.kl_div``; where it is silent, mindspore 2.10.0.
    """
    return divergence_of(DIVERGENCE, (logits, labels), reduction, 0.0)


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The soft margin loss by the rules of ``mindspore.ops``, ``log(1 + exp(-target * input))``.

    Args:
        input: logits of any shape; float16, bfloat16 or float32.
        target: 1 and -1: a tensor of that shape and dtype.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the input's dtype: of its shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted, a
            reduction that is no string.
        ValueError: shapes that differ, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.soft_margin_loss``; it has no kernel for CPU.
    """
    check_reduction(reduction)
    library = common_library((input, target), _MARGIN.names)
    checks.check(library, _MARGIN, (input, target))
    dtype = library.autocast_dtype(input) or library.dtype(input)
    return evaluate((soft_margin.LOSS, library, (input, target, None), (), named(reduction)), dtype)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Binary cross entropy with logits by the rules of ``mindspore.ops``, averaged over the classes, the last
    axis.

    Args:
        input: logits; floating, of one dimension at least.
        target: tensor that broadcasts to the input's shape; floating, integer or bool.
        weight: factor of each class or element: a tensor that broadcasts to the input's shape.
        reduction: 'none', one loss an example; 'mean' or 'sum' of those.

    Returns:
        A tensor of the widest dtype: of the input's shape without the last axis for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted.
        ValueError: shapes that do not broadcast, an input without dimensions, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.multilabel_soft_margin_loss``; where it is silent,
    mindspore 2.10.0.
    """
    rules.check_reduction(reduction, ValueError)
    library = common_library((input, target, weight), _MULTILABEL.names)
    checks.check(library, _MULTILABEL, (input, target, weight))
    shape = library.shape(input)
    if shape is None or len(shape) == 0:
        raise ValueError("input has no dimension; expected an axis of classes, the last one")
    rules.check_broadcast(library, "target", target, "input", input, ValueError)
    dtype = pairs.promoted(library.autocast_dtype(input) or library.dtype(input), library.dtype(target))
    if weight is not None:
        rules.check_broadcast(library, "weight", weight, "input", input, ValueError)
        dtype = pairs.promoted(dtype, library.dtype(weight))
    y = pairs.spread(library, ("target", "input"), target, input, ValueError)[0]
    inputs = (input, y, None, weight)
    if reduction == "mean":
        return evaluate((entropy_of_logits.LOSS, library, inputs, (0.0,), named("mean")), dtype)
    if reduction == "sum":
        return whole_of(
            (entropy_of_logits.LOSS, library, inputs, (0.0,), named("sum")), dtype, shape[len(shape) - 1]
        )
    call = (entropy_of_logits.LOSS, library, inputs, (0.0,), named("none"))
    return rows_of(call, dtype, -1, shape[len(shape) - 1])


def gaussian_nll_loss(
    x: Tensor, target: Tensor, var: Tensor, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """The negative log-likelihood of a normal distribution by the rules of ``mindspore.ops``,
    ``(log(v) + (x - target)**2 / v) / 2`` with ``v = max(var, eps)``, whose gradient below eps is 0.

    Args:
        x: means, of any shape; floating, integer or bool.
        target: tensor that broadcasts against them, likewise.
        var: variances: a floating tensor that broadcasts to the common shape.
        full: adds log(2 pi) / 2.
        eps: variances below count as this; above 0.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the widest dtype: of the common shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not accepted.
        ValueError: shapes that do not broadcast, an eps that is not a float above 0, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.ops.gaussian_nll_loss``; where it is silent,
    mindspore 2.10.0.
    """
    if not isinstance(eps, float) or eps <= 0.0:
        raise ValueError(f"eps is {quoted(eps)}; expected a float above 0")
    rules.check_reduction(reduction, ValueError)
    library = common_library((x, target, var), _GAUSSIAN.names)
    if not library.owns(var):
        raise TypeError(f"var is {quoted(var)}; expected a {library.NAME} tensor. Make it a tensor first.")
    checks.check(library, _GAUSSIAN, (x, target, var))
    means, counts = checks.of_one_shape(library, _GAUSSIAN, (x, target))
    rules.check_broadcast(library, "var", var, "x", means, ValueError)
    dtype = pairs.promoted(pairs.promoted(library.dtype(x), library.dtype(target)), library.dtype(var))
    if library.dtype(means) not in rules.FLOATING:
        means = library.cast(means, dtype)
    parameters = (1.0 if full else 0.0, eps, 1.0)
    return evaluate(
        (gaussian_nll.LOSS, library, (means, counts, var, None), parameters, named(reduction)), dtype
    )


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: str
) -> Tensor:
    """The negative log-likelihood of counts, which MindSpore has as the class ``PoissonNLLLoss`` alone."""
    library = common_library((input, target), _COUNTS.names)
    checks.check(library, _COUNTS, (input, target))
    x, y = pairs.spread(library, _COUNTS.names, input, target, ValueError)
    dtype = pairs.promoted(library.autocast_dtype(input) or library.dtype(input), library.dtype(target))
    parameters = (1.0 if log_input else 0.0, 1.0 if full else 0.0, float(eps))
    return evaluate((poisson_nll.LOSS, library, (x, y, None), parameters, named(reduction)), dtype)


def check_density(full: object, eps: object) -> None:
    """Refuse what the class ``GaussianNLLLoss`` refuses when an object is made."""
    if not isinstance(full, bool):
        raise TypeError(f"full is {quoted(full)}; expected True or False")
    if not isinstance(eps, float):
        raise TypeError(f"eps is {quoted(eps)}; expected a float above 0")
    if not eps > 0.0:
        raise ValueError(f"eps is {eps:g}; expected a float above 0")


def of_probabilities(dialect: Dialect, inputs: tuple[Any, ...], reduction: str) -> Tensor:
    """Binary cross entropy of probabilities by the rules of a dialect."""
    check_reduction(reduction)
    library: Library = common_library(inputs, dialect.names)
    checks.check(library, dialect, inputs)
    values.check_within(library, dialect.names[0], inputs[0], CHANCE, RuntimeError)
    dtype = library.autocast_dtype(inputs[0]) or library.dtype(inputs[0])
    return evaluate((entropy.LOSS, library, inputs, (FLOOR, 0.0, 0.0, 0.0), named(reduction)), dtype)


def divergence_of(dialect: Dialect, pair: tuple[Any, Any], reduction: str, log_targets: float) -> Tensor:
    """The Kullback-Leibler divergence by the rules of a dialect; of the dtype of the first tensor."""
    rules.check_reduction_of_batches(reduction, ValueError)
    library: Library = common_library(pair, dialect.names)
    checks.check(library, dialect, pair)
    dtype = library.autocast_dtype(pair[0]) or library.dtype(pair[0])
    x, y = checks.of_one_shape(library, dialect, pair)
    if reduction != "batchmean":
        return evaluate((divergence.LOSS, library, (x, y, None), (log_targets,), named(reduction)), dtype)
    shape = library.shape(pair[0])
    size = shape[0] if shape else None
    return whole_of((divergence.LOSS, library, (x, y, None), (log_targets,), named("sum")), dtype, size)

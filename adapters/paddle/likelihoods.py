"""Paddle 3's negative log-likelihoods: ``gaussian_nll_loss`` and ``poisson_nll_loss`` of
``paddle.nn.functional``.
"""

from __future__ import annotations

from compatlosses import checks, pairs, rules, values
from compatlosses.checks import Argument, Dialect
from compatlosses.definitions import gaussian_nll, poisson_nll
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library
from compatlosses.reductions import named

from .elements import dtype_of, reduced

_GAUSSIAN = Dialect(
    (
        Argument("input", rules.FLOATING, dtype_error=ValueError),
        Argument("label", rules.FLOATING, dtype_error=ValueError),
        Argument("variance", rules.FLOATING, dtype_error=ValueError),
    )
)
_SAME = Dialect(checks.pair(("input", "label"), rules.FLOATING))


def gaussian_nll_loss(
    input: Tensor,
    label: Tensor,
    variance: Tensor,
    full: bool = False,
    epsilon: float = 1e-6,
    reduction: str = "mean",
    name: str | None = None,
) -> Tensor:
    """The negative log-likelihood of a normal distribution by the rules of Paddle 3,
    ``(log(variance) + (input - label)**2 / variance) / 2``.

    Args:
        input: means, of any shape; floating.
        label: floating tensor that broadcasts against the input.
        variance: floating tensor of the input's shape, of that without the last axis, or with 1 there. None
            is negative: eager tensors in host memory are checked.
        full: adds log(2 pi) / 2.
        epsilon: variances below count as this; their gradient is not affected by it.
        reduction: 'none', 'mean' or 'sum'.
        name: accepted and not used.

    Returns:
        A tensor of the widest dtype of the three: of the common shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a reduction of None.
        ValueError: a dtype that is not floating, shapes that do not go together, a negative variance, an
            unknown reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.gaussian_nll_loss``; where it is silent,
    paddlepaddle 3.3.1.
    """
    library = common_library((input, label, variance), _GAUSSIAN.names)
    if not library.owns(variance):
        raise TypeError(f"variance is {variance!r}; expected a tensor. Make it a tensor first.")
    v = shaped(library, input, variance)
    if reduction is None:
        raise TypeError("reduction is None; expected 'none', 'mean' or 'sum'")
    rules.check_reduction(reduction, ValueError)
    checks.check(library, _GAUSSIAN, (input, label, variance))
    values.check_least(library, "variance", variance, 0.0, ValueError)
    x, y = checks.of_one_shape(library, _GAUSSIAN, (input, label))
    dtype = pairs.promoted(dtype_of(library, input, label), library.dtype(variance))
    parameters = (1.0 if full else 0.0, rules.parameter("epsilon", epsilon), 0.0)
    return evaluate((gaussian_nll.LOSS, library, (x, y, v, None), parameters, named(reduction)), dtype)


def shaped(library: Library, input: Tensor, variance: Tensor) -> Tensor:
    """The variance in a shape that broadcasts to the input's."""
    shape, own = library.shape(input), library.shape(variance)
    if shape is None or own is None or rules.same_shape(own, shape):
        return variance
    if len(shape) > 0 and own == shape[:-1]:
        return library.reshape(variance, (*own, 1))  # type: ignore[arg-type]
    if len(shape) == 0 or len(own) != len(shape) or own[:-1] != shape[:-1] or own[-1] != 1:
        raise ValueError(
            f"variance has shape {rules.shown(own)}; expected {rules.shown(shape)}, the input's, the same "
            f"without the last axis, or with a last axis of size 1"
        )
    return variance


def poisson_nll_loss(
    input: Tensor,
    label: Tensor,
    log_input: bool = True,
    full: bool = False,
    epsilon: float = 1e-8,
    reduction: str = "mean",
    name: str | None = None,
) -> Tensor:
    """The negative log-likelihood of counts by the rules of Paddle 3, ``exp(input) - label * input``, or
    without ``log_input`` ``input - label * log(input + epsilon)``.

    Args:
        input: logarithms of rates, or rates, of any shape; floating.
        label: counts: a floating tensor of that shape.
        log_input: whether the input is in logarithms.
        full: adds Stirling's approximation ``label * log(label) - label + log(2 pi label) / 2`` where the
            label is above 1.
        epsilon: added to rates inside the logarithm; above 0.
        reduction: 'none', 'mean' or 'sum'.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of the two: of the input's shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating.
        ValueError: shapes that differ, an epsilon that is not above 0, an unknown reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.poisson_nll_loss``; where it is silent,
    paddlepaddle 3.3.1.
    """
    small = rules.parameter("epsilon", epsilon)
    if not small > 0.0:
        raise ValueError(f"epsilon is {small:g}; expected a number above 0")
    rules.check_reduction(reduction, ValueError)
    library = common_library((input, label), _SAME.names)
    checks.check(library, _SAME, (input, label))
    parameters = (1.0 if log_input else 0.0, 1.0 if full else 0.0, small)
    return reduced(poisson_nll.LOSS, library, (input, label, None), parameters, reduction)

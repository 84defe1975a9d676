"""Paddle 2.0's losses of probabilities and of one logit. Reduced results have shape [1]: Paddle 2.0 has no
0-D tensors.
"""

from __future__ import annotations

from compatlosses import checks
from compatlosses.checks import Dialect
from compatlosses.libraries import Tensor

from .differences_2_0 import ACCEPTED, SAME, shaped
from .elements import divergence_of, focal, focal_of, log_loss_of, of_probabilities, probabilities

_LOG_LOSS = Dialect(checks.pair(("input", "label"), ("float32",)))
_PROBABILITIES, _FOCAL = probabilities(ACCEPTED), focal(ACCEPTED)


def binary_cross_entropy(
    input: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    name: str | None = None,
) -> Tensor:
    """Binary cross entropy of probabilities by the rules of Paddle 2.0,
    ``-weight * (label * log(input) + (1 - label) * log(1 - input))``.

    Each logarithm is -100 at least; where that holds, the gradient by the input is 0.

    Args:
        input: probabilities of any shape; float32 or float64. Eager tensors in host memory are checked to lie
            in [0, 1].
        label: tensor of the input's shape and dtype; its values are not checked.
        weight: factor of each element's loss: a tensor that broadcasts to the input's shape, likewise.
        reduction: 'none', 'mean' or 'sum'. The mean divides by the number of elements.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of input and weight: of the input's shape for 'none', otherwise of shape
        [1].

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that differ or do not broadcast, values outside of [0, 1] or NaN, an unknown
            reduction.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.binary_cross_entropy``. That version cannot be
    installed any more.
    """
    return shaped(of_probabilities(_PROBABILITIES, (input, label, weight), reduction), reduction, input)


def log_loss(input: Tensor, label: Tensor, epsilon: float = 1e-4, name: str | None = None) -> Tensor:
    """Binary cross entropy of probabilities by the rules of Paddle 1.8 and 2.0,
    ``-label * log(input + epsilon) - (1 - label) * log(1 - input + epsilon)``, without a reduction.

    Args:
        input: probabilities of shape (N, 1); float32.
        label: tensor of that shape and dtype.
        epsilon: added inside the logarithms.
        name: accepted and not used.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an epsilon that is
            no number.
        ValueError: another shape.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.log_loss``; where it is silent, paddlepaddle
    1.8.5.
    """
    return log_loss_of(_LOG_LOSS, (input, label), epsilon)


def kl_div(input: Tensor, label: Tensor, reduction: str = "mean", name: str | None = None) -> Tensor:
    """The Kullback-Leibler divergence by the rules of Paddle 2.0, ``label * (log(label) - input)``.

    The mean, which is the default, is over all elements; 'batchmean' is the divergence.

    Args:
        input: logarithms of probabilities, of any shape; float32 or float64.
        label: probabilities: a tensor of that shape, likewise. 0 contributes 0.
        reduction: 'none', 'mean', 'sum' or 'batchmean', the sum over the size of the first axis.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of the two: of the input's shape for 'none', otherwise of shape [1].

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype.
        ValueError: shapes that differ, an unknown reduction.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.kl_div``. That version cannot be installed any
    more.
    """
    return shaped(divergence_of(SAME, (input, label), reduction, 0.0), reduction, input)


def sigmoid_focal_loss(
    logit: Tensor,
    label: Tensor,
    normalizer: Tensor | None = None,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "sum",
    name: str | None = None,
) -> Tensor:
    """The focal loss by the rules of Paddle 2.0, ``alpha_t * (1 - p_t)**gamma`` times binary cross entropy
    over the normalizer.

    The default reduction is the sum.

    Args:
        logit: logits of any shape; float32 or float64.
        label: tensor of that shape and dtype, values in [0, 1] (not checked).
        normalizer: what losses are divided by, such as the number of objects: a tensor of shape [1],
            likewise.
        alpha: weight of the label 1; that of the label 0 is ``1 - alpha``. At least 0.
        gamma: how much less right predictions weigh; at least 0.
        reduction: 'none', 'mean' or 'sum'.
        name: accepted and not used.

    Returns:
        A tensor of the wider dtype of logit and normalizer: of the logit's shape for 'none', otherwise of
        shape [1].

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an alpha or gamma
            that is no number.
        ValueError: shapes that differ, a normalizer of more dimensions, an alpha or gamma below 0, an unknown
            reduction.

    Source: Paddle 2.0 documentation of ``paddle.nn.functional.sigmoid_focal_loss``. That version cannot be
    installed any more.
    """
    result = focal_of(_FOCAL, (logit, label, normalizer), (alpha, gamma), reduction)
    return shaped(result, reduction, logit)

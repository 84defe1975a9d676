"""``torchvision.ops``: ``sigmoid_focal_loss``."""

from __future__ import annotations

from compatlosses import checks, pairs, rules
from compatlosses.checks import Dialect
from compatlosses.definitions import sigmoid_focal
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Tensor, common_library
from compatlosses.reductions import named

__all__ = ["sigmoid_focal_loss"]

_OFF = -1.0
"""The alpha that stands for none."""

_DIALECT = Dialect(checks.pair(("inputs", "targets"), rules.FLOATING), confusable=True)


def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Tensor:
    """The focal loss by torchvision's rules: ``alpha_t * (1 - p_t)**gamma`` times binary cross entropy.

    Nothing is reduced by default.

    Args:
        inputs: logits of any shape; floating.
        targets: floating tensor of that shape, values in [0, 1] (not checked).
        alpha: weight of the target 1, in [0, 1]; that of the target 0 is ``1 - alpha``. -1: both are 1.
        gamma: how much less right predictions weigh; at least 0.
        reduction: 'none', 'mean' or 'sum'.

    Returns:
        A tensor of the wider dtype of the two: of the inputs' shape for 'none', 0-D otherwise.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, a dtype that is not floating.
        ValueError: shapes that differ, an alpha outside of [0, 1] that is not -1, a gamma below 0, an unknown
            reduction.

    Source: torchvision 0.29 documentation of ``torchvision.ops.sigmoid_focal_loss``.
    """
    weight, focus = rules.parameter("alpha", alpha), rules.parameter("gamma", gamma)
    if weight != _OFF and not (weight >= 0.0 and weight <= 1.0):
        raise ValueError(f"alpha is {weight:g}; expected a number from 0 to 1, or -1 for none")
    if not focus >= 0.0:
        raise ValueError(f"gamma is {focus:g}; expected a number of at least 0")
    rules.check_reduction(reduction, ValueError)
    library = common_library((inputs, targets), _DIALECT.names)
    checks.check(library, _DIALECT, (inputs, targets))
    dtype = pairs.promoted(library.autocast_dtype(inputs) or library.dtype(inputs), library.dtype(targets))
    call = (sigmoid_focal.LOSS, library, (inputs, targets, None, None), (weight, focus), named(reduction))
    return evaluate(call, dtype)

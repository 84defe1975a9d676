"""Paddle 2.0's API: functions of ``paddle.nn.functional`` as 2.0 documents them.

They take the tensors of any framework. Importing them imports no framework.
"""

from __future__ import annotations

from typing import NoReturn

from compatlosses import checks, rules
from compatlosses.definitions.binary_cross_entropy_of_whole_weights import LOSS as OF_WHOLE_WEIGHTS
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Tensor, common_library
from compatlosses.plans import Plans
from compatlosses.protocols import Call
from compatlosses.reductions import named

from .checks import dialect, look_for_padding, promoted, warn_of_padding
from .cross_entropy import softmax_with_cross_entropy
from .differences_2_0 import ACCEPTED, l1_loss, mse_loss, shaped, smooth_l1_loss, square_error_cost
from .elements_2_0 import binary_cross_entropy, kl_div, log_loss, sigmoid_focal_loss
from .names import refuse
from .rows_2_0 import cross_entropy, nll_loss

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "kl_div", "l1_loss",
    "log_loss", "mse_loss", "nll_loss", "sigmoid_focal_loss", "smooth_l1_loss", "softmax_with_cross_entropy",
    "square_error_cost",
]  # fmt: skip

_PLANS = Plans(look_for_padding)
_DIALECT = dialect(ACCEPTED)


def binary_cross_entropy_with_logits(
    logit: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
    name: str | None = None,
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, by the rules of Paddle 2.0.

    Each element's loss is ``weight * ((pos_weight - 1) * label + 1)`` times ``(1 - label) softplus(logit) +
    label softplus(-logit)``. For labels 0 and 1 that is what later versions compute; for labels between it is
    not.

    Args:
        logit: tensor of any shape; float32 or float64.
        label: tensor of the logits' shape and dtype, values 0 or 1 (not checked).
        weight: factor of each element's loss: a float32 or float64 tensor that broadcasts to the logits'
            shape.
        reduction: 'none', 'mean' or 'sum'.
        pos_weight: weight of the positive labels: a float32 or float64 tensor that broadcasts to the logits'
            shape.
        name: accepted and not used.

    Returns:
        A tensor of the logits' dtype, float64 if the weight is that: of the logits' shape for 'none',
        otherwise of shape [1]: Paddle 2.0 has no 0-D tensors.

    Raises:
        TypeError: no tensor, tensors of two frameworks, a dtype other than float32 and float64, labels of
            another dtype.
        ValueError: labels of another shape, a weight that does not broadcast to the logits or would enlarge
            them, an unknown reduction.

    Source: Paddle 2.0 documentation. That version cannot be installed any more.
    """
    inputs, options = (logit, label, pos_weight, weight), (reduction,)
    if isinstance(logit, _PLANS.types):
        result = _PLANS.known(inputs, options)
        if result is not None:
            return shaped(result, reduction, logit)
    rules.check_reduction(reduction, ValueError)
    given = (logit, label, weight, pos_weight)
    library = common_library(given, _DIALECT.names)
    checks.check(library, _DIALECT, given)
    dtype = library.dtype(logit)
    if weight is not None:
        dtype = promoted(dtype, library.dtype(weight))
    warn_of_padding(library, label)
    call: Call = (LOSS, library, inputs, (0.0,), named(reduction))
    if pos_weight is not None:
        call = (OF_WHOLE_WEIGHTS, library, inputs, (), named(reduction))
    return shaped(evaluate(call, dtype, _PLANS, options), reduction, logit)


def __getattr__(name: str) -> NoReturn:
    """Say where the class and the rest of Paddle are."""
    refuse(
        __name__,
        name,
        f"{', '.join(__all__)} alone",
        "The loss classes are in compatlosses.paddle, by Paddle 3's rules; all else is Paddle's own: `import "
        "paddle`.",
    )

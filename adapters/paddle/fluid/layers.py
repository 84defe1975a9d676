"""Paddle 1.8's API: the losses of ``paddle.fluid.layers``.

They take the tensors of any framework. Importing them imports no framework.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from compatlosses import checks, rules
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Tensor, common_library, number, quoted
from compatlosses.plans import Plans

from ..cross_entropy import softmax_with_cross_entropy
from ..differences_2_0 import ACCEPTED, square_error_cost
from ..names import refuse
from .differences import huber_loss, mse_loss, smooth_l1
from .elements import kldiv_loss, log_loss, sigmoid_focal_loss
from .rows import cross_entropy

__all__ = [
    "cross_entropy", "huber_loss", "kldiv_loss", "log_loss", "mse_loss", "sigmoid_cross_entropy_with_logits",
    "sigmoid_focal_loss", "smooth_l1", "softmax_with_cross_entropy", "square_error_cost",
]  # fmt: skip

_PLANS = Plans()
_DIALECT = checks.Dialect(checks.pair(("x", "label"), ACCEPTED, alike=True))


def sigmoid_cross_entropy_with_logits(
    x: Tensor, label: Tensor, ignore_index: int = -100, name: str | None = None, normalize: bool = False
) -> Tensor:
    """Each element's binary cross entropy between a label and the sigmoid of a logit, by the rules of Paddle
    1.8.

    Args:
        x: logits of any shape; float32 or float64.
        label: tensor of the same shape and dtype, values between 0 and 1 (not checked).
        ignore_index: elements whose label has exactly this value have loss 0 and no gradient, whatever their
            logit.
        name: accepted and not used.
        normalize: divide by the number of elements that are not ignored.

    Returns:
        A tensor of the shape and dtype of ``x``. If all elements are ignored it is 0.

    Raises:
        TypeError: no tensor, tensors of two frameworks, a dtype other than float32 and float64, labels of
            another dtype, options of a wrong type.
        ValueError: labels of another shape.

    Source: Paddle 1.8 documentation.
    """
    inputs, options = (x, label, None, None), (ignore_index, normalize)
    if isinstance(x, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    ignored = number(ignore_index)
    if not isinstance(ignored, int):
        raise TypeError(
            f"ignore_index is {quoted(ignore_index)}; expected an int, the label's value of elements to "
            f"ignore"
        )
    if not isinstance(normalize, (bool, np.bool_)):
        raise TypeError(f"normalize is {quoted(normalize)}; expected True or False")
    library = common_library((x, label), _DIALECT.names)
    checks.check(library, _DIALECT, (x, label))
    value = rules.sentinel(library.dtype(label), ignored, ValueError, "label")
    reduction = ("none", "counted" if normalize else "one", value, 0.0, None)
    return evaluate((LOSS, library, inputs, (0.0,), reduction), library.dtype(x), _PLANS, options)


def __getattr__(name: str) -> NoReturn:
    """Say where other layers are."""
    refuse(
        __name__,
        name,
        f"{', '.join(__all__)} alone",
        f"fluid.layers.{name} is Paddle's own, up to 2.4: `import paddle.fluid as fluid`, and take the "
        f"losses from here.",
    )

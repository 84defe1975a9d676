"""Paddle 3's API: the losses of ``paddle.nn.functional``, and the loss classes of ``paddle.nn``.

Both paths are here too.

What Paddle 2.6 has otherwise is in ``compatlosses.paddle.v2_6``, Paddle 2.0 in ``v2_0`` and Paddle
1.8 in ``fluid``.
All take the tensors of any framework. Importing them imports no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from compatlosses import rules
from compatlosses.checks import check
from compatlosses.classes import loss_class
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Tensor, common_library
from compatlosses.plans import Plans
from compatlosses.reductions import named

from . import adapter, nn
from .checks import dialect, look_for_padding, promoted, warn_of_padding
from .cross_entropy import cross_entropy, nll_loss, softmax_with_cross_entropy
from .differences import l1_loss, mse_loss, smooth_l1_loss, square_error_cost
from .elements import (
    binary_cross_entropy,
    kl_div,
    log_loss,
    multi_label_soft_margin_loss,
    sigmoid_focal_loss,
    soft_margin_loss,
)
from .fluid.layers import sigmoid_cross_entropy_with_logits
from .likelihoods import gaussian_nll_loss, poisson_nll_loss
from .names import refuse

if TYPE_CHECKING:
    from .element_modules import (
        BCELoss,
        GaussianNLLLoss,
        KLDivLoss,
        MultiLabelSoftMarginLoss,
        PoissonNLLLoss,
        SoftMarginLoss,
    )
    from .modules import (
        BCEWithLogitsLoss,
        CrossEntropyLoss,
        HuberLoss,
        L1Loss,
        MSELoss,
        NLLLoss,
        SmoothL1Loss,
    )

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HuberLoss", "KLDivLoss", "L1Loss",
    "MSELoss", "MultiLabelSoftMarginLoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss",
    "kl_div",
    "l1_loss", "log_loss", "mse_loss", "multi_label_soft_margin_loss", "nll_loss", "nn", "poisson_nll_loss",
    "sigmoid_cross_entropy_with_logits", "sigmoid_focal_loss", "smooth_l1_loss", "soft_margin_loss",
    "softmax_with_cross_entropy", "square_error_cost",
]  # fmt: skip

_PLANS = Plans(look_for_padding)
_DIALECT = dialect(rules.FLOATING)


@overload
def binary_cross_entropy_with_logits(
    logit: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
    name: str | None = None,
) -> Tensor: ...


@overload
def binary_cross_entropy_with_logits(
    *,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
    name: str | None = None,
) -> Tensor: ...


def binary_cross_entropy_with_logits(
    logit: Tensor | None = None,
    label: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
    name: str | None = None,
    *,
    input: Tensor | None = None,
    target: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, by the rules of Paddle 3.

    Each element's loss is ``weight * ((1 - label) softplus(logit) + pos_weight * label softplus(-logit))``.

    Args:
        logit: required. Tensor of any shape; float16, bfloat16, float32 or float64.
        label: required. Tensor of the logits' shape and dtype, values between 0 and 1 (not checked).
        weight: factor of each element's loss: a floating tensor that broadcasts to the logits' shape.
        reduction: 'none', 'mean' or 'sum'.
        pos_weight: factor of the positive term: a floating tensor that broadcasts to the logits' shape.
        name: accepted and not used.
        input: another name for ``logit``, as later versions of Paddle have it.
        target: another name for ``label``.

    Returns:
        A tensor of the dtype of the logits times the weight, as Paddle promotes it: float32 logits with a
        float64 weight give float64. It has the logits' shape for 'none' and is 0-D otherwise. Inside
        ``paddle.amp.auto_cast`` half precision gives float32.

    Raises:
        TypeError: an argument is missing, given under both names, or no tensor; tensors of two frameworks; a
            dtype that is not floating; labels of another dtype than the logits.
        ValueError: labels of another shape, a weight that does not broadcast to the logits or would enlarge
            them, an unknown reduction.

    Source: Paddle 3 documentation; where it is silent, paddlepaddle 3.3.1. ``docs/deviations.md`` says where
    the numbers are the mathematics' instead of Paddle's.
    """
    x = rules.aliased("logits", "logit", logit, "input", input)
    y = rules.aliased("labels", "label", label, "target", target)
    inputs, options = (x, y, pos_weight, weight), (reduction,)
    if isinstance(x, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    rules.check_reduction(reduction, ValueError)
    given = (x, y, weight, pos_weight)
    library = common_library(given, _DIALECT.names)
    check(library, _DIALECT, given)
    dtype = library.autocast_dtype(x) or library.dtype(x)
    if weight is not None:
        dtype = promoted(dtype, library.autocast_dtype(weight) or library.dtype(weight))
    warn_of_padding(library, y)
    return evaluate((LOSS, library, inputs, (0.0,), named(reduction)), dtype, _PLANS, options)


def __dir__() -> list[str]:
    """The names of this module; the classes too, before they are imported."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """A loss class: a layer of Paddle where that has been imported; a plain callable elsewhere."""
    if name not in __all__:
        refuse(
            __name__,
            name,
            f"{', '.join(__all__)} of Paddle 3, v2_6, v2_0 and fluid for older releases",
            "All else is Paddle's own: `import paddle`.",
        )
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))


if adapter.loaded():
    adapter.library()

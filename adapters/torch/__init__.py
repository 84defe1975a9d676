"""torch's API: ``binary_cross_entropy_with_logits``, the losses of a difference and those of rows, of
``torch.nn.functional``.

The first is as documented for 2.1, unchanged from 1.0 to 2.15. All are also at `nn.functional`, and the loss
classes at `nn`.

It takes the tensors of any framework. Importing it imports no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses import checks, rules
from compatlosses.checks import REPEATED, SAME, Argument, Dialect
from compatlosses.classes import loss_class
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Names, Tensor, library_of
from compatlosses.plans import Plans
from compatlosses.reductions import named

from . import adapter, dispatch, nn
from .differences import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .legacy import legacy_reduction, renamed_mean
from .likelihoods import gaussian_nll_loss, poisson_nll_loss
from .margins import multilabel_soft_margin_loss, soft_margin_loss
from .probabilities import binary_cross_entropy, kl_div
from .rows import cross_entropy, nll_loss

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
        NLLLoss2d,
        SmoothL1Loss,
    )

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HuberLoss", "KLDivLoss", "L1Loss",
    "MSELoss", "MultiLabelSoftMarginLoss", "NLLLoss", "NLLLoss2d", "PoissonNLLLoss", "SmoothL1Loss",
    "SoftMarginLoss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
    "gaussian_nll_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss", "multilabel_soft_margin_loss",
    "nll_loss", "nn", "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip

_PLANS = Plans()
_NAMES: Names = ("input", "target", "weight", "pos_weight")

_INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
"""Integers that torch computes with.

It stores the wider unsigned ones, and does next to nothing with them.
"""

_DIALECT = Dialect(
    (
        Argument("input", rules.FLOATING, dtype_error=NotImplementedError),
        Argument(
            "target",
            rules.FLOATING,
            SAME,
            dtype_error=NotImplementedError,
            other_dtypes=("bool", *_INTEGERS),
            other_error=RuntimeError,
        ),
        Argument("weight", rules.NUMBERS, REPEATED, dtype_error=RuntimeError, shape_error=RuntimeError),
        Argument(
            "pos_weight",
            (*rules.FLOATING, *_INTEGERS),
            REPEATED,
            dtype_error=NotImplementedError,
            shape_error=RuntimeError,
            other_dtypes=("bool",),  # torch subtracts 1 from it, which bool tensors refuse
            other_error=RuntimeError,
        ),
    )
)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy between a target and input logits, by torch's rules.

    Args:
        input: logits of any shape; a floating tensor.
        target: floating tensor of the same shape, values between 0 and 1 (not checked).
        weight: factor of each element's loss; broadcasts to the input's shape.
        size_average: deprecated. With ``reduce``, overrides ``reduction`` whatever that is: see there.
        reduce: deprecated. False means 'none'; otherwise ``size_average=False`` means 'sum', and either given
            'mean'.
        reduction: 'none', 'mean' or 'sum'; 'elementwise_mean', deprecated, is 'mean'.
        pos_weight: factor of the positive term; broadcasts to the input's shape.

    Returns:
        A tensor of the target's dtype, as torch's: of the input's shape for 'none', 0-D otherwise. Under
        torch.autocast, of float32 where the target is of half precision.

    Raises:
        TypeError: an argument that is no tensor, or tensors of two frameworks.
        ValueError: a target of another size than the input, an unknown reduction.
        RuntimeError: a weight that does not broadcast or would enlarge the result, an integer or bool input
            or target.

    Source: torch 2.1 documentation; where it is silent, torch 2.13.0.
    """
    inputs, options = (input, target, pos_weight, weight), (size_average, reduce, reduction)
    if isinstance(input, _PLANS.types):
        loss = _PLANS.known(inputs, options)
        if loss is not None:
            return loss
    if dispatch.is_taken_over(input, target, weight, pos_weight):
        return dispatch.answer(
            binary_cross_entropy_with_logits,
            (input, target, weight, pos_weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
            pos_weight=pos_weight,
        )
    if weight is not None:
        weight = dispatch.strided(weight)
    library = library_of(input, target, weight, pos_weight, _NAMES)
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, warn=not library.tracing())
    elif isinstance(reduction, str) and reduction == "elementwise_mean":
        reduction = renamed_mean(warn=not library.tracing())
    rules.check_reduction(reduction, ValueError)
    checks.check(library, _DIALECT, (input, target, weight, pos_weight))
    dtype = library.autocast_dtype(target) or library.dtype(target)
    call = (LOSS, library, (input, target, pos_weight, weight), (0.0,), named(reduction))
    # What is deprecated warns at each call.
    if size_average is not None or reduce is not None or reduction != options[2]:
        return evaluate(call, dtype)
    return evaluate(call, dtype, _PLANS, options)


setattr(binary_cross_entropy_with_logits, "__prepare_scriptable__", dispatch.scriptable)  # noqa: B010 - for torch.jit.script


def __getattr__(name: str) -> Any:
    """A loss class: a module of torch where that has been imported; a plain callable elsewhere."""
    return loss_class(__name__, name, __all__, (__name__, adapter.MODULE))


def __dir__() -> list[str]:
    """The names of this module; the classes too, before they are imported."""
    return sorted({*globals(), *__all__})


if adapter.loaded():
    adapter.library()

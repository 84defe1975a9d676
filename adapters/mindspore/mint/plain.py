"""The loss classes of ``mindspore.mint.nn`` as plain callables, for where MindSpore has not been imported."""

from __future__ import annotations

from compatlosses import rules
from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from ..element_plain import SoftMarginLoss as SoftMarginLoss
from .nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)


class BCEWithLogitsLoss(PlainLoss):
    """Binary cross entropy with logits by the rules of ``mindspore.mint``: weight first, then reduction;
    bfloat16 too.

    Source: ``mindspore.mint.nn.BCEWithLogitsLoss``, mindspore 2.10.0.
    """

    def __init__(
        self, weight: Tensor | None = None, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        warn_of_foreign(
            "compatlosses.mindspore.mint.nn.BCEWithLogitsLoss",
            "MindSpore",
            weight=weight,
            pos_weight=pos_weight,
        )
        self.weight = weight
        self.reduction = reduction
        self.pos_weight = pos_weight

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class BCELoss(PlainLoss):
    """Binary cross entropy of probabilities by the rules of ``mindspore.mint``; the reduction is checked when
    it is made.

    See `compatlosses.mindspore.mint.nn.functional.binary_cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.BCELoss``.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign("compatlosses.mindspore.mint.nn.BCELoss", "MindSpore", weight=weight)
        self.weight = weight
        self.reduction = reduction

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy(input, target, self.weight, self.reduction)


class KLDivLoss(PlainLoss):
    """The Kullback-Leibler divergence by the rules of ``mindspore.mint``.

    See `compatlosses.mindspore.mint.nn.functional.kl_div`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.KLDivLoss``.
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        self.reduction = reduction
        self.log_target = log_target

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return kl_div(input, target, self.reduction, self.log_target)


class MSELoss(PlainLoss):
    """The squared error by the rules of ``mindspore.mint``.

    See `compatlosses.mindspore.mint.nn.functional.mse_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.MSELoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return mse_loss(input, target, self.reduction)


class L1Loss(PlainLoss):
    """The absolute error by the rules of ``mindspore.mint``; the reduction is checked when it is made.

    See `compatlosses.mindspore.mint.nn.functional.l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.L1Loss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        rules.check_reduction(reduction, ValueError)
        self.reduction = reduction

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return l1_loss(logits, labels, self.reduction)


class SmoothL1Loss(PlainLoss):
    """The smooth absolute error by the rules of ``mindspore.mint``: the reduction first, 'mean' by default.

    See `compatlosses.mindspore.mint.nn.functional.smooth_l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.SmoothL1Loss``.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        self.reduction = reduction
        self.beta = beta

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return smooth_l1_loss(input, target, self.reduction, self.beta)


class CrossEntropyLoss(PlainLoss):
    """Softmax cross entropy of rows by the rules of ``mindspore.mint``.

    See `compatlosses.mindspore.mint.nn.functional.cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.CrossEntropyLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        warn_of_foreign("compatlosses.mindspore.mint.nn.CrossEntropyLoss", "MindSpore", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.label_smoothing = label_smoothing

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class NLLLoss(PlainLoss):
    """The negative log-likelihood of rows by the rules of ``mindspore.mint``.

    See `compatlosses.mindspore.mint.nn.functional.nll_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.NLLLoss``.
    """

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        warn_of_foreign("compatlosses.mindspore.mint.nn.NLLLoss", "MindSpore", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index
        self.reduction = reduction

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of log-probabilities ``input`` and ``target``."""
        return nll_loss(input, target, self.weight, self.ignore_index, self.reduction)

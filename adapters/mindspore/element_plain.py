"""MindSpore's loss classes of probabilities, of one logit and of densities as plain callables, for where
MindSpore has not been imported.
"""

from __future__ import annotations

from compatlosses import rules
from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from .elements import (
    binary_cross_entropy,
    check_density,
    gaussian_nll_loss,
    kl_div,
    multilabel_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
)


class BCELoss(PlainLoss):
    """Binary cross entropy of probabilities by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.binary_cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.BCELoss``.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign("compatlosses.mindspore.BCELoss", "MindSpore", weight=weight)
        self.weight = weight
        self.reduction = reduction

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return binary_cross_entropy(logits, labels, self.weight, self.reduction)


class KLDivLoss(PlainLoss):
    """The Kullback-Leibler divergence by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.kl_div`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.KLDivLoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return kl_div(logits, labels, self.reduction)


class SoftMarginLoss(PlainLoss):
    """The soft margin loss by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.soft_margin_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.SoftMarginLoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return soft_margin_loss(logits, labels, self.reduction)


class MultiLabelSoftMarginLoss(PlainLoss):
    """Binary cross entropy averaged over classes by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.multilabel_soft_margin_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.MultiLabelSoftMarginLoss``.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign("compatlosses.mindspore.MultiLabelSoftMarginLoss", "MindSpore", weight=weight)
        self.weight = weight
        self.reduction = reduction

    def __call__(self, x: Tensor, target: Tensor) -> Tensor:
        """The loss of ``x`` and ``target``."""
        return multilabel_soft_margin_loss(x, target, self.weight, self.reduction)


class GaussianNLLLoss(PlainLoss):
    """The negative log-likelihood of a normal distribution by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.gaussian_nll_loss`.

    Raises:
        TypeError: a full that is no bool, an eps that is no float.
        ValueError: an eps that is not above 0, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.GaussianNLLLoss``.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        rules.check_reduction(reduction, ValueError)
        check_density(full, eps)
        self.full = full
        self.eps = eps
        self.reduction = reduction

    def __call__(self, logits: Tensor, labels: Tensor, var: Tensor) -> Tensor:
        """The loss of ``logits``, ``labels`` and ``var``."""
        return gaussian_nll_loss(logits, labels, var, self.full, self.eps, self.reduction)


class PoissonNLLLoss(PlainLoss):
    """The negative log-likelihood of counts by the rules of MindSpore 2.10.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.PoissonNLLLoss``.
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        self.log_input = log_input
        self.full = full
        self.eps = eps
        self.reduction = reduction

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return poisson_nll_loss(input, target, self.log_input, self.full, self.eps, self.reduction)

"""torch's classes of losses of probabilities, of one logit and of densities as plain callables, for where
torch has not been imported.
"""

from __future__ import annotations

from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from . import (
    binary_cross_entropy,
    gaussian_nll_loss,
    kl_div,
    multilabel_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
)
from .legacy import reduction_of_class


class ReducedLoss(PlainLoss):
    """A loss that has a reduction and no other option."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        self.reduction = reduction_of_class(size_average, reduce, reduction)


class _WeightedLoss(PlainLoss):
    """A loss that has a weight and a reduction."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warn_of_foreign(f"compatlosses.torch.{type(self).__name__}", "torch", weight=weight)
        self.weight = weight
        self.reduction = reduction_of_class(size_average, reduce, reduction)


class BCELoss(_WeightedLoss):
    """Binary cross entropy of probabilities by torch's rules; see `binary_cross_entropy`.

    Source: torch 2.13 documentation of ``torch.nn.BCELoss``.
    """

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Binary cross entropy averaged over classes by torch's rules; see `multilabel_soft_margin_loss`.

    Source: torch 2.13 documentation of ``torch.nn.MultiLabelSoftMarginLoss``.
    """

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class KLDivLoss(PlainLoss):
    """The Kullback-Leibler divergence by torch's rules; see `kl_div`.

    Source: torch 2.13 documentation of ``torch.nn.KLDivLoss``.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        self.reduction = reduction_of_class(size_average, reduce, reduction)
        self.log_target = log_target

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class SoftMarginLoss(ReducedLoss):
    """The soft margin loss by torch's rules; see `soft_margin_loss`.

    Source: torch 2.13 documentation of ``torch.nn.SoftMarginLoss``.
    """

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return soft_margin_loss(input, target, reduction=self.reduction)


class GaussianNLLLoss(PlainLoss):
    """The negative log-likelihood of a normal distribution by torch's rules; see `gaussian_nll_loss`.

    Source: torch 2.13 documentation of ``torch.nn.GaussianNLLLoss``.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        self.full = full
        self.eps = eps
        self.reduction = reduction

    def __call__(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """The loss of ``input``, ``target`` and ``var``."""
        return gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class PoissonNLLLoss(PlainLoss):
    """The negative log-likelihood of counts by torch's rules; see `poisson_nll_loss`.

    Source: torch 2.13 documentation of ``torch.nn.PoissonNLLLoss``.
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        self.log_input = log_input
        self.full = full
        self.eps = eps
        self.reduction = reduction_of_class(size_average, reduce, reduction)

    def __call__(self, log_input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``log_input`` and ``target``."""
        return poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )

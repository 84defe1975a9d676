"""torch's own modules with this library's losses in them: of probabilities, of one logit, of densities.

The types of forward are for torch.jit.script, which reads it.
"""

from __future__ import annotations

import torch

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from . import (
    binary_cross_entropy,
    gaussian_nll_loss,
    kl_div,
    multilabel_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
)
from .weights import keep


class BCELoss(torch.nn.BCELoss):
    """torch's own module with `binary_cross_entropy` in it. Its weight is kept as by
    `BCEWithLogitsLoss`.

    Source: torch 2.13 documentation of ``torch.nn.BCELoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warn_of_foreign("compatlosses.torch.BCELoss", "torch", weight=weight)
        super().__init__(None, size_average, reduce, reduction)
        keep(self, "weight", weight)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = binary_cross_entropy(input, target, self.weight, reduction=self.reduction)
        return loss


class KLDivLoss(torch.nn.KLDivLoss):
    """torch's own module with `kl_div` in it.

    Source: torch 2.13 documentation of ``torch.nn.KLDivLoss``.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
        return loss


class SoftMarginLoss(torch.nn.SoftMarginLoss):
    """torch's own module with `soft_margin_loss` in it.

    Source: torch 2.13 documentation of ``torch.nn.SoftMarginLoss``.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = soft_margin_loss(input, target, reduction=self.reduction)
        return loss


class MultiLabelSoftMarginLoss(torch.nn.MultiLabelSoftMarginLoss):
    """torch's own module with `multilabel_soft_margin_loss` in it. Its weight is kept as by
    `BCEWithLogitsLoss`.

    Source: torch 2.13 documentation of ``torch.nn.MultiLabelSoftMarginLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warn_of_foreign("compatlosses.torch.MultiLabelSoftMarginLoss", "torch", weight=weight)
        super().__init__(None, size_average, reduce, reduction)
        keep(self, "weight", weight)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
        return loss


class GaussianNLLLoss(torch.nn.GaussianNLLLoss):
    """torch's own module with `gaussian_nll_loss` in it.

    Source: torch 2.13 documentation of ``torch.nn.GaussianNLLLoss``.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor, var: torch.Tensor | float) -> torch.Tensor:
        """The loss of ``input``, ``target`` and ``var``, of any framework."""
        loss: torch.Tensor = gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )
        return loss


class PoissonNLLLoss(torch.nn.PoissonNLLLoss):
    """torch's own module with `poisson_nll_loss` in it.

    Source: torch 2.13 documentation of ``torch.nn.PoissonNLLLoss``.
    """

    def forward(self, log_input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``log_input`` and ``target``, of any framework."""
        loss: torch.Tensor = poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )
        return loss

"""Paddle's own layers with this library's losses in them: of probabilities, of one logit, of densities."""

from __future__ import annotations

from typing import Literal

import paddle

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from . import (
    binary_cross_entropy,
    gaussian_nll_loss,
    kl_div,
    multi_label_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
)


class BCELoss(paddle.nn.BCELoss):
    """Paddle's own layer with `binary_cross_entropy` in it.

    Source: Paddle 3 documentation of ``paddle.nn.BCELoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: Literal["none", "mean", "sum"] = "mean",
        name: str | None = None,
    ) -> None:
        warn_of_foreign("compatlosses.paddle.BCELoss", "Paddle", weight=weight)
        super().__init__(weight, reduction, name)

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return binary_cross_entropy(input, label, self.weight, self.reduction, self.name)


class KLDivLoss(paddle.nn.KLDivLoss):
    """Paddle's own layer with `kl_div` in it.

    Source: Paddle 3 documentation of ``paddle.nn.KLDivLoss``.
    """

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return kl_div(input, label, self.reduction, self.log_target)


class SoftMarginLoss(paddle.nn.SoftMarginLoss):
    """Paddle's own layer with `soft_margin_loss` in it.

    Source: Paddle 3 documentation of ``paddle.nn.SoftMarginLoss``.
    """

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return soft_margin_loss(input, label, self.reduction, self.name)


class MultiLabelSoftMarginLoss(paddle.nn.MultiLabelSoftMarginLoss):
    """Paddle's own layer with `multi_label_soft_margin_loss` in it.

    Source: Paddle 3 documentation of ``paddle.nn.MultiLabelSoftMarginLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: Literal["none", "mean", "sum"] = "mean",
        name: str | None = None,
    ) -> None:
        warn_of_foreign("compatlosses.paddle.MultiLabelSoftMarginLoss", "Paddle", weight=weight)
        super().__init__(weight, reduction, name)

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return multi_label_soft_margin_loss(input, label, self.weight, self.reduction, self.name)


class GaussianNLLLoss(paddle.nn.GaussianNLLLoss):
    """Paddle's own layer with `gaussian_nll_loss` in it.

    Source: Paddle 3 documentation of ``paddle.nn.GaussianNLLLoss``.
    """

    def forward(self, input: Tensor, label: Tensor, variance: Tensor) -> Tensor:
        """The loss of ``input``, ``label`` and ``variance``."""
        return gaussian_nll_loss(input, label, variance, self.full, self.epsilon, self.reduction, self.name)


class PoissonNLLLoss(paddle.nn.PoissonNLLLoss):
    """Paddle's own layer with `poisson_nll_loss` in it.

    Source: Paddle 3 documentation of ``paddle.nn.PoissonNLLLoss``.
    """

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return poisson_nll_loss(
            input, label, self._log_input, self._full, self._epsilon, self._reduction, self._name
        )

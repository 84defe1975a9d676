"""Paddle's classes of losses of probabilities, of one logit and of densities as plain callables, for where
Paddle has not been imported.
"""

from __future__ import annotations

from compatlosses import rules
from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from . import (
    binary_cross_entropy,
    gaussian_nll_loss,
    kl_div,
    multi_label_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
)


class BCELoss(PlainLoss):
    """Binary cross entropy of probabilities by Paddle's rules; see `binary_cross_entropy`.

    Source: Paddle 3 documentation of ``paddle.nn.BCELoss``.
    """

    def __init__(
        self, weight: Tensor | None = None, reduction: str = "mean", name: str | None = None
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign("compatlosses.paddle.BCELoss", "Paddle", weight=weight)
        self.weight = weight
        self.reduction = reduction
        self.name = name

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return binary_cross_entropy(input, label, self.weight, self.reduction, self.name)


class KLDivLoss(PlainLoss):
    """The Kullback-Leibler divergence by Paddle's rules; see `kl_div`.

    Source: Paddle 3 documentation of ``paddle.nn.KLDivLoss``.
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        self.reduction = reduction
        self.log_target = log_target

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return kl_div(input, label, self.reduction, self.log_target)


class SoftMarginLoss(PlainLoss):
    """The soft margin loss by Paddle's rules; see `soft_margin_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.SoftMarginLoss``.
    """

    def __init__(self, reduction: str = "mean", name: str | None = None) -> None:
        rules.check_reduction(reduction, ValueError)
        self.reduction = reduction
        self.name = name

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return soft_margin_loss(input, label, self.reduction, self.name)


class MultiLabelSoftMarginLoss(PlainLoss):
    """Binary cross entropy averaged over classes by Paddle's rules; see `multi_label_soft_margin_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.MultiLabelSoftMarginLoss``.
    """

    def __init__(
        self, weight: Tensor | None = None, reduction: str = "mean", name: str | None = None
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign("compatlosses.paddle.MultiLabelSoftMarginLoss", "Paddle", weight=weight)
        self.weight = weight
        self.reduction = reduction
        self.name = name

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return multi_label_soft_margin_loss(input, label, self.weight, self.reduction, self.name)


class GaussianNLLLoss(PlainLoss):
    """The negative log-likelihood of a normal distribution by Paddle's rules; see `gaussian_nll_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.GaussianNLLLoss``.
    """

    def __init__(
        self, full: bool = False, epsilon: float = 1e-6, reduction: str = "mean", name: str | None = None
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        self.full = full
        self.epsilon = epsilon
        self.reduction = reduction
        self.name = name

    def __call__(self, input: Tensor, label: Tensor, variance: Tensor) -> Tensor:
        """The loss of ``input``, ``label`` and ``variance``."""
        return gaussian_nll_loss(input, label, variance, self.full, self.epsilon, self.reduction, self.name)


class PoissonNLLLoss(PlainLoss):
    """The negative log-likelihood of counts by Paddle's rules; see `poisson_nll_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.PoissonNLLLoss``.
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        epsilon: float = 1e-8,
        reduction: str = "mean",
        name: str | None = None,
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        if not epsilon > 0.0:
            raise ValueError(f"epsilon is {epsilon:g}; expected a number above 0")
        self._log_input = log_input
        self._full = full
        self._epsilon = epsilon
        self._reduction = reduction
        self._name = name

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return poisson_nll_loss(
            input, label, self._log_input, self._full, self._epsilon, self._reduction, self._name
        )

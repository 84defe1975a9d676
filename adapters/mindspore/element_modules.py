"""MindSpore's loss classes of probabilities, of one logit and of densities, as real cells of MindSpore."""

from __future__ import annotations

import mindspore

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor
from compatlosses.mindspore.elements import (
    binary_cross_entropy,
    check_density,
    gaussian_nll_loss,
    kl_div,
    multilabel_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
)


class BCELoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """Binary cross entropy of probabilities by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.binary_cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.BCELoss``.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        warn_of_foreign("compatlosses.mindspore.BCELoss", "MindSpore", weight=weight)
        self.weight = weight
        self.reduction = reduction

    _loss = staticmethod(binary_cross_entropy)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.weight, self.reduction)


class KLDivLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The Kullback-Leibler divergence by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.kl_div`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.KLDivLoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    _loss = staticmethod(kl_div)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.reduction)


class SoftMarginLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The soft margin loss by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.soft_margin_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.SoftMarginLoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    _loss = staticmethod(soft_margin_loss)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.reduction)


class MultiLabelSoftMarginLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """Binary cross entropy averaged over classes by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.multilabel_soft_margin_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.MultiLabelSoftMarginLoss``.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        warn_of_foreign("compatlosses.mindspore.MultiLabelSoftMarginLoss", "MindSpore", weight=weight)
        self.weight = weight
        self.reduction = reduction

    _loss = staticmethod(multilabel_soft_margin_loss)

    def construct(self, x: Tensor, target: Tensor) -> Tensor:
        """The loss of ``x`` and ``target``."""
        return self._loss(x, target, self.weight, self.reduction)


class GaussianNLLLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The negative log-likelihood of a normal distribution by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.gaussian_nll_loss`.

    Raises:
        TypeError: a full that is no bool, an eps that is no float.
        ValueError: an eps that is not above 0, an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.GaussianNLLLoss``.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        check_density(full, eps)
        self.full = full
        self.eps = eps
        self.reduction = reduction

    _loss = staticmethod(gaussian_nll_loss)

    def construct(self, logits: Tensor, labels: Tensor, var: Tensor) -> Tensor:
        """The loss of ``logits``, ``labels`` and ``var``."""
        return self._loss(logits, labels, var, self.full, self.eps, self.reduction)


class PoissonNLLLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The negative log-likelihood of counts by the rules of MindSpore 2.10.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.PoissonNLLLoss``.
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps
        self.reduction = reduction

    _loss = staticmethod(poisson_nll_loss)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return self._loss(input, target, self.log_input, self.full, self.eps, self.reduction)

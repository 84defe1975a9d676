"""torch's loss classes as plain callables, for where torch has not been imported."""

from __future__ import annotations

from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from . import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from .element_plain import BCELoss as BCELoss
from .element_plain import GaussianNLLLoss as GaussianNLLLoss
from .element_plain import KLDivLoss as KLDivLoss
from .element_plain import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from .element_plain import PoissonNLLLoss as PoissonNLLLoss
from .element_plain import ReducedLoss
from .element_plain import SoftMarginLoss as SoftMarginLoss
from .legacy import reduction_of_class, warn_of_nll_loss_2d


class BCEWithLogitsLoss(PlainLoss):
    """Binary cross entropy with logits by torch's rules, its options kept; see
    `binary_cross_entropy_with_logits`.

    Source: torch 2.1 documentation of ``torch.nn.BCEWithLogitsLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        warn_of_foreign("compatlosses.torch.BCEWithLogitsLoss", "torch", weight=weight, pos_weight=pos_weight)
        self.weight = weight
        self.pos_weight = pos_weight
        self.reduction = reduction_of_class(size_average, reduce, reduction)

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class MSELoss(ReducedLoss):
    """The squared error by torch's rules; see `mse_loss`.

    Source: torch 2.13 documentation of ``torch.nn.MSELoss``.
    """

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(ReducedLoss):
    """The absolute error by torch's rules; see `l1_loss`.

    Source: torch 2.13 documentation of ``torch.nn.L1Loss``.
    """

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(PlainLoss):
    """The smooth absolute error by torch's rules; see `smooth_l1_loss`.

    Source: torch 2.13 documentation of ``torch.nn.SmoothL1Loss``.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        self.reduction = reduction_of_class(size_average, reduce, reduction)
        self.beta = beta

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(PlainLoss):
    """Huber's loss by torch's rules; see `huber_loss`.

    Source: torch 2.13 documentation of ``torch.nn.HuberLoss``.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        self.reduction = reduction
        self.delta = delta

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class CrossEntropyLoss(PlainLoss):
    """Softmax cross entropy of rows by torch's rules, its options kept; see `cross_entropy`.

    Source: torch 2.13 documentation of ``torch.nn.CrossEntropyLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        warn_of_foreign("compatlosses.torch.CrossEntropyLoss", "torch", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index
        self.reduction = reduction_of_class(size_average, reduce, reduction)
        self.label_smoothing = label_smoothing

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(PlainLoss):
    """The negative log-likelihood of rows by torch's rules, its options kept; see `nll_loss`.

    Source: torch 2.13 documentation of ``torch.nn.NLLLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warn_of_foreign("compatlosses.torch.NLLLoss", "torch", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index
        self.reduction = reduction_of_class(size_average, reduce, reduction)

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """`NLLLoss` under the name that torch deprecates, with a FutureWarning.

    Source: torch 2.13.0, ``torch.nn.NLLLoss2d``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warn_of_nll_loss_2d()
        super().__init__(weight, size_average, ignore_index, reduce, reduction)

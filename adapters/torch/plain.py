"""torch's loss classes as plain callables, for where torch has not been imported."""

from __future__ import annotations

from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits, huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .element_plain import BCELoss as BCELoss
from .element_plain import GaussianNLLLoss as GaussianNLLLoss
from .element_plain import KLDivLoss as KLDivLoss
from .element_plain import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from .element_plain import PoissonNLLLoss as PoissonNLLLoss
from .element_plain import SoftMarginLoss as SoftMarginLoss
from .legacy import legacy_reduction


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
        self.reduction = _reduction(size_average, reduce, reduction)

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class _ReducedLoss(PlainLoss):
    """A loss that has a reduction and no other option."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        self.reduction = _reduction(size_average, reduce, reduction)


class MSELoss(_ReducedLoss):
    """The squared error by torch's rules; see `mse_loss`.

    Source: torch 2.13 documentation of ``torch.nn.MSELoss``.
    """

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(_ReducedLoss):
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
        self.reduction = _reduction(size_average, reduce, reduction)
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


def _reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction, which the deprecated pair overrides with a warning to the caller of the class."""
    if size_average is None and reduce is None:
        return reduction
    return legacy_reduction(size_average, reduce, depth=4)

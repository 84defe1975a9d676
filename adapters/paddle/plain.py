"""Paddle's loss classes as plain callables, for where Paddle has not been imported."""

from __future__ import annotations

from compatlosses import rules
from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits, cross_entropy, l1_loss, mse_loss, nll_loss, smooth_l1_loss
from .element_plain import BCELoss as BCELoss
from .element_plain import GaussianNLLLoss as GaussianNLLLoss
from .element_plain import KLDivLoss as KLDivLoss
from .element_plain import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from .element_plain import PoissonNLLLoss as PoissonNLLLoss
from .element_plain import SoftMarginLoss as SoftMarginLoss


class BCEWithLogitsLoss(PlainLoss):
    """Binary cross entropy with logits by Paddle's rules, its options kept; see
    `binary_cross_entropy_with_logits`.

    Source: Paddle 3 documentation of ``paddle.nn.BCEWithLogitsLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
        name: str | None = None,
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign(
            "compatlosses.paddle.BCEWithLogitsLoss", "Paddle", weight=weight, pos_weight=pos_weight
        )
        self.weight = weight
        self.reduction = reduction
        self.pos_weight = pos_weight
        self.name = name

    def __call__(self, logit: Tensor, label: Tensor) -> Tensor:
        """The loss of ``logit`` and ``label``."""
        return binary_cross_entropy_with_logits(
            logit, label, self.weight, self.reduction, self.pos_weight, self.name
        )


class MSELoss(PlainLoss):
    """The squared error by Paddle's rules; see `mse_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.MSELoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        rules.check_reduction(reduction, ValueError)
        self.reduction = reduction

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return mse_loss(input, label, self.reduction)


class L1Loss(PlainLoss):
    """The absolute error by Paddle's rules; see `l1_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.L1Loss``.
    """

    def __init__(self, reduction: str = "mean", name: str | None = None) -> None:
        rules.check_reduction(reduction, ValueError)
        self.reduction = reduction
        self.name = name

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return l1_loss(input, label, self.reduction, self.name)


class SmoothL1Loss(PlainLoss):
    """Huber's loss, or the smooth absolute error, by Paddle's rules; see `smooth_l1_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.SmoothL1Loss``.
    """

    def __init__(
        self, reduction: str = "mean", delta: float = 1.0, is_huber: bool = True, name: str | None = None
    ) -> None:
        self.reduction = reduction
        self.delta = delta
        self.is_huber = is_huber
        self.name = name

    def __call__(self, input: Tensor, label: Tensor | None = None, *, target: Tensor | None = None) -> Tensor:
        """The loss of ``input`` and ``label``, which may be called ``target``."""
        label = rules.aliased("labels", "label", label, "target", target)
        return smooth_l1_loss(input, label, self.reduction, self.delta, self.is_huber, self.name)


HuberLoss = SmoothL1Loss
"""Another name, as in Paddle."""


class CrossEntropyLoss(PlainLoss):
    """Cross entropy of rows by Paddle's rules, its options kept; see `cross_entropy`.

    Source: Paddle 3 documentation of ``paddle.nn.CrossEntropyLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        soft_label: bool = False,
        axis: int = -1,
        use_softmax: bool = True,
        label_smoothing: float = 0.0,
        name: str | None = None,
    ) -> None:
        warn_of_foreign("compatlosses.paddle.CrossEntropyLoss", "Paddle", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.soft_label = soft_label
        self.axis = axis
        self.use_softmax = use_softmax
        self.label_smoothing = label_smoothing
        self.name = name

    def __call__(self, input: Tensor, label: Tensor | None = None, *, target: Tensor | None = None) -> Tensor:
        """The loss of ``input`` and ``label``, which may be called ``target``."""
        return cross_entropy(
            input,
            rules.aliased("labels", "label", label, "target", target),
            self.weight,
            self.ignore_index,
            self.reduction,
            self.soft_label,
            self.axis,
            self.use_softmax,
            self.label_smoothing,
        )


class NLLLoss(PlainLoss):
    """The negative log-likelihood of rows by Paddle's rules, its options kept; see `nll_loss`.

    Source: Paddle 3 documentation of ``paddle.nn.NLLLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        name: str | None = None,
    ) -> None:
        rules.check_reduction(reduction, ValueError)
        warn_of_foreign("compatlosses.paddle.NLLLoss", "Paddle", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.name = name

    def __call__(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return nll_loss(input, label, self.weight, self.ignore_index, self.reduction)

"""MindSpore's loss classes as plain callables, for where MindSpore has not been imported; see `modules`."""

from __future__ import annotations

from compatlosses import rules
from compatlosses.classes import PlainLoss, warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits, huber_loss, l1_loss, mse_loss, nll_loss, smooth_l1_loss
from .cross_entropy import (
    check_options,
    check_smoothing,
    check_sparse,
    cross_entropy_of_class,
    softmax_cross_entropy_of_class,
)
from .element_plain import BCELoss as BCELoss
from .element_plain import GaussianNLLLoss as GaussianNLLLoss
from .element_plain import KLDivLoss as KLDivLoss
from .element_plain import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from .element_plain import PoissonNLLLoss as PoissonNLLLoss
from .element_plain import SoftMarginLoss as SoftMarginLoss


class BCEWithLogitsLoss(PlainLoss):
    """Binary cross entropy with logits by the rules of MindSpore 2.3 to 2.6: float16 and float32.

    See `binary_cross_entropy_with_logits`.

    Source: MindSpore 2 documentation of the function; where it is silent, ``mindspore.nn.BCEWithLogitsLoss``,
    mindspore 2.10.0.
    """

    def __init__(
        self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None
    ) -> None:
        warn_of_foreign(
            "compatlosses.mindspore.BCEWithLogitsLoss", "MindSpore", weight=weight, pos_weight=pos_weight
        )
        self.reduction = reduction
        self.weight = weight
        self.pos_weight = pos_weight

    def __call__(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return binary_cross_entropy_with_logits(input, target, self.weight, self.pos_weight, self.reduction)


class _ReducedLoss(PlainLoss):
    """A loss whose reduction is checked when it is made."""

    def __init__(self, reduction: str = "mean") -> None:
        rules.check_reduction(reduction, ValueError)
        self.reduction = reduction


class MSELoss(_ReducedLoss):
    """The squared error by the rules of MindSpore 2.10; see `compatlosses.mindspore.ops.mse_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.MSELoss``.
    """

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return mse_loss(logits, labels, self.reduction)


class L1Loss(_ReducedLoss):
    """The absolute error by the rules of MindSpore 2.10; see `compatlosses.mindspore.ops.l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.L1Loss``.
    """

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return l1_loss(logits, labels, self.reduction)


class SmoothL1Loss(_ReducedLoss):
    """The smooth absolute error by the rules of MindSpore 2.10: beta first, and by default nothing is
    reduced.

    See `compatlosses.mindspore.ops.smooth_l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.SmoothL1Loss``.
    """

    def __init__(self, beta: float = 1.0, reduction: str = "none") -> None:
        super().__init__(reduction)
        self.beta = beta

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return smooth_l1_loss(logits, labels, self.beta, self.reduction)


class HuberLoss(_ReducedLoss):
    """Huber's loss by the rules of MindSpore 2.10; see `compatlosses.mindspore.ops.huber_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.HuberLoss``.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return huber_loss(logits, labels, self.reduction, self.delta)


class CrossEntropyLoss(_ReducedLoss):
    """Softmax cross entropy of rows by the rules of MindSpore 2.10: `compatlosses.mindspore.cross_entropy` of
    float16 and float32, with indices of int32.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.CrossEntropyLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        check_options(weight, ignore_index)
        check_smoothing(label_smoothing)
        warn_of_foreign("compatlosses.mindspore.CrossEntropyLoss", "MindSpore", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        options = (self.ignore_index, self.reduction, self.label_smoothing)
        return cross_entropy_of_class(logits, labels, self.weight, options)


class NLLLoss(_ReducedLoss):
    """The negative log-likelihood of rows by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.nll_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.NLLLoss``.
    """

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        check_options(weight, ignore_index)
        warn_of_foreign("compatlosses.mindspore.NLLLoss", "MindSpore", weight=weight)
        self.weight = weight
        self.ignore_index = ignore_index

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of log-probabilities ``logits`` and ``labels``."""
        return nll_loss(logits, labels, self.weight, self.ignore_index, self.reduction)


class SoftmaxCrossEntropyWithLogits(_ReducedLoss):
    """Softmax cross entropy of rows by the rules of MindSpore 2.10. By default nothing is reduced, and labels
    are numbers for each class; ``sparse`` makes them indices. No index is ignored.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.SoftmaxCrossEntropyWithLogits``.
    """

    def __init__(self, sparse: bool = False, reduction: str = "none") -> None:
        super().__init__(reduction)
        check_sparse(sparse)
        self.sparse = sparse

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return softmax_cross_entropy_of_class(logits, labels, self.sparse, self.reduction)

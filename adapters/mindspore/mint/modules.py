"""The loss classes of ``mindspore.mint.nn``, as real cells of MindSpore.

Binary cross entropy follows the rules of 2.7 and later, the losses of a difference and of rows those of 2.10.
"""

from __future__ import annotations

import mindspore

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor
from compatlosses.mindspore.element_modules import SoftMarginLoss as SoftMarginLoss
from compatlosses.mindspore.mint.nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)


class BCEWithLogitsLoss(mindspore.nn.Cell):  # type: ignore[misc]
    """Binary cross entropy with logits by the rules of ``mindspore.mint``: weight first, then reduction;
    bfloat16 too.

    A cell that keeps, copies and shows what MindSpore's own does, with this library's loss in it; a sibling
    of MindSpore's class. A Parameter given as a weight is a parameter of the cell, as natively, and gets no
    gradient, so nothing trains it. Calls check by the rules of
    `compatlosses.mindspore.mint.nn.functional.binary_cross_entropy_with_logits`.

    Source: ``mindspore.mint.nn.BCEWithLogitsLoss``, mindspore 2.10.0.
    """

    def __init__(
        self, weight: Tensor | None = None, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__()
        warn_of_foreign(
            "compatlosses.mindspore.mint.nn.BCEWithLogitsLoss",
            "MindSpore",
            weight=weight,
            pos_weight=pos_weight,
        )
        self.reduction, self.weight, self.pos_weight = reduction, weight, pos_weight

    # A static method, as in `compatlosses.mindspore.modules`.
    _loss = staticmethod(binary_cross_entropy_with_logits)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        weight, pos_weight = self.weight, self.pos_weight
        if isinstance(weight, mindspore.Parameter):
            weight = mindspore.ops.stop_gradient(weight)
        if isinstance(pos_weight, mindspore.Parameter):
            pos_weight = mindspore.ops.stop_gradient(pos_weight)
        return self._loss(input, target, weight, self.reduction, pos_weight)


class BCELoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """Binary cross entropy of probabilities by the rules of ``mindspore.mint``; the reduction is checked when
    the cell is made.

    See `compatlosses.mindspore.mint.nn.functional.binary_cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.BCELoss``.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        warn_of_foreign("compatlosses.mindspore.mint.nn.BCELoss", "MindSpore", weight=weight)
        self.weight, self.reduction = weight, reduction

    _loss = staticmethod(binary_cross_entropy)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return self._loss(input, target, self.weight, self.reduction)


class KLDivLoss(mindspore.nn.Cell):  # type: ignore[misc]
    """The Kullback-Leibler divergence by the rules of ``mindspore.mint``.

    See `compatlosses.mindspore.mint.nn.functional.kl_div`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.KLDivLoss``.
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__()
        self.reduction, self.log_target = reduction, log_target

    _loss = staticmethod(kl_div)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return self._loss(input, target, self.reduction, self.log_target)


class MSELoss(mindspore.nn.Cell):  # type: ignore[misc]
    """The squared error by the rules of ``mindspore.mint``.

    See `compatlosses.mindspore.mint.nn.functional.mse_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.MSELoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    _loss = staticmethod(mse_loss)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return self._loss(input, target, self.reduction)


class L1Loss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The absolute error by the rules of ``mindspore.mint``; the reduction is checked when the cell is made.

    See `compatlosses.mindspore.mint.nn.functional.l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.L1Loss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.reduction = reduction

    _loss = staticmethod(l1_loss)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.reduction)


class SmoothL1Loss(mindspore.nn.Cell):  # type: ignore[misc]
    """The smooth absolute error by the rules of ``mindspore.mint``: the reduction first, 'mean' by default.

    See `compatlosses.mindspore.mint.nn.functional.smooth_l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.SmoothL1Loss``.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__()
        self.reduction, self.beta = reduction, beta

    _loss = staticmethod(smooth_l1_loss)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return self._loss(input, target, self.reduction, self.beta)


class CrossEntropyLoss(mindspore.nn.Cell):  # type: ignore[misc]
    """Softmax cross entropy of rows by the rules of ``mindspore.mint``.

    A Parameter given as the weight is a parameter of the cell, as natively, and gets no gradient. See
    `compatlosses.mindspore.mint.nn.functional.cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.CrossEntropyLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        warn_of_foreign("compatlosses.mindspore.mint.nn.CrossEntropyLoss", "MindSpore", weight=weight)
        self.weight, self.ignore_index = weight, ignore_index
        self.reduction, self.label_smoothing = reduction, label_smoothing

    _loss = staticmethod(cross_entropy)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        weight = self.weight
        if isinstance(weight, mindspore.Parameter):
            weight = mindspore.ops.stop_gradient(weight)
        return self._loss(input, target, weight, self.ignore_index, self.reduction, self.label_smoothing)


class NLLLoss(mindspore.nn.Cell):  # type: ignore[misc]
    """The negative log-likelihood of rows by the rules of ``mindspore.mint``.

    A Parameter given as the weight is a parameter of the cell, as natively, and gets no gradient. See
    `compatlosses.mindspore.mint.nn.functional.nll_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.NLLLoss``.
    """

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__()
        warn_of_foreign("compatlosses.mindspore.mint.nn.NLLLoss", "MindSpore", weight=weight)
        self.weight, self.ignore_index, self.reduction = weight, ignore_index, reduction

    _loss = staticmethod(nll_loss)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of log-probabilities ``input`` and ``target``."""
        weight = self.weight
        if isinstance(weight, mindspore.Parameter):
            weight = mindspore.ops.stop_gradient(weight)
        return self._loss(input, target, weight, self.ignore_index, self.reduction)

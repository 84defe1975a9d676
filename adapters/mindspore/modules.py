"""MindSpore's loss classes, as real cells of MindSpore.

Binary cross entropy follows the document of 2.3 to 2.6, the losses of a difference and of rows that of 2.10.
"""

from __future__ import annotations

import mindspore

from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor
from compatlosses.mindspore.cross_entropy import (
    check_options,
    check_smoothing,
    check_sparse,
    cross_entropy_of_class,
    softmax_cross_entropy_of_class,
)
from compatlosses.mindspore.element_modules import BCELoss as BCELoss
from compatlosses.mindspore.element_modules import GaussianNLLLoss as GaussianNLLLoss
from compatlosses.mindspore.element_modules import KLDivLoss as KLDivLoss
from compatlosses.mindspore.element_modules import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from compatlosses.mindspore.element_modules import PoissonNLLLoss as PoissonNLLLoss
from compatlosses.mindspore.element_modules import SoftMarginLoss as SoftMarginLoss
from compatlosses.mindspore.ops import (
    binary_cross_entropy_with_logits,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)


class BCEWithLogitsLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """Binary cross entropy with logits by the rules of MindSpore 2.3 to 2.6: float16 and float32.

    A cell that keeps, copies and shows what MindSpore's own does, with this library's loss in it. It is a
    sibling of MindSpore's class, no heir: level O1 of amp takes two classes of one name in a line for one.

    Weights are attributes, as in the native class: no parameters. The constructor refuses a Parameter with a
    TypeError, and warns of another framework's tensor; calls check the rest, by the rules of
    `compatlosses.mindspore.binary_cross_entropy_with_logits`.

    Source: MindSpore 2 documentation of the function; where it is silent, ``mindspore.nn.BCEWithLogitsLoss``,
    mindspore 2.10.0.
    """

    def __init__(
        self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None
    ) -> None:
        super().__init__()
        for name, given in (("weight", weight), ("pos_weight", pos_weight)):
            if isinstance(given, mindspore.Parameter):
                raise TypeError(
                    f"{name} can not be a Parameter; expected a tensor or None. Pass {name}.value()."
                )
        warn_of_foreign(
            "compatlosses.mindspore.BCEWithLogitsLoss", "MindSpore", weight=weight, pos_weight=pos_weight
        )
        self.reduction, self.weight, self.pos_weight = reduction, weight, pos_weight

    # Level O1 of MindSpore's amp writes a cell and the functions it calls into a file of its own, where
    # neither their relative imports nor their module's names are; a static method it leaves as it is.
    _loss = staticmethod(binary_cross_entropy_with_logits)

    def construct(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of ``input`` and ``target``."""
        return self._loss(input, target, self.weight, self.pos_weight, self.reduction)


# The losses of a difference are siblings of MindSpore's cells for the same reason. `LossBase` refuses a
# reduction that is none of the three when the cell is made.


class MSELoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The squared error by the rules of MindSpore 2.10; see `compatlosses.mindspore.ops.mse_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.MSELoss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.reduction = reduction

    _loss = staticmethod(mse_loss)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.reduction)


class L1Loss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The absolute error by the rules of MindSpore 2.10; see `compatlosses.mindspore.ops.l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.L1Loss``.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.reduction = reduction

    _loss = staticmethod(l1_loss)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.reduction)


class SmoothL1Loss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The smooth absolute error by the rules of MindSpore 2.10: beta first, and by default nothing is
    reduced.

    See `compatlosses.mindspore.ops.smooth_l1_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.SmoothL1Loss``.
    """

    def __init__(self, beta: float = 1.0, reduction: str = "none") -> None:
        super().__init__(reduction)
        self.beta, self.reduction = beta, reduction

    _loss = staticmethod(smooth_l1_loss)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.beta, self.reduction)


class HuberLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """Huber's loss by the rules of MindSpore 2.10; see `compatlosses.mindspore.ops.huber_loss`.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.HuberLoss``.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.reduction, self.delta = reduction, delta

    _loss = staticmethod(huber_loss)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.reduction, self.delta)


# The losses of rows.


class CrossEntropyLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """Softmax cross entropy of rows by the rules of MindSpore 2.10: `compatlosses.mindspore.cross_entropy` of
    float16 and float32, with indices of int32.

    A weight is an attribute, a Parameter a parameter of the cell, as natively.

    Raises:
        TypeError: a weight that is no tensor of float16 or float32, an ignore_index that is no int, a
            label_smoothing that is no float.
        ValueError: an unknown reduction, a label_smoothing outside [0, 1].

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
        self.weight, self.ignore_index = weight, ignore_index
        self.reduction, self.label_smoothing = reduction, label_smoothing

    _loss = staticmethod(cross_entropy_of_class)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits`` and ``labels``."""
        options = (self.ignore_index, self.reduction, self.label_smoothing)
        return self._loss(logits, labels, self.weight, options)


class NLLLoss(mindspore.nn.LossBase):  # type: ignore[misc]
    """The negative log-likelihood of rows by the rules of MindSpore 2.10; see
    `compatlosses.mindspore.ops.nll_loss`.

    Raises:
        TypeError: a weight that is no tensor of float16 or float32, an ignore_index that is no int.
        ValueError: an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.NLLLoss``.
    """

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        check_options(weight, ignore_index)
        warn_of_foreign("compatlosses.mindspore.NLLLoss", "MindSpore", weight=weight)
        self.weight, self.ignore_index, self.reduction = weight, ignore_index, reduction

    _loss = staticmethod(nll_loss)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of log-probabilities ``logits`` and ``labels``."""
        return self._loss(logits, labels, self.weight, self.ignore_index, self.reduction)


class SoftmaxCrossEntropyWithLogits(mindspore.nn.LossBase):  # type: ignore[misc]
    """Softmax cross entropy of rows by the rules of MindSpore 2.10. By default nothing is reduced, and labels
    are numbers for each class; ``sparse`` makes them indices. No index is ignored.

    Raises:
        TypeError: a sparse that is no bool.
        ValueError: an unknown reduction.

    Source: MindSpore 2.10 documentation of ``mindspore.nn.SoftmaxCrossEntropyWithLogits``.
    """

    def __init__(self, sparse: bool = False, reduction: str = "none") -> None:
        super().__init__(reduction)
        check_sparse(sparse)
        self.sparse, self.reduction = sparse, reduction

    _loss = staticmethod(softmax_cross_entropy_of_class)

    def construct(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of ``logits``, float16 or float32 of shape (N, C), and ``labels``: of the logits' shape
        and dtype, or, if sparse, int32 or int64 of shape (N,).
        """
        return self._loss(logits, labels, self.sparse, self.reduction)

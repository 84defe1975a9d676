"""Paddle's loss classes, as real layers of Paddle."""

from __future__ import annotations

from typing import Literal

import paddle

from compatlosses import rules
from compatlosses.classes import warn_of_foreign
from compatlosses.libraries import Tensor

from . import binary_cross_entropy_with_logits, cross_entropy, l1_loss, mse_loss, nll_loss, smooth_l1_loss
from .element_modules import BCELoss as BCELoss
from .element_modules import GaussianNLLLoss as GaussianNLLLoss
from .element_modules import KLDivLoss as KLDivLoss
from .element_modules import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from .element_modules import PoissonNLLLoss as PoissonNLLLoss
from .element_modules import SoftMarginLoss as SoftMarginLoss


class BCEWithLogitsLoss(paddle.nn.BCEWithLogitsLoss):
    """Paddle's own layer with this library's loss in it: buffers, state_dict keys, pickling and repr are the
    native ones.

    Weights of another framework are kept as they are, for inputs of that framework. Errors, shapes and dtypes
    are those of `binary_cross_entropy_with_logits`; an unknown reduction is a ValueError at once.

    Source: Paddle 3 documentation of ``paddle.nn.BCEWithLogitsLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: Literal["none", "mean", "sum"] = "mean",
        pos_weight: Tensor | None = None,
        name: str | None = None,
    ) -> None:
        warn_of_foreign(
            "compatlosses.paddle.BCEWithLogitsLoss", "Paddle", weight=weight, pos_weight=pos_weight
        )
        super().__init__(weight, reduction, pos_weight, name)

    def forward(self, logit: Tensor, label: Tensor) -> Tensor:
        """The loss of ``logit`` and ``label``."""
        return binary_cross_entropy_with_logits(
            logit, label, self.weight, self.reduction, self.pos_weight, self.name
        )


# The rest are Paddle's own layers with this library's losses in them; repr and pickling are the native ones.


class MSELoss(paddle.nn.MSELoss):
    """Paddle's own layer with `mse_loss` in it.

    Source: Paddle 3 documentation of ``paddle.nn.MSELoss``.
    """

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return mse_loss(input, label, self.reduction)


class L1Loss(paddle.nn.L1Loss):
    """Paddle's own layer with `l1_loss` in it.

    Source: Paddle 3 documentation of ``paddle.nn.L1Loss``.
    """

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return l1_loss(input, label, self.reduction, self.name)


class SmoothL1Loss(paddle.nn.SmoothL1Loss):
    """Paddle's own layer with `smooth_l1_loss` in it: Huber's loss, unless ``is_huber`` is False.

    Source: Paddle 3 documentation of ``paddle.nn.SmoothL1Loss``.
    """

    def __init__(
        self,
        reduction: Literal["none", "mean", "sum"] = "mean",
        delta: float = 1.0,
        is_huber: bool = True,
        name: str | None = None,
    ) -> None:
        # Releases before 3.2 know no is_huber.
        super().__init__(reduction, delta, name=name)
        self.is_huber = is_huber

    def forward(self, input: Tensor, label: Tensor | None = None, *, target: Tensor | None = None) -> Tensor:
        """The loss of ``input`` and ``label``, which may be called ``target``."""
        label = rules.aliased("labels", "label", label, "target", target)
        return smooth_l1_loss(input, label, self.reduction, self.delta, self.is_huber, self.name)


HuberLoss = SmoothL1Loss
"""Another name, as in Paddle."""


class CrossEntropyLoss(paddle.nn.CrossEntropyLoss):
    """Paddle's own layer with `cross_entropy` in it.

    Source: Paddle 3 documentation of ``paddle.nn.CrossEntropyLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: Literal["none", "mean", "sum"] = "mean",
        soft_label: bool = False,
        axis: int = -1,
        use_softmax: bool = True,
        label_smoothing: float = 0.0,
        name: str | None = None,
    ) -> None:
        warn_of_foreign("compatlosses.paddle.CrossEntropyLoss", "Paddle", weight=weight)
        super().__init__(
            weight, ignore_index, reduction, soft_label, axis, use_softmax, label_smoothing, name
        )

    def forward(self, input: Tensor, label: Tensor | None = None, *, target: Tensor | None = None) -> Tensor:
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


class NLLLoss(paddle.nn.NLLLoss):
    """Paddle's own layer with `nll_loss` in it.

    Source: Paddle 3 documentation of ``paddle.nn.NLLLoss``.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: Literal["none", "mean", "sum"] = "mean",
        name: str | None = None,
    ) -> None:
        warn_of_foreign("compatlosses.paddle.NLLLoss", "Paddle", weight=weight)
        super().__init__(weight, ignore_index, reduction, name)

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        """The loss of ``input`` and ``label``."""
        return nll_loss(input, label, self._weight, self._ignore_index, self._reduction)

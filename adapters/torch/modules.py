"""torch's loss classes, as real modules of torch."""

from __future__ import annotations

import torch

from compatlosses.classes import warn_of_foreign
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
from .element_modules import BCELoss as BCELoss
from .element_modules import GaussianNLLLoss as GaussianNLLLoss
from .element_modules import KLDivLoss as KLDivLoss
from .element_modules import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from .element_modules import PoissonNLLLoss as PoissonNLLLoss
from .element_modules import SoftMarginLoss as SoftMarginLoss
from .legacy import warn_of_nll_loss_2d
from .weights import keep


class BCEWithLogitsLoss(torch.nn.BCEWithLogitsLoss):
    """torch's own module with this library's loss in it: buffers, state_dict keys, pickling and repr are the
    native ones.

    Weights that are torch tensors are buffers, parameters too, which are not trained. Those of another
    framework are kept as they are, for inputs of that framework. Errors, shapes and dtypes are those of
    `binary_cross_entropy_with_logits`.

    Raises:
        TypeError: a weight that is no tensor of any framework.

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
        super().__init__(None, size_average, reduce, reduction, None)
        keep(self, "weight", weight)
        keep(self, "pos_weight", pos_weight)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework: the types are for torch.jit.script, which
        reads this.
        """
        loss: torch.Tensor = binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
        return loss


# The rest are torch's own modules with this library's losses in them. The types of forward are for
# torch.jit.script, which reads it.


class MSELoss(torch.nn.MSELoss):
    """torch's own module with `mse_loss` in it.

    Source: torch 2.13 documentation of ``torch.nn.MSELoss``.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = mse_loss(input, target, reduction=self.reduction)
        return loss


class L1Loss(torch.nn.L1Loss):
    """torch's own module with `l1_loss` in it.

    Source: torch 2.13 documentation of ``torch.nn.L1Loss``.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = l1_loss(input, target, reduction=self.reduction)
        return loss


class SmoothL1Loss(torch.nn.SmoothL1Loss):
    """torch's own module with `smooth_l1_loss` in it.

    Source: torch 2.13 documentation of ``torch.nn.SmoothL1Loss``.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)
        return loss


class HuberLoss(torch.nn.HuberLoss):
    """torch's own module with `huber_loss` in it.

    Source: torch 2.13 documentation of ``torch.nn.HuberLoss``.
    """

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = huber_loss(input, target, reduction=self.reduction, delta=self.delta)
        return loss


class CrossEntropyLoss(torch.nn.CrossEntropyLoss):
    """torch's own module with `cross_entropy` in it. Its weight is kept as by `BCEWithLogitsLoss`.

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
        super().__init__(None, size_average, ignore_index, reduce, reduction, label_smoothing)
        keep(self, "weight", weight)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
        return loss


class NLLLoss(torch.nn.NLLLoss):
    """torch's own module with `nll_loss` in it. Its weight is kept as by `BCEWithLogitsLoss`.

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
        super().__init__(None, size_average, ignore_index, reduce, reduction)
        keep(self, "weight", weight)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of ``input`` and ``target``, of any framework."""
        loss: torch.Tensor = nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )
        return loss


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

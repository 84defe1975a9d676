"""Wrong implementations of the losses of probabilities, of one logit and of densities: the library's own with
one thing changed on the way in or out. `Element` changes nothing.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

import compatlosses
from compatlosses.conformance.model.losses import LOSSES as KNOWN

Options = dict[str, Any]
LOSSES = tuple(name for name, loss in KNOWN.items() if loss.elements)


class Scaled(torch.autograd.Function):
    """What it is given, with a gradient that is times a factor."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        return g * ctx.factor, None


class Deaf(torch.autograd.Function):
    """What it is given, with a gradient of ones whatever comes in."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return torch.ones_like(g)


class Element:
    """A loss as `compatlosses` documents it."""

    api = "neutral"
    dies_in, by = "", ""

    def __init__(self, loss: str) -> None:
        self.loss = loss

    def __call__(self, first: Tensor, targets: Tensor, **options: Any) -> Tensor:
        return self.computed(*self.given(first, targets, options))

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        return first, targets, options

    def computed(self, first: Tensor, targets: Tensor, options: Options) -> Tensor:
        loss: Tensor = getattr(compatlosses, self.loss)(first, targets, **options)
        return loss


class HalfOfIt(Element):
    """A factor that another convention has."""

    dies_in, by = "cells/*", "value"

    def computed(self, first: Tensor, targets: Tensor, options: Options) -> Tensor:
        return super().computed(first, targets, options) / 2


class SlopeTwice(Element):
    """A factor that is there for the loss and for its slope again."""

    dies_in, by = "cells/*", "first"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        return Scaled.apply(first, 2.0), targets, options


class SlopeTheOtherWay(Element):
    """The minus of a likelihood is forgotten."""

    dies_in, by = "cells/*", "first"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        return Scaled.apply(first, -1.0), targets, options


class TargetsGoTheOtherWay(Element):
    """The minus of a difference is forgotten."""

    dies_in, by = "cells/*", "targets"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        return first, Scaled.apply(targets, -1.0), options


class TargetsStandStill(Element):
    """Targets are data, somebody thought: their gradient is zeros."""

    dies_in, by = "cells/*", "targets"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        return first, Scaled.apply(targets, 0.0), options


class Weighting(Element):
    """A loss whose weight is changed."""

    dies_in = "weighted/*"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        weight = options.get("weight")
        changed = {} if weight is None else {"weight": self.weight(weight)}
        return first, targets, {**options, **changed}

    def weight(self, weight: Tensor) -> Tensor | None:
        raise NotImplementedError


class WeightsStandStill(Weighting):
    """Weights are constants, somebody thought."""

    by = "weight"

    def weight(self, weight: Tensor) -> Tensor | None:
        found: Tensor = Scaled.apply(weight, 0.0)
        return found


class WeightTwice(Weighting):
    """The weight is multiplied before and after."""

    by = "value"

    def weight(self, weight: Tensor) -> Tensor | None:
        return weight * weight


class WeightForgotten(Weighting):
    """The weight is taken and forgotten."""

    by = "value"

    def weight(self, weight: Tensor) -> Tensor | None:
        return None


class Changed(Element):
    """A loss with another option than it is given."""

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        return first, targets, self.options(dict(options))

    def options(self, options: Options) -> Options:
        raise NotImplementedError


class DividesByTheWeights(Changed):
    """The mean of another API: over the sum of the weights."""

    dies_in, by = "weighted/*", "value"

    def options(self, options: Options) -> Options:
        return {**options, "divisor": "weights"} if "weight" in options else options


class CountsTheIgnored(Changed):
    """The mean divides by all elements, also by those that are ignored."""

    dies_in, by = "ignoring/some/*", "value"

    def options(self, options: Options) -> Options:
        return {**options, "divisor": "all"} if options.get("divisor") == "counted" else options


class IgnoresNothing(Changed):
    """The option is taken and forgotten."""

    dies_in, by = "ignoring/some/*", "value"

    def options(self, options: Options) -> Options:
        return {**options, "ignore_index": None} if "ignore_index" in options else options


class SumIsMean(Changed):
    """The wrong branch."""

    dies_in, by = "reduction/*", "value"

    def options(self, options: Options) -> Options:
        return {**options, "reduction": "mean"} if options.get("reduction") == "sum" else options


class AnyReduction(Changed):
    """An else at the end of the reductions."""

    dies_in, by = "error/reduction-unknown", "error"

    def options(self, options: Options) -> Options:
        return {**options, "reduction": "mean"} if options.get("reduction") == "average" else options


class ParametersForgotten(Changed):
    """What shapes the loss is taken and forgotten."""

    dies_in, by = "bend/*", "value"

    def options(self, options: Options) -> Options:
        return {name: value for name, value in options.items() if name not in KNOWN[self.loss].parameters}


class TargetsBroadcast(Element):
    """Operators broadcast, so targets do: a column beside a row is a matrix."""

    dies_in, by = "error/shape-column", "error"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        if isinstance(targets, Tensor) and first.shape == (4,) and targets.shape == (4, 1):
            first, targets = torch.broadcast_tensors(first, targets)
        return first, targets, options


class ForgetsTheIncoming(Element):
    """backward returns the slope, not its product with what came in."""

    dies_in, by = "incoming/*", "first"

    def computed(self, first: Tensor, targets: Tensor, options: Options) -> Tensor:
        loss: Tensor = Deaf.apply(super().computed(first, targets, options))
        return loss


class DoubleInSingle(Element):
    """Double precision is converted to single first."""

    dies_in, by = "cells/float64/*", "first"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        return (first.float() if first.dtype is torch.float64 else first), targets, options

    def computed(self, first: Tensor, targets: Tensor, options: Options) -> Tensor:
        return super().computed(first, targets, options).to(targets.dtype)


CLIPS = {
    "binary_cross_entropy": (1e-3, 0.999),
    "kl_div": (-50.0, 1e30),
    "gaussian_nll_loss": (-50.0, 50.0),
}
"""To what somebody clips the first argument; others to 20 and -20."""


class Clipped(Element):
    """The first argument is clipped, to keep a training alive."""

    dies_in, by = "cells/*", "value"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        if not isinstance(first, Tensor) or not first.is_floating_point():
            return first, targets, options
        return first.clamp(*CLIPS.get(self.loss, (-20.0, 20.0))), targets, options


class SmallIsZero(Element):
    """An epsilon, below which a number counts as none."""

    dies_in, by = "cells/*", "first"

    def given(self, first: Tensor, targets: Tensor, options: Options) -> tuple[Tensor, Tensor, Options]:
        if not isinstance(first, Tensor) or not first.is_floating_point():
            return first, targets, options
        return torch.where(first.abs() < 1e-3, 0.0 * first, first), targets, options


class AsWritten(Element):
    """The formula as a textbook has it, in the dtype of its arguments."""

    dies_in, by = "cells/*", "value"

    def computed(self, first: Tensor, targets: Tensor, options: Options) -> Tensor:
        other = {*options} - {"reduction", "weight", "variances", "log_input"}
        if options.get("reduction") != "none" or other or not options.get("log_input", True):
            return super().computed(first, targets, options)
        x, y, w = first, targets, options.get("weight", 1.0)
        loss = FORMULAS[self.loss](x, y, options.get("variances", 1.0)) * w
        return loss.mean(-1) if self.loss == "multilabel_soft_margin_loss" else loss


def entropy(x: Tensor, y: Tensor) -> Tensor:
    """Binary cross entropy with logits as it is written."""
    return -(y * logsigmoid(x) + (1 - y) * logsigmoid(-x))


FORMULAS: dict[str, Any] = {
    "binary_cross_entropy": lambda p, y, v: -(y * torch.log(p) + (1 - y) * torch.log(1 - p)),
    "kl_div": lambda x, y, v: y * (torch.log(y) - x),
    "sigmoid_focal_loss": lambda x, y, v: (
        (1 - torch.sigmoid(x) * y - torch.sigmoid(-x) * (1 - y)) ** 2 * entropy(x, y)
    ),
    "soft_margin_loss": lambda x, y, v: torch.log(1 + torch.exp(-y * x)),
    "multilabel_soft_margin_loss": lambda x, y, v: entropy(x, y),
    "poisson_nll_loss": lambda x, y, v: torch.exp(x) - y * x,
    "gaussian_nll_loss": lambda x, y, v: (torch.log(v) + (x - y) ** 2 / v) / 2,
}
OF_ALL = (
    HalfOfIt, SlopeTwice, SlopeTheOtherWay, TargetsGoTheOtherWay, TargetsStandStill, WeightsStandStill,
    WeightTwice, WeightForgotten, DividesByTheWeights, CountsTheIgnored, IgnoresNothing, SumIsMean,
    AnyReduction, TargetsBroadcast, ForgetsTheIncoming, DoubleInSingle, Clipped, SmallIsZero, AsWritten,
)  # fmt: skip
MUTANTS = tuple(
    (mutant, loss)
    for loss in LOSSES
    for mutant in (*OF_ALL, *((ParametersForgotten,) if KNOWN[loss].parameters else ()))
)

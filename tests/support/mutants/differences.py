"""The losses of a difference: a correct implementation of each, and for each the same wrong ones.

Written for the suite's tests alone: it shares no code with the package, and computes in float64.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


class Elements(torch.autograd.Function):
    """The loss of each element, and as its derivatives those that the implementation states."""

    @staticmethod
    def forward(ctx: Any, loss: Difference, x: Tensor, y: Tensor, w: Tensor) -> Tensor:
        ctx.loss = loss
        ctx.save_for_backward(x, y, w)
        return loss.weighted(w, loss.value(loss.difference(x, y)))

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, y, w = ctx.saved_tensors
        return None, *(ctx.loss.pulled(slope, g) for slope in ctx.loss.slopes(x, y, w))


class Difference:
    """A loss of a difference as `compatlosses` documents it."""

    api = "neutral"
    dies_in, by = "", ""

    def __init__(self, loss: str) -> None:
        self.loss, self.bend = loss, 1.0

    def __call__(
        self,
        predictions: Tensor,
        targets: Tensor,
        *,
        weight: Tensor | None = None,
        reduction: str = "mean",
        ignore_index: float | None = None,
        mask: Tensor | None = None,
        divisor: str = "counted",
        dtype: str | None = None,
        delta: float = 1.0,
        beta: float = 1.0,
    ) -> Tensor:
        self.bend = self.parameter(delta if self.loss == "huber_loss" else beta)
        self.check(predictions, targets, weight)
        self.check_reduction(reduction, divisor)
        shape = torch.broadcast_shapes(predictions.shape, targets.shape)
        x, y = self.wide(predictions).expand(shape), self.wide(targets).expand(shape)
        w = torch.ones_like(x) if weight is None else self.wide(weight).expand(shape)
        counts = self.counts(targets, ignore_index).expand(shape)
        if mask is not None:
            counts = counts & mask.expand(shape)
        x, y, w = (torch.where(counts, tensor, 0.0) for tensor in (x, y, w))
        elements = self.elements(x, y, w)
        elements = torch.where(counts, elements, 0.0)
        result = self.reduced(elements, w, counts, reduction, divisor)
        return result.to(predictions.dtype if dtype is None else getattr(torch, dtype))

    def parameter(self, given: float) -> float:
        if not (given > 0 if self.loss == "huber_loss" else given >= 0):
            raise ValueError("the parameter is out of range")
        return given

    def check(self, predictions: Tensor, targets: Tensor, weight: Tensor | None) -> None:
        if not all(isinstance(x, Tensor) for x in (predictions, targets)):
            raise TypeError("expected tensors")
        if not predictions.is_floating_point():
            raise TypeError("the predictions are not floating")
        self.check_shapes(predictions, targets)
        if weight is not None:
            own, full = tuple(weight.shape), tuple(predictions.shape)
            tail = full[len(full) - len(own) :]
            if len(own) > len(full) or any(a not in (1, b) for a, b in zip(own, tail, strict=True)):
                raise ValueError("the weight does not broadcast")

    def check_shapes(self, predictions: Tensor, targets: Tensor) -> None:
        if predictions.shape != targets.shape:
            raise ValueError("the shapes differ")

    def check_reduction(self, reduction: str, divisor: str) -> None:
        if reduction not in ("none", "mean", "sum") or divisor not in ("counted", "all", "weights"):
            raise ValueError("unknown reduction or divisor")

    def wide(self, x: Tensor) -> Tensor:
        return x.to(torch.float64)

    def counts(self, targets: Tensor, ignore_index: float | None) -> Tensor:
        if ignore_index is None:
            return torch.ones_like(targets, dtype=torch.bool)
        return targets != ignore_index

    def elements(self, x: Tensor, y: Tensor, w: Tensor) -> Tensor:
        loss: Tensor = Elements.apply(self, x, y, w)
        return loss

    def difference(self, x: Tensor, y: Tensor) -> Tensor:
        return x - y

    def value(self, r: Tensor) -> Tensor:
        if self.loss == "mse_loss":
            return r * r
        size, b = r.abs(), self.bend
        if self.loss == "l1_loss":
            return size
        c = r.clamp(-b, b)
        if self.loss == "huber_loss":
            return torch.where(size > b, b * (size - b / 2), c * c / 2)
        return torch.where(size < b, c * c / (2 * b), size - b / 2) if b else size

    def slope(self, r: Tensor) -> Tensor:
        if self.loss == "mse_loss":
            return r  # `slopes` doubles the weight: twice the largest difference is infinite.
        if self.loss == "huber_loss":
            return r.clamp(-self.bend, self.bend)
        if self.loss == "smooth_l1_loss" and self.bend:
            return r.clamp(-self.bend, self.bend) / self.bend
        return torch.where(r.isnan(), r, torch.sign(r))

    def slopes(self, x: Tensor, y: Tensor, w: Tensor) -> tuple[Tensor, ...]:
        r = self.difference(x, y)
        slope = self.weighted(2 * w if self.loss == "mse_loss" else w, self.slope(r))
        return slope, -slope, self.value(r)

    def weighted(self, w: Tensor, x: Tensor) -> Tensor:
        return w * torch.where((w == 0) & torch.isinf(x), 0.0, x)

    def pulled(self, slope: Tensor, g: Tensor) -> Tensor:
        return g * torch.where((g == 0) & torch.isinf(slope), 0.0, slope)

    def reduced(self, elements: Tensor, w: Tensor, counts: Tensor, reduction: str, divisor: str) -> Tensor:
        if reduction == "none":
            return elements
        if reduction == "sum":
            return elements.sum()
        return elements.sum() / self.divisor(elements, w, counts, divisor)

    def divisor(self, elements: Tensor, w: Tensor, counts: Tensor, divisor: str) -> Any:
        if divisor == "weights":
            return torch.where(counts, w, 0.0).sum()
        number = int(counts.sum()) if divisor == "counted" else elements.numel()
        return number or math.nan


class HalfOfIt(Difference):
    """Half the loss, as l2_loss is half of the squared error; or a factor left out."""

    dies_in, by = "cells/*", "value"

    def value(self, r: Tensor) -> Tensor:
        return super().value(r) / 2


class SlopeTwice(Difference):
    """The slope of a loss that has no factor of a half."""

    dies_in, by = "cells/*", "predictions"

    def slope(self, r: Tensor) -> Tensor:
        return 2 * super().slope(r)


class TargetsGoTheSameWay(Difference):
    """The minus of the inner derivative is forgotten."""

    dies_in, by = "cells/*", "targets"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor) -> tuple[Tensor, ...]:
        slope, _, value = super().slopes(x, y, w)
        return slope, slope, value


class TargetsStandStill(Difference):
    """Targets are data, somebody thought: their gradient is zeros."""

    dies_in, by = "cells/*", "targets"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor) -> tuple[Tensor, ...]:
        slope, other, value = super().slopes(x, y, w)
        return slope, torch.zeros_like(other), value


class WeightsStandStill(Difference):
    """Weights are constants, somebody thought."""

    dies_in, by = "cells/*/weight", "weight"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor) -> tuple[Tensor, ...]:
        slope, other, value = super().slopes(x, y, w)
        return slope, other, torch.zeros_like(value)


class WeightTwice(Difference):
    """The weight is multiplied before and after."""

    dies_in, by = "cells/*/weight", "value"

    def weighted(self, w: Tensor, x: Tensor) -> Tensor:
        return super().weighted(w, super().weighted(w, x))


class ZeroTimesInfinity(Difference):
    """A weight of 0 beside an infinite loss: NaN."""

    dies_in, by = "cells/*/weight", "value"

    def weighted(self, w: Tensor, x: Tensor) -> Tensor:
        return w * x


class DividesByTheWeights(Difference):
    """The mean of another API: over the sum of the weights."""

    dies_in, by = "weighted/*", "value"

    def divisor(self, elements: Tensor, w: Tensor, counts: Tensor, divisor: str) -> Any:
        return w.sum()


class DividesByTheBatch(Difference):
    """batchmean under the name of mean."""

    dies_in, by = "reduction/*", "value"

    def divisor(self, elements: Tensor, w: Tensor, counts: Tensor, divisor: str) -> Any:
        return elements.shape[0] if elements.dim() else 1


class CountsTheIgnored(Difference):
    """The mean divides by all elements, also by those that are ignored."""

    dies_in, by = "ignoring/*", "value"

    def divisor(self, elements: Tensor, w: Tensor, counts: Tensor, divisor: str) -> Any:
        return elements.numel() or math.nan


class IgnoresNothing(Difference):
    """The option is taken and forgotten."""

    dies_in, by = "ignoring/some/*", "value"

    def counts(self, targets: Tensor, ignore_index: float | None) -> Tensor:
        return super().counts(targets, None)


class SumIsMean(Difference):
    """The wrong branch."""

    dies_in, by = "reduction/*", "value"

    def reduced(self, elements: Tensor, w: Tensor, counts: Tensor, reduction: str, divisor: str) -> Tensor:
        return super().reduced(elements, w, counts, "mean" if reduction == "sum" else reduction, divisor)


class AnyReduction(Difference):
    """An else at the end of the reductions."""

    dies_in, by = "error/reduction-unknown", "error"

    def check_reduction(self, reduction: str, divisor: str) -> None:
        """Take it as it comes."""


class TargetsBroadcast(Difference):
    """Operators broadcast, so targets do: a column beside a row is a matrix."""

    dies_in, by = "error/shape-column", "error"

    def check_shapes(self, predictions: Tensor, targets: Tensor) -> None:
        try:
            torch.broadcast_shapes(predictions.shape, targets.shape)
        except RuntimeError as error:
            raise ValueError("the shapes differ") from error


class NanIsNothing(Difference):
    """nan_to_num, to keep a training alive."""

    dies_in, by = "cells/*", "value"

    def difference(self, x: Tensor, y: Tensor) -> Tensor:
        r = x - y
        return torch.where(r.isnan(), 0.0, r)


class Clipped(Difference):
    """Differences are clipped where somebody found them too large."""

    dies_in, by = "cells/*", "value"

    def difference(self, x: Tensor, y: Tensor) -> Tensor:
        return (x - y).clamp(-1e6, 1e6)


class SmallIsZero(Difference):
    """An epsilon, below which a difference counts as none."""

    dies_in, by = "cells/*", "predictions"

    def difference(self, x: Tensor, y: Tensor) -> Tensor:
        r = x - y
        return torch.where(r.abs() < 1e-6, 0.0, r)


class ForgetsTheIncoming(Difference):
    """backward returns the slope, not its product with what came in."""

    dies_in, by = "incoming/*", "predictions"

    def pulled(self, slope: Tensor, g: Tensor) -> Tensor:
        return slope / g.numel() if bool((g == g.flatten()[:1]).all()) and g.numel() else slope * g


class OneBend(Difference):
    """The parameter is taken and forgotten."""

    dies_in, by = "bend/*", "value"

    def parameter(self, given: float) -> float:
        super().parameter(given)
        return 1.0


class AnyParameter(Difference):
    """A parameter out of range is taken as it comes."""

    dies_in, by = "error/*a-*", "error"

    def parameter(self, given: float) -> float:
        return given if given > 0 else 1.0


LOSSES = ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss")
OF_ALL = (
    HalfOfIt, SlopeTwice, TargetsGoTheSameWay, TargetsStandStill, WeightsStandStill, WeightTwice,
    ZeroTimesInfinity, DividesByTheWeights, DividesByTheBatch, CountsTheIgnored, IgnoresNothing, SumIsMean,
    AnyReduction, TargetsBroadcast, NanIsNothing, Clipped, SmallIsZero, ForgetsTheIncoming,
)  # fmt: skip
OF_A_BEND = (OneBend, AnyParameter)
MUTANTS = tuple(
    (mutant, loss)
    for loss in LOSSES
    for mutant in (*OF_ALL, *(OF_A_BEND if loss in ("huber_loss", "smooth_l1_loss") else ()))
)

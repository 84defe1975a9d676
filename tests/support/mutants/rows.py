"""The losses of rows: a correct implementation of each, and wrong ones.

Written for the suite's tests alone: it shares no code with the package, and computes in float64.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


def but_one(x: Tensor) -> Tensor:
    """For each element of a row the sum of the others, without a difference."""
    zero = torch.zeros_like(x[:, :1])
    before = torch.cat([zero, x.cumsum(1)[:, :-1]], 1)
    after = torch.cat([zero, x.flip(1).cumsum(1)[:, :-1]], 1).flip(1)
    return before + after


def others(e: Tensor) -> Tensor:
    """The same of numbers that are not negative, of which many add up well."""
    total = e.sum(1, keepdim=True)
    most = e > total / 2
    return torch.where(most, torch.where(most, 0.0, e).sum(1, keepdim=True), total - e)


class Surprise(torch.autograd.Function):
    """-log softmax of each class, with the slopes that the implementation states."""

    @staticmethod
    def forward(ctx: Any, loss: Rows, x: Tensor) -> Tensor:
        ctx.loss = loss
        ctx.save_for_backward(x)
        return loss.surprise(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        slope: Tensor = Slope.apply(ctx.loss, *ctx.saved_tensors, g)
        return None, slope


class Slope(torch.autograd.Function):
    """The pull-back of `Surprise`, which differentiates again."""

    @staticmethod
    def forward(ctx: Any, loss: Rows, x: Tensor, g: Tensor) -> Tensor:
        ctx.loss = loss
        ctx.save_for_backward(x, g)
        return loss.slope(x, g)

    @staticmethod
    def backward(ctx: Any, u: Tensor) -> tuple[Tensor | None, ...]:
        x, g = ctx.saved_tensors
        return None, ctx.loss.curvature(x, g, u), None


class Product(torch.autograd.Function):
    """v times a loss, 0 where v is 0 and the loss infinite."""

    @staticmethod
    def forward(ctx: Any, loss: Rows, v: Tensor, x: Tensor) -> Tensor:
        ctx.loss = loss
        ctx.save_for_backward(v, x)
        return loss.times(v, x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        v, x = ctx.saved_tensors
        return None, ctx.loss.times(g, x), ctx.loss.times(v, g)


class Rows:
    """A loss of rows as `compatlosses` documents it."""

    api = "neutral"
    dies_in, by = "", ""

    def __init__(self, loss: str) -> None:
        self.loss = loss

    def __call__(
        self,
        logits: Tensor,
        targets: Tensor,
        *,
        axis: int = -1,
        weight: Tensor | None = None,
        weighting: str = "class",
        ignore_index: int | None = None,
        mask: Tensor | None = None,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
        divisor: str = "counted",
        dtype: str | None = None,
    ) -> Tensor:
        self.check(logits, targets, axis, weight)
        self.check_options(reduction, divisor, weighting, label_smoothing)
        axis = self.axis(axis, logits)
        x = self.rows(logits.to(torch.float64), axis)
        w = torch.ones(x.shape[1], dtype=x.dtype) if weight is None else weight.to(torch.float64)
        if targets.is_floating_point():
            if ignore_index is not None:
                raise ValueError("an index cannot be ignored among probabilities")
            shape = logits.movedim(axis, -1).shape[:-1]
            q, counts = self.rows(targets.to(torch.float64), axis), torch.ones_like(x[:, 0], dtype=torch.bool)
        else:
            shape = targets.shape
            counts = self.counts(targets, ignore_index).reshape(-1)
        if mask is not None:
            counts = counts & mask.expand(shape).reshape(-1)
        if not targets.is_floating_point():
            q = self.one_hot(targets.reshape(-1), counts, x.shape[1])
        q = self.probabilities(q)
        smooth = self.smoothed(q, label_smoothing)
        x = self.shielded(x, counts)
        elements = self.elements(x, smooth, w, weighting, q)
        elements = self.kept(elements, counts)
        shares = ((smooth if weighting == "row" else q) * w).sum(1)
        result = self.reduced(elements, shares, counts, reduction, divisor)
        result = result.reshape(shape) if reduction == "none" else result
        return result.to(logits.dtype if dtype is None else getattr(torch, dtype))

    def check(self, x: Tensor, targets: Tensor, axis: int, weight: Tensor | None) -> None:
        if not all(isinstance(tensor, Tensor) for tensor in (x, targets)):
            raise TypeError("expected tensors")
        if not x.is_floating_point():
            raise TypeError("the logits are not floating")
        if not -x.dim() <= axis < x.dim() or not x.shape[axis]:
            raise ValueError("there is no such axis, or no class along it")
        rows = (*x.shape[: axis % x.dim()], *x.shape[axis % x.dim() + 1 :])
        if targets.shape != (x.shape if targets.is_floating_point() else rows):
            raise ValueError("the shapes do not go together")
        if weight is not None and weight.shape != (x.shape[axis],):
            raise ValueError("the weight is not one number a class")

    def check_options(self, reduction: str, divisor: str, weighting: str, smoothing: float) -> None:
        known = reduction in ("none", "mean", "sum") and divisor in ("counted", "all", "weights")
        if not known or weighting not in ("class", "row") or not 0 <= smoothing <= 1:
            raise ValueError("an option is unknown or out of range")

    def axis(self, axis: int, x: Tensor) -> int:
        return axis % x.dim()

    def rows(self, x: Tensor, axis: int) -> Tensor:
        return x.movedim(axis, -1).reshape(-1, x.shape[axis])

    def counts(self, targets: Tensor, ignore_index: int | None) -> Tensor:
        if ignore_index is None:
            return torch.ones_like(targets, dtype=torch.bool)
        return targets != ignore_index

    def one_hot(self, targets: Tensor, counts: Tensor, classes: int) -> Tensor:
        index = self.index(torch.where(counts, targets.to(torch.int64), 0), classes)
        if bool(((index < 0) | (index >= classes)).any()):
            raise IndexError("an index is no class")
        return torch.nn.functional.one_hot(index, classes).to(torch.float64)

    def index(self, index: Tensor, classes: int) -> Tensor:
        return index

    def probabilities(self, q: Tensor) -> Tensor:
        return q

    def smoothed(self, q: Tensor, s: float) -> Tensor:
        return q * (1 - s) + s / q.shape[1] if s else q

    def shielded(self, x: Tensor, counts: Tensor) -> Tensor:
        return torch.where(counts[:, None], x, 0.0)

    def kept(self, elements: Tensor, counts: Tensor) -> Tensor:
        return torch.where(counts, elements, 0.0)

    def elements(self, x: Tensor, q: Tensor, w: Tensor, weighting: str, plain: Tensor) -> Tensor:
        loss: Tensor = self.likelihood(x, q) if self.loss == "nll_loss" else Surprise.apply(self, x)
        w = (q * w).sum(1, keepdim=True).expand(q.shape) if weighting == "row" else w.expand(q.shape)
        v = Product.apply(self, q, w)
        terms: Tensor = Product.apply(self, v, loss)
        return terms.sum(1)

    def likelihood(self, x: Tensor, q: Tensor) -> Tensor:
        return torch.where((q == 0) & x.isnan(), 0.0, -x)

    def times(self, v: Tensor, x: Tensor) -> Tensor:
        return v * torch.where((v == 0) & torch.isinf(x), 0.0, x)

    def powers(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The largest of each row, and e to the distance from it, to the last digit of the distance."""
        top = x.max(1, keepdim=True).values if x.numel() else x[:, :1]
        d = torch.where(x == top, 0.0, x - top)
        part = x - d
        rest = torch.nan_to_num((x - (d + part)) + (part - top), 0.0, 0.0, 0.0)
        e = torch.exp(d)
        none = (top == -math.inf) | ((x == math.inf).sum(1, keepdim=True) > 1)
        return top, torch.where(none, math.nan, e + e * torch.where(d == 0, 0.0, rest))

    def surprise(self, x: Tensor) -> Tensor:
        top, e = self.powers(x)
        rest = others(e)
        far = torch.where(x == top, 0.0, top - x) + torch.log(e + rest)
        return torch.where(e > rest, torch.log1p(rest / e), far)

    def softmax(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The probabilities, and for each the sum of the others."""
        _, e = self.powers(x)
        total = e.sum(1, keepdim=True)
        return e / total, others(e) / total

    def slope(self, x: Tensor, g: Tensor) -> Tensor:
        p, rest = self.softmax(x)
        return self.times(but_one(g), p) - self.times(g, rest)

    def curvature(self, x: Tensor, g: Tensor, u: Tensor) -> Tensor:
        p, _ = self.softmax(x)
        apart = (p[:, None, :] * (u[:, :, None] - u[:, None, :])).sum(2)
        return g.sum(1, keepdim=True) * p * apart

    def reduced(
        self, elements: Tensor, shares: Tensor, counts: Tensor, reduction: str, divisor: str
    ) -> Tensor:
        if reduction == "none":
            return elements
        if reduction == "sum":
            return elements.sum()
        return elements.sum() / self.divisor(shares, counts, divisor)

    def divisor(self, shares: Tensor, counts: Tensor, divisor: str) -> Any:
        if divisor == "weights":
            return torch.where(counts, shares, 0.0).sum()
        number = int(counts.sum()) if divisor == "counted" else counts.numel()
        return (number or math.nan) if int(counts.sum()) else math.nan


class SlopeLessOne(Rows):
    """p - 1 at the row's class: the digits of a confident row are gone."""

    dies_in, by = "confident/*", "logits"

    def softmax(self, x: Tensor) -> tuple[Tensor, Tensor]:
        p, _ = super().softmax(x)
        return p, 1 - p


class LogOfSoftmax(Rows):
    """-log of the softmax: 0 where a class takes nearly all."""

    dies_in, by = "confident/*", "value"

    def surprise(self, x: Tensor) -> Tensor:
        return -torch.log(torch.softmax(x, 1))


class NoMaximum(Rows):
    """The powers are taken of the logits themselves."""

    dies_in, by = "offset/*", "value"

    def surprise(self, x: Tensor) -> Tensor:
        return torch.log(torch.exp(x).sum(1, keepdim=True)) - x


class Floor(Rows):
    """Probabilities are clipped, so that no logarithm is infinite."""

    dies_in, by = "masked-target/*", "value"

    def surprise(self, x: Tensor) -> Tensor:
        return super().surprise(x).clamp(max=16.118095651)


class Mutilated(Rows):
    """Distances from the maximum are cut off at -64."""

    dies_in, by = "cells/*", "value"

    def surprise(self, x: Tensor) -> Tensor:
        return super().surprise(x.maximum(x.max(1, keepdim=True).values - 64) if x.numel() else x)


class ZeroTimesInfinity(Rows):
    """A probability or weight of 0 beside an infinite loss: NaN."""

    dies_in, by = "*mask*", "value"

    def likelihood(self, x: Tensor, q: Tensor) -> Tensor:
        return torch.where((q == 0) & x.isnan(), 0.0, -x)

    def times(self, v: Tensor, x: Tensor) -> Tensor:
        return v * x


class ZeroWeightTimesInfinity(ZeroTimesInfinity):
    """The same of a likelihood."""

    dies_in, by = "weight-zero/*", "value"


class SlopeOfOneHot(Rows):
    """softmax - targets, which is the slope of targets that add up to 1."""

    dies_in, by = "other-sum/*", "logits"

    def slope(self, x: Tensor, g: Tensor) -> Tensor:
        p, _ = self.softmax(x)
        return p * g.sum(1, keepdim=True).clamp(max=1.0) - g


class Normalised(Rows):
    """Probabilities are divided by their sum, which nobody asked for."""

    dies_in, by = "other-sum/*", "value"

    def probabilities(self, q: Tensor) -> Tensor:
        total = q.sum(1, keepdim=True)
        return q / torch.where(total == 0, 1.0, total)


class TargetsStandStill(Rows):
    """Targets are data, somebody thought."""

    dies_in, by = "probabilities/*", "targets"

    def probabilities(self, q: Tensor) -> Tensor:
        return q.detach() + 0.0 * q


class WeightsStandStill(Rows):
    """Weights are constants, somebody thought."""

    dies_in, by = "ignoring/*", "weight"

    def elements(self, x: Tensor, q: Tensor, w: Tensor, weighting: str, plain: Tensor) -> Tensor:
        return super().elements(x, q, w.detach() + 0.0 * w, weighting, plain)


class SmoothedOverOthers(Rows):
    """The share of smoothing goes to the other classes alone."""

    dies_in, by = "smoothing/*", "value"

    def smoothed(self, q: Tensor, s: float) -> Tensor:
        return q * (1 - s) + (1 - q) * s / max(q.shape[1] - 1, 1) if s else q


class NotSmoothed(Rows):
    """The option is taken and forgotten."""

    dies_in, by = "smoothing/*", "value"

    def smoothed(self, q: Tensor, s: float) -> Tensor:
        return q


class WeightOfTheIndex(Rows):
    """The weight of a row's index is a factor of its smoothed terms too."""

    dies_in, by = "smoothing/*/weight/*", "value"

    def elements(self, x: Tensor, q: Tensor, w: Tensor, weighting: str, plain: Tensor) -> Tensor:
        share = (plain * w).sum(1, keepdim=True)
        return super().elements(x, q * share, torch.ones_like(w), "class", plain)


class WeighsRows(Rows):
    """Another API's weights: those of the whole row."""

    dies_in, by = "probabilities/*/weight", "value"

    def elements(self, x: Tensor, q: Tensor, w: Tensor, weighting: str, plain: Tensor) -> Tensor:
        return super().elements(x, q, w, "row", plain)


class LastAxis(Rows):
    """The class axis is the last, whatever is given, as far as the shapes allow."""

    dies_in, by = "axis/*", "value"

    def rows(self, x: Tensor, axis: int) -> Tensor:
        return x.reshape(-1, x.shape[axis])


class FromTheEnd(Rows):
    """A negative index counts from the end, as Python's do."""

    dies_in, by = "error/index-negative", "error"

    def index(self, index: Tensor, classes: int) -> Tensor:
        return torch.where((index < 0) & (index >= -classes), index + classes, index)


class Clamped(Rows):
    """An index beyond the classes is the last."""

    dies_in, by = "error/index-beyond", "error"

    def index(self, index: Tensor, classes: int) -> Tensor:
        return index.clamp(max=classes - 1)


class CountsTheIgnored(Rows):
    """The mean divides by all rows, also by those that are ignored."""

    dies_in, by = "ignoring/*/mean", "value"

    def divisor(self, shares: Tensor, counts: Tensor, divisor: str) -> Any:
        return super().divisor(shares, torch.ones_like(counts), divisor)


class DividesByTheWeights(Rows):
    """The mean of another API: over the sum of the weights."""

    dies_in, by = "ignoring/*/weight/mean", "value"

    def divisor(self, shares: Tensor, counts: Tensor, divisor: str) -> Any:
        return super().divisor(shares, counts, "weights")


class IgnoresNothing(Rows):
    """The option is taken and forgotten."""

    dies_in, by = "ignoring/*", "value"

    def counts(self, targets: Tensor, ignore_index: int | None) -> Tensor:
        inside = (targets >= 0) & (targets < 4)
        return inside if ignore_index is not None else super().counts(targets, None)


class IgnoredStillSlopes(Rows):
    """The loss of an ignored row is taken away after the slopes were."""

    dies_in, by = "ignoring/*", "gradient"

    def shielded(self, x: Tensor, counts: Tensor) -> Tensor:
        return x

    def kept(self, elements: Tensor, counts: Tensor) -> Tensor:
        return torch.where(counts, elements.detach(), 0.0) + (elements - elements.detach())


class IgnoredRowPoisons(Rows):
    """An ignored row is multiplied by 0, whatever it holds."""

    dies_in, by = "ignored-holds/*", "value"

    def shielded(self, x: Tensor, counts: Tensor) -> Tensor:
        return x

    def kept(self, elements: Tensor, counts: Tensor) -> Tensor:
        return elements * counts


class NothingIsZero(Rows):
    """The mean of no row is 0, as other APIs have it."""

    dies_in, by = "ignoring-all/*", "value"

    def divisor(self, shares: Tensor, counts: Tensor, divisor: str) -> Any:
        return super().divisor(shares, counts, divisor) if bool(counts.any()) else 1.0


class SumIsMean(Rows):
    """The wrong branch."""

    dies_in, by = "reduction/*", "value"

    def reduced(
        self, elements: Tensor, shares: Tensor, counts: Tensor, reduction: str, divisor: str
    ) -> Tensor:
        reduction = "mean" if reduction == "sum" else reduction
        return super().reduced(elements, shares, counts, reduction, divisor)


class NoMinus(Rows):
    """The likelihood itself."""

    dies_in, by = "cells/*", "value"

    def elements(self, x: Tensor, q: Tensor, w: Tensor, weighting: str, plain: Tensor) -> Tensor:
        return -super().elements(x, q, w, weighting, plain)


class NormalisesAgain(Rows):
    """The log-probabilities go through another log-softmax."""

    dies_in, by = "cells/*", "value"

    def elements(self, x: Tensor, q: Tensor, w: Tensor, weighting: str, plain: Tensor) -> Tensor:
        return super().elements(torch.log_softmax(x, 1), q, w, weighting, plain)


class SecondVanishes(Rows):
    """The slopes do not differentiate again."""

    dies_in, by = "second/*", "second"

    def curvature(self, x: Tensor, g: Tensor, u: Tensor) -> Tensor:
        return torch.zeros_like(x)


OF_CROSS_ENTROPY = (
    SlopeLessOne, LogOfSoftmax, NoMaximum, Floor, Mutilated, ZeroTimesInfinity, SlopeOfOneHot, Normalised,
    SmoothedOverOthers, NotSmoothed, WeightOfTheIndex, WeighsRows, SecondVanishes,
)  # fmt: skip
OF_LIKELIHOOD = (ZeroWeightTimesInfinity, NoMinus, NormalisesAgain)
OF_BOTH = (
    TargetsStandStill, WeightsStandStill, LastAxis, FromTheEnd, Clamped, CountsTheIgnored,
    DividesByTheWeights, IgnoresNothing, IgnoredStillSlopes, IgnoredRowPoisons, NothingIsZero, SumIsMean,
)  # fmt: skip
LOSSES = ("cross_entropy", "nll_loss")
MUTANTS = tuple(
    (mutant, loss)
    for loss, own in (("cross_entropy", OF_CROSS_ENTROPY), ("nll_loss", OF_LIKELIHOOD))
    for mutant in (*own, *OF_BOTH)
)

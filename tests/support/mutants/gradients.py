"""Right values with wrong gradients: what a test of the loss alone never sees."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .correct import Correct, OwnPrecision, Slopes, product, sigmoid


class PosWeightForgotten(Correct):
    """s - y, the gradient that everyone knows by heart: it holds for pos_weight 1."""

    dies_in, by = "gradient/float32/*ordinary/*/both", "logits"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        return (w * ((1 - y) * sigmoid(x) - y * sigmoid(-x)), *super().slopes(x, y, w, p)[1:])


class WeightForgotten(Correct):
    """A backward written by hand for the plain loss, and a weight added to its forward later."""

    dies_in, by = "gradient/float32/*ordinary/*/both", "logits"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        return (super().slopes(x, y, torch.ones_like(w), p)[0], *super().slopes(x, y, w, p)[1:])


class ComplementOfSigmoid(OwnPrecision):
    """1 - s for the share of the positives in single precision: it is 0 where s has rounded to 1."""

    dies_in, by = "gradient/float32/+saturating/label-1/*", "logits"

    def elements(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return Correct.elements(self, x, y, w, p)

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        s = torch.sigmoid(x)
        return (w * (1 - y) * s - w * p * y * (1 - s), *super().slopes(x, y, w, p)[1:])


class NoGradientWhereClipped(Correct):
    """Logits clamped against overflow in the backward pass: the confidently wrong ones get no gradient and
    stay wrong.
    """

    dies_in, by = "gradient/float32/*saturating/*", "logits"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        slopes = super().slopes(x, y, w, p)
        return (torch.where(x.abs() > 30, 0.0, slopes[0]), *slopes[1:])


class WrongAtZero(Correct):
    """Two branches, x > 0 and x < 0, and neither of them for 0, nor for the other zero."""

    dies_in, by = "gradient/float32/zero/*", "logits"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        slopes = super().slopes(x, y, w, p)
        return (torch.where(x == 0, 0.0, slopes[0]), *slopes[1:])


class WrongAtInfinity(Correct):
    """Automatic differentiation of a loss whose infinities were replaced: the slope by the label is lost
    there.
    """

    dies_in, by = "gradient/float32/*inf/*", "targets"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        slopes = super().slopes(x, y, w, p)
        return slopes[0], torch.where(torch.isinf(x), 0.0, slopes[1]), slopes[2], slopes[3]


class ConstantLabels(Correct):
    """Labels are data: no gradient, and no word about it. Mixed and distilled labels are trained."""

    dies_in, by = "gradient/float32/*ordinary/*/both", "targets"

    def elements(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().elements(x, y.detach(), w, p)


class ConstantPosWeight(Correct):
    """pos_weight detached, as a buffer of a module is."""

    dies_in, by = "gradient/float32/*ordinary/label-soft/both", "pos_weight"

    def elements(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().elements(x, y, w, p.detach())


class LabelSlopeWithoutPosWeight(Correct):
    """-x, the derivative by the label of the plain loss."""

    dies_in, by = "gradient/float32/*ordinary/*/both", "targets"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        by_x, _, by_w, by_p = super().slopes(x, y, w, p)
        return by_x, -w * x, by_w, by_p


class PosWeightSlopeWithoutWeight(Correct):
    """The derivative by one weight without the other."""

    dies_in, by = "gradient/float32/*ordinary/label-soft/both", "pos_weight"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        by_x, by_y, by_w, _ = super().slopes(x, y, w, p)
        return by_x, by_y, by_w, super().slopes(x, y, torch.ones_like(w), p)[3]


class WeightedWeightSlope(Correct):
    """The loss itself as its derivative by the weight: it still holds that factor."""

    dies_in, by = "gradient/float32/*ordinary/label-soft/both", "weight"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        by_x, by_y, by_w, by_p = super().slopes(x, y, w, p)
        return by_x, by_y, product(w, by_w), by_p


class AveragedBroadcast(Correct):
    """The gradient of a broadcast weight averaged over what it was broadcast to, not summed."""

    dies_in, by = "broadcast/*", "weight"

    def spread(self, factor: Tensor | None, name: str, x: Tensor, shape: torch.Size) -> Tensor:
        if factor is None or not factor.numel():
            return super().spread(factor, name, x, shape)
        share = factor.numel() / shape.numel()
        spread = super().spread(factor, name, x, shape)
        return spread.detach() + (spread - spread.detach()) * share


class IncomingIgnored(Correct):
    """A backward that takes the loss for the last operation: what arrives from above is not looked at."""

    dies_in, by = "incoming/*", "logits"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        loss = super().result(loss, logits, weight)
        if loss.requires_grad:
            loss.register_hook(torch.ones_like)
        return loss


class SavedSigmoid(Correct):
    """The sigmoid of the forward pass saved for the backward pass as a number: nothing is left to
    differentiate again.
    """

    dies_in, by = "second/*ordinary/*", "second"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        return super().slopes(x.detach(), y, w, p)


class LinearisedSigmoid(Correct):
    """A second derivative of s (1 - s) in which 1 - s cancels: right to look at, and off by 100% where s
    rounds to 1.
    """

    dies_in, by = "second/*saturating/*", "second"

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        s = torch.sigmoid(x)
        return (w * ((1 - y) * s - p * y * (1 - s)), *super().slopes(x, y, w, p)[1:])


class OnceDifferentiable(Correct):
    """A custom gradient that refuses to be differentiated again: no gradient penalty, no Hessian."""

    dies_in, by = "second/*", "second"

    def elements(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        loss: Tensor = Once.apply(self, x, y, w, p)
        return loss


class Once(torch.autograd.Function):
    """As `correct.Elements`, once."""

    @staticmethod
    def forward(ctx: Any, loss: Correct, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        ctx.loss = loss
        ctx.save_for_backward(x, y, w, p)
        return loss.formula(x, y, w, p)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        return None, *(product(g, slope) for slope in ctx.loss.slopes(*ctx.saved_tensors))


MUTANTS = (
    PosWeightForgotten, WeightForgotten, ComplementOfSigmoid, NoGradientWhereClipped, WrongAtZero,
    WrongAtInfinity,
    ConstantLabels, ConstantPosWeight, LabelSlopeWithoutPosWeight, PosWeightSlopeWithoutWeight,
    WeightedWeightSlope,
    AveragedBroadcast, IncomingIgnored, SavedSigmoid, LinearisedSigmoid,
    OnceDifferentiable,
)  # fmt: skip

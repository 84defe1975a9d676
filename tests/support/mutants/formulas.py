"""Wrong values: formulas that look right, and forms that are right on paper alone."""

from __future__ import annotations

import torch
from torch import Tensor

from .correct import Automatic, Correct, OwnPrecision, softplus


class TextbookLogarithm(OwnPrecision):
    """The formula as every textbook prints it: the logarithm of a probability that has become 0."""

    dies_in, by = "value/float32/*saturating/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        s = torch.sigmoid(x)
        return -w * (p * y * torch.log(s) + (1 - y) * torch.log(1 - s))


class ClippedProbability(Automatic):
    """Probabilities kept from 0 and 1 by a margin, as in Keras: the loss stops growing at 16."""

    dies_in, by = "value/float32/*saturating/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        s = torch.sigmoid(x).clamp(1e-7, 1 - 1e-7)
        return -w * (p * y * torch.log(s) + (1 - y) * torch.log(1 - s))


class EpsilonInsideLogarithm(Automatic):
    """A small number added before the logarithm, against infinity: it is a bias for every confident and right
    logit.
    """

    dies_in, by = "value/float32/*ordinary/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        s = torch.sigmoid(x)
        return -w * (p * y * torch.log(s + 1e-8) + (1 - y) * torch.log(1 - s + 1e-8))


class OverflowingSoftplus(OwnPrecision):
    """log(1 + e^x) typed in as it is defined: infinite from 89 on in single precision, and 0 from
    -17 down.
    """

    dies_in, by = "value/float32/*saturating/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return w * ((1 - y) * torch.log(1 + torch.exp(x)) + p * y * torch.log(1 + torch.exp(-x)))


class LinearBeyondTwenty(Automatic):
    """The framework's softplus, which turns linear above 20: right in single precision, and not in double."""

    dies_in, by = "value/float64/+saturating/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        plus = torch.nn.functional.softplus
        return w * ((1 - y) * plus(x) + p * y * plus(-x))


class CancellingForm(OwnPrecision):
    """(1 - y) x + softplus(-x), the form with one logarithm: for a negative logit and label 0, two large
    terms cancel.
    """

    dies_in, by = "value/float32/-ordinary/label-0/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        tail = torch.log1p(torch.exp(-x.abs())) + torch.clamp(-x, min=0)
        return w * ((1 - y) * x + (1 + (p - 1) * y) * tail)


class MaximumForm(OwnPrecision):
    """max(x, 0) - x y + log(1 + e^-|x|), the well-known stable form, left to autograd: at 0 both kinks have
    slope 0.
    """

    dies_in, by = "gradient/float32/zero/label-0/plain", "logits"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return w * (1 + (p - 1) * y) * (torch.relu(x) - x * y + torch.log1p(torch.exp(-x.abs())))


class SigmoidTwice(Automatic):
    """A model that ends in a sigmoid, under a loss that expects logits."""

    dies_in, by = "value/float32/+ordinary/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(torch.sigmoid(x), y, w, p)


class PosWeightOnWholeLoss(Automatic):
    """pos_weight times the label as a factor of the whole element: the same for labels 0 and 1, as in Paddle
    2.0.
    """

    dies_in, by = "value/float32/*/label-soft/pos", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        one = torch.ones_like(p)
        return (1 + (p - 1) * y) * super().formula(x, y, w, one)


class PosWeightByThreshold(Automatic):
    """pos_weight for the labels above a half: a class weight taken from code for hard labels."""

    dies_in, by = "value/float32/*/label-soft/pos", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(x, y, torch.where(y > 0.5, w * p, w), torch.ones_like(p))


class PosWeightOnNegatives(Automatic):
    """pos_weight on the other term: someone took it for the share of positives, not for their weight."""

    dies_in, by = "value/float32/*/label-0/pos", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(-x, 1 - y, w, p)


class WeightSwallowed(Correct):
    """An argument that is in the signature and in no expression."""

    dies_in, by = "value/float32/*ordinary/*/weight", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(x, y, torch.ones_like(w), p)


class PosWeightSwallowed(Correct):
    """Passed on to a function that does not know it, through a dict of options."""

    dies_in, by = "value/float32/*/label-1/pos", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(x, y, w, torch.ones_like(p))


class IntegerLabels(Correct):
    """Labels cast to an integer, because they are classes: every soft label is 0."""

    dies_in, by = "value/float32/*/label-soft/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(x, y.long().to(y.dtype), w, p)


class HardLabels(Correct):
    """softplus of -x for a positive and of x for a negative, chosen by the label's sign: no other label has a
    place.
    """

    dies_in, by = "value/float32/*/label-soft/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(x, (y > 0.5).to(y.dtype), w, p)


class ClampedLabels(Correct):
    """Labels clamped to [0, 1] by way of precaution; smoothed and mixed labels leave it."""

    dies_in, by = "value/float32/*/label-outside/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return super().formula(x, y.clamp(0, 1), w, p)


class ZeroTimesInfinity(Automatic):
    """The definition without a thought for 0 times infinity: a logit masked with -inf makes the loss NaN."""

    dies_in, by = "value/float32/-inf/label-0/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return w * ((1 - y) * softplus(x) + p * y * softplus(-x))


class NothingIsNaN(Correct):
    """That NaN mended by nan_to_num, which hides the NaN of a diverged model too."""

    dies_in, by = "value/float32/nan/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return torch.nan_to_num(super().formula(x, y, w, p), nan=0.0, posinf=torch.inf)


class FlushedSubnormals(Correct):
    """A compiler's fast mathematics: what is below the smallest normal number is 0."""

    dies_in, by = "value/float32/-saturating/label-0/*", "value"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        loss = super().result(loss, logits, weight)
        return torch.where(loss.abs() < torch.finfo(loss.dtype).tiny, 0.0, loss)


MUTANTS = (
    TextbookLogarithm, ClippedProbability, EpsilonInsideLogarithm, OverflowingSoftplus, LinearBeyondTwenty,
    CancellingForm,
    MaximumForm, SigmoidTwice, PosWeightOnWholeLoss, PosWeightByThreshold, PosWeightOnNegatives,
    WeightSwallowed,
    PosWeightSwallowed, IntegerLabels, HardLabels, ClampedLabels, ZeroTimesInfinity, NothingIsNaN,
    FlushedSubnormals,
)  # fmt: skip

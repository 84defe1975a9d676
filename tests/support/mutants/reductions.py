"""Wrong sums: denominators, labels that do not count, shapes of results."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .correct import Correct


class DividedByWeights(Correct):
    """The mean as an average by weight, as in scikit-learn and in torch's own cross entropy."""

    dies_in, by = "shape/mean/*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        if reduction == "mean":
            return loss.sum() / w.sum()
        return super().reduced(loss, counts, w, reduction, normalize, dtype)


class DividedByBatch(Correct):
    """The mean over samples of the sum over classes, as papers write it."""

    dies_in, by = "reduction/*/mean/*-D", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        if reduction == "mean" and loss.dim() > 1:
            return loss.sum() / loss.shape[0]
        return super().reduced(loss, counts, w, reduction, normalize, dtype)


class SumIsMean(Correct):
    """One branch for 'none' and one for everything else."""

    dies_in, by = "reduction/*/sum/*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        return super().reduced(loss, counts, w, "mean" if reduction == "sum" else reduction, normalize, dtype)


class MeanOfNothingIsZero(Correct):
    """A denominator of at least 1, so that nothing divides by 0: an empty batch looks perfect."""

    dies_in, by = "reduction/*/mean/empty*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        if reduction == "mean" and not loss.numel():
            return loss.sum()
        return super().reduced(loss, counts, w, reduction, normalize, dtype)


class AlwaysNormalized(Correct):
    """The mean over the labels that count, asked for or not."""

    dies_in, by = "ignoring/some/all-count/mean", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        return super().reduced(loss, counts, w, reduction, normalize or reduction == "mean", dtype)


class NormalizeSwallowed(Correct):
    """The mean over all elements, those that do not count included."""

    dies_in, by = "ignoring/some/normalize/*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        return super().reduced(loss, counts, w, reduction, False, dtype)


class DivisorOfElements(Correct):
    """The divisor taken for one of every reduction, as an older operator has it."""

    dies_in, by = "ignoring/some/normalize/*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        if normalize and reduction != "mean":
            loss = loss / max(int(counts.sum()), 1)
        return super().reduced(loss, counts, w, reduction, normalize, dtype)


class NothingCountsIsZero(Correct):
    """A division by at least 1: the mean where no label counts is 0, and nobody is told."""

    dies_in, by = "ignoring/all/normalize/*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        none = reduction == "mean" and normalize and bool(loss.numel()) and not counts.any()
        return super().reduced(loss, counts, w, "sum" if none else reduction, normalize, dtype)


class MaskedAfterwards(Correct):
    """The loss times a mask: a NaN that does not count is still NaN."""

    dies_in, by = "ignoring/some/*", "value"

    def counted(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor, counts: Tensor) -> Tensor:
        return self.elements(x, y, w, p) * counts


class MaskedByWhere(Correct):
    """The loss chosen by the mask, with its inputs left as they are: the value is right, and its gradient 0
    times NaN.
    """

    dies_in, by = "ignoring/some/*", "logits"

    def counted(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor, counts: Tensor) -> Tensor:
        return torch.where(counts, self.elements(x, y, w, p), 0.0)

    def pulled(self, slope: Tensor, g: Tensor) -> Tensor:
        return slope * g


class SentinelComparedWide(Correct):
    """The ignored value compared in double precision, in which the targets' nearest number to 0.1
    is not 0.1.
    """

    dies_in, by = "sentinel/tenth/float32/*", "value"

    def counts(self, targets: Tensor, ignore_index: float | None) -> Tensor:
        if ignore_index is None or math.isnan(ignore_index):
            return super().counts(targets, ignore_index)
        self.sentinel(ignore_index, targets.dtype)
        return targets.double() != ignore_index


class NaNMatchesNothing(Correct):
    """The ignored value compared as numbers are: NaN is never ignored, annotations that are missing spoil the
    loss.
    """

    dies_in, by = "sentinel/nan/*", "value"

    def counts(self, targets: Tensor, ignore_index: float | None) -> Tensor:
        if ignore_index is None:
            return super().counts(targets, ignore_index)
        return targets != self.sentinel(ignore_index, targets.dtype)


class SentinelCast(Correct):
    """The ignored value cast to the targets' dtype, come what may: -1 is taken for the label 255."""

    dies_in, by = "error/no-sentinel/*", "error"

    def sentinel(self, ignore_index: float, dtype: torch.dtype) -> Tensor:
        return torch.tensor(ignore_index, dtype=torch.float64).to(dtype)


class IgnoredByDefault(Correct):
    """-100 ignored unasked, as in a cross entropy of classes: a regression target of -100 is dropped."""

    dies_in, by = "far-label/*", "value"

    def counts(self, targets: Tensor, ignore_index: float | None) -> Tensor:
        return targets != (-100 if ignore_index is None else ignore_index)


class NegativeLabelsIgnored(Correct):
    """Every negative label taken for one to ignore, as in operators for detection."""

    dies_in, by = "value/float32/*/label-outside/*", "value"

    def counts(self, targets: Tensor, ignore_index: float | None) -> Tensor:
        return targets >= 0


class ResultOfShapeOne(Correct):
    """A reduced result of shape [1], as frameworks without 0-D tensors had it."""

    dies_in, by = "reduction/*/sum/*", "shape"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        loss = super().result(loss, logits, weight)
        return loss.reshape(1) if not loss.dim() else loss


class SqueezedResult(Correct):
    """The elements squeezed for convenience: a batch of one loses its dimension."""

    dies_in, by = "shape/none/*", "shape"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        return super().result(loss, logits, weight).squeeze()


MUTANTS = (
    DividedByWeights, DividedByBatch, SumIsMean, MeanOfNothingIsZero, AlwaysNormalized, NormalizeSwallowed,
    DivisorOfElements, NothingCountsIsZero, MaskedAfterwards, MaskedByWhere, SentinelComparedWide,
    NaNMatchesNothing,
    SentinelCast, IgnoredByDefault, NegativeLabelsIgnored, ResultOfShapeOne, SqueezedResult,
)  # fmt: skip

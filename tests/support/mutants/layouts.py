"""Wrong places: weights laid along the wrong axis, and memory read in the wrong order."""

from __future__ import annotations

import torch
from torch import Tensor

from .correct import Correct


class PosWeightAlongChannels(Correct):
    """A vector of class weights laid along axis 1, where images have their channels; NumPy's rules say the
    last.
    """

    dies_in, by = "square/*/pos-row", "value"

    def spread(self, factor: Tensor | None, name: str, x: Tensor, shape: torch.Size) -> Tensor:
        if factor is not None and factor.dim() == 1 and len(shape) > 2 and factor.numel() == shape[1]:
            factor = factor.reshape(-1, *[1] * (len(shape) - 2))
        return super().spread(factor, name, x, shape)


class WeightBySample(Correct):
    """A vector as long as the batch taken for one weight a sample: with as many classes, that is a guess."""

    dies_in, by = "square/*/weight-row", "value"

    def spread(self, factor: Tensor | None, name: str, x: Tensor, shape: torch.Size) -> Tensor:
        if (
            name == "weight"
            and factor is not None
            and factor.dim() == 1
            and len(shape) > 1
            and factor.numel() == shape[0]
        ):
            factor = factor.reshape(-1, *[1] * (len(shape) - 1))
        return super().spread(factor, name, x, shape)


class TiledWeight(Correct):
    """A weight repeated until it is long enough: right for rows, scrambled for columns."""

    dies_in, by = "broadcast/*/weight-column", "value"

    def spread(self, factor: Tensor | None, name: str, x: Tensor, shape: torch.Size) -> Tensor:
        if factor is None or not factor.numel():
            return super().spread(factor, name, x, shape)
        flat = self.wide(factor).reshape(-1)
        return flat.repeat(shape.numel() // flat.numel()).reshape(shape)


class StorageOrder(Correct):
    """A kernel that is handed a pointer and no strides: a transposed view is read as it lies in memory."""

    dies_in, by = "view/*", "value"

    def wide(self, x: Tensor) -> Tensor:
        if x.is_contiguous():
            return super().wide(x)
        return super().wide(x.as_strided(x.shape, torch.empty(x.shape).stride()))


class StartOfStorage(Correct):
    """A pointer to the start of the storage: a view that starts later is read from its base's start."""

    dies_in, by = "view/*/offset", "value"

    def wide(self, x: Tensor) -> Tensor:
        return super().wide(x.as_strided(x.shape, x.stride(), 0))


class InputsOverwritten(Correct):
    """An operation in place, to save memory that was the caller's."""

    dies_in, by = "value/float32/*ordinary/*", "inputs"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        logits.detach().sigmoid_()
        return super().result(loss, logits, weight)


MUTANTS = (
    PosWeightAlongChannels,
    WeightBySample,
    TiledWeight,
    StorageOrder,
    StartOfStorage,
    InputsOverwritten,
)

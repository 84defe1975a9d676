"""Wrong precision: accumulators, roundings, dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .correct import Correct, OwnPrecision


class Rounding(torch.autograd.Function):
    """Rounded to a dtype; its gradient is not."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, dtype: torch.dtype) -> Tensor:
        return x.to(dtype).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        return g, None


def rounded(x: Tensor, dtype: torch.dtype) -> Tensor:
    """The tensor as it would be if it were of that dtype."""
    result: Tensor = Rounding.apply(x, dtype)
    return result


class HalfThroughout(OwnPrecision):
    """The formula in the dtype of its inputs: in half precision each operation rounds."""

    dies_in, by = "value/float16/*ordinary/*", "value"


class SingleThroughout(Correct):
    """Everything cast to single precision, because that is what networks use."""

    dies_in, by = "value/float64/*ordinary/*", "value"

    def wide(self, x: Tensor) -> Tensor:
        return x.to(torch.float32)


class RoundedBeforeWeight(Correct):
    """The loss rounded to half precision and then scaled: two roundings."""

    dies_in, by = "value/float16/*ordinary/*", "value"

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        loss = super().formula(x, y, torch.ones_like(w), p)
        return w * rounded(loss, torch.float16)


class RoundedBeforeSum(Correct):
    """The elements rounded to their dtype before they are added: a loss that calls itself with 'none' and
    sums.
    """

    dies_in, by = "magnitude/float16/sum/*", "value"

    def total(self, loss: Tensor, dtype: torch.dtype) -> Tensor:
        return rounded(loss, dtype).sum()


class RunningSum(Correct):
    """One accumulator of single precision for all elements, as a plain loop has it."""

    dies_in, by = "accumulation/float32/*", "value"

    def total(self, loss: Tensor, dtype: torch.dtype) -> Tensor:
        result: Tensor = Running.apply(loss) if dtype == torch.float32 else super().total(loss, dtype)
        return result


class Running(torch.autograd.Function):
    """A sum from left to right in float32."""

    @staticmethod
    def forward(ctx: Any, loss: Tensor) -> Tensor:
        ctx.shape = loss.shape
        running = np.add.accumulate(loss.detach().numpy().astype(np.float32).ravel())
        return loss.new_tensor(float(running[-1]) if running.size else 0.0)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g.expand(ctx.shape)


class HalfAccumulator(Correct):
    """An accumulator of half precision: infinite beyond 65504."""

    dies_in, by = "accumulation/float16/sum/*", "value"

    def total(self, loss: Tensor, dtype: torch.dtype) -> Tensor:
        result: Tensor = HalfRunning.apply(loss) if dtype == torch.float16 else super().total(loss, dtype)
        return result


class HalfRunning(Running):
    """A sum from left to right in float16."""

    @staticmethod
    def forward(ctx: Any, loss: Tensor) -> Tensor:
        ctx.shape = loss.shape
        running = np.add.accumulate(loss.detach().numpy().astype(np.float16).ravel())
        return loss.new_tensor(float(running[-1]) if running.size else 0.0)


class DividedBeforeSum(Correct):
    """Each element divided by their number in its own dtype: in half precision most of a long mean
    is lost.
    """

    dies_in, by = "magnitude/float16/mean/*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        if reduction == "mean" and loss.numel() and counts.all():
            return rounded(loss / loss.numel(), dtype).sum()
        return super().reduced(loss, counts, w, reduction, normalize, dtype)


class SumOverflows(Correct):
    """The sum rounded to half precision before it is divided: the mean of many is infinite."""

    dies_in, by = "magnitude/float16/mean/*", "value"

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        if reduction == "mean" and counts.all():
            return rounded(loss.sum(), dtype) / loss.numel()
        return super().reduced(loss, counts, w, reduction, normalize, dtype)


class WideResult(Correct):
    """The wide intermediate returned as it is: what follows is twice as large and as slow."""

    dies_in, by = "value/float32/*ordinary/*", "dtype"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        return loss


class HalfBecomesSingle(Correct):
    """A result of single precision for half inputs, as under autocast."""

    dies_in, by = "value/*float16/*", "dtype"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        return loss.to(torch.promote_types(logits.dtype, torch.float32))


class PromotedByWeight(Correct):
    """The usual promotion: one weight of double precision makes the whole loss double."""

    dies_in, by = "mixed/*", "dtype"

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        dtype = logits.dtype if weight is None else torch.promote_types(logits.dtype, weight.dtype)
        return loss.to(dtype)


MUTANTS = (
    HalfThroughout, SingleThroughout, RoundedBeforeWeight, RoundedBeforeSum, RunningSum, HalfAccumulator,
    DividedBeforeSum,
    SumOverflows, WideResult, HalfBecomesSingle, PromotedByWeight,
)  # fmt: skip

"""Wrong rules: what is accepted in silence, and what is swallowed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .correct import Correct, CorrectTorch


class UnknownReductionIsMean(Correct):
    """An else at the end of the reductions: a typing error trains with another loss."""

    dies_in, by = "error/reduction-unknown", "error"

    def check_reduction(self, reduction: str) -> None:
        """Take it as it comes."""

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        known = reduction if reduction in ("none", "sum") else "mean"
        return super().reduced(loss, counts, w, known, normalize, dtype)


class TargetsBroadcast(Correct):
    """Operators broadcast, so targets do: a column of labels against a row of logits is a matrix."""

    dies_in, by = "error/shape-*", "error"

    def __call__(self, logits: Tensor, targets: Tensor, **options: Any) -> Tensor:  # type: ignore[override]
        if isinstance(logits, Tensor) and isinstance(targets, Tensor) and logits.shape != targets.shape:
            logits, targets = torch.broadcast_tensors(logits, targets)
        return super().__call__(logits, targets, **options)


class WeightEnlarges(Correct):
    """A weight with more dimensions makes the result larger, and the mean is over another number."""

    dies_in, by = "error/weight-enlarges", "error"

    def check_weight(self, factor: Tensor, logits: Tensor) -> None:
        self.check_tensor(factor)

    def spread(self, factor: Tensor | None, name: str, x: Tensor, shape: torch.Size) -> Tensor:
        return torch.ones_like(x) if factor is None else self.wide(factor).expand_as(x + self.wide(factor))

    def counted(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor, counts: Tensor) -> Tensor:
        return super().counted(*torch.broadcast_tensors(x, y, w, p, counts))


class ListsAccepted(Correct):
    """as_tensor on every argument, to be kind: a list is copied in each step, and has no gradient."""

    dies_in, by = "error/*-list", "error"

    def __call__(self, logits: Tensor, targets: Tensor, **options: Any) -> Tensor:  # type: ignore[override]
        return super().__call__(torch.as_tensor(logits), torch.as_tensor(targets), **options)


class IntegerLogitsAccepted(Correct):
    """Integers cast to floats: whoever swapped the two arguments is not told."""

    dies_in, by = "error/logits-int", "error"

    def __call__(self, logits: Tensor, targets: Tensor, **options: Any) -> Tensor:  # type: ignore[override]
        if isinstance(logits, Tensor) and not logits.is_floating_point():
            logits = logits.to(torch.float32)
        return super().__call__(logits, targets, **options)


class OptionsSwallowed(Correct):
    """**options in the signature, for what older callers pass: a misspelt keyword has no effect
    and no error.
    """

    dies_in, by = "error/option-unknown", "error"

    def __call__(self, logits: Tensor, targets: Tensor, **options: Any) -> Tensor:  # type: ignore[override]
        known = ("weight", "pos_weight", "reduction", "ignore_index", "divisor")
        return super().__call__(logits, targets, **{name: options[name] for name in known if name in options})


class BareError(Correct):
    """assert for checks: the wrong kind of error, and none at all under -O."""

    dies_in, by = "error/shape-*", "error"

    def check_shapes(self, logits: Tensor, targets: Tensor) -> None:
        if logits.shape != targets.shape:
            raise AssertionError("shape mismatch")


class LegacySwallowed(CorrectTorch):
    """The deprecated pair kept in the signature so that old code runs, and not read."""

    dies_in, by = "legacy/average-false/*", "value"

    def legacy(self, size_average: bool | None, reduce: bool | None) -> str | None:
        super().legacy(size_average, reduce)
        return None


class SizeAverageWins(CorrectTorch):
    """size_average asked before reduce; the documented order is the other."""

    dies_in, by = "legacy/*", "value"

    def legacy(self, size_average: bool | None, reduce: bool | None) -> str | None:
        found = super().legacy(size_average, reduce)
        return "sum" if size_average is False else found


class SilentDeprecation(CorrectTorch):
    """The deprecated pair without its warning."""

    dies_in, by = "warning/*", "warning"

    def warn(self, message: str) -> None:
        """Say nothing."""


MUTANTS = (
    UnknownReductionIsMean, TargetsBroadcast, WeightEnlarges, ListsAccepted, IntegerLogitsAccepted,
    OptionsSwallowed, BareError,
    LegacySwallowed, SizeAverageWins, SilentDeprecation,
)  # fmt: skip

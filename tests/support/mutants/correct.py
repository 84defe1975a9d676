"""The control: a correct implementation in torch's own operations, in pieces that a mutant replaces one of.

It is written for the suite's tests alone, shares no code with the package, and computes in float64.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import torch
from torch import Tensor

Slopes = tuple[Tensor, Tensor, Tensor, Tensor]


class Elements(torch.autograd.Function):
    """The loss of each element, and as its derivatives those that the implementation states."""

    @staticmethod
    def forward(ctx: Any, loss: Correct, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        ctx.loss = loss
        ctx.save_for_backward(x, y, w, p)
        return loss.formula(x, y, w, p)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        return None, *(ctx.loss.pulled(slope, g) for slope in ctx.loss.slopes(*ctx.saved_tensors))


class Correct:
    """Binary cross entropy with logits as `compatlosses` documents it."""

    api = "neutral"
    """Whose document binds it."""
    wrong_weight: type[Exception] = ValueError
    wrong_dtype: type[Exception] = TypeError

    def __call__(
        self,
        logits: Tensor,
        targets: Tensor,
        *,
        weight: Tensor | None = None,
        pos_weight: Tensor | None = None,
        reduction: str = "mean",
        ignore_index: float | None = None,
        divisor: str = "counted",
    ) -> Tensor:
        self.check(logits, targets, weight, pos_weight)
        self.check_reduction(reduction)
        shape = logits.shape
        x, y = self.wide(logits), self.wide(targets)
        w = self.spread(weight, "weight", x, shape)
        p = self.spread(pos_weight, "pos_weight", x, shape)
        counts = self.counts(targets, ignore_index)
        loss = self.counted(x, y, w, p, counts)
        return self.result(
            self.reduced(loss, counts, w, reduction, divisor == "counted", logits.dtype), logits, weight
        )

    # The rules.

    def check(
        self, logits: Tensor, targets: Tensor, weight: Tensor | None, pos_weight: Tensor | None
    ) -> None:
        for tensor in (logits, targets):
            self.check_tensor(tensor)
        if not logits.is_floating_point():
            raise self.wrong_dtype("the logits are not floating")
        self.check_shapes(logits, targets)
        for factor in (weight, pos_weight):
            if factor is not None:
                self.check_weight(factor, logits)

    def check_tensor(self, tensor: object) -> None:
        if not isinstance(tensor, Tensor):
            raise TypeError("expected a tensor")

    def check_shapes(self, logits: Tensor, targets: Tensor) -> None:
        if logits.shape != targets.shape:
            raise ValueError("the shapes differ")

    def check_weight(self, factor: Tensor, logits: Tensor) -> None:
        self.check_tensor(factor)
        if not factor.is_floating_point():
            raise TypeError("the weight is not floating")
        try:
            shape = torch.broadcast_shapes(factor.shape, logits.shape)
        except RuntimeError as error:
            raise self.wrong_weight("the weight does not broadcast") from error
        if shape != logits.shape:
            raise self.wrong_weight("the weight enlarges the result")

    def check_reduction(self, reduction: str) -> None:
        if reduction not in ("none", "mean", "sum"):
            raise ValueError("unknown reduction")

    # The elements.

    def wide(self, x: Tensor) -> Tensor:
        return x.to(torch.float64)

    def spread(self, factor: Tensor | None, name: str, x: Tensor, shape: torch.Size) -> Tensor:
        return torch.ones_like(x) if factor is None else torch.broadcast_to(self.wide(factor), shape)

    def counts(self, targets: Tensor, ignore_index: float | None) -> Tensor:
        if ignore_index is None:
            return torch.ones_like(targets, dtype=torch.bool)
        ignored = self.sentinel(ignore_index, targets.dtype)
        return (targets != ignored) & ~(targets.isnan() & ignored.isnan())

    def sentinel(self, ignore_index: float, dtype: torch.dtype) -> Tensor:
        ignored = torch.tensor(ignore_index, dtype=torch.float64).to(dtype)
        unheld = (
            ignored.isinf()
            if dtype.is_floating_point
            else ignored != torch.tensor(ignore_index, dtype=torch.float64)
        )
        if not math.isinf(ignore_index) and bool(unheld):
            raise ValueError("no target can have this value")
        return ignored

    def counted(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor, counts: Tensor) -> Tensor:
        x, y, w, p = (torch.where(counts, tensor, 0.0) for tensor in (x, y, w, p))
        return torch.where(counts, self.elements(x, y, w, p), 0.0)

    def elements(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        loss: Tensor = Elements.apply(self, x, y, w, p)
        return loss

    def formula(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return product(w * (1 - y), softplus(x)) + product(w * (p * y), softplus(-x))

    def slopes(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Slopes:
        positive, negative = softplus(-x), softplus(x)
        return (
            w * (1 - y) * sigmoid(x) - w * (p * y) * sigmoid(-x),
            product(w * p, positive) - product(w, negative),
            product(1 - y, negative) + product(p * y, positive),
            product(w * y, positive),
        )

    def pulled(self, slope: Tensor, g: Tensor) -> Tensor:
        return product(g, slope)

    # The reduction.

    def reduced(
        self, loss: Tensor, counts: Tensor, w: Tensor, reduction: str, normalize: bool, dtype: torch.dtype
    ) -> Tensor:
        if reduction == "mean":
            return self.total(loss, dtype) / (int(counts.sum()) if normalize else loss.numel())
        return loss if reduction == "none" else self.total(loss, dtype)

    def total(self, loss: Tensor, dtype: torch.dtype) -> Tensor:
        return loss.sum()

    def result(self, loss: Tensor, logits: Tensor, weight: Tensor | None) -> Tensor:
        return loss.to(logits.dtype)


class CorrectTorch(Correct):
    """The same as torch documents it: its deprecated pair, its warning and its kinds of error."""

    api = "torch"
    wrong_weight = RuntimeError
    wrong_dtype = RuntimeError

    def __call__(
        self,
        logits: Tensor,
        targets: Tensor,
        *,
        size_average: bool | None = None,
        reduce: bool | None = None,
        **options: Any,
    ) -> Tensor:
        if isinstance(targets, Tensor) and not targets.is_floating_point():
            raise RuntimeError("result type Float can't be cast to Long")
        unknown = set(options) - {"weight", "pos_weight", "reduction"}
        if unknown:
            raise TypeError(f"unexpected keyword argument {unknown}")
        legacy = self.legacy(size_average, reduce)
        if legacy is not None:
            options["reduction"] = legacy
        return super().__call__(logits, targets, **options)

    def legacy(self, size_average: bool | None, reduce: bool | None) -> str | None:
        if size_average is None and reduce is None:
            return None
        found = "none" if reduce is False else "sum" if size_average is False else "mean"
        self.warn(f"size_average and reduce args will be deprecated, please use reduction='{found}' instead.")
        return found

    def warn(self, message: str) -> None:
        warnings.warn(message, UserWarning, stacklevel=4)


class OwnPrecision(Correct):
    """Not a mutant: what those that compute in their inputs' precision have in common.

    Their gradients are autograd's.
    """

    def wide(self, x: Tensor) -> Tensor:
        return x

    def elements(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return self.formula(x, y, w, p)


class Automatic(Correct):
    """Not a mutant: what those have in common whose gradients are left to autograd."""

    def elements(self, x: Tensor, y: Tensor, w: Tensor, p: Tensor) -> Tensor:
        return self.formula(x, y, w, p)


def product(coefficient: Tensor, x: Tensor) -> Tensor:
    """Their product, 0 where the coefficient is 0 and the other infinite."""
    return coefficient * torch.where((coefficient == 0) & torch.isinf(x), 0.0, x)


def softplus(x: Tensor) -> Tensor:
    """log(1 + e^x)."""
    return -torch.nn.functional.logsigmoid(-x)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^-x), with a derivative that does not cancel."""
    below = x < 0
    small = torch.exp(torch.where(below, x, -x))
    return torch.where(below, small, 1.0) / (1 + small)


__all__ = ["Automatic", "Correct", "CorrectTorch", "OwnPrecision", "product", "sigmoid", "softplus"]

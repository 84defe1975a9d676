"""The edition in TorchScript: what torch.jit.script reads in its place. The formula is that of
`compatlosses.formula`.

TorchScript knows no library that is passed, no other framework, and differentiates operations. At an infinite
logit the gradient by the target is 0 or NaN therefore.
"""

from __future__ import annotations

import warnings

import torch


def binary_cross_entropy_with_logits(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: torch.Tensor | None = None,
) -> torch.Tensor:
    """Binary cross entropy between a target and input logits, by torch's rules."""
    if size_average is not None or reduce is not None:
        reduction = "mean"
        if reduce is not None and not reduce:
            reduction = "none"
        elif size_average is not None and not size_average:
            reduction = "sum"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=2,
        )
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=2
        )
        reduction = "mean"
    if reduction != "none" and reduction != "mean" and reduction != "sum":
        raise ValueError(f"reduction is {reduction}; expected 'none', 'mean' or 'sum'")
    if target.size() != input.size():
        raise ValueError(
            f"target has shape {target.size()}; expected {input.size()}, the shape of input. Reshape it "
            f"first."
        )
    if not input.is_floating_point() or not target.is_floating_point():
        raise ValueError("input or target is not floating; cast it first, for example to float32")

    wide = input.dtype == torch.float64 or target.dtype == torch.float64
    if weight is not None:
        wide = wide or weight.dtype == torch.float64
    if pos_weight is not None:
        wide = wide or pos_weight.dtype == torch.float64
    dtype = torch.float64 if wide else torch.float32

    x, y = input.to(dtype), target.to(dtype)
    negative, positive = 1 - y, y
    if pos_weight is not None:
        positive = product(fitting(pos_weight, "pos_weight", input).to(dtype), positive)
    if weight is not None:
        factor = fitting(weight, "weight", input).to(dtype)
        negative, positive = product(factor, negative), product(factor, positive)
    losses = product(negative, softplus(x)) + product(positive, softplus(-x))
    if reduction == "none":
        return losses.to(target.dtype)
    total = torch.sum(losses, dtype=torch.float64)
    if reduction == "mean":
        total = total / losses.numel()
    return total.to(target.dtype)


def fitting(weight: torch.Tensor, name: str, input: torch.Tensor) -> torch.Tensor:
    """A weight that broadcasts to the input's shape and does not enlarge it."""
    fits = weight.dim() <= input.dim()
    for i in range(1, min(weight.dim(), input.dim()) + 1):
        fits = fits and (weight.size(-i) == 1 or weight.size(-i) == input.size(-i))
    if not fits:
        raise ValueError(
            f"{name} has shape {weight.size()}; expected one that broadcasts to {input.size()}, the shape of "
            f"input. Reshape it."
        )
    return weight


def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a b, and 0 where one factor is 0 and the other infinite."""
    undefined = ((a == 0) & torch.isinf(b)) | (torch.isinf(a) & (b == 0))
    return torch.where(undefined, 0.0, a) * torch.where(undefined, 0.0, b)


def softplus(x: torch.Tensor) -> torch.Tensor:
    """log(1 + e^x)."""
    negative = x < 0
    return torch.where(negative, 0.0, x) + torch.log1p(torch.exp(torch.where(negative, x, -x)))

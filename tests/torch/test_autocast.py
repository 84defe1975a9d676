"""torch.autocast on the CPU in bfloat16: the loss is computed as wide as outside it, and has the dtype of
torch's own.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from frameworks import forget_plans

import compatlosses as cl
import compatlosses.torch as edition

native = torch.nn.functional.binary_cross_entropy_with_logits

DTYPES = ["float16", "bfloat16", "float32", "float64"]
GENERATOR = torch.Generator().manual_seed(5)
X, Y = torch.randn(64, 6, generator=GENERATOR) * 3, torch.rand(64, 6, generator=GENERATOR)
W, P = torch.rand(64, 1, generator=GENERATOR) + 0.5, torch.rand(6, generator=GENERATOR) + 0.5


def gradients(loss: Any, *leaves: torch.Tensor) -> list[torch.Tensor]:
    """The gradients of the sum of a loss."""
    return list(torch.autograd.grad(loss.sum(), leaves))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(("logits", "targets"), itertools.product(DTYPES, DTYPES))
def test_the_result_is_torchs(logits: str, targets: str, reduction: str) -> None:
    """Of any two dtypes, beside float32 weights: torch's dtype, and torch's value within torch's
    own error.
    """
    x, y = (t.to(getattr(torch, name)).requires_grad_() for t, name in ((X, logits), (Y, targets)))
    with torch.autocast("cpu", torch.bfloat16):
        mine = edition.binary_cross_entropy_with_logits(x, y, W, reduction=reduction, pos_weight=P)
        theirs = native(x, y, W, reduction=reduction, pos_weight=P)
    assert mine.dtype == theirs.dtype
    torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5)
    for a, b, leaf in zip(gradients(mine, x, y), gradients(theirs, x, y), (x, y), strict=True):
        assert a.dtype == b.dtype == leaf.dtype
        rounding = torch.finfo(leaf.dtype).eps
        torch.testing.assert_close(a, b, rtol=max(rounding, 1e-5), atol=1e-5)


@pytest.mark.parametrize("formula", [False, True])
@pytest.mark.parametrize("backward_inside", [False, True])
def test_nothing_is_computed_in_bfloat16(
    formula: bool, backward_inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loss and gradients have the very bits of those outside: no operation of the formula, no division is
    cast.
    """
    from compatlosses.torch import library

    if formula:
        forget_plans(monkeypatch)
        monkeypatch.setattr(library, "host", None)

    def run(autocast: bool) -> list[torch.Tensor]:
        leaves = [t.clone().requires_grad_() for t in (X, Y, W, P)]
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = cl.binary_cross_entropy_with_logits(
                *leaves[:2], weight=leaves[2], pos_weight=leaves[3], ignore_index=0.25
            )
            if backward_inside:
                return [loss, *gradients(loss, *leaves)]
        return [loss, *gradients(loss, *leaves)]

    for mine, outside in zip(run(True), run(False), strict=True):
        assert mine.dtype == torch.float32
        assert torch.equal(mine, outside)


def step(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, loss: Any) -> torch.Tensor:
    """A forward pass of mixed precision: bfloat16 logits from a linear layer, whatever the targets are."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(x)
        assert logits.dtype == torch.bfloat16
        result: torch.Tensor = loss(logits, y)
    return result


def trained(step: Any, loss: Any, y: torch.Tensor) -> list[torch.Tensor]:
    """The loss of a step, and the gradients of the layer's float32 parameters."""
    torch.manual_seed(0)
    model = torch.nn.Linear(6, 6)
    value = step(model, X, y, loss)
    value.backward()
    assert model.weight.grad is not None and model.bias.grad is not None
    return [value.detach(), model.weight.grad, model.bias.grad]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("targets", ["bfloat16", "float32"])
def test_a_step_of_mixed_precision(targets: str, compiled: bool) -> None:
    """The logits are bfloat16, the loss float32, the gradients of the parameters those of torch's loss."""
    torch._dynamo.reset()
    y = Y.to(getattr(torch, targets))
    chosen = torch.compile(step, fullgraph=True) if compiled else step
    mine = trained(chosen, edition.binary_cross_entropy_with_logits, y)
    theirs = trained(step, native, y)
    assert mine[0].dtype == theirs[0].dtype == torch.float32
    torch.testing.assert_close(mine[0], theirs[0], rtol=1e-6, atol=0)
    # The gradient of the logits is rounded to bfloat16 on its way through the layer.
    torch.testing.assert_close(mine[1:], theirs[1:], rtol=2**-7, atol=2**-9)


def test_the_neutral_loss_is_computed_as_torch_computes_it() -> None:
    """In float32, whatever the logits; a dtype that is asked for comes first."""
    exactly = cl.binary_cross_entropy_with_logits(X.bfloat16().double(), Y.double())
    with torch.autocast("cpu", torch.bfloat16):
        loss = cl.binary_cross_entropy_with_logits(X.bfloat16(), Y)
        narrow = cl.binary_cross_entropy_with_logits(X.bfloat16(), Y, dtype="bfloat16")
    assert torch.equal(loss, exactly.float()) and torch.equal(narrow, exactly.bfloat16())

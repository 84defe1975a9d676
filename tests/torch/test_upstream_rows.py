"""torch's own samples of its losses of rows, given to ours: those of its OpInfo and ModuleInfo databases."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.autograd import forward_ad, gradcheck
from torch_generators import MODULES, OPERATIONS

import compatlosses.torch as edition

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def samples(name: str, dtype: torch.dtype = torch.float64) -> list[Any]:
    """torch's sample inputs of a function."""
    torch.manual_seed(0)
    operation = OPERATIONS[f"nn.functional.{name}"]
    found = list(operation.sample_inputs("cpu", dtype, requires_grad=True))
    assert found
    return found


def loss_and_gradient(function: Any, sample: Any) -> list[torch.Tensor]:
    """The loss of a sample, and its gradient by the input."""
    loss = function(sample.input, *sample.args, **sample.kwargs)
    return [loss.detach(), *torch.autograd.grad(loss.sum(), sample.input)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_values_and_gradients(name: str, dtype: torch.dtype) -> None:
    rounding = 16 * torch.finfo(dtype).eps
    for sample in samples(name, dtype):
        mine, theirs = (
            loss_and_gradient(getattr(module, name), sample) for module in (edition, torch.nn.functional)
        )
        for a, b in zip(mine, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=rounding, atol=rounding, equal_nan=True)


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_gradcheck(name: str) -> None:
    """Every eighth sample, those with a loss that is a number."""
    function = getattr(edition, name)
    for sample in samples(name)[::8]:
        losses = function(sample.input, *sample.args, **sample.kwargs)
        if not torch.isfinite(losses).all():
            continue
        assert gradcheck(lambda x: function(x, *sample.args, **sample.kwargs), (sample.input,))  # noqa: B023


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_forward_mode(name: str) -> None:
    for sample in samples(name)[:12]:
        tangents = []
        for module in (edition, torch.nn.functional):
            with forward_ad.dual_level():
                dual = forward_ad.make_dual(sample.input.detach(), torch.ones_like(sample.input).cumsum(0))
                loss = getattr(module, name)(dual, *sample.args, **sample.kwargs)
                tangents.append(forward_ad.unpack_dual(loss).tangent)
        torch.testing.assert_close(*tangents, equal_nan=True)


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss"])
def test_modules(name: str) -> None:
    information = MODULES[getattr(torch.nn, name)]
    torch.manual_seed(0)
    inputs = information.module_inputs_func(information, "cpu", torch.float64, True, training=True)
    assert inputs
    for sample in inputs:
        made, given = sample.constructor_input, sample.forward_input.args
        mine, theirs = (getattr(module, name)(*made.args, **made.kwargs) for module in (edition, torch.nn))
        torch.testing.assert_close(mine(*given), theirs(*given), equal_nan=True)
        assert mine.state_dict().keys() == theirs.state_dict().keys()

"""The executors in torch: what only torch shows of the fused one's hook, and what goes to the formula."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd import forward_ad

import compatlosses as cl

RNG = np.random.default_rng(11)
X = RNG.normal(size=(12, 33)) * 4
Y = RNG.uniform(size=(12, 33))
W = RNG.uniform(0.5, 2, size=(12, 1))
P = RNG.uniform(0.5, 2, size=(33,))


def leaf(dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.tensor(X, dtype=dtype).requires_grad_()


def test_a_gradient_is_handed_out_once() -> None:
    x, y = leaf(), torch.tensor(Y, dtype=torch.float32)
    loss = cl.binary_cross_entropy_with_logits(x, y)
    first = torch.autograd.grad(loss, x, retain_graph=True)[0]
    kept = first.clone()
    first.fill_(7)
    second = torch.autograd.grad(loss, x, retain_graph=True)[0]
    assert torch.equal(second, kept)
    second.fill_(7)
    assert torch.equal(torch.autograd.grad(loss, x)[0], kept)


@pytest.mark.parametrize("scale", [0.5, 1024.0, 1e-3])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_a_scaled_loss(scale: float, dtype: torch.dtype) -> None:
    """Half-precision gradients are scaled before they are rounded: what loss scaling is for."""
    x, y = leaf(dtype), torch.tensor(Y, dtype=dtype)
    (cl.binary_cross_entropy_with_logits(x, y).float() * scale).backward()
    wide = x.detach().double().requires_grad_()
    (cl.binary_cross_entropy_with_logits(wide, y.double()) * float(np.float32(scale))).backward()
    assert x.grad is not None and wide.grad is not None
    # The factor is applied before the one rounding.
    tolerance = {torch.float16: 2.0**-11, torch.float32: 2.0**-24}[dtype]
    smallest = {torch.float16: 2.0**-25, torch.float32: 0.0}[dtype]
    assert ((x.grad.double() - wide.grad).abs() <= wide.grad.abs() * tolerance * 1.01 + smallest).all()


def test_nothing_is_kept_without_a_gradient() -> None:
    x, y = torch.tensor(X), torch.tensor(Y)
    assert cl.binary_cross_entropy_with_logits(x, y).grad_fn is None
    with torch.no_grad():
        assert cl.binary_cross_entropy_with_logits(leaf(torch.float64), y).grad_fn is None


def test_an_input_that_was_modified_since_is_noticed() -> None:
    x, y = leaf(), torch.tensor(Y, dtype=torch.float32)
    z = x * 1
    loss = cl.binary_cross_entropy_with_logits(z, y, reduction="none")
    with torch.no_grad():
        z.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.sum().backward()


def test_what_is_not_plain_goes_to_the_formula() -> None:
    x, y = torch.tensor(X), torch.tensor(Y)

    class Tagged(torch.Tensor):
        pass

    seen: list[str] = []

    def ask(a: torch.Tensor) -> torch.Tensor:
        seen.append(cl.executor_of(cl.binary_cross_entropy_with_logits, a, a))
        return a.sum()

    assert cl.executor_of(cl.binary_cross_entropy_with_logits, x, y) == "fused"
    assert cl.executor_of(cl.binary_cross_entropy_with_logits, torch.nn.Parameter(x), y) == "fused"
    assert "Tagged" in cl.executor_of(cl.binary_cross_entropy_with_logits, x.as_subclass(Tagged), y)
    assert "device meta" in cl.executor_of(cl.binary_cross_entropy_with_logits, x.to("meta"), y.to("meta"))
    assert "memory is not its values" in cl.executor_of(
        cl.binary_cross_entropy_with_logits, torch._neg_view(x), y
    )
    with pytest.raises(TypeError, match="layout"):
        cl.executor_of(cl.binary_cross_entropy_with_logits, x.to_sparse(), y)
    torch.func.grad(ask)(x)
    torch.func.vmap(ask)(x)
    torch.jit.trace(ask, (x,), check_trace=False)
    with forward_ad.dual_level():
        ask(forward_ad.make_dual(x, y))
    with FakeTensorMode() as mode:
        ask(mode.from_tensor(x))
    assert len(seen) >= 5 and all(answer.startswith("formula: ") for answer in seen)


def test_weights_that_are_numbers() -> None:
    x, y = leaf(torch.float64), torch.tensor(Y)
    loss = cl.binary_cross_entropy_with_logits(x, y, weight=2, pos_weight=np.float64(3.0))
    gradient = torch.autograd.grad(loss, x, create_graph=True)[0]
    assert torch.autograd.grad(gradient.sum(), x)[0].shape == x.shape


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("ignore_index", [None, 0.25])
def test_the_formula_says_the_same(reduction: str, ignore_index: float | None) -> None:
    """In float64, where both are far more accurate than the comparison: the same call inside and outside a
    transformation.
    """
    y = np.round(Y * 4) / 4
    tensors = [torch.tensor(v) for v in (X, y, W, P)]

    def loss(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(
            x, y, weight=w, pos_weight=p, reduction=reduction, ignore_index=ignore_index
        ).sum()

    by_formula = torch.func.grad_and_value(loss, argnums=(0, 1, 2, 3))(*tensors)
    leaves = [t.clone().requires_grad_() for t in tensors]
    value = loss(*leaves)
    torch.testing.assert_close(value.detach(), by_formula[1], rtol=1e-13, atol=0)
    torch.testing.assert_close(torch.autograd.grad(value, leaves), by_formula[0], rtol=1e-11, atol=1e-15)


def test_a_torch_parameter_and_a_subclass_are_torch_tensors() -> None:
    class Tagged(torch.Tensor):
        pass

    x = torch.nn.Parameter(torch.tensor(X))
    y = torch.tensor(Y).as_subclass(Tagged)
    loss = cl.binary_cross_entropy_with_logits(x, y)
    assert isinstance(loss, torch.Tensor) and loss.requires_grad


def test_without_numba_the_formula_runs() -> None:
    program = """
import sys
sys.modules["numba"] = None
import numpy as np, torch, compatlosses as cl
x, y = np.array([0.5, -2.0]), np.array([1.0, 0.0])
assert "Numba cannot be imported" in cl.executor_of(cl.binary_cross_entropy_with_logits, x, y)
loss, gradients = cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, wrt=("logits", "targets"))
leaf = torch.tensor(x).requires_grad_()
other = cl.binary_cross_entropy_with_logits(leaf, torch.tensor(y))
other.backward()
np.testing.assert_allclose([float(loss), *gradients["logits"]], [other.item(), *leaf.grad], rtol=1e-14)
np.testing.assert_allclose(loss, np.log1p(np.exp([-0.5, -2.0])).mean(), rtol=1e-14)
cl.show_config()
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "formula: Numba cannot be imported" in done.stdout

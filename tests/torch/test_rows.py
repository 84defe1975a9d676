"""Cross entropy of rows under torch's compiler and transformations, and its tensors and memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import compatlosses as cl

X = torch.tensor([[0.5, -1.0, 2.0], [3.0, 3.0, -2.0], [0.0, -20.0, -30.0]], dtype=torch.float64)
Y = torch.tensor([0, 1, -100])
W = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)


def weighted(x: torch.Tensor) -> torch.Tensor:
    return cl.cross_entropy(x, Y, weight=W, ignore_index=-100, label_smoothing=0.1, divisor="weights")


def native(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(x, Y, weight=W, label_smoothing=0.1)


def slope(loss: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    def gradient(x: torch.Tensor) -> torch.Tensor:
        x = x.detach().requires_grad_()
        found: torch.Tensor = torch.autograd.grad(loss(x), x)[0]
        return found

    return gradient


def test_like_torch_where_torch_is_right() -> None:
    torch.testing.assert_close(weighted(X), native(X))
    torch.testing.assert_close(slope(weighted)(X), slope(native)(X))


@pytest.mark.parametrize("dynamic", [False, True])
def test_compile(dynamic: bool) -> None:
    compiled: Any = torch.compile(weighted, fullgraph=True, dynamic=dynamic, backend="aot_eager")
    torch.testing.assert_close(compiled(X), weighted(X))
    torch.testing.assert_close(slope(compiled)(X), slope(weighted)(X))


def test_inductor() -> None:
    compiled: Any = torch.compile(weighted, fullgraph=True)
    torch.testing.assert_close(compiled(X), weighted(X))
    torch.testing.assert_close(slope(compiled)(X), slope(weighted)(X))


def test_transformations() -> None:
    hessian = torch.func.hessian(native)(X)
    torch.testing.assert_close(torch.func.hessian(weighted)(X), hessian)
    torch.testing.assert_close(torch.func.jacrev(torch.func.grad(weighted))(X), hessian)
    t = torch.ones_like(X) * 0.3 + X
    expected = torch.func.jvp(native, (X,), (t,))
    torch.testing.assert_close(torch.func.jvp(weighted, (X,), (t,)), expected)
    many = torch.stack([X, X + 1.0 + X**2])
    losses = torch.func.vmap(weighted)(many)
    torch.testing.assert_close(losses, torch.stack([native(x) for x in many]))
    torch.testing.assert_close(
        torch.func.vmap(torch.func.grad(weighted))(many), torch.stack([slope(native)(x) for x in many])
    )


def test_second_backward_through_the_compiled_loops() -> None:
    assert cl.executor_of(cl.cross_entropy, X, Y, ignore_index=-100) == "fused"
    assert torch.autograd.gradcheck(weighted, (X.clone().requires_grad_(),))
    assert torch.autograd.gradgradcheck(weighted, (X.clone().requires_grad_(),))


def test_no_gradient_by_indices_and_others_by_request() -> None:
    x, w = X.clone().requires_grad_(), W.clone().requires_grad_()
    loss = cl.cross_entropy(x, Y, weight=w, ignore_index=-100, divisor="weights")
    loss.backward()
    assert x.grad is not None and w.grad is not None
    e = torch.tensor(1e-6)
    for c in range(3):
        up, down = W.clone(), W.clone()
        up[c] += e
        down[c] -= e
        difference = cl.cross_entropy(
            X, Y, weight=up, ignore_index=-100, divisor="weights"
        ) - cl.cross_entropy(X, Y, weight=down, ignore_index=-100, divisor="weights")
        torch.testing.assert_close(w.grad[c], difference / (2 * e), atol=1e-7, rtol=1e-6, check_dtype=False)


def test_a_modified_input_is_noticed() -> None:
    x = X.clone().requires_grad_()
    z = x * 1.0
    loss = cl.cross_entropy(z, Y, ignore_index=-100, reduction="none").sum()
    z.mul_(2.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_backward_twice_is_the_same_bits() -> None:
    x = torch.randn(40, 1000, requires_grad=True)
    y = torch.randint(0, 1000, (40,))
    loss = cl.cross_entropy(x, y)
    first = torch.autograd.grad(loss, x, retain_graph=True)[0].clone()
    assert torch.equal(torch.autograd.grad(loss, x, retain_graph=True)[0], first)
    assert torch.equal(torch.autograd.grad(loss, x, torch.tensor(2.0))[0], 2.0 * first)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_rounded_once(dtype: torch.dtype) -> None:
    x = (torch.randn(8, 300, generator=torch.Generator().manual_seed(1)) * 5).to(dtype)
    y = torch.randint(0, 300, (8,), generator=torch.Generator().manual_seed(2))
    wide = cl.cross_entropy(x.double(), y, reduction="none")
    assert torch.equal(cl.cross_entropy(x, y, reduction="none"), wide.to(dtype))
    assert torch.equal(
        slope(lambda x: cl.cross_entropy(x, y))(x),
        slope(lambda x: cl.cross_entropy(x, y))(x.double()).to(dtype),
    )


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_indices_of_every_dtype(dtype: str) -> None:
    y = torch.tensor([0, 2, 1]).to(getattr(torch, dtype))
    expected = cl.cross_entropy(X, torch.tensor([0, 2, 1]))
    assert torch.equal(cl.cross_entropy(X, y), expected)
    largest = torch.iinfo(getattr(torch, dtype)).max
    y = torch.tensor([0, -1 if dtype == "uint64" else largest, 0])
    y = y.view(torch.uint64) if dtype == "uint64" else y.to(getattr(torch, dtype))
    assert torch.equal(
        cl.cross_entropy(X, y, ignore_index=largest), cl.cross_entropy(X[[0, 2]], torch.tensor([0, 0]))
    )

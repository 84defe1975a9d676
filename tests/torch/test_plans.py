"""Calls that come again, where torch does something else with operations than to execute them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import compatlosses.torch as edition

X = torch.tensor([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]])
Y = torch.tensor([[0.0, 1.0, 0.25], [1.0, 0.0, 0.5]])

losses = pytest.mark.parametrize(
    "loss",
    [edition.mse_loss, edition.l1_loss, edition.smooth_l1_loss, edition.huber_loss],
    ids=lambda loss: loss.__name__,
)


@losses
def test_no_grad_and_requires_grad(loss: Callable[..., Any]) -> None:
    x = X.clone().requires_grad_()
    for _ in range(2):
        assert loss(x, Y).requires_grad and not loss(X, Y).requires_grad
        with torch.no_grad():
            assert not loss(x, Y).requires_grad
        assert not loss(x.detach(), Y).requires_grad


@losses
def test_autocast(loss: Callable[..., Any]) -> None:
    """Automatic casting leaves a plan alone: what is kept outside it is not used inside, nor the reverse."""
    x, y = X.bfloat16(), Y.bfloat16()
    outside = loss(x, y)
    for _ in range(2):
        with torch.autocast("cpu"):
            inside = loss(x, y)
        assert inside.dtype == loss(x, y).dtype == outside.dtype and torch.equal(loss(x, y), outside)


@losses
def test_transformations_and_compile(loss: Callable[..., Any]) -> None:
    x = X.clone().requires_grad_()
    for _ in range(2):
        loss(x, Y).backward()
    slopes = x.grad / 2
    torch.testing.assert_close(torch.func.grad(loss)(X, Y), slopes)
    torch.testing.assert_close(torch.func.vmap(loss)(X, Y).mean(), loss(X, Y))
    tangent = torch.func.jvp(lambda a: loss(a, Y), (X,), (torch.ones_like(X),))[1]
    torch.testing.assert_close(tangent, slopes.sum())
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(X, Y), loss(X, Y))


@losses
def test_a_mode_that_watches_functions_sees_a_call_that_comes_again(loss: Callable[..., Any]) -> None:
    seen: list[Any] = []

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(function)
            return function(*args, **(kwargs or {}))

    for _ in range(2):
        loss(X, Y)
    with Watch():
        loss(X, Y)
    assert seen[0] is loss


# --- from addresses -----------------------------------------------------------------------------------------


def indexed(x: Any, y: Any) -> Any:
    """The cross entropy of rows of three, by the index of the largest target."""
    return edition.cross_entropy(x, y.argmax(-1))


computed = pytest.mark.parametrize("loss", [edition.mse_loss, edition.soft_margin_loss, indexed])


def odd(x: torch.Tensor) -> torch.Tensor:
    """The same at an odd address."""
    room = torch.frombuffer(bytearray(4 * x.numel() + 1), dtype=torch.float32, offset=1).view(x.shape)
    assert room.data_ptr() % 2
    return room.copy_(x)


def step(loss: Callable[..., Any], x: torch.Tensor, factor: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss, and the gradient of it times a factor."""
    x = x.requires_grad_()
    value = loss(x, Y)
    return value.detach(), torch.autograd.grad(factor * value, x)[0]


@computed
def test_any_memory_gives_the_bits_of_the_first_call(loss: Callable[..., Any]) -> None:
    first = {factor: step(loss, X.clone(), factor) for factor in (1.0, 3.0)}
    for factor, (value, slope) in first.items():
        for x in (X.clone(), odd(X), X.T.contiguous().T, torch.stack([X, X])[1]):
            for _ in range(2):
                again = step(loss, x.detach(), factor)
                assert torch.equal(again[0], value) and torch.equal(again[1], slope)
                assert again[1].shape == X.shape and again[0].dtype == X.dtype


@computed
def test_freed_memory_is_refused_in_a_call_that_comes_again(loss: Callable[..., Any]) -> None:
    x = X.clone()
    for _ in range(2):
        loss(x, Y)
    x.untyped_storage().resize_(0)
    with pytest.raises(RuntimeError, match="the storage has been freed"):
        loss(x, Y)


def test_an_index_that_is_no_class_is_refused_in_a_call_that_comes_again() -> None:
    y = torch.tensor([0, 2])
    for _ in range(2):
        edition.cross_entropy(X, y)
    y[1] = 3
    with pytest.raises(IndexError, match="targets holds 3 at"):
        edition.cross_entropy(X, y)


@computed
def test_second_derivatives_in_a_call_that_comes_again(loss: Callable[..., Any]) -> None:
    found = []
    for _ in range(2):
        x = X.double().requires_grad_()
        (slope,) = torch.autograd.grad(loss(x, Y.double()), x, create_graph=True)
        found.append(torch.autograd.grad(slope.sum(), x)[0])
    assert torch.equal(*found)

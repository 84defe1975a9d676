"""Calls that come again, where Paddle casts, does not record or builds a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import paddle
import pytest
from entered import entered

import compatlosses.paddle as edition
from compatlosses.paddle import v2_0
from compatlosses.paddle.fluid import layers

X = np.array([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]], np.float32)
Y = np.array([[0.0, 1.0, 0.25], [1.0, 0.0, 0.5]], np.float32)

losses = pytest.mark.parametrize(
    "loss",
    [
        edition.mse_loss,
        edition.l1_loss,
        edition.smooth_l1_loss,
        edition.binary_cross_entropy_with_logits,
        v2_0.mse_loss,
        v2_0.binary_cross_entropy_with_logits,
        layers.sigmoid_cross_entropy_with_logits,
    ],
    ids=lambda loss: f"{loss.__module__}.{loss.__name__}",
)


@losses
def test_no_grad_and_stop_gradient(loss: Callable[..., Any]) -> None:
    x, y = paddle.to_tensor(X, stop_gradient=False), paddle.to_tensor(Y)
    for _ in range(2):
        assert not loss(x, y).stop_gradient and loss(x.detach(), y).stop_gradient
        with paddle.no_grad():
            assert loss(x, y).stop_gradient


@losses
def test_auto_cast(loss: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside of automatic casting each call is checked. Eager calls on the CPU know none, hence the patch."""
    x, y = paddle.to_tensor(X), paddle.to_tensor(Y)
    for _ in range(2):
        loss(x, y)
    assert "compatlosses.evaluate.evaluate" not in entered(loss, x, y)
    monkeypatch.setattr("compatlosses.paddle.host.autocast_is_on", lambda: True)
    assert "compatlosses.evaluate.evaluate" in entered(loss, x, y)


@losses
def test_to_static(loss: Callable[..., Any]) -> None:
    x, y = paddle.to_tensor(X), paddle.to_tensor(Y)
    for _ in range(2):
        eager = loss(x, y)

    @paddle.jit.to_static(full_graph=True)
    def static(a: Any, b: Any) -> Any:
        return loss(a, b)

    np.testing.assert_allclose(static(x, y).numpy(), eager.numpy(), rtol=1e-6)

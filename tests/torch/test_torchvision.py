"""torchvision's focal loss beside its document's formula: torchvision itself is not installed here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from compatlosses.torchvision.ops import sigmoid_focal_loss

X = torch.tensor([[0.5, -2.0, 3.0], [1.0, 0.0, -4.0]])
Y = torch.tensor([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])


def formula(x: torch.Tensor, y: torch.Tensor, alpha: float = 0.25, gamma: float = 2.0) -> torch.Tensor:
    """The document's formula, as operations of torch."""
    p = torch.sigmoid(x)
    wrong = 1 - (p * y + (1 - p) * (1 - y))
    loss = F.binary_cross_entropy_with_logits(x, y, reduction="none") * wrong**gamma
    return (alpha * y + (1 - alpha) * (1 - y)) * loss if alpha >= 0 else loss


@pytest.mark.parametrize("options", [{}, {"alpha": -1}, {"alpha": 1.0, "gamma": 0.5}, {"gamma": 0}], ids=str)
def test_values_and_gradients(options: dict[str, Any]) -> None:
    torch.testing.assert_close(sigmoid_focal_loss(X, Y, **options), formula(X, Y, **options))
    found = []
    for function in (formula, sigmoid_focal_loss):
        x, y = X.clone().requires_grad_(), Y.clone().requires_grad_()
        function(x, y, **options).sum().backward()
        found.append((x.grad, y.grad))
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-5)


def test_the_default_reduction_is_none() -> None:
    assert sigmoid_focal_loss(X, Y).shape == X.shape
    torch.testing.assert_close(sigmoid_focal_loss(X, Y, reduction="mean"), formula(X, Y).mean())
    torch.testing.assert_close(sigmoid_focal_loss(X, Y, reduction="sum"), formula(X, Y).sum())


def test_small_losses_keep_their_digits() -> None:
    x, y = torch.tensor([10.0, 25.0]), torch.ones(2)
    s = np.log1p(np.exp(-x.double().numpy()))  # softplus(-x), and (1 - p_t) is e^(-x - s)
    exact = 0.25 * np.exp(-2 * (x.double().numpy() + s)) * s
    np.testing.assert_allclose(sigmoid_focal_loss(x, y).numpy(), exact, rtol=1e-6)
    assert formula(x, y)[1] == 0.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"alpha": -0.5}, "alpha is -0.5"),
        ({"gamma": -1}, "gamma is -1"),
        ({"reduction": "avg"}, "reduction is 'avg'"),
    ],
)
def test_refusals(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sigmoid_focal_loss(X, Y, **options)
    with pytest.raises(ValueError, match="targets has shape"):
        sigmoid_focal_loss(X, Y[:1])


def test_arrays_of_another_framework() -> None:
    found = sigmoid_focal_loss(X.numpy(), Y.numpy(), reduction="sum")
    assert float(found) == pytest.approx(float(formula(X, Y).sum()), rel=1e-6)

"""Each loss as a textbook has it, a sum of terms of jets; see `jets`.

Nothing here is shared with the definitions.
"""

from __future__ import annotations

from collections.abc import Callable

from .jets import Jet, absolute, choose, exp, log1p

Terms = tuple[Jet, ...]
Textbook = Callable[..., Terms]


def _softplus(x: Jet) -> Jet:
    """log(1 + e^x)"""
    return log1p(exp(x))


def binary_cross_entropy_with_logits(x: Jet, y: Jet, w: Jet, p: Jet) -> Terms:
    """-w [p y log s(x) + (1 - y) log(1 - s(x))], with s(x) = 1 / (1 + e^-x)."""
    return w * (1 - y) * _softplus(x), w * p * y * _softplus(-x)


def binary_cross_entropy_of_whole_weights(x: Jet, y: Jet, w: Jet, p: Jet) -> Terms:
    """The same without p, times (p - 1) y + 1: the loss that Paddle 2.0 documents."""
    scale = (p - 1) * y + 1
    return w * (1 - y) * scale * _softplus(x), w * y * scale * _softplus(-x)


def mse_loss(x: Jet, y: Jet, w: Jet) -> Terms:
    """w (x - y)^2"""
    return (w * (x - y) * (x - y),)


def l1_loss(x: Jet, y: Jet, w: Jet) -> Terms:
    """w |x - y|"""
    return (w * absolute(x - y),)


def huber_loss(x: Jet, y: Jet, w: Jet, delta: float = 1.0) -> Terms:
    """w r^2 / 2 for |r| <= delta, w delta (|r| - delta / 2) beyond, r = x - y"""
    r = x - y
    inside = not abs(r.value) > delta
    return (w * choose(inside, lambda: r * r / 2, lambda: delta * (absolute(r) - delta / 2)),)


def smooth_l1_loss(x: Jet, y: Jet, w: Jet, beta: float = 1.0) -> Terms:
    """w r^2 / (2 beta) for |r| < beta, w (|r| - beta / 2) beyond, r = x - y"""
    r = x - y
    return (
        w * choose(bool(abs(r.value) < beta), lambda: r * r / (2 * beta), lambda: absolute(r) - beta / 2),
    )

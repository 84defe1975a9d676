"""Each loss as a textbook has it, a sum of terms of jets; see `jets`.

Nothing here is shared with the definitions.
"""

from __future__ import annotations

from collections.abc import Callable

from .jets import ENDLESS, FAR, Jet, absolute, choose, exp, log, log1p, mp

Terms = tuple[Jet, ...]
Textbook = Callable[..., Terms]
KERAS_EPSILON = 1e-7


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


def _log(a: Jet) -> Jet:
    """The natural logarithm; NaN below 0, endless at 0, and of what is endless, though less than that."""
    if a.value < 0:
        return a.through(mp.nan, mp.nan, mp.nan)
    if a.value == 0:
        return a.through(-FAR, FAR, -FAR)
    return a.through(ENDLESS * mp.sqrt(ENDLESS), 0 * FAR, 0 * FAR) if a.value > ENDLESS else log(a)


def kl_div(x: Jet, y: Jet, w: Jet, log_targets: bool = False) -> Terms:
    """w y (log y - x), or of the logarithm y of a probability w e^y (y - x); 0 of a probability of 0"""
    if log_targets:
        gone = bool(y.value <= -FAR)
        return choose(gone, lambda: 0 * y, lambda: w * exp(y) * y), choose(
            gone, lambda: 0 * y, lambda: -w * exp(y) * x
        )
    return w * y * _log(y), -w * y * x


def binary_cross_entropy(
    p: Jet,
    y: Jet,
    w: Jet,
    floor: float | None = None,
    clip: float = 0.0,
    epsilon: float = 0.0,
    label_smoothing: float = 0.0,
) -> Terms:
    """-w [y log p + (1 - y) log(1 - p)], with the clamps of the APIs"""

    def held(a: Jet, least: float) -> Jet:
        return choose(bool(a.value <= least), lambda: 0 * y + least, lambda: a)

    y = y * (1 - mp.mpf(label_smoothing)) + mp.mpf(label_smoothing) / 2
    q = 1 - p
    if clip > 0:
        p, q = _clipped(p, q, clip, clip), _clipped(q, p, clip, clip)
    logarithms = [_log(one + epsilon) for one in (p, q)]
    if floor is not None:
        logarithms = [held(one, floor) for one in logarithms]
    return -w * y * logarithms[0], -w * (1 - y) * logarithms[1]


def _clipped(one: Jet, other: Jet, least: float, rest: float) -> Jet:
    """A probability, which with the other one comes to 1, within [least, 1 - rest]."""
    if one.value <= least:
        return 0 * one + least
    return 0 * one + (1 - mp.mpf(rest)) if other.value <= rest else one


def sigmoid_focal_loss(
    x: Jet, y: Jet, n: Jet, w: Jet, alpha: float | None = None, gamma: float = 2.0
) -> Terms:
    """w [alpha y + (1 - alpha) (1 - y)] (1 - p_t)^gamma times binary cross entropy, over n;
    p_t = p y + (1 - p) (1 - y), p = s(x)
    """
    p = exp(-_softplus(-x))
    wrong = 1 - p * y - (1 - p) * (1 - y)
    scale = w / n
    if alpha is not None:
        scale = scale * (alpha * y + (1 - mp.mpf(alpha)) * (1 - y))
    if gamma > 0:
        scale = scale * choose(bool(wrong.value == 0), lambda: 0 * wrong, lambda: exp(gamma * _log(wrong)))
    return scale * (1 - y) * _softplus(x), scale * y * _softplus(-x)


def soft_margin_loss(x: Jet, y: Jet, w: Jet) -> Terms:
    """w log(1 + e^(-y x))"""
    return (w * log1p(exp(-y * x)),)


def multilabel_soft_margin_loss(x: Jet, y: Jet, w: Jet) -> Terms:
    """-w [y log s(x) + (1 - y) log(1 - s(x))]: the share of one class"""
    return w * (1 - y) * _softplus(x), w * y * _softplus(-x)


def kl_divergence_of_probabilities(p: Jet, y: Jet, w: Jet, log_targets: bool = False) -> Terms:
    """w y log(y / p), both within [1e-7, 1]: the loss that Keras documents"""
    held = [_clipped(one, 1 - one, KERAS_EPSILON, 0.0) for one in (p, y)]
    return w * held[1] * log(held[1]), -w * held[1] * log(held[0])


def poisson_nll_loss(
    x: Jet, y: Jet, w: Jet, log_input: bool = True, full: bool = False, epsilon: float = 1e-8
) -> Terms:
    """w [e^x - y x], or of a rate x w [x - y log(x + epsilon)]; full adds y log y - y + log(2 pi y) / 2 where
    y > 1
    """
    terms: Terms = (w * exp(x), -w * y * x) if log_input else (w * x, -w * y * _log(x + epsilon))
    if full and y.value > 1:
        terms = (*terms, w * y * log(y), -w * y, w * log(2 * mp.pi * y) / 2)
    return terms


def gaussian_nll_loss(
    x: Jet,
    y: Jet,
    v: Jet,
    w: Jet,
    full: bool = False,
    epsilon: float = 1e-6,
    clamp_gradient: str = "through",
) -> Terms:
    """w / 2 [log v + (x - y)^2 / v], full adds log(2 pi) w / 2; v is epsilon at least"""
    if not v.value > epsilon:
        v = (v - v.value if clamp_gradient == "through" else 0 * v) + epsilon
    terms = w * log(v) / 2, w * (x - y) * (x - y) / v / 2
    return (*terms, w * mp.log(2 * mp.pi) / 2) if full else terms

"""What is computed in the benchmark, and its right answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
SEED = 20240229


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of asking: the loss alone or with its gradient by the logits, without or with pos_weight."""

    backward: bool
    pos_weight: bool

    def __str__(self) -> str:
        return ("forward+backward" if self.backward else "forward") + (
            ", pos_weight" if self.pos_weight else ""
        )


VARIANTS = tuple(Variant(backward, pos_weight) for backward in (False, True) for pos_weight in (False, True))


@dataclass(frozen=True, slots=True)
class Problem:
    """Logits, labels 0 and 1, and a positive weight for each class, float32. The loss is their mean."""

    logits: F32
    targets: F32
    pos_weight: F32

    @property
    def size(self) -> int:
        """The number of logits."""
        return self.logits.size


def problem(size: int) -> Problem:
    """A multi-label batch of ``size`` logits, as near to a square as its divisors allow, a third of the
    labels 1.
    """
    classes = next(n for n in range(math.isqrt(size), 0, -1) if size % n == 0)
    random = np.random.default_rng(SEED)
    shape = (size // classes, classes)
    logits = 3 * random.standard_normal(shape, np.float32)
    targets = (random.random(shape, np.float32) < 1 / 3).astype(np.float32)
    return Problem(logits, targets, (1 + random.random(classes, np.float32)).astype(np.float32))


def plain(
    x: NDArray[Any], y: NDArray[Any], p: NDArray[Any] | None, backward: bool
) -> tuple[Any, NDArray[Any] | None]:
    """Loss and gradient as a careful person writes them in NumPy, simpler where there is no pos_weight."""
    small = np.exp(-np.abs(x))
    if p is None:
        loss = np.maximum(x, 0) - x * y + np.log1p(small)
    else:
        loss = (1 - y) * x + (1 + (p - 1) * y) * (np.log1p(small) + np.maximum(-x, 0))
    if not backward:
        return loss.mean(), None
    sigmoid = np.where(x >= 0, 1, small) / (1 + small)
    gradient = sigmoid - y if p is None else (1 + (p - 1) * y) * sigmoid - p * y
    return loss.mean(), gradient / x.size


class WrongAnswer(Exception):
    """An implementation's answer is not the problem's: it is not timed."""


def check(given: Problem, variant: Variant, loss: NDArray[Any], gradient: NDArray[Any] | None) -> float:
    """How far the loss is off, relative to it. Who is off by a hundredth computes something else, and is not
    timed.

    It is not stricter because some frameworks add up 10^7 losses in float32, which costs them the fourth
    digit. ``loss`` may be the losses of the elements, ``gradient`` not yet divided by their number: not every
    API reduces.
    """
    wide = [array.astype(np.float64) for array in (given.logits, given.targets, given.pos_weight)]
    right, slope = plain(wide[0], wide[1], wide[2] if variant.pos_weight else None, variant.backward)
    mean = loss.mean(dtype=np.float64)
    off = float(abs(mean - right) / abs(right))
    if not off <= 1e-2:
        raise WrongAnswer(f"the loss is {mean:.6g} and ought to be {right:.6g}")
    if slope is not None:
        if gradient is None or gradient.shape != slope.shape:
            raise WrongAnswer("there is no gradient of the logits' shape")
        scaled = gradient / given.size if loss.ndim else gradient
        if not np.abs(scaled - slope).max() <= 1e-4 * np.abs(slope).max():
            raise WrongAnswer("the gradient is not that of the loss")
    return off

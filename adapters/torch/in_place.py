"""Words of the vocabulary for eager calls that nothing differentiates: in memory of their own, which they
write over.

That is a forward pass inside an autograd function, and a backward pass that is not differentiated again. A
kernel reads and writes each array anew, so that what counts is how many arrays are passed over.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch

from compatlosses.protocols import RowVocabulary

from .state import is_recording, why_not_plain

Tensor = torch.Tensor


def allowed(*tensors: Tensor) -> bool:
    """Whether operations on these are executed one by one, and nothing looks at them again."""
    if why_not_plain() is not None or torch.is_grad_enabled() or is_recording():
        return False
    return all(type(x) is Tensor and not torch._is_functional_tensor(x) for x in tensors)


def in_place(words: RowVocabulary) -> RowVocabulary:
    """The vocabulary with these words in the place of its own wherever they are `allowed`."""

    def pair(mine: Callable[..., Tensor], other: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def word(x: Tensor, a: Tensor, b: Tensor, whole: bool) -> Tensor:
            return mine(x, b) if whole and allowed(x, b) else other(x, a, b, whole)

        return word

    return replace(
        words,
        softplus_pair=pair(softplus_pair, words.softplus_pair),
        sigmoid_pair=pair(sigmoid_pair, words.sigmoid_pair),
    )


def softplus_pair(x: Tensor, b: Tensor) -> Tensor:
    """(1 - b) softplus(x) + b softplus(-x) = log1p(e^-|x|) + c x."""
    size, c = x.abs(), coefficient(x, b)
    # A choice that falls on one side: where it is random, the processor foresees none, and takes ten times as
    # long.
    far = torch.where((size == math.inf).logical_and_(c == 0), 0.0, x)
    return size.neg_().exp_().log1p_().addcmul_(c, far)


def sigmoid_pair(x: Tensor, b: Tensor) -> Tensor:
    """(1 - b) sigmoid(x) - b sigmoid(-x) = c - sign(x) e^-|x| / (1 + e^-|x|)."""
    e = x.abs().neg_().exp_()
    small = e.div_(e + 1)
    # By the sign bit, as the coefficient: at -0 they go together.
    return coefficient(x, b).sub_(small.copysign_(x))


def coefficient(x: Tensor, b: Tensor) -> Tensor:
    """c: -b left of 0, else 1 - b."""
    return torch.signbit(x).logical_not_().to(x.dtype).sub_(b)

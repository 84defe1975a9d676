"""Paddle 1.8's API: ``import compatlosses.paddle.fluid as fluid`` for ``fluid.layers.sigmoid_cross_entropy_with_logits``."""

from . import layers

__all__ = ["layers"]

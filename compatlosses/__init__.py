"""Binary cross entropy with logits, once, for every framework.

    import compatlosses as cl
    cl.binary_cross_entropy_with_logits(logits, targets)          # NumPy, torch, Paddle, MindSpore tensors
    loss, gradients = cl.value_and_gradients(logits, targets)     # for whoever has no autograd

The APIs that people know live beside it: ``compatlosses.torch``, ``compatlosses.paddle``, ``compatlosses.mindspore``.
Importing this package imports no framework.
"""

from .libraries import register
from .losses import binary_cross_entropy_with_logits, value_and_gradients

__all__ = ["__version__", "binary_cross_entropy_with_logits", "register", "value_and_gradients"]

__version__ = "0.1.0"

"""Binary cross entropy with logits, once, for every framework.

    import compatlosses as cl
    cl.binary_cross_entropy_with_logits(logits, targets)          # NumPy, torch, Paddle, MindSpore tensors
    loss, gradients = cl.value_and_gradients(logits, targets)     # for whoever has no autograd

The APIs that people know live beside it: ``compatlosses.torch``, ``compatlosses.paddle``,
``compatlosses.mindspore``. Importing this package imports no framework.
"""

from . import definitions
from .config import show_config
from .definitions.huber import huber_loss
from .definitions.l1 import l1_loss
from .definitions.mse import mse_loss
from .definitions.smooth_l1 import smooth_l1_loss
from .libraries import register
from .losses import binary_cross_entropy_with_logits, executor_of, value_and_gradients
from .threads import get_num_threads, set_num_threads

__all__ = [
    "__version__",
    "binary_cross_entropy_with_logits",
    "definitions",
    "executor_of",
    "get_num_threads",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "register",
    "set_num_threads",
    "show_config",
    "smooth_l1_loss",
    "value_and_gradients",
]

__version__ = "0.1.0"

"""The losses of deep learning, once, for every framework.

    import compatlosses as cl
    cl.mse_loss(predictions, targets)                                  # NumPy, torch, Paddle, ... tensors
    loss, gradients = cl.value_and_gradients(cl.mse_loss, predictions, targets)          # without an autograd

The APIs that people know live beside it: ``compatlosses.torch``, ``compatlosses.paddle``,
``compatlosses.mindspore``. Importing this package imports no framework.
"""

from . import definitions
from .calls import executor_of, value_and_gradients
from .config import show_config
from .definitions.binary_cross_entropy import binary_cross_entropy
from .definitions.binary_cross_entropy_with_logits import binary_cross_entropy_with_logits
from .definitions.cross_entropy import cross_entropy
from .definitions.gaussian_nll import gaussian_nll_loss
from .definitions.huber import huber_loss
from .definitions.kl_div import kl_div
from .definitions.l1 import l1_loss
from .definitions.mse import mse_loss
from .definitions.multilabel_soft_margin import multilabel_soft_margin_loss
from .definitions.nll import nll_loss
from .definitions.poisson_nll import poisson_nll_loss
from .definitions.sigmoid_focal import sigmoid_focal_loss
from .definitions.smooth_l1 import smooth_l1_loss
from .definitions.soft_margin import soft_margin_loss
from .libraries import register
from .threads import get_num_threads, set_num_threads

__all__ = [
    "__version__",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "definitions",
    "executor_of",
    "gaussian_nll_loss",
    "get_num_threads",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "register",
    "set_num_threads",
    "show_config",
    "sigmoid_focal_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "value_and_gradients",
]

__version__ = "0.2.0.dev0"

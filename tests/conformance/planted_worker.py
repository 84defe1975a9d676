"""A worker whose torch has a fault that a test plants: run as a process, as the suite's own worker is.

Its first argument names the fault, the others are those of the worker.
"""

import sys

import torch

from compatlosses.conformance.worker import channel
from compatlosses.conformance.worker.session import session_of


def turned(function):
    """A function whose gradients have the other sign; its values are right."""

    def faulty(*arguments, **options):
        loss = function(*arguments, **options)
        return 2 * loss.detach() - loss

    return faulty


def inexact(function):
    """A function whose losses of predictions above 3 are off by a part in ten thousand."""

    def faulty(predictions, *arguments, **options):
        loss = function(predictions, *arguments, **options)
        return loss * torch.where((predictions > 3).any(), 1 + 1e-4, 1.0).to(loss.dtype)

    return faulty


FAULTS = {"turned": turned, "inexact": inexact}

if __name__ == "__main__":
    fault, framework, kind, mode = sys.argv[1:5]
    functions = torch.nn.functional
    for name in ("mse_loss", "binary_cross_entropy_with_logits"):
        setattr(functions, name, FAULTS[fault](getattr(functions, name)))
    channel.serve(lambda rows: session_of(framework, mode, rows))

"""optax' edition: ``optax.log_cosh``, on the tensors of any framework."""

from __future__ import annotations

from compatlosses import pairs, rules
from compatlosses.evaluate import evaluate
from compatlosses.libraries import common_library
from compatlosses.protocols import Tensor
from compatlosses.reductions import named

from .log_cosh import LOSS

__all__ = ["log_cosh"]

_NAMES = ("predictions", "targets")


def log_cosh(predictions: Tensor, targets: Tensor | None = None) -> Tensor:
    """The log-cosh loss of each element, ``log(cosh(predictions - targets))``, by optax' rules.

    Args:
        predictions: floating tensor of any shape.
        targets: tensor that broadcasts against them; floating, integer or bool. None for zeros.

    Returns:
        A tensor of the common shape and of the wider dtype of the two.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, predictions that are not
            floating.
        ValueError: shapes that do not broadcast against each other.

    Source: optax 0.2.8 documentation of ``optax.log_cosh``.
    """
    library = common_library((predictions, predictions if targets is None else targets), _NAMES)
    rules.check_dtype(library, "predictions", predictions, rules.FLOATING, TypeError)
    if targets is None:
        targets = pairs.zeros(library, predictions)
    rules.check_dtype(library, "targets", targets, rules.NUMBERS, TypeError)
    dtype = pairs.promoted(library.dtype(predictions), library.dtype(targets))
    inputs = pairs.spread(library, _NAMES, predictions, targets, ValueError)
    return evaluate((LOSS, library, (*inputs, None), (), named("none")), dtype)

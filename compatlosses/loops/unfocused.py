"""The lane of the focal loss that focuses on nothing: binary cross entropy with logits, to the bit."""

from __future__ import annotations

from typing import Any

from .. import elementwise
from ..definitions.binary_cross_entropy_with_logits import LOSS
from ..executors import runner
from ..protocols import Array
from ..request import Arrays, Found, Request


def takes(parameters: tuple[float, ...], mask: Any) -> bool:
    """Whether a loss with these parameters, no alpha and gamma 0, is binary cross entropy."""
    return parameters == (-1.0, 0.0)


def evaluated(
    request: Request,
    arrays: Arrays,
    wrt: tuple[bool, ...],
    cotangent: Array | float | None,
    wants_loss: bool,
) -> Found:
    """`elementwise.evaluated`; without a normalizer by the loops of binary cross entropy."""
    x, y, normalizer, weight = arrays
    if normalizer is not None:
        return elementwise.evaluated(request, arrays, wrt, cotangent, wants_loss)
    plain = request._replace(loss=LOSS, parameters=(0.0,))
    return runner(plain)(plain, (x, y, None, weight), wrt, cotangent, wants_loss)

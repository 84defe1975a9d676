"""The compiled lane of binary cross entropy with logits, by named arguments."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from compatlosses import fused
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.request import Request

Array = NDArray[Any]
Wanted = tuple[bool, bool, bool, bool]
NOTHING, X = (False, False, False, False), (True, False, False, False)


class Result(NamedTuple):
    """A loss, 0-D where it is reduced, and the gradients by logits, targets, weight and pos_weight."""

    loss: Array
    gradients: tuple[Array | None, Array | None, Array | None, Array | None]


def evaluate(
    logits: Array,
    targets: Array,
    weight: Array | float | None = None,
    pos_weight: Array | float | None = None,
    *,
    wrt: Wanted = NOTHING,
    cotangent: Array | float | None = None,
    wants_loss: bool = True,
    **options: Any,
) -> Result:
    """The loss and, of the same pass, the gradients ``wrt``.

    options: reduction ('mean'), ignore_index (None), normalize (False: a mean divides by all elements), dtype
    (the logits').
    """
    request = requested(logits, **options)
    arrays = (logits, targets, pos_weight, weight)
    loss, found = fused.evaluated(request, arrays, swapped(wrt), cotangent, wants_loss)
    return Result(loss, swapped(found))


def gradients(
    *arrays: Any, wrt: tuple[bool, bool, bool, bool] = (True, False, False, False), **options: Any
) -> Any:
    """The gradients alone, as a backward pass has them computed: with the same bits."""
    return evaluate(*arrays, wrt=wrt, wants_loss=False, **options).gradients


def requested(
    logits: Array,
    reduction: str = "mean",
    ignore_index: float | None = None,
    normalize: bool = False,
    dtype: Any = None,
    empty: Any = np.empty,
) -> Request:
    """The request of a call."""
    divides = "counted" if normalize else "all" if reduction == "mean" else "one"
    how = (reduction, divides, ignore_index, 0.0, None)
    return Request(LOSS, (0.0,), how, np.dtype(dtype or logits.dtype), empty)


def swapped(four: tuple[Any, ...]) -> Any:
    """What belongs to the weight before what belongs to the positive weight, or back."""
    x, y, p, w = four
    return x, y, w, p

"""What is asked of the compiled loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from .protocols import Array, Loss, Reduction

Empty = Callable[[tuple[int, ...], np.dtype[Any]], Array]
"""Makes an array for a loss of each element or a gradient, contiguous in C order: `numpy.empty`, or a
framework's.
"""

Arrays = tuple[Any, ...]
"""A call's inputs as the loops take them: an array, a number where it broadcasts, or None."""

Found = tuple[Array, tuple[Array | None, ...]]
"""A loss, 0-D where it is reduced, and the gradients by each input, None where not wanted."""

NOT_ASKED: Array = np.empty(0)
"""The loss where only gradients are asked for."""


@cache
def loaded(name: str) -> Any:
    """A module of compiled loops, imported when it is first needed: not before Numba is."""
    return import_module(name)


class Request(NamedTuple):
    """What is computed: the loss, its parameters, how it is reduced (the mask as an array), the dtype of the
    result.
    """

    loss: Loss
    parameters: tuple[float, ...]
    reduction: Reduction
    dtype: np.dtype[Any]
    empty: Empty = np.empty
    """Makes the arrays that are handed out."""


class Direct(NamedTuple):
    """A small call that comes again, from arrays in C order to a reduced loss and at most the gradient by the
    first one: computed from addresses alone.
    """

    compute: Callable[[list[int], int, int], bool]
    """Computes the call from the addresses of its inputs, 0 for None, into those of the gradient, 0 where
    there is none, and of the loss. False where it cannot: the call must then go the way of all others.
    """
    dtype: np.dtype[Any]
    """Of the loss."""
    differentiates: bool
    """Whether there is a gradient."""


Run = Callable[[Request, Arrays, tuple[bool, ...], Array | float | None, bool], Found]
"""A pass over memory: of the request, the arrays, the gradients wanted, the cotangent (None: 1), and whether
the loss is wanted.
"""

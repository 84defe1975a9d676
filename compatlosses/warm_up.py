"""Compiling before the first call: every loop of every loss, kept for the processes to come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from . import fused
from .definitions import known_losses
from .executors import runner
from .neutral import checked_parameters
from .protocols import Loss
from .request import Request, loaded

Step = tuple[str, Callable[[], Any]]
"""What is compiled, in words, and a call that needs it."""


def steps() -> Iterator[Step]:
    """A call for each signature of each loop."""
    for name, loss in known_losses().items():
        if loss.lane and loaded(loss.lane).takes(defaults(loss), None):
            for dtype, p, how in product(DTYPES, (None, 2.0), HOW):
                yield name, of_lane(loss, dtype, p, how)
        if loss.rows and loss.loops:
            shapes = [shape for shape in SHAPES if not (loss.alone and shape[1])]
            yield from [(name, of_rows(loss, dtype, *shape)) for dtype in DTYPES for shape in shapes]
        elif loss.loops:
            yield name, general(loss)


def defaults(loss: Loss) -> tuple[float, ...]:
    """The parameters of a call that gives none."""
    return checked_parameters(loss, tuple([parameter.default for parameter in loss.parameters]))


def of_lane(loss: Loss, dtype: np.dtype[Any], p: float | None, how: str) -> Callable[[], Any]:
    """A call of the lane's loop for contiguous arrays: of a backward pass, from a number or from an array."""
    x = np.ones(2, dtype)
    request = Request(loss, defaults(loss), (how, "all" if how == "mean" else "one", None, 0.0, None), dtype)
    arrays, cotangent = (x, x, p, None), None if how == "mean" else x
    return lambda: runner(request)(request, arrays, (True, False, False, False), cotangent, False)


def general(loss: Loss) -> Callable[[], Any]:
    """A call of the loops of all dtypes, of a lane too, with an ignored target and a repeated weight."""
    x, count = np.ones(2, np.float32), len(loss.inputs)
    arrays = (x, x, *[None] * (count - 2), np.ones(1, np.float32))
    reduction = ("mean", "counted", 0.0, 0.0, None)
    masked = ("mean", "counted", 0.0, 0.0, np.ones(2, np.bool_))
    wrt = (True, True, *[False] * (count - 2), True)

    def call() -> None:
        for how in (reduction, masked):
            request = Request(loss, defaults(loss), how, x.dtype)
            runner(request)(request, arrays, wrt, None, True)

    return call


DTYPES: tuple[np.dtype[Any], ...] = (np.dtype(np.float32), np.dtype(np.float64))
HOW = ("mean", "none")
SHAPES = ((64, False), (2, False), (2, True))
"""How many classes, and whether targets are probabilities."""


def of_rows(loss: Loss, dtype: np.dtype[Any], classes: int, soft: bool) -> Callable[[], Any]:
    """A call of a loop for rows."""
    x, w = np.ones((1, classes), dtype), np.ones(classes, dtype)
    targets = x if soft else np.zeros(1, np.int64)
    request = Request(loss, (1, 0.0), ("mean", "weights", None, 0.0, None), x.dtype)
    return lambda: runner(request)(request, (x, targets, w), (True, False, False), None, True)


def warm_up(progress: Callable[[str], Any]) -> dict[str, float]:
    """Compile, or load, what all losses need; the seconds that each took. ``progress`` is told the name.

    Raises:
        ImportError: the compiled loops are not available here.
    """
    fused.compiled()
    seconds: dict[str, float] = {}
    for name, call in steps():
        progress(name)
        start = time.perf_counter()
        call()
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - start
    return seconds

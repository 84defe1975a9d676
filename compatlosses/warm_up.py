"""Compiling before the first call: the loops of every loss, kept for the processes to come."""

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
Form = tuple[str, bool, bool]
"""The reduction, and whether the gradient and the loss are wanted."""


def steps() -> Iterator[Step]:
    """A call for each signature of each loop; of the loops for contiguous arrays that have no lane, for the
    steps of training and validation without a weight.
    """
    for name, loss in known_losses().items():
        if loss.lane and loaded(loss.lane).takes(defaults(loss), None):
            for dtype, weighted, form in product(DTYPES, (False, True), FORMS):
                yield name, of_lane(loss, dtype, weighted, form)
        if loss.rows and loss.loops:
            shapes = [shape for shape in SHAPES if not (loss.alone and shape[1])]
            yield from [(name, of_rows(loss, dtype, *shape)) for dtype in DTYPES for shape in shapes]
        elif loss.loops:
            yield from [(name, general(loss, dtype)) for dtype in (DTYPES if loss.lane else DTYPES[:1])]
            yield from [(name, contiguous(loss, gradient)) for gradient in (True, False)]


def defaults(loss: Loss) -> tuple[float, ...]:
    """The parameters of a call that gives none."""
    return checked_parameters(loss, tuple([parameter.default for parameter in loss.parameters]))


def of_lane(loss: Loss, dtype: np.dtype[Any], weighted: bool, form: Form) -> Callable[[], Any]:
    """A call of the lane's loop for contiguous arrays, with or without a positive weight."""
    how, gradient, wants_loss = form
    x = np.ones(2, dtype)
    request = Request(loss, defaults(loss), (how, "all" if how == "mean" else "one", None, 0.0, None), dtype)
    arrays = (x, x, x if weighted else None, None)
    cotangent = x if how == "none" and gradient else None
    return lambda: runner(request)(request, arrays, (gradient, False, False, False), cotangent, wants_loss)


def general(loss: Loss, dtype: np.dtype[Any]) -> Callable[[], Any]:
    """A call of the loops of all dtypes, of a lane too, with an ignored target and a repeated weight."""
    x, count = np.ones(2, dtype), len(loss.inputs)
    arrays = (x, x, *[None] * (count - 2), np.ones(1, dtype))
    reduction = ("mean", "counted", 0.0, 0.0, None)
    masked = ("mean", "counted", 0.0, 0.0, np.ones(2, np.bool_))
    wrt = (True, True, *[False] * (count - 2), True)

    def call() -> None:
        for how in (reduction, masked):
            request = Request(loss, defaults(loss), how, x.dtype)
            runner(request)(request, arrays, wrt, None, True)

    return call


def contiguous(loss: Loss, gradient: bool) -> Callable[[], Any]:
    """A call of the loop for contiguous arrays of float32, with or without the gradient."""
    x, count = np.ones(2, np.float32), len(loss.inputs)
    arrays = (x, *[None if each.optional else x for each in loss.inputs[1:]], None)
    request = Request(loss, defaults(loss), ("mean", "all", None, 0.0, None), x.dtype)
    wrt = (gradient, *[False] * count)
    return lambda: runner(request)(request, arrays, wrt, None, True)


DTYPES: tuple[np.dtype[Any], ...] = (np.dtype(np.float32), np.dtype(np.float64))
FORMS: tuple[Form, ...] = (
    ("mean", True, True),
    ("mean", False, True),
    ("mean", True, False),
    ("none", False, True),
    ("none", True, False),
)
"""Of a step of training, of validation, of a backward pass from another number; the same of single losses."""
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

"""How time and memory grow with the size: the neutral call on NumPy arrays, forward and backward, from 10^3
to 10^8 elements.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import compatlosses as cl

SIZES = tuple(10**k for k in range(3, 9))
CLASSES = 1000
LOSSES = ("binary_cross_entropy_with_logits", "mse_loss", "cross_entropy")
LARGE = 10**6
"""Elements from which on memory is more than noise."""


@dataclass(frozen=True, slots=True)
class Point:
    """One loss at one size."""

    name: str
    size: int
    seconds: float
    """The least of some calls."""
    arrays: float | None
    """The peak of memory beyond the inputs, in arrays of the first input's size. None where that is too small
    to see, or where the system does not show it.
    """


def points(sizes: tuple[int, ...], progress: Callable[[str], None]) -> list[Point]:
    """Each loss at each size."""
    found = []
    for size in sizes:
        for name in LOSSES:
            progress(f"scaling, {name} of {size} elements")
            found.append(point(name, size))
    return found


def point(name: str, size: int) -> Point:
    """One loss at one size: rows of a thousand classes for cross entropy."""
    random = np.random.default_rng(0)
    loss = getattr(cl, name)
    if name == "cross_entropy":
        x = random.standard_normal((size // CLASSES, CLASSES), np.float32)
        y = random.integers(0, CLASSES, size // CLASSES)
    else:
        x, y = random.standard_normal(size, np.float32), random.random(size, np.float32)
    cl.value_and_gradients(loss, x, y)
    resident = reset_peak()
    cl.value_and_gradients(loss, x, y)
    peak = status("VmHWM")
    least = float("inf")
    end, calls = time.perf_counter() + 0.3, 0
    while calls < 2 or time.perf_counter() < end:
        started = time.perf_counter()
        cl.value_and_gradients(loss, x, y)
        least = min(least, time.perf_counter() - started)
        calls += 1
    seen = resident is not None and peak is not None and size >= LARGE
    return Point(name, size, least, (peak - resident) / x.nbytes if seen else None)  # type: ignore[operator]


def reset_peak() -> int | None:
    """Forget the peak of this process's memory; the bytes that it holds now. None where that is not
    possible.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return status("VmRSS")


def status(name: str) -> int | None:
    """A number of bytes that the system keeps of this process."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(name)), None)

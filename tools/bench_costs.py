"""What the shim costs beside the mathematics: importing it, and finding the library and checking the
arguments of a call.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench_measure import Plan, timed

import compatlosses as cl
from compatlosses import by_formula, evaluate
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.neutral import checked_call

IMPORT_LIMIT = 0.030
DISPATCH_LIMITS = {2: 3e-6, 4: 6e-6}
"""Seconds allowed by the number of tensors of a call."""

_CALL = "the call but for its mathematics"
_BARE = "import numpy"
_SHIM = "import numpy, compatlosses"
_PROGRAM = """
import time
started = time.perf_counter()
{}
print(time.perf_counter() - started)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost in seconds with its quartiles, beside what is allowed."""

    name: str
    first: float
    median: float
    third: float
    limit: float | None

    @property
    def met(self) -> bool | None:
        """Whether the median is within the limit, if there is one."""
        return None if self.limit is None else self.median <= self.limit


def cost(name: str, samples: list[float], limit: float | None) -> Cost:
    """The quartiles of some samples."""
    first, median, third = statistics.quantiles(samples, n=4, method="inclusive")
    return Cost(name, first, median, third, limit)


# --- importing ----------------------------------------------------------------------------------------------


def importing(rounds: int, progress: Callable[[str], None]) -> list[Cost]:
    """Importing NumPy alone and with compatlosses, by turns, each time in a fresh process; the last is the
    difference.
    """
    seconds: dict[str, list[float]] = {_BARE: [], _SHIM: []}
    for number in range(-1, rounds):  # one round first that fills the disk's cache and is not counted
        for program, samples in seconds.items():
            progress(f"{program}, in a fresh process")
            # -P: the checkout's own folder must not stand in for the installed package
            command = [sys.executable, "-P", "-c", _PROGRAM.format(program)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            if number >= 0:
                samples.append(float(done.stdout))
    bare, shim = seconds[_BARE], seconds[_SHIM]
    beyond = [both - statistics.median(bare) for both in shim]
    return [
        cost(_BARE, bare, None),
        cost(_SHIM, shim, None),
        cost("compatlosses beyond NumPy", beyond, IMPORT_LIMIT),
    ]


# --- dispatch and checks ------------------------------------------------------------------------------------


@contextmanager
def without_mathematics() -> Iterator[None]:
    """Calls go all their way, the proof that the fused executor may run included, and then compute
    nothing.
    """
    kept = evaluate.fused, by_formula.value
    evaluate.fused = by_formula.value = lambda *args: None
    try:
        yield
    finally:
        evaluate.fused, by_formula.value = kept


def dispatching(frameworks: list[str], plan: Plan, progress: Callable[[str], None]) -> list[Cost]:
    """Look-up and checks, for two and for four tensors: the neutral call's and torch's edition's.

    Each framework has fresh processes of its own, by turns: what all of them together do to a processor's
    caches, and their waiting threads to its cores, is no part of what a call costs somebody who uses one.
    """
    samples: dict[str, list[float]] = {}
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parent))
    for _ in range(5):
        for framework in ("numpy", "torch"):
            if framework not in frameworks:
                continue
            progress(f"dispatch in {framework}, in a fresh process")
            program = f"import bench_costs; bench_costs.tell({framework!r}, {plan.most})"
            command = [sys.executable, "-P", "-c", program]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            for name, seconds in json.loads(done.stdout).items():
                samples.setdefault(name, []).extend(seconds)
    return [cost(name, seconds, limit(name)) for name, seconds in samples.items()]


def limit(name: str) -> float | None:
    """What is allowed for a call; nothing is said of its checks alone."""
    if not name.endswith(_CALL):
        return None
    return next(seconds for tensors, seconds in DISPATCH_LIMITS.items() if f"{tensors} tensors" in name)


def tell(framework: str, rounds: int) -> None:
    """Print the samples of one framework, in seconds a call by name, as JSON."""
    tensors: list[Any] = [np.ones(shape, np.float32) for shape in ((8, 4), (8, 4), (8, 4), (4,))]
    if framework == "torch":
        torch: Any = importlib.import_module("torch")
        tensors = [torch.from_numpy(array) for array in tensors]
        calls = neutral("torch", tensors) | edition(tensors)
    else:
        calls = neutral("NumPy", tensors)
    samples: dict[str, list[float]] = {name: [] for name in calls}
    with without_mathematics():
        for call in calls.values():
            timed(call, 1000)
        for _ in range(rounds):
            for name, call in calls.items():
                samples[name].append(timed(call, 100))
    print(json.dumps(samples))


def neutral(library: str, tensors: list[Any]) -> dict[str, Callable[[], Any]]:
    """The neutral function on two and four tensors, and its checks alone."""
    x, y, w, p = tensors
    options = ("mean", "counted", None, None, None)
    return {
        f"{library}, 2 tensors: look-up and checks": lambda: checked_call(
            LOSS, (x, y, None, None), (0.0,), options
        ),
        f"{library}, 2 tensors: {_CALL}": lambda: cl.binary_cross_entropy_with_logits(x, y),
        f"{library}, 4 tensors: look-up and checks": lambda: checked_call(
            LOSS, (x, y, p, w), (0.0,), options
        ),
        f"{library}, 4 tensors: {_CALL}": lambda: cl.binary_cross_entropy_with_logits(
            x, y, weight=w, pos_weight=p
        ),
    }


def edition(tensors: list[Any]) -> dict[str, Callable[[], Any]]:
    """torch's edition on two and four torch tensors."""
    module: Any = importlib.import_module("compatlosses.torch")
    function = module.binary_cross_entropy_with_logits
    x, y, w, p = tensors
    return {
        f"compatlosses.torch, 2 tensors: {_CALL}": lambda: function(x, y),
        f"compatlosses.torch, 4 tensors: {_CALL}": lambda: function(x, y, w, pos_weight=p),
    }

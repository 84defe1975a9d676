"""What an implementation of the loss is to the benchmark."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from bench_problem import Problem, Variant
from numpy.typing import NDArray

import compatlosses as cl

Call = Callable[[], tuple[Any, Any]]
"""Computes loss and gradient (None where not wanted), as the framework's own tensors."""
Loss = Callable[[Any, Any, Any], Any]
"""A framework's mean loss of logits, targets and pos_weight or None."""

SHIM = "compatlosses"
NATIVE = "native"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class NotOffered(Exception):
    """This implementation has no such variant."""


@dataclass(frozen=True)
class Implementation:
    """Something that computes the loss, and how its answers are read."""

    framework: str
    name: str
    prepare: Callable[[Problem, Variant], Call]
    array: Callable[[Any], NDArray[Any]] = np.asarray
    threads: int | None = None
    """Threads that compatlosses may use; None: as many as it does by itself."""
    tensors: Callable[[Problem], tuple[Any, Any]] | None = None
    """For the shim: logits and targets as it gets them, to ask it which executor runs."""

    def __str__(self) -> str:
        return f"{self.framework}, {self.name}"


def shim(logits: Any, targets: Any, pos_weight: Any) -> Any:
    """The unified import on any framework's tensors."""
    return cl.binary_cross_entropy_with_logits(logits, targets, pos_weight=pos_weight)

"""NumPy arrays: the neutral call beside scikit-learn and beside careful NumPy, and the compiled loops alone
beside copying, which is the floor.

All is binary cross entropy with logits, forward and backward of the mean, float32.
"""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from bench_measure import Job
from bench_problems import Array, Problem
from bench_programs import Step

import compatlosses as cl

NAME = "binary_cross_entropy_with_logits"


def jobs(problem: Problem, threads: int) -> list[Job]:
    """What is measured of one size."""
    x, y = (np.array(array) for array in problem.tensors.values())

    def neutral() -> tuple[Any, Any]:
        loss, gradients = cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y)
        return loss, gradients["logits"]

    calls = [
        ("numpy", "shim", neutral),
        ("numpy", "native", lambda: plain(x, y)),
        ("scikit-learn", "shim", neutral),
        ("scikit-learn", "native", scikit_learn(x, y)),
        ("copy", "shim", loops(x, y)),
        ("copy", "native", copies(x, threads)),
    ]
    return [Job(program, who, NAME, x.shape, call) for program, who, call in calls if call is not None]


def plain(x: Array, y: Array) -> tuple[Any, Any]:
    """Loss and gradient as a careful person writes them in NumPy."""
    small = np.exp(-np.abs(x))
    loss = np.maximum(x, 0) - x * y + np.log1p(small)
    sigmoid = np.where(x >= 0, 1, small) / (1 + small)
    return loss.mean(), (sigmoid - y) / x.size


def scikit_learn(x: Array, y: Array) -> Step | None:
    """scikit-learn's loss of gradient boosting and logistic regression: one thread, no reduction, into given
    arrays. None where it is not installed.
    """
    try:
        module: Any = importlib.import_module("sklearn._loss")
    except ImportError:
        return None
    kernel = module.HalfBinomialLoss()
    loss, gradient = np.empty_like(x), np.empty_like(x)

    def both() -> tuple[Any, Any]:
        kernel.loss_gradient(y, x, loss_out=loss, gradient_out=gradient, n_threads=1)
        return loss, gradient

    return both


def loops(x: Array, y: Array) -> Step | None:
    """The compiled loops alone, into memory that is there; None where they are not available."""
    from compatlosses import fused
    from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
    from compatlosses.request import Request

    if not fused.available():
        return None
    made = np.empty_like(x)
    # As `Request.empty` does, but for the gradient, whose fresh pages would be measured.
    request = Request(LOSS, (0.0,), ("mean", "all", None, 0.0, None), x.dtype, lambda shape, dtype: made)

    def call() -> tuple[Any, Any]:
        loss, gradients = fused.evaluated(
            request, (x, y, None, None), (True, False, False, False), None, True
        )
        return loss, gradients[0]

    return call


def copies(x: Array, threads: int) -> Step:
    """The bytes of a forward and backward pass: logits and targets are read and a gradient is written, as one
    and a half copies of the logits to memory that is there.
    """
    target = x.copy()
    pool = ThreadPoolExecutor(max(1, threads - 1))
    cuts = [x.size * k // threads for k in range(threads + 1)]
    parts = [slice(first, last) for first, last in pairwise(cuts)]
    half = slice(0, x.size // 2)

    def call() -> tuple[Any, Any]:
        others = [pool.submit(np.copyto, target[part], x[part]) for part in parts[1:]]
        np.copyto(target[parts[0]], x[parts[0]])
        for other in others:
            other.result()
        np.copyto(target[half], x[half])
        return None, None

    return call

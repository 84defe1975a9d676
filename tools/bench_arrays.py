"""Whoever computes the loss of NumPy arrays, and copying them, which is the floor beneath."""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from bench_implementations import CORES, SHIM, Call, Implementation, NotOffered, shim
from bench_problem import Problem, Variant, plain

import compatlosses as cl


def numpy_arrays() -> list[Implementation]:
    """The shim on NumPy arrays, with all cores and with one, and NumPy as one writes it."""

    def through_shim(given: Problem, variant: Variant) -> Call:
        x, y = given.logits, given.targets
        p = given.pos_weight if variant.pos_weight else None

        def both() -> tuple[Any, Any]:
            loss, gradients = cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, pos_weight=p)
            return loss, gradients["logits"]

        return both if variant.backward else lambda: (shim(x, y, p), None)

    def by_hand(given: Problem, variant: Variant) -> Call:
        p = given.pos_weight if variant.pos_weight else None
        return lambda: plain(given.logits, given.targets, p, variant.backward)

    def arrays(given: Problem) -> tuple[Any, Any]:
        return given.logits, given.targets

    return [
        Implementation("numpy", SHIM, through_shim, tensors=arrays),
        Implementation("numpy", f"{SHIM}, 1 thread", through_shim, threads=1, tensors=arrays),
        Implementation("numpy", "plain NumPy", by_hand),
    ]


def fused_kernel() -> list[Implementation]:
    """The compiled kernel alone, on NumPy arrays."""
    from compatlosses import fused
    from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
    from compatlosses.request import Request

    if not fused.available():
        raise ImportError(fused.why_unavailable())

    def prepare(given: Problem, variant: Variant) -> Call:
        x, y = given.logits, given.targets
        p = given.pos_weight if variant.pos_weight else None
        wanted = (variant.backward, False, False, False)
        request = Request(LOSS, (0.0,), ("mean", "all", None, 0.0, None), x.dtype)

        def call() -> tuple[Any, Any]:
            loss, gradients = fused.evaluated(request, (x, y, p, None), wanted, None, True)
            return loss, gradients[0]

        return call

    return [
        Implementation("kernel", "1 thread", prepare, threads=1),
        Implementation("kernel", "all cores", prepare, threads=CORES),
    ]


def scikit_learn() -> list[Implementation]:
    """scikit-learn's loss of gradient boosting and logistic regression: one thread, no reduction, into given
    arrays.
    """
    module: Any = importlib.import_module("sklearn._loss")
    kernel = module.HalfBinomialLoss()

    def prepare(given: Problem, variant: Variant) -> Call:
        if variant.pos_weight:
            raise NotOffered("it has no pos_weight")
        x, y = given.logits.reshape(-1), given.targets.reshape(-1)
        loss, gradient = np.empty_like(x), np.empty_like(x)

        def forward() -> tuple[Any, Any]:
            return kernel.loss(y, x, loss_out=loss, n_threads=1), None

        def both() -> tuple[Any, Any]:
            kernel.loss_gradient(y, x, loss_out=loss, gradient_out=gradient, n_threads=1)
            return loss, gradient.reshape(given.logits.shape)

        return both if variant.backward else forward

    return [Implementation("scikit-learn", "HalfBinomialLoss, 1 thread", prepare)]


def copies() -> list[Implementation]:
    """Copying the logits to memory that is there already: 8 bytes an element move.

    What the floor is measured with.
    """
    pool = ThreadPoolExecutor(max(1, CORES - 1))

    def one(given: Problem, variant: Variant) -> Call:
        source, target = given.logits, given.logits.copy()

        def call() -> tuple[Any, Any]:
            np.copyto(target, source)
            return None, None

        return call

    def all_cores(given: Problem, variant: Variant) -> Call:
        source, target = given.logits.reshape(-1), given.logits.reshape(-1).copy()
        cuts = [given.size * k // CORES for k in range(CORES + 1)]
        parts = [slice(first, last) for first, last in pairwise(cuts)]

        def call() -> tuple[Any, Any]:
            others = [pool.submit(np.copyto, target[part], source[part]) for part in parts[1:]]
            np.copyto(target[parts[0]], source[parts[0]])
            for other in others:
                other.result()
            return None, None

        return call

    return [Implementation("copy", "1 thread", one), Implementation("copy", "all cores", all_cores)]

"""How the threads of one call share its blocks, compiled: no exception can come between a thread and what it
has begun.

A call's threads share its progress, three int64: the next block that nobody has claimed, how many threads are
at work, and the process that they are threads of.
A thread joins, claims a few blocks at a time until none is left, and leaves, all inside one compiled loop.
`settle` withdraws the blocks that are left and waits for the threads at work: after it no thread touches the
call's memory again, for one that comes late finds nothing to claim. A progress of size 0 stands for a thread
that works alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

NEXT, WORKING, PROCESS = range(3)
RUN = 64
"""Blocks claimed at a time: some 0.15 ms of work."""

ALL = 1 << 62
"""More blocks than there are."""

inner: Callable[..., Any] = njit(nogil=True, error_model="numpy")


def _atomic(operation: str) -> Callable[..., Any]:
    """Change an element of an int64 array by a value, atomically; what it was before."""

    def change(typing: Any, array: Any, index: Any, value: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            return builder.atomic_rmw(operation, builder.gep(data, [args[1]]), args[2], "seq_cst")

        return types.int64(array, types.int64, types.int64), build

    answer: Callable[..., Any] = intrinsic(change)
    return answer


fetch_add, fetch_max = _atomic("add"), _atomic("max")

if os.name == "posix":
    give_way: Callable[..., Any] = types.ExternalFunction("sched_yield", types.int32())
    process: Callable[..., Any] = types.ExternalFunction("getpid", types.int32())
else:

    @inner
    def give_way():  # type: ignore[no-untyped-def]
        """Nothing: the wait for at most one run of blocks spins."""
        return np.int32(0)

    @inner
    def process():  # type: ignore[no-untyped-def]
        """Any number: nothing forks here."""
        return np.int32(0)


@inner
def join(progress):  # type: ignore[no-untyped-def]
    """Be one of the threads at work, from before the first claim on."""
    if progress.size:
        fetch_add(progress, WORKING, 1)


@inner
def claimed(progress, done):  # type: ignore[no-untyped-def]
    """The first block of the next run; ``done``, where the last one ended, for a thread that works alone."""
    if progress.size:
        return fetch_add(progress, NEXT, RUN)
    return np.int64(done)


@inner
def end(progress, first, blocks):  # type: ignore[no-untyped-def]
    """Where the run ends that starts at ``first``: with the last of all blocks, or of RUN."""
    if progress.size:
        return min(first + RUN, blocks)
    return np.int64(blocks)


@inner
def leave(progress):  # type: ignore[no-untyped-def]
    """Be at work no more."""
    if progress.size:
        fetch_add(progress, WORKING, -1)


@inner
def settled(progress):  # type: ignore[no-untyped-def]
    """Withdraw what is left and wait until nobody is at work.

    Twice is as good as once. A forked child waits for nobody.
    """
    fetch_max(progress, NEXT, ALL)
    while fetch_add(progress, WORKING, 0) > 0 and process() == progress[PROCESS]:
        give_way()


@inner
def begun():  # type: ignore[no-untyped-def]
    """The progress of a call of which nothing is done yet."""
    progress = np.zeros(3, np.int64)
    progress[PROCESS] = process()
    return progress

"""Work on a few threads, and how many.

The kernels release the GIL, so plain Python threads run them side by side. Nothing that is computed depends
on how the work is shared. The calling thread always works too and helpers only ever join work that is already
under way: a call inside a call, from many Python threads, in a forked child or at interpreter exit finishes,
at worst alone.

A call may come from a signal handler or a finaliser at any point of another one, and an exception may arrive
at any point too. So nothing here takes a lock (a `SimpleQueue` and a `deque` are reentrant), and who works on
what is counted in compiled code alone (see `pieces`). A helper holds the task, and with it every array that
the task touches.
"""

from __future__ import annotations

import operator
import os
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

Progress = NDArray[np.int64]
"""How far the threads of one call are: what `pieces` counts in it."""

ALONE: Progress = np.empty(0, np.int64)
"""The progress of a thread that works alone."""

LEAST = 128
"""Blocks that are worth a thread: some 0.2 ms of work, against 0.05 ms to wake one."""


def default_num_threads() -> int:
    """COMPATLOSSES_NUM_THREADS or OMP_NUM_THREADS where set, else the cores this process may run on."""
    for value in (os.environ.get("COMPATLOSSES_NUM_THREADS", ""), started_with("OMP_NUM_THREADS")):
        if value.isdecimal() and int(value) > 0:
            return int(value)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def started_with(name: str) -> str:
    """An environment variable as this process was given it: some frameworks set OMP_NUM_THREADS to 1 when
    they are imported.
    """
    try:
        with open("/proc/self/environ", "rb") as environment:
            entries = environment.read().split(b"\0")
    except OSError:  # a system without it
        return os.environ.get(name, "")
    prefix = f"{name}=".encode()
    return next((entry.removeprefix(prefix).decode() for entry in entries if entry.startswith(prefix)), "")


class Work:
    """A call's task, until the call is over."""

    __slots__ = ("progress", "task")

    def __init__(self, task: Callable[[Progress], object], progress: Progress) -> None:
        self.task: Callable[[Progress], object] | None = task
        self.progress = progress

    def join(self) -> None:
        """Do what nobody else has begun."""
        task = self.task
        if task is not None:
            task(self.progress)


class Helpers:
    """The number of threads and the helpers started so far: at most one less, as the caller works too.

    They are started without the module `threading`, which takes a lock that a signal handler's call would
    wait for.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.places = deque(range(threads - 1))
        self.waiting: SimpleQueue[Work | None] = SimpleQueue()

    def call(self, work: Work, helpers: int) -> None:
        """Ask up to ``helpers`` threads to join ``work``. Fewer where no more can be started."""
        while self.threads - 1 - len(self.places) < helpers and self.start():
            pass
        for _ in range(min(helpers, self.threads - 1 - len(self.places))):
            self.waiting.put(work)

    def start(self) -> bool:
        """Start one more; False where that cannot be."""
        try:
            place = self.places.pop()
        except IndexError:  # another thread was quicker
            return False
        try:
            start_new_thread(serve, (self.waiting,))
        except (
            RuntimeError,
            MemoryError,
        ):  # the interpreter is shutting down, or the system has no thread left
            self.places.append(place)
            return False
        return True

    def dismiss(self) -> None:
        """Let the helpers end when they have done what is waiting."""
        self.waiting.put(None)


def serve(waiting: SimpleQueue[Work | None]) -> None:
    """What a helper does: join one work after the other, and hold none while it waits."""
    while True:
        work = None
        try:
            work = waiting.get()
            if work is None:
                waiting.put(None)  # for the next one
                return
            work.join()
        except BaseException:  # no memory, or an exception sent to this thread: the others do what it leaves
            pass


_helpers = Helpers(default_num_threads())
_forks = 0
"""How many forks lie between this process and the one that imported this module."""


def get_num_threads() -> int:
    """How many threads a large call may use, the calling one included."""
    return _helpers.threads


def set_num_threads(threads: int) -> None:
    """Let large calls use up to ``threads`` threads from now on. Results do not depend on it.

    Raises TypeError for what is no int and ValueError below 1.
    """
    global _helpers
    if isinstance(threads, (bool, np.bool_)) or not hasattr(threads, "__index__"):
        raise TypeError(f"the number of threads must be an int, got {type(threads).__name__}")
    number = operator.index(threads)
    if number < 1:
        raise ValueError(f"the number of threads must be at least 1, got {number}")
    former, _helpers = _helpers, Helpers(number)
    former.dismiss()


def _after_fork() -> None:
    """A child has none of its parent's threads."""
    global _helpers, _forks
    _helpers = Helpers(_helpers.threads)
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def together(task: Callable[[Progress], object], blocks: int, kernels: Any) -> None:
    """Do a task of so many blocks, on several threads where that is worth it.

    ``task`` calls a compiled loop, which does all blocks that it can claim from the progress it is given.
    ``kernels``: the module `kernels`, whose ``settle`` keeps every thread from the task's memory.

    Python raises what interrupts a call between two operations of its own, never inside a compiled function,
    and there is no such operation between an exception and the call of ``settle``. So nobody leaves before
    the work is done or can never be begun, however often it is interrupted.
    """
    helpers, forks, settle = _helpers, _forks, kernels.settle
    threads = min(helpers.threads, blocks // LEAST)
    if threads <= 1:
        task(ALONE)
        return
    work = Work(task, kernels.begin())
    progress = work.progress
    try:
        helpers.call(work, threads - 1)
        task(progress)
        settle(progress)
    except BaseException:
        settle(progress)
        raise
    finally:
        work.task = None
    if (
        _forks != forks
    ):  # a signal handler forked within this call: what the parent's helpers have claimed is not done here
        task(ALONE)

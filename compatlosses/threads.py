"""Work in pieces on a few threads, and how many.

The kernels release the GIL, so plain Python threads run them side by side. Nothing that is computed depends on how the
work is cut. The calling thread always works too and helpers only ever take pieces of work that is already under way:
a call inside a call, from many Python threads, in a forked child or at interpreter exit finishes, at worst alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

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
    """An environment variable as this process was given it: some frameworks set OMP_NUM_THREADS to 1 when they are imported."""
    try:
        with open("/proc/self/environ", "rb") as environment:
            entries = environment.read().split(b"\0")
    except OSError:  # a system without it
        return os.environ.get(name, "")
    prefix = f"{name}=".encode()
    return next((entry.removeprefix(prefix).decode() for entry in entries if entry.startswith(prefix)), "")


class _Helpers:
    """The number of threads and the helpers started so far: one less, as the caller works too."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.lock = threading.Lock()
        self.pool: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[[], None], helpers: int) -> list[Future[None]]:
        """Ask up to ``helpers`` threads to do ``work``. Fewer where no more can be started."""
        with self.lock:
            futures: list[Future[None]] = []
            try:
                if self.pool is None:
                    # Imported here, because it brings logging: a quarter of what importing this package would cost.
                    from concurrent.futures import ThreadPoolExecutor

                    self.pool = ThreadPoolExecutor(max(1, self.threads - 1), thread_name_prefix="compatlosses")
                for _ in range(helpers):
                    futures.append(self.pool.submit(work))
            except RuntimeError:  # the interpreter is shutting down, or the system has no thread left
                pass
            return futures


_helpers = _Helpers(default_num_threads())


def get_num_threads() -> int:
    """How many threads a large call may use, the calling one included."""
    return _helpers.threads


def set_num_threads(threads: int) -> None:
    """Let large calls use up to ``threads`` threads from now on. Results do not depend on it.

    Raises TypeError for what is no int and ValueError below 1.
    """
    global _helpers
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"the number of threads must be an int, got {type(threads).__name__}")
    if threads < 1:
        raise ValueError(f"the number of threads must be at least 1, got {threads}")
    former, _helpers = _helpers, _Helpers(threads)
    with former.lock:
        if former.pool is not None:
            former.pool.shutdown(wait=False)  # what is under way there is finished first


def _after_fork() -> None:
    """A child has none of its parent's threads, and a lock may have been copied while it was held."""
    global _helpers
    _helpers = _Helpers(_helpers.threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def in_pieces(task: Callable[[int, int], object], blocks: int) -> None:
    """Call task(first, last) until blocks 0 to ``blocks`` are done, on several threads where that is worth it."""
    helpers = _helpers
    threads = min(helpers.threads, blocks // LEAST)
    if threads <= 1:
        task(0, blocks)
        return
    pieces = 4 * threads
    numbers = count()  # next() on it is atomic

    def work() -> None:
        while (k := next(numbers)) < pieces:
            task(blocks * k // pieces, blocks * (k + 1) // pieces)

    futures = helpers.submit(work, threads - 1)
    try:
        work()
    finally:
        for future in futures:
            if not future.cancel():
                future.result()

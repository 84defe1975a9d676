"""The keeper of a worker: a process between the runner and the worker, so that nothing of the worker outlives
either of them.

It starts the worker in a session of its own and waits for one of two ends: the worker's, or the runner's. The
runner holds one end of a pipe, the lifeline; the system closes it also for a runner that is killed. Then the
keeper kills the worker's process group and, on Linux, everything that the worker has started, in other
sessions too: orphans become the keeper's children. A keeper that is itself killed takes the worker with it on
Linux, but not what the worker has started.

It runs on the runner's Python, isolated: ``python -I -S keeper.py LIFELINE COMMAND...``. Its exit status is
the worker's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
from typing import NoReturn

LINUX = sys.platform == "linux"
SET_PARENT_DEATH_SIGNAL, SET_CHILD_SUBREAPER = 1, 36
"""Two of prctl's options, from <sys/prctl.h>."""


def main() -> None:
    """Start the worker, wait for an end, end everything."""
    lifeline, command = int(sys.argv[1]), sys.argv[2:]
    control(SET_CHILD_SUBREAPER, 1)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    os.set_inheritable(lifeline, False)
    keeper = os.getpid()
    worker = os.fork()
    if worker == 0:
        become(command, keeper)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    status = None
    while status is None and lifeline not in select.select([lifeline, woken], [], [])[0]:
        os.read(woken, 512)
        status = status_of(worker)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, signal.SIGKILL)
    end_children()
    if status is not None:
        end_like(status)


def control(option: int, value: int) -> None:
    """Set an attribute of this process, on Linux."""
    if LINUX:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def become(command: list[str], keeper: int) -> NoReturn:
    """Go on as the worker."""
    try:
        os.setsid()
        control(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() == keeper:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]} cannot be run: {error.strerror}\n".encode("utf-8", "backslashreplace"))
    os._exit(127)


def status_of(worker: int) -> int | None:
    """The worker's status if it has ended. Orphans that have ended are let go."""
    while True:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child in (0, worker):
            return status if child else None


def end_children() -> None:
    """Kill and await children until there are none: those of a child that dies become the keeper's own."""
    while True:
        for child in children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def children() -> list[int]:
    """This process's children, on Linux."""
    found = []
    for entry in os.listdir("/proc") if LINUX else ():
        with contextlib.suppress(OSError, ValueError):
            with open(f"/proc/{int(entry)}/stat", "rb") as file:
                # The name stands in parentheses and may hold any character; then the state, then the parent.
                parent = int(file.read().rpartition(b")")[2].split()[1])
            if parent == os.getpid():
                found.append(int(entry))
    return found


def end_like(status: int) -> NoReturn:
    """End as the worker ended: with its exit status, or by the same signal."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):  # Some signals cannot be handled, and are not.
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()

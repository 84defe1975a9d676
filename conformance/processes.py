"""Other programs, such as installers: run in an empty folder, and ended, with all that they started, when their parent is."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

POLL_SECONDS = 0.1
GUARD = """
import os, signal, subprocess, sys, threading

def end_with_parent():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_parent, daemon=True).start()
try:
    status = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL).wait()
except OSError as error:
    os.write(2, f"error: {sys.argv[1]} does not start: {error.strerror}".encode())
    status = 127
os._exit(status if status >= 0 else 128 - status)
"""
"""Leads the program's process group, and ends it when the pipe from the parent closes: however the parent dies, it does."""

HALT: ContextVar[threading.Event | None] = ContextVar("halt", default=None)
"""The event that ends the programs of this context, once set."""


class Halted(RuntimeError):
    """The halt was set while a program ran, or while something was waited for."""


@dataclass(frozen=True)
class Done:
    """What came of a program."""

    status: int
    output: str
    errors: str


@contextlib.contextmanager
def halting(event: threading.Event) -> Iterator[None]:
    """Programs that this context runs end when the event is set."""
    token = HALT.set(event)
    try:
        yield
    finally:
        HALT.reset(token)


def check_halt() -> None:
    """Raise Halted once this context's event is set."""
    halt = HALT.get()
    if halt is not None and halt.is_set():
        raise Halted("interrupted")


def run(command: Sequence[str], seconds: float, environment: Mapping[str, str] = os.environ) -> Done:
    """Run a program to its end. No shell is involved, and nothing of the current folder is in its reach by a relative name.

    Raises:
        OSError: it cannot be run.
        subprocess.TimeoutExpired: it takes longer than so many seconds.
        Halted: this context's halt was set.
    """
    check_halt()
    with tempfile.TemporaryDirectory(prefix="compatlosses-", ignore_cleanup_errors=True) as folder:
        lifeline, held = os.pipe()
        try:
            process = subprocess.Popen(
                guarded(command),
                cwd=folder,
                env=dict(environment),
                stdin=lifeline,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            os.close(lifeline)
            lifeline = -1
            try:
                output, errors = communicated(process, seconds)
            except BaseException:
                ended(process)
                raise
        finally:
            for end in (lifeline, held):
                if end >= 0:
                    os.close(end)
    return Done(process.returncode, output, errors)


def guarded(command: Sequence[str]) -> list[str]:
    """The command under its guard. Windows has no process groups of this kind: there it is run bare."""
    return list(command) if os.name == "nt" else [sys.executable, "-I", "-S", "-c", GUARD, *command]


def communicated(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """What a process writes until its end, with a look at the halt now and then."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return process.communicate(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            check_halt()
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(process.args, seconds) from None


def ended(process: subprocess.Popen[str]) -> None:
    """End a process and its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()

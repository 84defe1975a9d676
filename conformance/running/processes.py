"""Other programs, such as installers: run in an empty folder, and ended, with all that they started, when
their parent is.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ..places import KEEPER

POLL_SECONDS = 0.1

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


def kept(command: Sequence[str], **options: Any) -> tuple[subprocess.Popen[Any], int]:
    """Start a program with a keeper; with the process comes its lifeline, a descriptor that ends the program
    and all that it has started once it is closed. The options are Popen's.
    """
    watched, lifeline = os.pipe()
    try:
        process: subprocess.Popen[Any] = subprocess.Popen(
            [sys.executable, "-I", "-S", str(KEEPER), str(watched), *command],
            pass_fds=[watched],
            start_new_session=True,
            **options,
        )
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(watched)
    return process, lifeline


def run(command: Sequence[str], seconds: float, environment: Mapping[str, str] = os.environ) -> Done:
    """Run a program to its end. No shell is involved, and nothing of the current folder is in its reach by a
    relative name.

    Raises:
        OSError: it cannot be run.
        subprocess.TimeoutExpired: it takes longer than so many seconds.
        Halted: this context's halt was set.
    """
    check_halt()
    with tempfile.TemporaryDirectory(prefix="compatlosses-", ignore_cleanup_errors=True) as folder:
        process, lifeline = kept(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        with process:
            try:
                output, errors = communicated(process, seconds)
            finally:
                os.close(lifeline)
    return Done(process.returncode, output, errors)


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

"""The terminal: how the commands print, show progress, and are interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from ..printable import shown


def terminal(stderr: bool = False) -> Console:
    """Standard output, or standard error, in which no text is taken for the name of a picture."""
    return Console(stderr=stderr, emoji=False)


def progress() -> Progress:
    """Lines of progress on standard error."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=terminal(stderr=True))


def print_lines(console: Console, lines: Iterable[str]) -> None:
    """Print lines that are as long as they are to be: what is new in red, the last in bold."""
    rows = list(lines)
    for number, row in enumerate(rows, 1):
        style = "bold red" if row.startswith(("NEW", "! ")) else "bold" if number == len(rows) else ""
        console.print(Text(row, style), soft_wrap=True)


def print_error(message: object) -> None:
    """Print on standard error what is wrong."""
    terminal(stderr=True).print(f"[bold red]error:[/] {shown(message)}", highlight=False, soft_wrap=True)


@contextmanager
def terminating() -> Iterator[None]:
    """Make a request to end (SIGTERM) an interruption like any other, so that what is done is saved."""

    def interrupt(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""The suite's commands as an application's.

Exit status: 0 nothing unexpected, 1 something unexpected, 2 the call is wrong, 3 a target could not be run at
all, 70 an internal error.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from ..errors import SuiteError, internal_error
from .compare import compare
from .conform import conform
from .expectations import update_expectations
from .finding import finding
from .fuzz import fuzz
from .lab import list_environments, remove_environments
from .lab import run as run_releases
from .port import port
from .report import report
from .repro import repro
from .strata import strata
from .support import support
from .terminal import print_error

COMMANDS: dict[str, Callable[..., None]] = {
    "conform": conform,
    "report": report,
    "compare": compare,
    "port": port,
    "finding": finding,
    "repro": repro,
    "fuzz": fuzz,
    "strata": strata,
    "support": support,
    "update-expectations": update_expectations,
}
LAB_COMMANDS: dict[str, Callable[..., None]] = {
    "run": run_releases,
    "list": list_environments,
    "remove": remove_environments,
}


def add_commands(app: typer.Typer) -> None:
    """Add the suite's commands to an application."""
    for name, command in COMMANDS.items():
        app.command(name)(guarded(command))
    lab = typer.Typer(
        help="Releases that are not installed here, and their environments.", no_args_is_help=True
    )
    for name, command in LAB_COMMANDS.items():
        lab.command(name)(guarded(command))
    app.add_typer(lab, name="lab")


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command: what it cannot use ends it with status 2, an internal error with one of its own."""

    def call(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except ModuleNotFoundError:  # `__main__` says what to install
            raise
        except SuiteError as error:
            print_error(error)
            raise typer.Exit(2) from None
        except Exception:
            raise typer.Exit(internal_error()) from None

    return wraps(command)(call)

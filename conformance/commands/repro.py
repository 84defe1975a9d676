"""The command ``repro``: a case as a script for a bug report."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import SuiteError
from ..model import cases
from ..report.repro import script


def repro(
    case: Annotated[str, typer.Argument(help="The case's id.")],
    framework: Annotated[str, typer.Option(help="The framework whose function has the bug.")],
    implementation: Annotated[
        str | None, typer.Option(help="The function; by default the framework's main one.")
    ] = None,
) -> None:
    """Print a standalone script for a bug report: it needs that framework and NumPy, and exits 1 while the
    bug is there.
    """
    everything = {c.id: c for c in cases.load()}
    if case not in everything:
        raise SuiteError(f"no case is named {case!r}; ids look like {min(everything)!r}")
    print(script(everything[case], framework, implementation))

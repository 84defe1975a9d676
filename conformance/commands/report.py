"""The command ``report``: runs as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import files
from ..results import results
from .outputs import page_of


def report(
    runs: Annotated[list[Path], typer.Argument(help="Runs' JSON, of any targets and versions.")],
    html_file: Annotated[
        Path, typer.Option("--html", help="Write the report to this file: a page that opens from disk.")
    ],
) -> None:
    """Show runs as one page: a matrix, each case with inputs, outcome and script, error curves, versions
    compared.
    """
    files.check_writable(html_file)
    files.write(html_file, page_of([results.read(path) for path in runs]))

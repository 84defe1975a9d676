"""The command ``report``: runs as a page, or as a small site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import files
from ..errors import SuiteError
from ..results import results
from .outputs import page_of


def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Runs' JSON, of any targets and versions; before=a.json names the run in a.json.",
            metavar="[LABEL=]RUN...",
        ),
    ],
    html_file: Annotated[
        Path | None,
        typer.Option("--html", help="Write the report to this file: a page that opens from disk."),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            metavar="FOLDER",
            help="Write the report into this folder as a site: a page a framework, a loss and a finding.",
        ),
    ] = None,
) -> None:
    """Show runs as one page: releases, behaviours, findings, versions compared, each case with its script."""
    if html_file is None and site is None:
        raise SuiteError("nothing to write: give --html FILE, --site FOLDER, or both")
    if html_file is not None:
        files.check_writable(html_file)
    labels, paths = zip(*map(labelled, runs), strict=True)
    tables = [results.read(path) for path in paths]
    if html_file is not None:
        files.write(html_file, page_of(tables, labels))
    if site is not None:
        write_site(site, tables, labels)


def labelled(argument: str) -> tuple[str, Path]:
    """A run's label and its file: 'before=a.json', where no file has that whole name."""
    label, equals, path = argument.partition("=")
    return ("", Path(argument)) if not equals or Path(argument).exists() else (label, Path(path))


def write_site(folder: Path, tables: list[results.Table], labels: tuple[str, ...]) -> None:
    """Write the site into a folder, which is made where it is not there."""
    from ..report.site import site

    for name, text in site(tables, labels):
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.ResultError(f"{path.parent} cannot be made: {error.strerror}") from error
        files.write(path, text)

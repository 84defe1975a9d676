"""The command ``compare``: what changed between two runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import SuiteError
from ..printable import shown
from ..report import text
from ..results import changes, results
from .terminal import terminal


def compare(
    old: Annotated[Path, typer.Argument(help="The earlier run's JSON.")],
    new: Annotated[Path, typer.Argument(help="The later run's JSON.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print every case, not the first of each kind.")
    ] = False,
) -> None:
    """Tell what changed between two runs, by case; exit 1 if something got worse: it broke, or fails by more
    than before.
    """
    before, after = results.read(old), results.read(new)
    found = changes.compare(before, after)
    if not (found.unchanged or found.broken or found.fixed or found.changed or found.lost):
        raise SuiteError(f"{old} and {new} have no case of one implementation in common")
    if as_json:
        # In ASCII: no terminal obeys it, and no encoding lacks it.
        json.dump(found.to_json(), sys.stdout, indent=2)
        print()
    else:
        for run, path in ((before, old), (after, new)):
            if run.get("partial"):
                terminal(stderr=True).print(f"[yellow]{shown(str(path))} is partial[/]", soft_wrap=True)
        text.changes(Console(soft_wrap=True, highlight=False, emoji=False), found, verbose)
    raise typer.Exit(1 if found.worse else 0)

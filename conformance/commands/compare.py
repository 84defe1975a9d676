"""The command ``compare``: what changed between two runs, and whether the new one passes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import SuiteError
from ..judging.severity import ORDER
from ..model.implementations import KINDS
from ..report import changes as shown
from ..results import changes, results
from .terminal import print_lines, terminal


def compare(
    old: Annotated[Path, typer.Argument(help="The earlier run's JSON.")],
    new: Annotated[Path, typer.Argument(help="The later run's JSON.")],
    case: Annotated[
        list[str] | None, typer.Option(help="Look at these cases alone; * stands for anything.")
    ] = None,
    implementation: Annotated[
        list[str] | None, typer.Option(help="Look at native, shim or these names alone.")
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option(help="Look at these checks alone, such as 'exact/gradient/*'.")
    ] = None,
    severity: Annotated[
        str, typer.Option(help=f"Look at what is at least so bad: {', '.join(ORDER)}.")
    ] = ORDER[-1],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print every change, not one of each finding.")
    ] = False,
) -> None:
    """Tell what changed between two runs, by finding and the worst first; exit 1 if something got worse, or
    if the new run has less than the old one.
    """
    if severity not in ORDER:
        raise SuiteError(f"--severity is {severity!r}; expected one of {', '.join(ORDER)}")
    cases, names = case or ["*"], implementation or ["*"]

    def selects(verdict: dict[str, Any]) -> bool:
        whose = (verdict["implementation"], verdict["kind"])
        named = any(fnmatchcase(whose[name in KINDS], name) for name in names)
        return named and any(fnmatchcase(verdict["case"], pattern) for pattern in cases)

    found = changes.compare(results.read(old), results.read(new), selects)
    if not (found.unchanged or found.worse or found.better or found.other or found.lost or found.gone):
        raise SuiteError(f"{old} and {new} have no call in common that is looked at")
    found = narrowed(found, check or ["*"], severity)
    if as_json:
        # In ASCII: no terminal obeys it, and no encoding lacks it.
        json.dump(found.to_json(), sys.stdout, indent=2)
        print()
    else:
        print_lines(terminal(), shown.lines(found, verbose))
    raise typer.Exit(0 if found.passes else 1)


def narrowed(found: changes.Changes, checks: Sequence[str], severity: str) -> changes.Changes:
    """The changes of some checks that are at least so bad."""

    def kept(change: changes.Change) -> bool:
        grave = changes.rank(change.severity) <= ORDER.index(severity) or change.direction == "other"
        return grave and any(fnmatchcase(change.check, pattern) for pattern in checks)

    worse, better, other = ([*filter(kept, side)] for side in (found.worse, found.better, found.other))
    return replace(found, worse=worse, better=better, other=other)

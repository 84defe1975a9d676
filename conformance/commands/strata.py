"""The command ``strata``: the cells of the strata, and which of them lack a case."""

from __future__ import annotations

import typer

from ..judging.selection import Selection
from ..model.census import census
from ..report import text
from .options import Cases
from .select import check_cases
from .terminal import terminal


def strata(case: Cases = None) -> None:
    """List the strata's cells: how many have a case, why others are empty; exit 1 if one lacks a case."""
    check_cases(case or [])
    counted = census(Selection(tuple(case or ())).chosen_cases())
    text.cells(terminal(), counted)
    raise typer.Exit(1 if any(grid.missing for grid in counted) else 0)

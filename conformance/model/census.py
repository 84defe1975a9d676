"""Which cells of the strata have a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import grids_differences, grids_elements, grids_rows, strata_elements
from .case import Case
from .grids import Census, Grid, counted
from .losses import DIFFERENCE, FIRST

BY_KIND: tuple[tuple[Callable[[Case], bool], tuple[Grid, ...]], ...] = (
    (lambda case: case.loss == FIRST, grids_elements.GRIDS),
    (lambda case: case.of.arguments == DIFFERENCE, grids_differences.GRIDS),
    (lambda case: case.of.elements, strata_elements.GRIDS),
    (lambda case: case.of.rows, grids_rows.GRIDS),
)
"""The cases that each kind of grids is counted over."""


def census(cases: Iterable[Case]) -> list[Census]:
    """The strata's cells, counted over the cases that are to succeed."""
    valid = [case for case in cases if not case.errors]
    return [
        counted(grid, [case for case in valid if of_kind(case)])
        for of_kind, grids in BY_KIND
        for grid in grids
    ]

"""Which cells of the strata have a case."""

from __future__ import annotations

from collections.abc import Iterable

from . import grids_differences, grids_elements, grids_rows, strata_elements
from .case import Case
from .grids import Census, Grid, counted

BY_KIND: dict[str, tuple[Grid, ...]] = {
    "with_pos_weight": grids_elements.GRIDS,
    "difference": grids_differences.GRIDS,
    "elements": strata_elements.GRIDS,
    "rows": grids_rows.GRIDS,
}
"""The grids that the cases of each kind of loss are counted over."""


def census(cases: Iterable[Case]) -> list[Census]:
    """The strata's cells, counted over the cases that are to succeed."""
    valid = [case for case in cases if not case.errors]
    return [
        counted(grid, [case for case in valid if case.of.kind == kind])
        for kind, grids in BY_KIND.items()
        for grid in grids
    ]

"""Grids of strata: which cells have a case, and why others are left empty."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .case import Case

Cell = tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Strata that are crossed with each other: their axes with their labels, and which cells no case can or
    need hold.
    """

    name: str
    axes: tuple[tuple[str, tuple[str, ...]], ...]
    found: Callable[[Case], Iterable[Cell]]
    """The cells that a case holds."""
    empty: Callable[[Cell], str]
    """Why a cell holds no case; '' for one that must."""

    def cells(self) -> Iterator[Cell]:
        """Every cell, reachable or not."""
        return itertools.product(*(labels for _, labels in self.axes))


@dataclass(frozen=True)
class Census:
    """Which cells of a grid have a case: how many, which lack one, and the reasons of those that are left
    empty.
    """

    grid: Grid
    held: int
    missing: tuple[Cell, ...]
    empty: dict[str, tuple[Cell, ...]]


def counted(grid: Grid, cases: Iterable[Case]) -> Census:
    """A grid's cells, counted over cases."""
    held = {cell for case in cases for cell in grid.found(case)}
    missing, empty = [], defaultdict(list)
    for cell in grid.cells():
        if cell in held:
            continue
        reason = grid.empty(cell)
        if reason:
            empty[reason].append(cell)
        else:
            missing.append(cell)
    return Census(grid, len(held), tuple(missing), {reason: tuple(cells) for reason, cells in empty.items()})

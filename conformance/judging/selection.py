"""What is to be run, of the suite or of folders of one's own, and how."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from ..model import cases
from ..model.case import Case
from ..model.implementations import Implementation, wanted
from ..places import CASES, Folders
from ..running.line import CASE_SECONDS
from ..running.target import CPU, Machine
from .expectations import Book, book_of


@dataclass(frozen=True)
class Selection:
    """The cases, the implementations and the modes, on which machine, and the folders that they are from."""

    cases: tuple[str, ...] = ()
    """Patterns of ids; none for all of them."""
    implementations: tuple[str, ...] = ()
    """'native', 'shim' or patterns of names; none for all of them."""
    modes: tuple[str, ...] = ()
    """Patterns of names; none for the usual ones."""
    seconds: float = CASE_SECONDS
    """What one case may take."""
    folders: Folders = field(default_factory=Folders)
    machine: Machine = field(default_factory=Machine)

    @property
    def whole(self) -> bool:
        """Whether it has all of the suite's cases."""
        return not self.cases and self.folders.cases is None

    def chosen_cases(self) -> tuple[Case, ...]:
        """The cases of these ids, or all of them."""
        everything = cases.load(self.folders.cases or CASES)
        return tuple(c for c in everything if not self.cases or any(fnmatchcase(c.id, p) for p in self.cases))

    def wants(self, implementation: Implementation) -> bool:
        """Whether an implementation is among those that are chosen."""
        return wanted(implementation, self.implementations)

    def book(self) -> Book:
        """The expectations; strict on the CPU, which the kept runs are of."""
        return replace(book_of(self.folders), strict=self.machine.device == CPU)

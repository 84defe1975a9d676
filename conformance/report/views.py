"""The parts of a report, as templates show them: releases, behaviours, findings, neighbouring versions.

`summary.py` makes them of runs. The page and the static site show the same ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from ..judging.severity import ORDER, worst
from ..model.losses import LOSSES
from ..results.answer import counted
from ..results.changes import Change, ChangeGroup, Changes
from ..results.releases import Example, Release, Standing, rank
from .answer import command_of, has_script

Table = dict[str, Any]
SERIOUS = ("crash", "wrong", "missing", "infinite")
"""Severities at which a card names its worst finding."""
MOST_MESSAGE = 200
"""The most characters of a message."""
SAYS = {
    "crash": "Not safe: calls end the process, or hang.",
    "wrong": "Not safe: values or signs are wrong.",
    "missing": "Beware: gradients are missing, without a word.",
    "infinite": "Beware: NaN or infinity stands where a number should.",
    "form": "The numbers are right; errors, shapes or dtypes are not as documented.",
    "digits": "Right, but for lost digits.",
    "rounding": "Right, but for a few ULP.",
    "": "All that it supports passes.",
}
"""A card's verdict, by its worst severity."""


@dataclass(frozen=True)
class Place:
    """A finding in a release: how bad it is there, in how many cases, and the plainest of them."""

    release: Release
    severity: str
    cases: int
    losses: Mapping[str, int]
    examples: tuple[Example, ...]

    @property
    def address(self) -> str:
        """The page's address of the plainest example."""
        return address_of(self.examples[0][0], self.release)

    @property
    def message(self) -> str:
        """The message of the plainest example."""
        return shortened(self.examples[0][1]["message"])


@dataclass(frozen=True)
class Entry:
    """A finding in all releases; or failures of one kind that no finding explains."""

    slug: str
    title: str
    words: str
    """The title without its owner."""
    known: bool
    places: tuple[Place, ...]
    text: tuple[tuple[str, str], ...]

    @property
    def severity(self) -> str:
        """The worst severity."""
        return worst(place.severity for place in self.places)

    @property
    def cases(self) -> int:
        """The number of cases that show it, in all releases together."""
        return len({verdict["case"] for place in self.places for verdict, _ in place.examples})

    @property
    def losses(self) -> list[str]:
        """The losses that show it."""
        found = {loss for place in self.places for loss in place.losses}
        return [loss for loss in LOSSES if loss in found]

    @cached_property
    def command(self) -> str:
        """The command that prints a script; empty if no example has one."""
        newest_first = (each for place in reversed(self.places) for each in place.examples[:20])
        found = next((each for each in newest_first if has_script(each)), None)
        return "\n".join(line[2:] for line in command_of(found[0], 80)) if found else ""


@dataclass(frozen=True)
class Card:
    """A release in short."""

    release: Release
    entries: tuple[tuple[Entry, Place], ...]
    """Its findings, the worst first."""
    before: Release | None
    new: tuple[Entry, ...]
    mended: tuple[Entry, ...]
    """Findings that the release before lacks, and that it alone has, by the calls that both support."""

    @property
    def severity(self) -> str:
        """The worst severity of its findings."""
        return worst(place.severity for _, place in self.entries)

    @property
    def severities(self) -> list[tuple[str, int]]:
        """The number of findings of each severity, the worst first."""
        counts = Counter(place.severity for _, place in self.entries)
        return [(severity, counts[severity]) for severity in ORDER if counts[severity]]

    @property
    def unexplained(self) -> int:
        """The number of kinds of failures that no finding explains."""
        return sum(not entry.known for entry, _ in self.entries)

    @property
    def says(self) -> str:
        """The verdict, in words."""
        if self.release.error:
            return f"It could not be run: {self.release.error}"
        verdict = SAYS[self.severity]
        if self.entries and self.severity in SERIOUS:
            verdict = f"{verdict} Worst: {self.entries[0][0].words}."
        if self.unexplained:
            kinds = counted(self.unexplained, "kind")
            verdict = f"New, which no finding explains: {kinds} of results. {verdict}"
        return verdict

    @property
    def passed(self) -> tuple[int, int, int]:
        """The number of calls that pass, that are supported, and that are not supported."""
        counts = Counter(verdict["status"] for verdict in self.release.verdicts)
        unsupported = counts["unsupported"]
        return counts["pass"], sum(counts.values()) - unsupported, unsupported


@dataclass(frozen=True)
class Cell:
    """A behaviour in a release."""

    release: Release
    behaviour: str
    by_loss: Mapping[str, Standing]

    @property
    def passed(self) -> int:
        """The number of cases that pass."""
        return sum(standing.passed for standing in self.by_loss.values())

    @property
    def total(self) -> int:
        """The number of cases that are supported."""
        return sum(standing.total for standing in self.by_loss.values())

    @property
    def severity(self) -> str:
        """The worst severity of its failures."""
        return worst(standing.severity for standing in self.by_loss.values())

    @property
    def address(self) -> str:
        """The page's address of its failing cases."""
        return urlencode({"behaviour": self.behaviour, "release": self.release.title})

    @property
    def counts(self) -> dict[str, list[Any]]:
        """By loss: passed, total, severity."""
        return {loss: [one.passed, one.total, one.severity] for loss, one in self.by_loss.items()}


@dataclass(frozen=True)
class Row:
    """A behaviour in every release."""

    id: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Line:
    """A case that changed: its address on the page, and the results before and after."""

    case: str
    implementation: str
    address: str
    before: str
    after: str


@dataclass(frozen=True)
class Changed:
    """The changes of one finding, and the first of its cases."""

    title: str
    severity: str
    entry: Entry | None
    group: ChangeGroup
    lines: tuple[Line, ...]

    @property
    def more(self) -> int:
        """The number of changes without a line."""
        return len(self.group.changes) - len(self.lines)


@dataclass(frozen=True)
class Pair:
    """Two neighbouring releases."""

    old: Release
    new: Release
    changes: Changes
    worse: tuple[Changed, ...]
    better: tuple[Changed, ...]

    @property
    def severity(self) -> str:
        """The worst severity of the changes for the worse."""
        return worst(one.severity for one in self.worse)

    @property
    def harm(self) -> tuple[int, int]:
        """An order in which the greatest harm comes first."""
        return rank(self.severity), -self.worsened

    @property
    def worsened(self) -> int:
        """The number of calls that got worse."""
        return calls_of(self.changes.worse)

    @property
    def bettered(self) -> int:
        """The number of calls that got better."""
        return calls_of(self.changes.better)

    @property
    def title(self) -> str:
        """Both, in short."""
        return f"{self.old.title} → {self.new.number or self.new.title}"


@dataclass(frozen=True)
class Summary:
    """The whole summary."""

    releases: tuple[Release, ...]
    cards: tuple[Card, ...]
    rows: tuple[Row, ...]
    entries: tuple[Entry, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()
    """Sentences on releases that nobody reviewed: the ones that they are judged by."""

    @property
    def failed(self) -> list[Release]:
        """The releases that could not be run."""
        return [release for release in self.releases if release.error]

    @property
    def losses(self) -> list[str]:
        """The losses that were called."""
        found = {loss for row in self.rows for cell in row.cells for loss in cell.by_loss}
        return [loss for loss in LOSSES if loss in found]

    @property
    def frameworks(self) -> list[str]:
        """The frameworks."""
        return list(dict.fromkeys(release.framework for release in self.releases))

    def groups(self, kind: str) -> list[tuple[str, list[Card]]]:
        """The cards of a kind by framework: eager before the other modes, the newest first."""
        found: dict[str, list[Card]] = {}
        for card in reversed(self.cards):
            if card.release.kind == kind:
                found.setdefault(card.release.framework, []).append(card)
        return [
            (framework, sorted(found[framework], key=lambda card: card.release.mode != "eager"))
            for framework in self.frameworks
            if framework in found
        ]

    def severity_of(self, kind: str) -> str:
        """The worst severity of the releases of a kind."""
        return worst(card.severity for card in self.cards if card.release.kind == kind)

    def number_of(self, kind: str) -> int:
        """The number of releases of a kind."""
        return sum(card.release.kind == kind for card in self.cards)


def shortened(message: str) -> str:
    """A message of two or three lines; a framework's may have thousands."""
    return message if len(message) <= MOST_MESSAGE else message[:MOST_MESSAGE] + " ..."


def address_of(verdict: Table, release: Release) -> str:
    """The page's address of a case of an implementation."""
    return urlencode({"case": verdict["case"], "at": f"{verdict['implementation']}, {release.title}"})


def calls_of(changes: Iterable[Change]) -> int:
    """The number of calls that changed."""
    return len({(change.implementation, change.case) for change in changes})

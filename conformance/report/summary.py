"""What a page says before it shows any case: releases, behaviours, findings, and versions compared, in words.

The page and the static site are made of it, by the same templates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from ..judging.severity import ORDER, severity_of, worst
from ..model.losses import LOSSES, loss_of
from ..results.answer import OTHER, counted
from ..results.answer import standings as standings_of
from ..results.changes import Change, ChangeGroup, Changes, compare, groups
from ..results.findings import finding_of, texts
from ..results.releases import (
    NEW,
    Example,
    Release,
    Standing,
    by_finding,
    neighbours,
    rank,
    releases_of,
    since,
    standings,
)
from ..results.support import behaviours
from .answer import command_of, has_script

Table = dict[str, Any]
SERIOUS = ("crash", "wrong", "missing", "infinite")
"""Severities of which a release's worst finding is named at once."""
MOST_CASES = 25
"""Cases that are listed of what changed by one finding."""
MOST_MESSAGE = 200
"""Characters that are shown of a message."""
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
"""What a release is said to be, by the worst of what was met."""


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
        """Where the plainest stands on the page."""
        return address_of(self.examples[0][0], self.release)

    @property
    def message(self) -> str:
        """What was said of it."""
        return shortened(self.examples[0][1]["message"])


@dataclass(frozen=True)
class Entry:
    """A finding, or results that none explains, wherever they were met."""

    slug: str
    title: str
    words: str
    """The title without whose it is."""
    known: bool
    places: tuple[Place, ...]
    text: tuple[tuple[str, str], ...]

    @property
    def severity(self) -> str:
        """The worst of it."""
        return worst(place.severity for place in self.places)

    @property
    def cases(self) -> int:
        """How many cases show it, of all releases together."""
        return len({verdict["case"] for place in self.places for verdict, _ in place.examples})

    @property
    def losses(self) -> list[str]:
        """The losses that show it."""
        found = {loss for place in self.places for loss in place.losses}
        return [loss for loss in LOSSES if loss in found]

    @cached_property
    def command(self) -> str:
        """The command that prints a script of it; empty where no example has one."""
        newest_first = (each for place in reversed(self.places) for each in place.examples[:20])
        found = next((each for each in newest_first if has_script(each)), None)
        return "\n".join(line[2:] for line in command_of(found[0], 80)) if found else ""


@dataclass(frozen=True)
class Card:
    """A release in short."""

    release: Release
    entries: tuple[tuple[Entry, Place], ...]
    """The findings that it shows, the worst first."""
    before: Release | None
    new: tuple[Entry, ...]
    mended: tuple[Entry, ...]
    """The findings that are new, or no more, beside the release before, by the calls of both."""

    @property
    def severity(self) -> str:
        """The worst of what was met."""
        return worst(place.severity for _, place in self.entries)

    @property
    def severities(self) -> list[tuple[str, int]]:
        """How many findings there are of each severity, the worst first."""
        counts = Counter(place.severity for _, place in self.entries)
        return [(severity, counts[severity]) for severity in ORDER if counts[severity]]

    @property
    def unexplained(self) -> int:
        """How many kinds of results no finding explains."""
        return sum(not entry.known for entry, _ in self.entries)

    @property
    def says(self) -> str:
        """The verdict, in words."""
        if self.release.error:
            return f"It could not be run: {self.release.error}"
        told = SAYS[self.severity]
        if self.entries and self.severity in SERIOUS:
            told = f"{told} Worst: {self.entries[0][0].words}."
        if self.unexplained:
            told = f"New, which no finding explains: {counted(self.unexplained, 'kind')} of results. {told}"
        return told

    @property
    def passed(self) -> tuple[int, int, int]:
        """How many calls pass, of how many that are supported, and how many are not."""
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
        """How many cases pass."""
        return sum(standing.passed for standing in self.by_loss.values())

    @property
    def total(self) -> int:
        """How many are supported."""
        return sum(standing.total for standing in self.by_loss.values())

    @property
    def severity(self) -> str:
        """The worst of what fails."""
        return worst(standing.severity for standing in self.by_loss.values())

    @property
    def address(self) -> str:
        """Where its cases stand on the page."""
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
    """A case that came out otherwise: where it stands on the page, and what was said before and after."""

    case: str
    implementation: str
    address: str
    before: str
    after: str


@dataclass(frozen=True)
class Changed:
    """What changed by one finding."""

    title: str
    severity: str
    entry: Entry | None
    group: ChangeGroup
    lines: tuple[Line, ...]

    @property
    def more(self) -> int:
        """How many changes are not listed."""
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
        """The worst of what got worse."""
        return worst(one.severity for one in self.worse)

    @property
    def harm(self) -> tuple[int, int]:
        """An order in which the greatest harm comes first."""
        return rank(self.severity), -self.worsened

    @property
    def worsened(self) -> int:
        """How many calls got worse."""
        return calls_of(self.changes.worse)

    @property
    def bettered(self) -> int:
        """How many calls got better."""
        return calls_of(self.changes.better)

    @property
    def title(self) -> str:
        """The two, in short."""
        return f"{self.old.title} → {self.new.number or self.new.title}"


@dataclass(frozen=True)
class Summary:
    """All of it."""

    releases: tuple[Release, ...]
    cards: tuple[Card, ...]
    rows: tuple[Row, ...]
    entries: tuple[Entry, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()
    """By which releases those are judged that nobody reviewed."""

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
        """The worst of the releases of a kind."""
        return worst(card.severity for card in self.cards if card.release.kind == kind)

    def number_of(self, kind: str) -> int:
        """How many releases there are of a kind."""
        return sum(card.release.kind == kind for card in self.cards)


def summary_of(runs: Sequence[Table], labels: Sequence[str] = ()) -> Summary:
    """What runs, as `results.read` gives them, come to."""
    releases = releases_of(runs, labels)
    entries = entries_of(releases)
    before = {id(new): old for old, new in neighbours(releases)}
    return Summary(
        tuple(releases),
        tuple(card(release, before.get(id(release)), entries) for release in releases),
        tuple(rows(releases)),
        tuple(sorted(entries.values(), key=badness)),
        tuple(sorted(pairs(releases, entries), key=lambda pair: pair.harm)),
        tuple(dict.fromkeys(note for run in runs for note in standings_of(run))),
    )


def badness(entry: Entry) -> tuple[Any, ...]:
    """What no finding explains comes first, then the worst."""
    return entry.known, rank(entry.severity), -entry.cases, entry.title


def entries_of(releases: Sequence[Release]) -> dict[str, Entry]:
    """The findings, and what none explains, by name."""
    places: dict[str, list[Place]] = {}
    for release in releases:
        for name, examples in by_finding(release.verdicts).items():
            places.setdefault(name, []).append(place_of(release, examples))
    slugs: Counter[str] = Counter()
    found = {}
    for name, members in places.items():
        slug = slug_of(name)
        slugs[slug] += 1
        slug += f"-{slugs[slug]}" if slugs[slug] > 1 else ""
        title, words = titles_of(name)
        known = not name.startswith(NEW)
        found[name] = Entry(slug, title, words, known, tuple(members), texts().get(name, ()))
    return found


def slug_of(name: str) -> str:
    """A name as a part of an address, or of a file's name."""
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:80].strip("-") or "unnamed"


def titles_of(name: str) -> tuple[str, str]:
    """A finding's line, with whose it is and without; of what none explains, its sentence."""
    if name.startswith(NEW):
        sentence = name.removeprefix(NEW)
        return sentence[:1].upper() + sentence[1:], sentence
    return str(finding_of(name)), finding_of(name).words


def place_of(release: Release, examples: Sequence[Example]) -> Place:
    """A finding in a release, from what shows it there, the gravest first."""
    severity = worst(severity_of(check) for _, check in examples)
    cases = {verdict["case"] for verdict, _ in examples}
    return Place(release, severity, len(cases), Counter(map(loss_of, cases)), tuple(examples))


def card(release: Release, before: Release | None, entries: Mapping[str, Entry]) -> Card:
    """A release in short, beside the one before it."""
    met = [(entry, place) for entry in entries.values() for place in entry.places if place.release is release]
    met.sort(key=lambda one: (rank(one[1].severity), one[0].known, -one[1].cases))
    new, mended = since(before, release) if before else ([], [])
    return Card(
        release,
        tuple(met),
        before,
        tuple(sorted((entries[name] for name in new), key=badness)),
        tuple(sorted((entries[name] for name in mended), key=badness)),
    )


def rows(releases: Sequence[Release]) -> Iterator[Row]:
    """The behaviours that were called, each in every release."""
    of_release = [standings(release) for release in releases]
    titles = {one.id: one.title for one in behaviours()} | {OTHER: "Other cases"}
    for id, title in titles.items():
        if any(id in found for found in of_release):
            yield Row(
                id,
                title,
                tuple(
                    Cell(release, id, found.get(id, {}))
                    for release, found in zip(releases, of_release, strict=True)
                ),
            )


def pairs(releases: Sequence[Release], entries: Mapping[str, Entry]) -> Iterator[Pair]:
    """Neighbouring releases, and what changed between them."""
    for old, new in neighbours(releases):
        changes = compare(old.as_run, new.as_run)
        sides = [
            tuple(changed(group, old, new, entries) for group in groups(of_side))
            for of_side in (changes.worse, changes.better)
        ]
        yield Pair(old, new, changes, *sides)


def calls_of(changes: Iterable[Change]) -> int:
    """How many calls some changes are of."""
    return len({(change.implementation, change.case) for change in changes})


def changed(group: ChangeGroup, old: Release, new: Release, entries: Mapping[str, Entry]) -> Changed:
    """A group of changes, with the first of its cases."""
    entry = entries.get(group.changes[0].finding)
    lines = tuple(line(change, old, new) for change in group.changes[:MOST_CASES])
    return Changed(group.title, group.severity, entry, group, lines)


def line(change: Change, old: Release, new: Release) -> Line:
    """A case that changed; where it is better, the page shows what it was before."""
    release = old if change.direction == "better" else new
    shown = {"case": change.case, "implementation": change.implementation}
    return Line(
        change.case,
        change.implementation,
        address_of(shown, release),
        said(change.was, change.before, change.ulps_before),
        said(change.now, change.after, change.ulps_after),
    )


def said(state: str, message: str, ulps: float | None) -> str:
    """What a run said of a check: a message, else how it came out, with the error."""
    if message:
        return shortened(message)
    return state if ulps is None else f"{state}, {ulps:.3g} ULP"


def shortened(message: str) -> str:
    """A message of two lines or three: what a framework says may have thousands."""
    return message if len(message) <= MOST_MESSAGE else message[:MOST_MESSAGE] + " ..."


def address_of(verdict: Table, release: Release) -> str:
    """Where a case of an implementation stands on the page."""
    return urlencode({"case": verdict["case"], "at": f"{verdict['implementation']}, {release.title}"})

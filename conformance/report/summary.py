"""The summary of runs: a card for each release, behaviours by release, findings, neighbouring versions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..judging.findings import finding_of, texts
from ..judging.severity import severity_of, worst
from ..model.losses import loss_of
from ..results.answer import OTHER
from ..results.answer import standings as standings_of
from ..results.changes import Change, ChangeGroup, compare, groups
from ..results.releases import (
    NEW,
    Example,
    Release,
    by_finding,
    neighbours,
    rank,
    releases_of,
    since,
    standings,
)
from ..results.support import behaviours
from .views import Card, Cell, Changed, Entry, Line, Pair, Place, Row, Summary, address_of, shortened

Table = dict[str, Any]
MOST_CASES = 25
"""The most cases in the list of one finding's changes."""


def summary_of(runs: Sequence[Table], labels: Sequence[str] = ()) -> Summary:
    """The summary of runs, as `results.read` gives them; labels tell runs of one version apart."""
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
    """An order: failures that no finding explains first, then the worst."""
    return entry.known, rank(entry.severity), -entry.cases, entry.title


def entries_of(releases: Sequence[Release]) -> dict[str, Entry]:
    """The findings, and the failures that none explains, by name."""
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
    """A finding's words, with its owner and without; a sentence, where no finding explains the failures."""
    if name.startswith(NEW):
        sentence = name.removeprefix(NEW)
        return sentence[:1].upper() + sentence[1:], sentence
    return str(finding_of(name)), finding_of(name).words


def place_of(release: Release, examples: Sequence[Example]) -> Place:
    """A finding in a release, from its examples there, the gravest first."""
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
    """Neighbouring releases, with their changes."""
    for old, new in neighbours(releases):
        changes = compare(old.as_run, new.as_run)
        sides = [
            tuple(changed(group, old, new, entries) for group in groups(of_side))
            for of_side in (changes.worse, changes.better)
        ]
        yield Pair(old, new, changes, *sides)


def changed(group: ChangeGroup, old: Release, new: Release, entries: Mapping[str, Entry]) -> Changed:
    """A group of changes, with the first of its cases."""
    entry = entries.get(group.changes[0].finding)
    lines = tuple(line(change, old, new) for change in group.changes[:MOST_CASES])
    return Changed(group.title, group.severity, entry, group, lines)


def line(change: Change, old: Release, new: Release) -> Line:
    """A case that changed. If it got better, the address is that of the older release."""
    release = old if change.direction == "better" else new
    shown = {"case": change.case, "implementation": change.implementation}
    return Line(
        change.case,
        change.implementation,
        address_of(shown, release),
        in_words(change.was, change.before, change.ulps_before),
        in_words(change.now, change.after, change.ulps_after),
    )


def in_words(state: str, message: str, ulps: float | None) -> str:
    """A result in words: the message, else the state and the error."""
    if message:
        return shortened(message)
    return state if ulps is None else f"{state}, {ulps:.3g} ULP"

"""Known deviations, strict both ways: a failure that none expects fails a run, and so does an expected one
that passes.

A deviation speaks of single checks of a case, never of a whole case: ``exact/gradient/weight``,
``documented/error/phase``.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase, translate
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from ..errors import SuiteError
from ..files import ResultError, read_text
from ..model.implementations import FRAMEWORKS
from ..model.losses import loss_of
from ..places import EXPECTATIONS, Folders
from .findings import finding_of
from .judge import CHECKS, Verdict
from .reviewed import NAME as RELEASES
from .reviewed import Reviewed, reviewed
from .severity import FAILURES, SEVERITIES, is_worse, severity_of

KEYS = {
    "framework",
    "implementations",
    "versions",
    "modes",
    "failing",
    "note",
    "link",
    "finding",
}


class ExpectationError(SuiteError):
    """A file of expectations that is not as it must be: says which file, which entry and what is wrong."""


@dataclass(frozen=True)
class Failing:
    """Checks that fail in each of some cases."""

    checks: tuple[str, ...]
    cases: tuple[str, ...]
    """Ids; '*' stands for anything."""
    severity: str = ""
    """How bad the failures are at most: a worse one is new. Empty where that is not known."""

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(self.cases)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(
            "|".join(translate(case) for case in self.cases if set("*?[") & set(case)) or "(?!)"
        )

    def names(self, case: str) -> bool:
        """Whether it speaks of this case."""
        return case in self._ids or self._pattern.match(case) is not None


@dataclass(frozen=True)
class Expectation:
    """A deviation: where, in which versions, which checks of which cases fail, why, and where one reads about
    it.
    """

    framework: str
    implementations: tuple[str, ...]
    versions: SpecifierSet
    modes: tuple[str, ...]
    failing: tuple[Failing, ...]
    note: str
    source: str
    place: str

    def covers(self, framework: str, implementation: str, version: str, mode: str = "eager") -> bool:
        """Whether it speaks of this implementation in this version."""
        known = framework == self.framework and implementation in self.implementations and mode in self.modes
        return known and contains(self.versions, version)

    @property
    def unsteady(self) -> bool:
        """Whether a run may pass its failures by."""
        return finding_of(self.source).unsteady

    def checks(self, case: str) -> list[str]:
        """The checks of this case that are to fail."""
        return [*self.known(case)]

    def known(self, case: str) -> dict[str, str]:
        """The checks of this case that are to fail, and how bad each is at most."""
        return {check: part.severity for part in self.failing if part.names(case) for check in part.checks}


def contains(versions: SpecifierSet, version: str) -> bool:
    """Whether the range has the version; what is no version, such as a private build's, is in none."""
    try:
        return versions.contains(Version(Version(version).public), prereleases=True)
    except InvalidVersion:
        return False


def load(folder: Path = EXPECTATIONS) -> tuple[Expectation, ...]:
    """Every expectation in the folder's files.

    Raises:
        ExpectationError: a file that is no TOML, an entry without a note, or without a link or finding; a bad
            range.
    """
    found: list[Expectation] = []
    for path in sorted(set(folder.glob("*.toml")) - {folder / RELEASES}):
        try:
            text = read_text(path)
        except ResultError as error:
            raise ExpectationError(str(error)) from error
        found += expectations_in(text, path.name)
    return tuple(found)


def expectations_in(text: str, name: str) -> list[Expectation]:
    """The expectations of a file's text. The errors are those of `load`."""
    try:
        entries = tomllib.loads(text).get("deviation", [])
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise ExpectationError(f"{name}: {error}") from error
    if not isinstance(entries, list):
        raise ExpectationError(
            f"{name}: deviation is {type(entries).__name__}; expected tables [[deviation]]"
        )
    found = []
    for number, entry in enumerate(entries, 1):
        place = f"{name}, deviation {number}"
        try:
            found.append(made(entry, place))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ExpectationError(f"{place}: {error!s}") from error
    return found


def made(entry: dict[str, Any], place: str) -> Expectation:
    """An expectation from its table; ValueError says what is wrong with it."""
    if not isinstance(entry, dict):
        raise ValueError(f"it is {entry!r:.60}; expected a table")
    unknown = set(entry) - KEYS
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    for key in ("framework", "implementations", "versions", "note"):
        if not entry.get(key):
            raise ValueError(f"it has no {key}")
    for key in ("framework", "versions", "note", "link", "finding"):
        if key in entry and not isinstance(entry[key], str):
            raise ValueError(f"{key} is {entry[key]!r:.60}; expected a string")
    for key in ("implementations", "modes"):
        if key in entry and not is_strings(entry[key]):
            raise ValueError(f"{key} is {entry[key]!r:.60}; expected a list of strings")
    if entry["framework"] not in FRAMEWORKS:
        raise ValueError(f"unknown framework {entry['framework']!r}")
    source = entry.get("link") or entry.get("finding")
    if not source or str(entry["note"]).startswith("unreviewed"):
        raise ValueError(
            "it needs a note of a person's, and a link or the heading of a finding in docs/findings.md"
        )
    try:
        versions = SpecifierSet(entry["versions"])
    except InvalidSpecifier as error:
        raise ValueError(f"versions is {entry['versions']!r}, which is no range of versions") from error
    if not entry.get("failing"):
        raise ValueError("it has no failing")
    failing = tuple(failing_of(table) for table in entry["failing"])
    names, modes = tuple(entry["implementations"]), tuple(entry.get("modes", ["eager"]))
    return Expectation(entry["framework"], names, versions, modes, failing, entry["note"], source, place)


def is_strings(value: object) -> bool:
    """Whether it is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def failing_of(table: dict[str, Any]) -> Failing:
    """The checks and cases of a table; ValueError says what is wrong with it."""
    if (
        not isinstance(table, dict)
        or set(table) - {"severity"} != {"checks", "cases"}
        or not table["checks"]
        or not table["cases"]
    ):
        raise ValueError(f"failing has {list(table)!r:.60}; expected checks and cases, neither empty")
    if not is_strings(table["checks"]) or not is_strings(table["cases"]):
        raise ValueError("failing has checks or cases that are no lists of strings")
    for check in table["checks"]:
        if check not in CHECKS:
            raise ValueError(
                f"unknown check {check!r}; checks are named like 'exact/value' and 'documented/error/phase'"
            )
    severity = table.get("severity", "")
    if severity not in ("", *SEVERITIES):
        raise ValueError(f"severity is {severity!r:.60}; expected one of {', '.join(SEVERITIES)}")
    return Failing(tuple(table["checks"]), tuple(table["cases"]), severity)


def lint(
    expectations: Sequence[Expectation],
    cases: Iterable[str],
    known: Iterable[str],
    headings: Iterable[str] | None = None,
) -> list[str]:
    """What is wrong among them: patterns that name no case, unknown implementations, missing findings,
    overlaps.
    """
    ids, implementations = set(cases), set(known)
    faults = []
    for expectation in expectations:
        for pattern in {pattern for part in expectation.failing for pattern in part.cases}:
            if pattern not in ids and not any(fnmatchcase(id, pattern) for id in ids):
                faults.append(f"{expectation.place}: {pattern!r} names no case")
        for name in set(expectation.implementations) - implementations:
            faults.append(f"{expectation.place}: unknown implementation {name!r}")
        if (
            headings is not None
            and "://" not in expectation.source
            and expectation.source not in set(headings)
        ):
            faults.append(f"{expectation.place}: docs/findings.md has no heading {expectation.source!r}")
    grouped: dict[tuple[str, str, str], list[Expectation]] = defaultdict(list)
    for expectation in expectations:
        for name, mode in itertools.product(expectation.implementations, expectation.modes):
            grouped[expectation.framework, name, mode].append(expectation)
    spoken = {id(expectation): spoken_of(expectation, ids) for expectation in expectations}
    for (_, name, _), group in grouped.items():
        for one, other in itertools.combinations(group, 2):
            if overlap(one.versions, other.versions):
                both = sorted(spoken[id(one)] & spoken[id(other)])
                if both:
                    faults.append(
                        f"{one.place} and {other.place} both speak of {both[0][1]} of {both[0][0]!r} for "
                        f"{name}"
                    )
    return faults


def spoken_of(expectation: Expectation, ids: Iterable[str]) -> set[tuple[str, str]]:
    """The cases and checks that an expectation speaks of."""
    return {(case, check) for case in ids for check in expectation.checks(case)}


def overlap(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether some version is in both ranges.

    It is enough to try the ranges' own ends and what lies just beside them.
    """
    ends = {specifier.version.removesuffix(".*") for specifier in (*one, *other)}
    tries = ["0", "99999"]
    for end in ends:
        version = Version(end)
        tries += [end, f"{end}.1", f"{end}.post1", f"{end}.dev0", f"{version.major}.{version.minor}.99999"]
    return any(
        one.contains(version, prereleases=True) and other.contains(version, prereleases=True)
        for version in tries
    )


@dataclass
class Book:
    """Expectations, looked up for one verdict after another."""

    expectations: Sequence[Expectation]
    reviewed: Reviewed = field(default_factory=Reviewed)
    strict: bool = True
    """Whether what passes is held against a reviewed release: not on another device than it was run on."""
    covering: dict[tuple[str, ...], tuple[list[Expectation], bool]] = field(default_factory=dict)
    """Those by which an implementation is judged in a version and mode, and whether strictly."""

    def of(self, verdict: Verdict, version: str) -> tuple[list[Expectation], bool]:
        """The expectations by which a verdict is judged, and whether its release was reviewed itself."""
        loss = loss_of(verdict.case)
        key = (verdict.framework, verdict.implementation, verdict.mode, loss, version)
        if key not in self.covering:
            releases, strict = self.reviewed.standing(verdict.framework, loss, version)
            found = [
                one
                for one in self.expectations
                if any(one.covers(*key[:2], release, verdict.mode) for release in releases)
            ]
            self.covering[key] = found, strict
        return self.covering[key]

    def say(self, verdict: Verdict, version: str) -> None:
        """Say on a verdict and its checks what the expectations say of them.

        A failure that is worse than the expected one is unexpected. A check that passes though it is expected
        to fail is held against a release that was reviewed, and against no other; never where the finding is
        unsteady.
        """
        found, strict = self.of(verdict, version)
        known = [
            (check, one, severity) for one in found for check, severity in one.known(verdict.case).items()
        ]
        failing = {check.id: check for check in verdict.checks if check.status in FAILURES}
        for check in failing.values():
            check.finding, check.expectation = "", "unexpected"
        for id, one, severity in known:
            if id in failing and not is_worse(severity_of(vars(failing[id])), severity):
                failing[id].finding, failing[id].expectation = one.source, "expected"
        strict = strict and self.strict
        steady = {id for id, one, _ in known if not one.unsteady}
        verdict.stale = sorted(steady - {*failing}) if strict else []
        verdict.finding = next((check.finding for check in failing.values() if check.finding), "")
        if any(check.expectation == "unexpected" for check in failing.values()):
            verdict.expectation = "unexpected"
        else:
            verdict.expectation = "stale" if verdict.stale else "expected" if failing else ""


def book_of(folders: Folders) -> Book:
    """The expectations of folders. Cases of one's own without expectations of one's own have none: what
    fails of them is new.
    """
    if folders.cases is not None and folders.expectations is None:
        return Book(())
    folder = folders.expectations or EXPECTATIONS
    return Book(load(folder), reviewed(folder))


def apply(
    verdicts: Iterable[Verdict],
    versions: dict[str, str],
    expectations: Sequence[Expectation],
    reviewed: Reviewed | None = None,
) -> None:
    """Say on each verdict and its checks what the expectations say of them."""
    book = Book(expectations, reviewed or Reviewed())
    for verdict in verdicts:
        book.say(verdict, versions.get(verdict.framework, ""))

"""Known deviations, strict both ways: a failure that none expects fails a run, and so does an expected one that passes."""

from __future__ import annotations

import itertools
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from .implementations import FRAMEWORKS
from .judge import Verdict

EXPECTATIONS = Path(__file__).parent / "expectations"
FAILURES = ("fail", "crash", "timeout")
KEYS = {"framework", "implementations", "versions", "cases", "status", "note", "link", "finding"}


class ExpectationError(ValueError):
    """A file of expectations that is not as it must be: says which file, which entry and what is wrong."""


@dataclass(frozen=True)
class Expectation:
    """A deviation: where, in which versions, which cases, how it ends, why, and where one reads about it."""

    framework: str
    implementations: tuple[str, ...]
    versions: SpecifierSet
    cases: tuple[str, ...]
    """Ids; '*' stands for anything."""
    status: str
    note: str
    source: str
    place: str

    def covers(self, framework: str, implementation: str, version: str) -> bool:
        """Whether it speaks of this implementation in this version."""
        known = framework == self.framework and implementation in self.implementations
        return known and contains(self.versions, version)

    def names(self, case: str) -> bool:
        """Whether it speaks of this case."""
        return any(case == pattern or ("*" in pattern and fnmatchcase(case, pattern)) for pattern in self.cases)


def contains(versions: SpecifierSet, version: str) -> bool:
    """Whether the range has the version; what is no version, such as a private build's, is in none."""
    try:
        return versions.contains(Version(Version(version).public), prereleases=True)
    except InvalidVersion:
        return False


def load(folder: Path = EXPECTATIONS, findings: Path | None = None) -> tuple[Expectation, ...]:
    """Every expectation in the folder's files.

    Raises:
        ExpectationError: a file that is no TOML, an entry without a note, or without a link or finding; a bad range.
    """
    found: list[Expectation] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8")).get("deviation", [])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ExpectationError(f"{path.name}: {error}") from error
        for number, entry in enumerate(entries, 1):
            place = f"{path.name}, deviation {number}"
            try:
                found.append(made(entry, place))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ExpectationError(f"{place}: {error!s}") from error
    return tuple(found)


def made(entry: dict[str, Any], place: str) -> Expectation:
    """An expectation from its table; ValueError says what is wrong with it."""
    unknown = set(entry) - KEYS
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    for key in ("framework", "implementations", "versions", "cases", "note"):
        if not entry.get(key):
            raise ValueError(f"it has no {key}")
    if entry["framework"] not in FRAMEWORKS:
        raise ValueError(f"unknown framework {entry['framework']!r}")
    source = entry.get("link") or entry.get("finding")
    if not source or str(entry["note"]).startswith("unreviewed"):
        raise ValueError("it needs a note of a person's, and a link or the heading of a finding in docs/findings.md")
    status = entry.get("status", "fail")
    if status not in FAILURES:
        raise ValueError(f"status is {status!r}; expected one of {', '.join(FAILURES)}")
    try:
        versions = SpecifierSet(entry["versions"])
    except InvalidSpecifier as error:
        raise ValueError(f"versions is {entry['versions']!r}, which is no range of versions") from error
    names, cases = tuple(entry["implementations"]), tuple(entry["cases"])
    return Expectation(entry["framework"], names, versions, cases, status, entry["note"], source, place)


def lint(
    expectations: Sequence[Expectation], cases: Iterable[str], known: Iterable[str], headings: Iterable[str] | None = None
) -> list[str]:
    """What is wrong among them: patterns that name no case, unknown implementations, missing findings, overlaps."""
    ids, implementations = list(cases), set(known)
    faults = []
    for expectation in expectations:
        for pattern in expectation.cases:
            if not any(id == pattern or fnmatchcase(id, pattern) for id in ids):
                faults.append(f"{expectation.place}: {pattern!r} names no case")
        for name in set(expectation.implementations) - implementations:
            faults.append(f"{expectation.place}: unknown implementation {name!r}")
        if headings is not None and "://" not in expectation.source and expectation.source not in set(headings):
            faults.append(f"{expectation.place}: docs/findings.md has no heading {expectation.source!r}")
    grouped: dict[tuple[str, str], list[Expectation]] = defaultdict(list)
    for expectation in expectations:
        for name in expectation.implementations:
            grouped[expectation.framework, name].append(expectation)
    for (_, name), group in grouped.items():
        for one, other in itertools.combinations(group, 2):
            if overlap(one.versions, other.versions):
                both = [id for id in ids if one.names(id) and other.names(id)]
                if both:
                    faults.append(f"{one.place} and {other.place} both speak of {both[0]!r} for {name}")
    return faults


def overlap(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether some version is in both ranges. It is enough to try the ranges' own ends and what lies just beside them."""
    ends = {specifier.version.removesuffix(".*") for specifier in (*one, *other)}
    tries = ["0", "99999"]
    for end in ends:
        version = Version(end)
        tries += [end, f"{end}.1", f"{end}.post1", f"{end}.dev0", f"{version.major}.{version.minor}.99999"]
    return any(one.contains(version, prereleases=True) and other.contains(version, prereleases=True) for version in tries)


def apply(verdicts: Iterable[Verdict], versions: dict[str, str], expectations: Sequence[Expectation]) -> None:
    """Say on each verdict what the expectations say of it."""
    covering: dict[tuple[str, str], list[Expectation]] = {}
    for verdict in verdicts:
        key = (verdict.framework, verdict.label)
        if key not in covering:
            version = versions.get(verdict.framework, "")
            covering[key] = [e for e in expectations if e.covers(verdict.framework, verdict.implementation, version)]
        speaking = [expectation for expectation in covering[key] if expectation.names(verdict.case)]
        if verdict.status in FAILURES:
            known = [expectation.source for expectation in speaking if expectation.status == verdict.status]
            verdict.expectation = "expected" if known else "unexpected"
            verdict.finding = known[0] if known else ""
        elif speaking:
            verdict.expectation = "stale"

"""Expectations as single facts, which check fails in which reviewed releases, and back as ranges of versions.

Neighbouring releases in which a check fails for one reason are one range; that of the newest has no end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import translate
from functools import cache
from itertools import product
from re import compile as pattern_of
from typing import Any, NamedTuple

from packaging.version import Version

from ..model import cases
from ..model.implementations import TABLE, Implementation, applies
from ..model.losses import loss_of
from .expectations import Expectation, contains
from .reviewed import Reviewed
from .severity import worst

Table = dict[str, Any]
NEWEST = "99999"


class Fact(NamedTuple):
    """A check of a case that fails."""

    implementation: str
    mode: str
    check: str
    case: str


@dataclass(frozen=True)
class Why:
    """What is said of it."""

    note: str
    source: str
    severity: str


Facts = dict[Fact, dict[str, Why]]
"""By release."""


def facts_of(expectations: Iterable[Expectation], ids: Iterable[str], reviewed: Reviewed) -> Facts:
    """What expectations say of the cases of these ids."""
    every = sorted(set(ids))
    found: Facts = defaultdict(dict)
    for one in expectations:
        for part in one.failing:
            for case in filter(part.names, every):
                known = reviewed.of(one.framework, loss_of(case))
                covered = [release for release in known if contains(one.versions, release)]
                why = Why(one.note, one.source, part.severity)
                for name in one.implementations:
                    if is_asked(name, one.framework, case):
                        for mode, check in product(one.modes, part.checks):
                            found[Fact(name, mode, check, case)].update(dict.fromkeys(covered, why))
    return found


def is_asked(implementation: str, framework: str, case: str) -> bool:
    """Whether an implementation is asked a case; of a case that is not the suite's, whether nobody knows."""
    return case not in suite_ids() or case in ids_of(implementation, framework)


def ranges(by_release: dict[str, Why], known: Sequence[str]) -> Iterator[tuple[str, Why]]:
    """Ranges of versions, and what is said of each: the newest release's note, the worst severity, which is
    not known where that of one release is not.
    """
    run: list[str] = []
    for release in [*known, ""]:
        why = by_release.get(release)
        if run and (why is None or why.source != by_release[run[-1]].source):
            severities = [by_release[each].severity for each in run]
            severity = worst(severities) if all(severities) else ""
            yield specifier(run[0], run[-1], known[-1]), replace(by_release[run[-1]], severity=severity)
            run = []
        if why is not None:
            run.append(release)


def specifier(first: str, last: str, newest: str) -> str:
    """The range from one release to another; it has no end where that is the newest."""
    if last == newest:
        return f">={first}"
    return f"=={first}" if first == last else f">={first},<={last}"


def entries_of(framework: str, facts: Facts, ids: Iterable[str], reviewed: Reviewed) -> list[Table]:
    """Entries that say the same: one for each group of implementations and modes, range and reason."""
    alike: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for fact, by_release in facts.items():
        for spec, why in ranges(by_release, reviewed.of(framework, loss_of(fact.case))):
            alike[fact.mode, fact.check, fact.case, spec, why].add(fact.implementation)
    modes: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for (mode, check, case, spec, why), names in alike.items():
        modes[tuple(sorted(names)), check, case, spec, why].add(mode)
    heads: dict[tuple[Any, ...], dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    for (names, check, case, spec, why), of_modes in modes.items():
        head = (names, tuple(sorted(of_modes)), spec, why.source, why.note)
        heads[head][why.severity, check].add(case)
    every = set(ids)
    return [
        entry_of(framework, head, parts, every)
        for head, parts in sorted(heads.items(), key=lambda item: (item[0][1] != ("eager",), item[0]))
    ]


def as_entry(one: Expectation) -> Table:
    """An expectation as its entry."""
    head = (one.implementations, one.modes, str(one.versions), one.source, one.note)
    parts = [
        {
            "checks": list(part.checks),
            **({"severity": part.severity} if part.severity else {}),
            "cases": list(part.cases),
        }
        for part in one.failing
    ]
    return {**head_of(one.framework, head), "failing": parts}


def head_of(framework: str, head: tuple[Any, ...]) -> Table:
    """An entry but for its checks and cases."""
    names, modes, spec, source, note = head
    return {
        "framework": framework,
        "implementations": list(names),
        "versions": spec,
        **({} if modes == ("eager",) else {"modes": list(modes)}),
        "note": note,
        "link" if "://" in source else "finding": source,
    }


def entry_of(
    framework: str, head: tuple[Any, ...], parts: dict[tuple[str, str], set[str]], ids: set[str]
) -> Table:
    """One entry."""
    names = head[0]
    relevant = set().union(*(ids_of(name, framework) for name in names)) | (ids - suite_ids())
    lists: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (severity, check), failing in sorted(parts.items()):
        lists[severity, tuple(compact(failing, relevant - failing))].append(check)
    failing_parts = [
        {"checks": checks, **({"severity": severity} if severity else {}), "cases": list(patterns)}
        for (severity, patterns), checks in lists.items()
    ]
    return {**head_of(framework, head), "failing": failing_parts}


@cache
def suite_ids() -> frozenset[str]:
    """The ids of the suite's cases."""
    return frozenset(case.id for case in cases.load())


@cache
def ids_of(implementation: str, framework: str) -> frozenset[str]:
    """The cases that an implementation is asked, now or before it changed."""
    row = TABLE.get(implementation)
    if row is None:
        return suite_ids()
    versions = [NEWEST, *(str(Version(earlier["version"])) + ".dev0" for earlier in row.before)]
    every = [Implementation(implementation, framework, row.kind, version) for version in versions]
    return frozenset(case.id for case in cases.load() if any(applies(case, one) for one in every))


def compact(failing: Iterable[str], others: Iterable[str]) -> list[str]:
    """Patterns that match every failing id and no other: the shortest prefixes that hold failures alone."""
    left, kept, patterns = sorted(set(failing)), set(others), []
    while left:
        parts = left[0].split("/")
        pattern = left[0]
        for length in range(1, len(parts)):
            candidate = "/".join(parts[:length]) + "/*"
            if not any(id.startswith(candidate[:-1]) for id in kept):
                pattern = candidate
                break
        patterns.append(pattern)
        matches = pattern_of(translate(pattern)).match
        left = [id for id in left if not matches(id)]
    return patterns

"""Support statements: for each API and behaviour, since which release it holds, generated from kept runs.

The table follows browser-compat-data: statements of a behaviour are listed with the newest first,
``version_added`` is the first release with it ('≤2.1.0' where no older one was run, false where it is
missing), ``version_removed`` the first one without it again, ``partial_implementation`` calls for a note.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from ..files import ResultError, read_text
from ..judging.severity import FAILURES
from ..model.case import Case
from ..model.losses import within_loss
from ..places import BEHAVIOURS, SUPPORT
from . import schema

SCHEMA = 1
Table = dict[str, Any]
Statement = dict[str, Any]


def version(value: Any, where: str) -> None:
    """The form of a version: a string, or false for none."""
    if value is not False:
        schema.text(value, where)


STATEMENT = {
    "version_added": schema.Field(version),
    "version_removed": schema.Field(schema.text, schema.LEFT_OUT),
    "versions": schema.Field(schema.list_of(schema.text), schema.LEFT_OUT),
    "partial_implementation": schema.Field(schema.boolean, schema.LEFT_OUT),
    "notes": schema.Field(schema.list_of(schema.text), schema.LEFT_OUT),
}
KEPT = {
    "schema": schema.Field(schema.number),
    "releases": schema.Field(schema.object_of(schema.list_of(schema.text))),
    "behaviours": schema.Field(schema.object_of(schema.text)),
    "support": schema.Field(schema.object_of(schema.object_of(schema.list_of(schema.table_of(STATEMENT))))),
}
ALWAYS = ("crash", "timeout", "error")
"""What counts against every behaviour."""


@dataclass(frozen=True)
class Behaviour:
    """Cases, and the checks of them, that people would call one behaviour."""

    id: str
    title: str
    short: str
    cases: tuple[str, ...]
    checks: tuple[str, ...]
    without: tuple[str, ...] = ()

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(
            re.compile("|".join(map(translate, patterns)) or r"(?!)")
            for patterns in (self.cases, self.without)
        )

    def has(self, case: str) -> bool:
        """Whether a case is about it."""
        wanted, unwanted = self._patterns
        place = within_loss(case)
        return bool(wanted.match(place)) and not unwanted.match(place)

    def fails(self, verdict: Table) -> bool:
        """Whether a verdict counts against it."""
        return any(True for _ in self.against(verdict))

    def against(self, verdict: Table) -> Iterator[Table]:
        """The failed checks of a verdict that count against it."""
        for check in verdict["checks"]:
            id = f"{check['yardstick']}/{check['what']}"
            if check["status"] in FAILURES and (
                check["what"] in ALWAYS or any(fnmatchcase(id, pattern) for pattern in self.checks)
            ):
                yield check


@dataclass(frozen=True)
class Tally:
    """What came of a behaviour's cases in one release."""

    passed: int
    failed: int
    unsupported: int
    findings: tuple[str, ...]

    @property
    def cases(self) -> int:
        return self.passed + self.failed + self.unsupported

    @property
    def state(self) -> str:
        """'full', 'partial' or 'none'. What is unsupported never counts as passed."""
        return "none" if not self.passed else "partial" if self.failed else "full"


def described(cases: Iterable[Case], path: Path = BEHAVIOURS) -> list[str]:
    """The ids of the cases that a behaviour has to have."""
    losses = tomllib.loads(path.read_text(encoding="utf-8"))["losses"]
    return [case.id for case in cases if case.loss in losses]


@cache
def behaviours(path: Path = BEHAVIOURS) -> tuple[Behaviour, ...]:
    """The behaviours, as data."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["behaviour"]
    return tuple(
        Behaviour(
            entry["id"],
            entry["title"],
            entry["short"],
            tuple(entry["cases"]),
            tuple(entry["checks"]),
            tuple(entry.get("without", ())),
        )
        for entry in entries
    )


def load(path: Path = SUPPORT) -> Table:
    """The table that is kept.

    Raises:
        ResultError: it cannot be read, or is no support table.
    """
    try:
        found: Table = json.loads(read_text(path))
        schema.table_of(KEPT)(found, "the table")
    except (ValueError, RecursionError) as error:
        raise (
            error if isinstance(error, ResultError) else ResultError(f"{path} is no support table: {error}")
        ) from error
    return found


def fault_of_release(run: Table) -> str:
    """Why a run is not that of one release; empty if it is."""
    frameworks = {target["framework"] for target in run["targets"]}
    if len(frameworks) != 1:
        return f"has {len(frameworks)} frameworks among its targets"
    try:
        Version(version_of(run))
    except InvalidVersion:
        return f"is of the version {version_of(run)!r}, which has no place among others"
    return ""


def version_of(run: Table) -> str:
    """The release that a run is of, without a build's local part."""
    return str(run["targets"][0]["version"]).partition("+")[0]


def label_of(verdict: Table) -> str:
    """How an implementation is called in the table."""
    mode = "" if verdict.get("mode", "eager") == "eager" else f" ({verdict['mode']})"
    return (
        str(verdict["implementation"])
        + (f" on {verdict['framework']}" if verdict["kind"] == "shim" else "")
        + mode
    )


def in_order(runs: Iterable[Table]) -> dict[str, list[Table]]:
    """Runs by framework, the oldest release first."""
    found: dict[str, list[Table]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: Version(version_of(run))):
        found[run["targets"][0]["framework"]].append(run)
    return dict(found)


def tallies(run: Table) -> dict[tuple[str, str], Tally]:
    """By implementation and behaviour, what came of it. Behaviours that it has no case of are left out."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    findings: dict[tuple[str, str], set[str]] = defaultdict(set)
    known = behaviours()
    about: dict[str, list[Behaviour]] = {}
    for verdict in run["verdicts"]:
        case = verdict["case"]
        if case not in about:
            about[case] = [behaviour for behaviour in known if behaviour.has(case)]
        for behaviour in about[case]:
            key = label_of(verdict), behaviour.id
            fails = behaviour.fails(verdict)
            counts[key][
                "unsupported" if verdict["status"] == "unsupported" else "failed" if fails else "passed"
            ] += 1
            if fails:
                findings[key].update(c["finding"] for c in verdict["checks"] if c.get("finding"))
    return {
        key: Tally(count["passed"], count["failed"], count["unsupported"], tuple(sorted(findings[key])))
        for key, count in counts.items()
    }


def table_of(runs: Iterable[Table]) -> Table:
    """The support table of some runs."""
    releases = in_order(runs)
    support: dict[str, dict[str, list[Statement]]] = defaultdict(dict)
    for members in releases.values():
        versions = [version_of(run) for run in members]
        told = [tallies(run) for run in members]
        for label, behaviour in sorted({key for one in told for key in one}):
            history = [
                (version, one.get((label, behaviour))) for version, one in zip(versions, told, strict=True)
            ]
            support[label][behaviour] = list(statements(history))[::-1]
    return {
        "schema": SCHEMA,
        "releases": {
            framework: [version_of(run) for run in members] for framework, members in sorted(releases.items())
        },
        "behaviours": {behaviour.id: behaviour.title for behaviour in behaviours()},
        "support": dict(sorted(support.items())),
    }


def statements(history: Sequence[tuple[str, Tally | None]]) -> Iterator[Statement]:
    """The statements of one behaviour from what came of it, the oldest release first."""
    spans = [
        (state, list(members))
        for state, members in groupby(history, key=lambda entry: entry[1].state if entry[1] else "absent")
    ]
    for place, (state, members) in enumerate(spans):
        if state == "absent":
            continue
        first = members[0][0] if place else f"≤{members[0][0]}"
        statement: Statement = {"version_added": first if state != "none" else False}
        if state == "none":
            statement["versions"] = [version for version, _ in members]
        elif place + 1 < len(spans):
            statement["version_removed"] = spans[place + 1][1][0][0]
        if state == "partial":
            statement["partial_implementation"] = True
        notes = list(notes_of(members))
        yield {**statement, "notes": notes} if notes else statement


def notes_of(members: Sequence[tuple[str, Tally | None]]) -> Iterator[str]:
    """What is to be said of partial support: how many cases fail in which release, and where one reads about
    it.
    """
    counted = [(version, tally) for version, tally in members if tally is not None]
    for what, verb in (("failed", "fail"), ("unsupported", "are unsupported")):
        parts = [
            (f"{getattr(tally, what)} of {tally.cases} cases {verb}", version) for version, tally in counted
        ]
        alike = len({text for text, _ in parts}) == 1
        if any(getattr(tally, what) for _, tally in counted):
            yield parts[0][0] if alike else "; ".join(f"{text} in {version}" for text, version in parts)
    findings = sorted({finding for _, tally in counted for finding in tally.findings})
    if findings:
        yield "see " + "; ".join(findings)


def lint(table: Table, runs: Iterable[Table], ids: Iterable[str]) -> list[str]:
    """What is wrong with a table: its form, its words, and where the runs say otherwise."""
    faults = [
        f"no behaviour has the case {id!r}"
        for id in ids
        if not any(behaviour.has(id) for behaviour in behaviours())
    ]
    kept = list(runs)
    members = in_order(kept)
    versions = {
        label_of(v): [version_of(r) for r in of] for of in members.values() for r in of for v in r["verdicts"]
    }
    right = table_of(kept)
    for label, by_behaviour in table["support"].items():
        for id, found in by_behaviour.items():
            where = f"{label}, {id}"
            if id not in table["behaviours"]:
                faults.append(f"{where}: unknown behaviour")
            faults += [f"{where}: {fault}" for fault in faults_of(found, versions.get(label, []))]
            if found != right["support"].get(label, {}).get(id):
                faults.append(f"{where}: the runs say otherwise")
    missing = [
        f"{label}, {id}: the runs have it, the table has not"
        for label, by_behaviour in right["support"].items()
        for id in by_behaviour
        if id not in table["support"].get(label, {})
    ]
    if any(table[key] != right[key] for key in ("schema", "releases", "behaviours")):
        faults.append("its schema, releases or behaviours are not those of the runs")
    return faults + missing


def faults_of(found: Sequence[Statement], versions: Sequence[str]) -> Iterator[str]:
    """What is wrong with the statements of one behaviour, whatever the runs say."""
    newer = len(versions)
    for statement in found:
        if (statement.get("partial_implementation") or not statement["version_added"]) and not statement.get(
            "notes"
        ):
            yield "what is partial or missing needs a note"
        since, until = str(statement["version_added"]).removeprefix("≤"), statement.get("version_removed")
        missing = statement["version_added"] is False
        told = statement.get("versions", []) if missing else [since, *([until] if until else [])]
        unknown = [version for version in told if version not in versions]
        if unknown or not told:
            yield f"{unknown[0] if unknown else 'nothing'} is no release that was run"
            continue
        places = [versions.index(version) for version in told]
        last = places[-1] + 1 if missing else places[1] if until else len(versions)
        if not places[0] < last <= newer:
            yield (
                f"the statement of {told[0]} overlaps the one above it, or they are not listed with the "
                "newest first"
            )
        newer = places[0]


def dumps(table: Table) -> str:
    """The table as text, a line for each behaviour of an implementation."""
    head = {key: value for key, value in table.items() if key != "support"}
    lines = [json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "support": {']
    labels = list(table["support"].items())
    for place, (label, by_behaviour) in enumerate(labels):
        rows = [
            f"   {json.dumps(id)}: {json.dumps(found, ensure_ascii=False)}"
            for id, found in by_behaviour.items()
        ]
        lines.append(
            f"  {json.dumps(label)}: {{\n"
            + ",\n".join(rows)
            + "\n  }"
            + ("," if place + 1 < len(labels) else "")
        )
    return "\n".join([*lines, " }", "}"]) + "\n"

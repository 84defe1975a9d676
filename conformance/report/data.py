"""What the page shows, as compact data: columns, cases, verdicts by column and case, curves, and what
changed.

Verdicts and checks are lists in the order of ``VERDICT`` and ``CHECK``, texts are places in ``texts``: a few
versions already have some hundred thousand checks.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

from ..judging.judge import STATUSES, YARDSTICKS
from ..model import cases as data
from ..model.case import Case
from ..model.implementations import FRAMEWORKS, TABLE, Implementation
from ..results.changes import change
from .contents import actual, case_data
from .repro import ReproError, script
from .text import code

Table = dict[str, Any]
Key = tuple[str, ...]
VERDICT = ("status", "expectation", "message", "finding", "checks", "stale")
CHECK = (
    "what",
    "yardstick",
    "status",
    "ulps",
    "message",
    "expectation",
    "finding",
    "limit",
    "actual",
    "errors",
)
EXPECTATIONS = ("", "expected", "unexpected", "stale")


class Texts:
    """Texts by place, each kept once. The first is empty."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {"": 0}

    def place(self, text: object) -> int:
        """Where the text is."""
        return self.places.setdefault(str(text or ""), len(self.places))


def page_data(runs: Sequence[Table]) -> Table:
    """All that the page shows of some runs, as `results.read` gives them."""
    texts = Texts()
    columns: list[Table] = []
    verdicts: list[dict[str, Table]] = []
    for run in runs:
        for column, of_column in columns_of(run):
            columns.append(column)
            verdicts.append(of_column)
    order = sorted(range(len(columns)), key=lambda place: column_order(columns[place]))
    columns, verdicts = [columns[place] for place in order], [verdicts[place] for place in order]
    for column in columns:
        alike = [other for other in columns if other["title"] == column["title"]]
        column["run"] = column["created"] if len(alike) > 1 else ""
    known = {case.id: case for case in data.load()}
    clauses = {id: str(table.get("clause", "")) for run in runs for id, table in run.get("cases", {}).items()}
    ids = sorted({id for of_column in verdicts for id in of_column})
    apis = sorted({column["api"] for column in columns})
    return {
        "statuses": STATUSES,
        "expectations": EXPECTATIONS,
        "yardsticks": YARDSTICKS,
        "columns": columns,
        "cases": [case_data(id, known.get(id), clauses.get(id, ""), apis) for id in ids],
        "verdicts": [
            [
                encoded(of_column[id], known.get(id), column["api"], texts) if id in of_column else 0
                for id in ids
            ]
            for column, of_column in zip(columns, verdicts, strict=True)
        ],
        "scripts": scripts(columns, verdicts, known),
        "curves": curves(runs, columns),
        "changes": changes(columns, verdicts, ids),
        "agreement": agreement(runs, columns, ids, texts),
        "texts": list(texts.places),
    }


def columns_of(run: Table) -> list[tuple[Table, dict[str, Table]]]:
    """Each implementation in each environment of a run, with its verdicts by case."""
    versions = {(t["framework"], t["kind"], t.get("version", "")): t for t in run["targets"]}
    only = {key[:2]: key[2] for key in versions}
    found: dict[Key, dict[str, Table]] = {}
    for verdict in run["verdicts"]:
        framework, kind = verdict["framework"], verdict["kind"]
        version = verdict.get("version") or only.get((framework, kind), "")
        key = (framework, kind, version, verdict["implementation"], verdict.get("mode", "eager"))
        found.setdefault(key, {})[verdict["case"]] = verdict
    return [(column_of(key, run), of_column) for key, of_column in found.items()]


def column_of(key: Key, run: Table) -> Table:
    """What heads a column."""
    framework, kind, version, name, mode = key
    target = (
        f"{framework} {version}".strip()
        if kind == "native"
        else f"compatlosses on {framework} {version}".strip()
    )
    target += "" if mode == "eager" else f", {mode}"
    return {
        "framework": framework,
        "kind": kind,
        "version": version,
        "implementation": name,
        "mode": mode,
        "target": target,
        "code": code(name),
        "title": f"{name}, {target}",
        "api": api_of(Implementation(name, framework, kind, version)),
        "created": run.get("created", ""),
    }


def api_of(implementation: Implementation) -> str:
    """The API whose document binds it; the mathematics alone for what this version of the suite does not
    know.
    """
    return implementation.api_name


def column_order(column: Table) -> tuple[Any, ...]:
    """Native before shim, frameworks in their usual order, older versions first."""
    place = place_among([*FRAMEWORKS], column["framework"])
    version = version_order(column["version"])
    return (
        column["kind"],
        place,
        column["framework"],
        version,
        column["mode"],
        place_among([*TABLE], column["implementation"]),
        column["created"],
    )


def place_among(names: Sequence[str], name: str) -> int:
    """The place of a name among others; one that is not there comes last."""
    return names.index(name) if name in names else len(names)


def version_order(version: str) -> tuple[int, Any]:
    """Versions in their order; what is none comes last, as a text."""
    try:
        return 0, Version(version)
    except InvalidVersion:
        return 1, version


def encoded(verdict: Table, case: Case | None, api: str, texts: Texts) -> list[Any]:
    """A verdict as a list. Its message is left out where its checks say the same."""
    checks = [encoded_check(check, case, api, texts) for check in verdict.get("checks", [])]
    return [
        STATUSES.index(verdict["status"]),
        EXPECTATIONS.index(verdict.get("expectation", "")),
        texts.place(
            "" if any(check.get("message") for check in verdict.get("checks", [])) else verdict["message"]
        ),
        texts.place(verdict.get("finding")),
        checks,
        *([", ".join(verdict["stale"])] if verdict.get("stale") else []),
    ]


def encoded_check(check: Table, case: Case | None, api: str, texts: Texts) -> list[Any]:
    """A check as a list; what is empty at its end is left out."""
    values, errors = actual(check, case, api)
    found = [
        texts.place(check["what"]),
        YARDSTICKS.index(check["yardstick"]),
        STATUSES.index(check["status"]),
        check.get("ulps"),
        texts.place(check.get("message")),
        EXPECTATIONS.index(check.get("expectation", "")),
        texts.place(check.get("finding")),
        check.get("limit"),
        values,
        errors,
    ]
    while found[-1] in (None, 0, []) and len(found) > 3:
        found.pop()
    return found


def scripts(columns: Sequence[Table], verdicts: Sequence[dict[str, Table]], known: dict[str, Case]) -> Table:
    """By native function and case that fell short anywhere, the script for a bug report, or why there is
    none.
    """
    found: dict[str, dict[str, str]] = {}
    for column, of_column in zip(columns, verdicts, strict=True):
        if column["kind"] != "native":
            continue
        name = column["implementation"]
        for id, verdict in of_column.items():
            if verdict["status"] in ("pass", "unsupported") or id not in known or id in found.get(name, {}):
                continue
            try:
                text = script(known[id], column["framework"], name)
            except ReproError as error:
                text = f"# {error}"
            found.setdefault(name, {})[id] = text
    return found


def curves(runs: Sequence[Table], columns: Sequence[Table]) -> Table:
    """The curves by column. All runs measure at the same logits; another grid's are left out."""
    measured = [run["curves"] for run in runs if run.get("curves")]
    if not measured:
        return {"logits": [], "of": []}
    logits = measured[0]["logits"]
    found = []
    for run in runs:
        for curve in run.get("curves", {}).get("of", []):
            key = tuple(curve.get(name, "") for name in ("framework", "kind", "implementation", "version"))
            for place, column in enumerate(columns):
                same = key == tuple(
                    column[name] for name in ("framework", "kind", "implementation", "version")
                )
                fits = len(curve["value"]) == len(curve["gradient"]) == len(logits)
                if (
                    same
                    and fits
                    and column["created"] == run.get("created", "")
                    and curve.get("mode", "eager") == column["mode"]
                ):
                    parts = {name: curve[name] for name in ("label", "value", "gradient")}
                    found.append({"column": place, **parts})
    return {"logits": logits, "of": found}


def changes(
    columns: Sequence[Table], verdicts: Sequence[dict[str, Table]], ids: Sequence[str]
) -> list[Table]:
    """For each two versions of one implementation, the cases that changed, by how."""
    places = {id: place for place, id in enumerate(ids)}
    found = []
    for old, new in itertools.combinations(range(len(columns)), 2):
        parts = ("framework", "kind", "implementation", "mode")
        if any(columns[old][part] != columns[new][part] for part in parts):
            continue
        kinds: Table = {
            "old": old,
            "new": new,
            "broken": [],
            "fixed": [],
            "changed": [],
            "gone": [],
            "added": [],
            "unchanged": 0,
        }
        for id in ids:
            kind = change(verdicts[old].get(id), verdicts[new].get(id))
            if kind == "unchanged":
                kinds[kind] += 1
            elif kind:
                kinds[kind].append(places[id])
        found.append(kinds)
    return found


def agreement(
    runs: Sequence[Table], columns: Sequence[Table], ids: Sequence[str], texts: Texts
) -> list[list[int]]:
    """Where two implementations of a run differ: column, column of the other, case, message."""
    places = {id: place for place, id in enumerate(ids)}
    parts = ("framework", "kind", "implementation", "mode")
    found = []
    for run in runs:
        mine = [place for place, column in enumerate(columns) if column["created"] == run.get("created", "")]
        by_key = {tuple(columns[place][part] for part in parts): place for place in mine}
        for pair in run.get("agreement", []):
            one, other = (
                by_key.get(tuple(pair[side].get(part, "eager") for part in parts))
                for side in ("one", "other")
            )
            if one is None or other is None:
                continue
            known = [difference for difference in pair["differences"] if difference["case"] in places]
            found += [[one, other, places[each["case"]], texts.place(each["message"])] for each in known]
    return found

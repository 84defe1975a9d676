"""What the page's script shows, as compact data: columns, cases, verdicts by column and case, and curves.

Verdicts and checks are lists, which `encoded`, `encoded_check` and page.js know the order of; texts are
places in ``texts``: a few versions already have some hundred thousand checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..judging.judge import STATUSES, YARDSTICKS
from ..judging.severity import ORDER, severity_of
from ..model import cases as data
from ..model.case import Case
from ..model.implementations import TABLE, Implementation
from ..model.losses import loss_of
from ..results.answer import OTHER
from ..results.releases import Release, name_of, releases_of, standings
from ..results.support import behaviours
from .contents import actual, case_data
from .repro import ReproError, script
from .summary import entries_of
from .text import code

Table = dict[str, Any]
EXPECTATIONS = ("", "expected", "unexpected", "stale")


class Texts:
    """Texts by place, each kept once, the first empty; and the short names of findings."""

    def __init__(self, slugs: Mapping[str, str]) -> None:
        self.places: dict[str, int] = {"": 0}
        self.slugs = slugs

    def place(self, text: object) -> int:
        """Where the text is."""
        return self.places.setdefault(str(text or ""), len(self.places))


def page_data(runs: Sequence[Table], labels: Sequence[str] = ()) -> Table:
    """All that the page shows of some runs, as `results.read` gives them; labels tell alike ones apart."""
    releases = releases_of(runs, labels)
    texts = Texts({name: entry.slug for name, entry in entries_of(releases).items()})
    pairs = [pair for release in releases for pair in columns_of(release)]
    columns, verdicts = [column for column, _ in pairs], [of_column for _, of_column in pairs]
    known = {case.id: case for case in data.load()}
    clauses = {id: str(table.get("clause", "")) for run in runs for id, table in run.get("cases", {}).items()}
    ids = sorted({id for of_column in verdicts for id in of_column})
    return {
        "statuses": STATUSES,
        "expectations": EXPECTATIONS,
        "yardsticks": YARDSTICKS,
        "severities": ["", *ORDER],
        "columns": columns,
        "cases": [
            {**case_data(id, known.get(id), clauses.get(id, ""), apis_of(id, pairs)), "loss": loss_of(id)}
            for id in ids
        ],
        "verdicts": [
            [
                encoded(of_column[id], known.get(id), column["api"], texts) if id in of_column else 0
                for id in ids
            ]
            for column, of_column in pairs
        ],
        "failing": failing(releases, columns, ids),
        "behaviours": {one.id: one.title for one in behaviours()} | {OTHER: "Other cases"},
        "scripts": scripts(columns, verdicts, known),
        "curves": curves(runs, columns),
        "agreement": agreement(runs, columns, ids, texts),
        "texts": list(texts.places),
    }


def apis_of(case: str, pairs: Sequence[tuple[Table, dict[str, Table]]]) -> list[str]:
    """The APIs by whose documents a case was judged: of columns that support it, with their verdicts."""
    return sorted(
        {
            column["api"]
            for column, of_column in pairs
            if case in of_column and of_column[case]["status"] != "unsupported"
        }
    )


def columns_of(release: Release) -> list[tuple[Table, dict[str, Table]]]:
    """Each implementation of a release, with its verdicts by case."""
    found: dict[str, dict[str, Table]] = {}
    for verdict in release.verdicts:
        found.setdefault(verdict["implementation"], {})[verdict["case"]] = verdict
    names = sorted(found, key=lambda name: place_among([*TABLE], name))
    return [(column_of(name, release), found[name]) for name in names]


def column_of(name: str, release: Release) -> Table:
    """What heads a column."""
    return {
        "run": release.run,
        "framework": release.framework,
        "kind": release.kind,
        "version": release.version,
        "number": release.number,
        "implementation": name,
        "mode": release.mode,
        "target": release.title,
        "code": code(name),
        "title": f"{name}, {release.title}",
        "api": Implementation(name, release.framework, release.kind, release.version).api_name,
    }


def place_among(names: Sequence[str], name: str) -> int:
    """The place of a name among others; one that is not there comes last."""
    return names.index(name) if name in names else len(names)


def failing(releases: Sequence[Release], columns: Sequence[Table], ids: Sequence[str]) -> Table:
    """By the title of a release and behaviour, what counts against it: columns and cases, by their places."""
    of_column = {(column["target"], column["implementation"]): place for place, column in enumerate(columns)}
    of_case = {id: place for place, id in enumerate(ids)}
    return {
        release.title: {
            id: [
                [of_column[release.title, verdict["implementation"]], of_case[verdict["case"]]]
                for standing in by_loss.values()
                for verdict in standing.failing
            ]
            for id, by_loss in standings(release).items()
        }
        for release in releases
    }


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
    severity = severity_of(check)
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
        ORDER.index(severity) + 1 if severity else 0,
        texts.place(texts.slugs.get(name_of(check), "") if severity else ""),
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
    grids = [run["curves"]["logits"] for run in runs if run.get("curves")]
    if not grids:
        return {"logits": [], "of": []}
    places = {column_key(column, column["run"]): place for place, column in enumerate(columns)}
    found = []
    for number, run in enumerate(runs):
        for curve in run.get("curves", {}).get("of", []):
            place = places.get(column_key(curve, number))
            if place is not None and len(curve["value"]) == len(curve["gradient"]) == len(grids[0]):
                parts = {name: curve[name] for name in ("label", "value", "gradient")}
                found.append({"column": place, **parts})
    return {"logits": grids[0], "of": found}


def column_key(table: Table, run: int) -> tuple[Any, ...]:
    """What a column, and what was measured of it, are found by."""
    names = ("framework", "kind", "implementation")
    return run, *(table[name] for name in names), table.get("version", ""), table.get("mode", "eager")


def agreement(
    runs: Sequence[Table], columns: Sequence[Table], ids: Sequence[str], texts: Texts
) -> list[list[int]]:
    """Where two implementations of a run differ: column, column of the other, case, message."""
    places = {id: place for place, id in enumerate(ids)}
    by_key = {column_key({**column, "version": ""}, column["run"]): p for p, column in enumerate(columns)}
    found = []
    for number, run in enumerate(runs):
        for pair in run.get("agreement", []):
            sides = ({**pair[side], "version": ""} for side in ("one", "other"))
            one, other = (by_key.get(column_key(side, number)) for side in sides)
            if one is None or other is None:
                continue
            known = [difference for difference in pair["differences"] if difference["case"] in places]
            found += [[one, other, places[each["case"]], texts.place(each["message"])] for each in known]
    return found

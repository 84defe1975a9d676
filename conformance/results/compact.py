"""Runs for keeping: the same data with passing verdicts cut down to their error in ULPs, a line for each
failure.

A compact run is read by `results.read` like any other. What is left out of it: the checks of what passes but
for the largest error, times, and the clauses of cases, which the suite knows.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

Table = dict[str, Any]
KEY = ("framework", "kind", "mode", "implementation")
FAILURE = ("what", "yardstick", "status", "message", "ulps", "worst", "expectation", "finding")
LONGEST = 300
WORDS = re.compile(r"(?:\b[A-Za-z]:(?=[\\/]))?[^\s\"':]+")
"""What may be a path, with a drive's letter before it."""
INSTALLED = re.compile(r"[\\/](?:site|dist)-packages[\\/]")
SEPARATOR = re.compile(r"[\\/]")
PLACES = re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|work|private|var|opt|mnt)/[^\s\"',:;)]*")


def scrubbed(text: str) -> str:
    """A message without the places of the machine that it was said on."""
    if INSTALLED.search(text):
        text = WORDS.sub(lambda found: uninstalled(found[0]), text)
    return PLACES.sub("...", text)


def uninstalled(word: str) -> str:
    """A word without the folders that lead to where packages are installed.

    It is looked through once, however long it is.
    """
    kept: list[str] = []
    rest = 0
    for installed in INSTALLED.finditer(word):
        first = SEPARATOR.search(word, rest)
        if first is not None and first.start() < installed.start():
            start = 0 if word[1:2] == ":" and not kept and first.start() == 2 else first.start()
            kept += [word[rest:start], ".../"]
            rest = installed.end()
    return "".join([*kept, word[rest:]])


def compacted(run: Table) -> Table:
    """A run in its compact form."""
    groups = []
    verdicts = sorted(run["verdicts"], key=lambda v: (*(v.get(key, "eager") for key in KEY), v["case"]))
    for key, members in groupby(verdicts, key=lambda v: tuple(v.get(key, "eager") for key in KEY)):
        group: Table = {**dict(zip(KEY, key, strict=True)), "pass": {}, "unsupported": {}, "rest": []}
        for verdict in members:
            status = verdict["status"]
            if verdict["expectation"] == "" and status == "pass":
                group["pass"][verdict["case"]] = largest(verdict)
            elif verdict["expectation"] == "" and status == "unsupported":
                group["unsupported"].setdefault(scrubbed(verdict["message"])[:LONGEST], []).append(
                    verdict["case"]
                )
            else:
                group["rest"].append(failure(verdict))
        groups.append(group)
    targets = [{key: value for key, value in target.items() if key != "seconds"} for target in run["targets"]]
    for target in targets:
        target["error"] = scrubbed(target["error"])
        target["available"] = {
            name: reason and scrubbed(reason) for name, reason in target["available"].items()
        }
    kept = {
        "schema": run["schema"],
        **{name: run[name] for name in ("suite",) if name in run},
        "compact": 1,
        "partial": run["partial"],
        "created": run["created"],
        "targets": targets,
    }
    if "curves" in run:
        kept["curves"] = run["curves"]
    if "strata" in run:
        failing = [tally for tally in run["strata"] if tally["failing"]]
        kept["strata"] = [
            {key: value for key, value in tally.items() if key != "passing"} for tally in failing
        ]
    return {**kept, "groups": groups}


def largest(verdict: Table) -> float | str | None:
    """The largest error in ULPs, as it stands in the run."""
    errors = [check["ulps"] for check in verdict["checks"] if check.get("ulps") is not None]
    return max(errors, key=float, default=None)


def failure(verdict: Table) -> Table:
    """A verdict that is to be told in full, but for what passes in it."""
    checks = [
        {key: check[key] for key in FAILURE if check.get(key)}
        for check in verdict["checks"]
        if check["status"] != "pass"
    ]
    for check in checks:
        check["message"] = scrubbed(check.get("message", ""))[:LONGEST]
    told = {
        key: verdict[key] for key in ("case", "status", "expectation", "finding", "stale") if verdict.get(key)
    }
    return {**told, "checks": checks}


def expanded(table: Table) -> Table:
    """The run that a compact one stands for."""
    verdicts = []
    for group in table["groups"]:
        of = {key: group[key] for key in KEY}
        bare = {**of, "message": "", "seconds": 0.0, "expectation": "", "finding": "", "stale": []}
        for case, ulps in group["pass"].items():
            checks = (
                []
                if ulps is None
                else [
                    {
                        "what": "largest error",
                        "yardstick": "exact",
                        "status": "pass",
                        "message": "",
                        "ulps": ulps,
                    }
                ]
            )
            verdicts.append({**bare, "case": case, "status": "pass", "checks": checks})
        for message, ids in group["unsupported"].items():
            verdicts += [
                {**bare, "case": case, "status": "unsupported", "message": message, "checks": []}
                for case in ids
            ]
        for told in group["rest"]:
            message = "; ".join(check["message"] for check in told["checks"])
            verdicts.append({**bare, "message": message, **told})
    rest = {key: value for key, value in table.items() if key not in ("compact", "groups")}
    return {"seconds": 0.0, "cases": {}, "agreement": [], **rest, "verdicts": verdicts}


def dumps(run: Table) -> str:
    """A run's compact form as text, a line for each failure, so that two runs differ where their
    results do.
    """
    table = compacted(run)

    def short(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    head = {key: value for key, value in table.items() if key != "groups"}
    lines = [short(head)[:-1] + ',"groups":[']
    for number, group in enumerate(table["groups"]):
        rest = {key: value for key, value in group.items() if key != "rest"}
        lines.append((", " if number else "") + short(rest)[:-1] + ',"rest":[')
        lines += [
            short(told) + ("," if place < len(group["rest"]) else "")
            for place, told in enumerate(group["rest"], 1)
        ]
        lines.append("]}")
    return "\n".join([*lines, "]}"]) + "\n"

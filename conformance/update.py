"""Writing expectations from a reviewed run: compact patterns, one file a framework, and nothing that the run denies."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .expectations import ExpectationError, contains, load
from .results import write


def compact(failing: Iterable[str], others: Iterable[str]) -> list[str]:
    """Patterns that match every failing id and no other: the shortest prefixes that hold failures alone."""
    left, kept, patterns = sorted(set(failing)), sorted(set(others)), []
    while left:
        parts = left[0].split("/")
        pattern = left[0]
        for length in range(1, len(parts)):
            candidate = "/".join(parts[:length]) + "/*"
            if not any(fnmatchcase(id, candidate) for id in kept):
                pattern = candidate
                break
        patterns.append(pattern)
        left = [id for id in left if not (id == pattern or fnmatchcase(id, pattern))]
    return patterns


def updated(
    run: dict[str, Any],
    folder: Path,
    note: str,
    finding: str,
    implementation: str,
    case: str,
    message: str,
    versions: str | None,
) -> list[str]:
    """Bring the folder's files up to the run; lines that say what was done."""
    present = load(folder)
    released = {target["framework"]: target["version"].partition("+")[0] for target in run["targets"]}

    def written(verdict: dict[str, Any]) -> bool:
        framework, name = verdict["framework"], verdict["implementation"]
        return any(e.covers(framework, name, released[framework]) and e.names(verdict["case"]) for e in present)

    said = []
    for framework in sorted({verdict["framework"] for verdict in run["verdicts"]}):
        path = folder / f"{framework}.toml"
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("deviation", []) if path.exists() else []
        mine = [verdict for verdict in run["verdicts"] if verdict["framework"] == framework]
        entries, dropped = without_stale(entries, mine, released[framework])
        grouped: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
        for name in sorted({verdict["implementation"] for verdict in mine}):
            of_name = [verdict for verdict in mine if verdict["implementation"] == name]
            for status in sorted({v["status"] for v in of_name if v.get("expectation") == "unexpected"}):
                new = [
                    v["case"]
                    for v in of_name
                    if v.get("expectation") == "unexpected"
                    and v["status"] == status
                    and not written(v)
                    and fnmatchcase(name, implementation)
                    and fnmatchcase(v["case"], case)
                    and message in v["message"]
                ]
                rest = {v["case"] for v in of_name} - set(new)
                if new:
                    grouped[status, tuple(compact(new, rest))].append(name)
        for (status, patterns), names in grouped.items():
            entry = {"framework": framework, "implementations": names, "versions": versions or f"=={released[framework]}"}
            source = "link" if "://" in finding else "finding"
            entries.append({**entry, "cases": list(patterns), "status": status, "note": note, source: finding})
            said.append(f"{path.name}: {len(patterns)} patterns for {', '.join(names)}")
        if dropped or grouped:
            write(path, toml(entries))
        said += [f"{path.name}: dropped {line}" for line in dropped]
    load(folder)
    return said


def without_stale(entries: list[Any], verdicts: list[Any], version: str) -> tuple[list[Any], list[str]]:
    """The entries without what the run shows to pass; a pattern that still fails elsewhere is written anew, case by case."""
    from packaging.specifiers import SpecifierSet

    kept, dropped = [], []
    for entry in entries:
        stale = [
            v
            for v in verdicts
            if v.get("expectation") == "stale"
            and v["implementation"] in entry["implementations"]
            and contains(SpecifierSet(entry["versions"]), version)
            and any(v["case"] == p or fnmatchcase(v["case"], p) for p in entry["cases"])
        ]
        if not stale:
            kept.append(entry)
            continue
        for name in entry["implementations"]:
            of_name = [v for v in verdicts if v["implementation"] == name]
            failing = [
                v["case"]
                for v in of_name
                if v.get("expectation") == "expected" and any(fnmatchcase(v["case"], p) for p in entry["cases"])
            ]
            if failing:
                rest = {v["case"] for v in of_name} - set(failing)
                kept.append({**entry, "implementations": [name], "cases": compact(failing, rest)})
        dropped += [f"{v['case']} for {v['implementation']}" for v in stale]
    return kept, dropped


def toml(entries: list[Any]) -> str:
    """The entries as TOML: strings and lists of strings, whose JSON form is TOML's too."""
    lines = ["# Known deviations. A person reviewed each; `compatlosses update-expectations` keeps the lists.", ""]
    for entry in entries:
        lines.append("[[deviation]]")
        for key, value in entry.items():
            if isinstance(value, list) and len(json.dumps(value)) > 100:
                lines += [f"{key} = [", *(f"    {json.dumps(item, ensure_ascii=False)}," for item in value), "]"]
            elif isinstance(value, (str, list)):
                lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
            else:
                raise ExpectationError(f"{key} is {value!r}; expected a string or a list of strings")
        lines.append("")
    return "\n".join(lines)

"""Writing expectations from a reviewed run: compact patterns, one file a framework or older release, nothing
the run denies.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from pathlib import Path
from re import compile as pattern_of
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from ..files import encoded, read_text
from ..model.implementations import FRAMEWORKS
from .expectations import Expectation, ExpectationError, expectations_in, load, made
from .severity import FAILURES

Table = dict[str, Any]
Failure = tuple[str, str, str]
"""Implementation, check and case."""
Check = Callable[[Sequence[Expectation]], Iterable[str]]
"""Says what is wrong among expectations."""


@dataclass(frozen=True)
class Choice:
    """Which of a run's unexpected failures to write, and what to say of them."""

    note: str
    finding: str
    implementation: str = "*"
    case: str = "*"
    check: str = "*"
    message: str = ""
    versions: str | None = None

    def takes(self, verdict: Table, check: Table) -> bool:
        """Whether a failed check of a verdict is meant."""
        return (
            fnmatchcase(verdict["implementation"], self.implementation)
            and fnmatchcase(verdict["case"], self.case)
            and fnmatchcase(id_of(check), self.check)
            and self.message in check["message"]
        )


def id_of(check: Table) -> str:
    """How expectations name a check of a run."""
    return f"{check['yardstick']}/{check['what']}"


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


def updated(
    run: Table, folder: Path, choice: Choice, check: Check = lambda expectations: ()
) -> tuple[dict[Path, str], list[str]]:
    """The texts of the folder's files that a run changes, and lines that say what is done.

    The texts are read back as `load` reads them; `check` may find more that is wrong.

    Raises:
        ExpectationError: the folder, the choice, or what would be written is not as it must be.
        ResultError: a file cannot be read.
    """
    before = load(folder)
    check_choice(choice)
    said: list[str] = []
    texts: dict[Path, str] = {}
    for framework, mode in sorted({(v["framework"], v["mode"]) for v in run["verdicts"]}):
        mine = [v for v in run["verdicts"] if (v["framework"], v["mode"]) == (framework, mode)]
        version = version_of(run, framework)
        # An older release has a file of its own.
        own = folder / f"{framework}-{version}.toml"
        path = own if own.exists() else folder / f"{framework}.toml"
        text = texts[path] if path in texts else read_text(path) if path.exists() else ""
        entries = tomllib.loads(text).get("deviation", [])
        entries, dropped = without_stale(entries, mine, version, mode)
        present = spoken_of(entries, mine, version, mode)
        new = {
            (v["implementation"], id_of(check), v["case"])
            for v in mine
            for check in v["checks"]
            if check["status"] in FAILURES and choice.takes(v, check)
        } - present
        head = {"framework": framework, "versions": choice.versions or f"=={version}"}
        tail = {"note": choice.note, "link" if "://" in choice.finding else "finding": choice.finding}
        added = list(entries_of(new, mine, head if mode == "eager" else {**head, "modes": [mode]}, tail))
        if dropped or added:
            texts[path] = toml([*entries, *added])
        said += [
            f"{path.name}: {len(e['failing'])} lists of checks for {', '.join(e['implementations'])}"
            for e in added
        ]
        said += [f"{path.name}: dropped {line}" for line in dropped]
    after = [one for one in before if folder / one.place.partition(", ")[0] not in texts]
    for path, text in texts.items():
        after += expectations_in(encoded(text).decode(), path.name)
    known = set(check(before))
    faults = [fault for fault in check(after) if fault not in known]
    if faults:
        raise ExpectationError(f"nothing was written, for it would be wrong: {'; '.join(faults[:5])}")
    return texts, said


def check_choice(choice: Choice) -> None:
    """Refuse a choice of which no sound entry comes."""
    for name, value in (("--note", choice.note), ("--finding", choice.finding)):
        if not value.strip():
            raise ExpectationError(f"{name} is empty; expected what an entry is to say")
    try:
        SpecifierSet(choice.versions or "")
    except InvalidSpecifier as error:
        raise ExpectationError(
            f"--versions is {choice.versions!r}; expected a range of versions, such as '>=2.1,<2.2'"
        ) from error


def version_of(run: Table, framework: str) -> str:
    """The version of a framework that a run is of.

    Both are to be in a file's name: neither is ever a path.
    """
    if framework not in FRAMEWORKS:
        raise ExpectationError(
            f"the run has verdicts of the framework {framework!r}; expected among {', '.join(FRAMEWORKS)}"
        )
    found = {
        t["version"].partition("+")[0] for t in run["targets"] if t["framework"] == framework and t["version"]
    }
    if len(found) != 1:
        raise ExpectationError(f"the run has {len(found)} versions of {framework}; expected one target's")
    version: str = found.pop()
    try:
        Version(version)
    except InvalidVersion as error:
        raise ExpectationError(
            f"the run's version of {framework} is {version!r}; expected one such as 2.13.0"
        ) from error
    return version


def spoken_of(entries: list[Table], verdicts: list[Table], version: str, mode: str) -> set[Failure]:
    """The failures that entries speak of, among a run's implementations and cases."""
    spoken = set()
    for entry in entries:
        expectation = made(entry, "an entry")
        for v in verdicts:
            if expectation.covers(v["framework"], v["implementation"], version, mode):
                spoken |= {(v["implementation"], check, v["case"]) for check in expectation.checks(v["case"])}
    return spoken


def entries_of(failures: set[Failure], verdicts: list[Table], head: Table, tail: Table) -> Iterator[Table]:
    """Entries that speak of these failures alone: one for each group of implementations."""
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for implementation, check, case in failures:
        places[check, case].add(implementation)
    grouped: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (check, case), implementations in places.items():
        grouped[tuple(sorted(implementations))][check].add(case)
    for names, by_check in sorted(grouped.items()):
        run = {v["case"] for v in verdicts if v["implementation"] in names}
        lists: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for check, cases in sorted(by_check.items()):
            lists[tuple(compact(cases, run - cases))].append(check)
        failing = [{"checks": checks, "cases": list(cases)} for cases, checks in lists.items()]
        yield {
            "framework": head["framework"],
            "implementations": list(names),
            **{key: value for key, value in head.items() if key != "framework"},
            **tail,
            "failing": failing,
        }


def without_stale(
    entries: list[Table], verdicts: list[Table], version: str, mode: str
) -> tuple[list[Table], list[str]]:
    """The entries without what the run shows to pass; what still fails is written anew, for this version."""
    stale = {(v["implementation"], check, v["case"]) for v in verdicts for check in v.get("stale", ())}
    kept, dropped = [], []
    for entry in entries:
        spoken = spoken_of([entry], verdicts, version, mode)
        gone = spoken & stale
        if not gone:
            kept.append(entry)
            continue
        head: Table = {key: entry[key] for key in ("framework", "versions", "modes") if key in entry}
        tail: Table = {key: entry[key] for key in ("note", "link", "finding") if key in entry}
        kept += entries_of(spoken - gone, verdicts, head, tail)
        dropped += [f"{check} of {case} for {implementation}" for implementation, check, case in sorted(gone)]
    return kept, dropped


def toml(entries: list[Table]) -> str:
    """The entries as TOML: strings and lists of strings, whose JSON form is TOML's too."""
    lines = [
        "# Known deviations. A person reviewed each; `compatlosses update-expectations` keeps the lists.",
        "",
    ]
    for entry in entries:
        lines += [
            "[[deviation]]",
            *written({key: value for key, value in entry.items() if key != "failing"}),
            "",
        ]
        for part in entry.get("failing", ()):
            lines += ["[[deviation.failing]]", *written(part), ""]
    return "\n".join(lines)


def written(table: Table) -> Iterator[str]:
    """A table's keys and values."""
    for key, value in table.items():
        if isinstance(value, list) and len(json.dumps(value)) > 100:
            yield from (f"{key} = [", *(f"    {quoted(item)}," for item in value), "]")
        elif isinstance(value, (str, list)):
            yield f"{key} = {quoted(value)}"
        else:
            raise ExpectationError(f"{key} is {value!r}; expected a string or a list of strings")


def quoted(value: object) -> str:
    """A string, or a list of strings, as JSON that is TOML too: of what JSON writes as it is, TOML forbids
    the delete alone.
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

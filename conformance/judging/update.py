"""Writing expectations from a reviewed run: a file a framework, ranges, nothing that the run denies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from ..files import encoded, read_text
from ..model import cases
from ..model.implementations import FRAMEWORKS
from ..model.losses import loss_of
from .expectations import Expectation, ExpectationError, contains, expectations_in, load
from .findings import finding_of
from .ranges import Fact, Facts, Why, as_entry, entries_of, facts_of
from .reviewed import NAME, Reviewed, reviewed
from .severity import FAILURES, severity_of

Table = dict[str, Any]
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
    """The range in which they are known besides, with the run's own release in it."""

    def takes(self, verdict: Table, check: Table) -> bool:
        """Whether a failed check of a verdict is meant."""
        return (
            fnmatchcase(verdict["implementation"], self.implementation)
            and fnmatchcase(verdict["case"], self.case)
            and fnmatchcase(id_of(check), self.check)
            and self.message in check["message"]
        )


@dataclass(frozen=True)
class Place:
    """A framework's release, and the other releases to which a new failure belongs."""

    framework: str
    version: str
    reviewed: Reviewed
    beside: SpecifierSet | None = None

    def releases(self, case: str) -> list[str]:
        """The releases of which a new failure of a case is written."""
        known = self.reviewed.of(self.framework, loss_of(case))
        others = [one for one in known if self.beside is not None and contains(self.beside, one)]
        return [self.version, *others]

    def neighbours(self, case: str) -> tuple[str, ...]:
        """The releases beside this one, the older first."""
        known = [one for one in self.reviewed.of(self.framework, loss_of(case)) if one != self.version]
        without = Reviewed({self.framework: {loss_of(case): tuple(known)}})
        return without.standing(self.framework, loss_of(case), self.version).releases if known else ()


def id_of(check: Table) -> str:
    """How expectations name a check of a run."""
    return f"{check['yardstick']}/{check['what']}"


def updated(
    run: Table, folder: Path, choice: Choice, check: Check = lambda expectations: ()
) -> tuple[dict[Path, str], list[str]]:
    """The texts of the folder's files that a run changes, and lines that say what is done.

    The release of the run becomes one of those that are reviewed. The texts are read back as `load` reads
    them; `check` may find more that is wrong.

    Raises:
        ExpectationError: the folder, the choice, or what would be written is not as it must be.
        ResultError: a file cannot be read.
    """
    before, known = load(folder), reviewed(folder)
    beside = check_choice(choice)
    said: list[str] = []
    texts: dict[Path, str] = {}
    for framework in sorted({verdict["framework"] for verdict in run["verdicts"]}):
        mine = [verdict for verdict in run["verdicts"] if verdict["framework"] == framework]
        version = version_of(run, framework)
        if beside is not None and not contains(beside, version):
            raise ExpectationError(
                f"--versions is {choice.versions!r}, which has not the run's own {framework} {version}"
            )
        expected = [one for one in before if one.framework == framework]
        spoken = with_releases_of(expected, known, framework)
        known = spoken.with_release(framework, {loss_of(v["case"]) for v in mine}, version)
        ids = {case.id for case in cases.load()} | {verdict["case"] for verdict in mine}
        facts = facts_of(expected, ids, spoken)
        lines = list(rewrite(facts, mine, Place(framework, version, known, beside), choice))
        # Of what is in no reviewed release no run speaks: it is left as it is.
        rest = [as_entry(one) for one in expected if not spoken.has_any(framework, one.versions)]
        entries = [*entries_of(framework, facts, ids, known), *rest]
        for path in sorted({folder / one.place.partition(", ")[0] for one in expected}):
            texts[path] = toml([])
        if expected or entries:
            texts[folder / f"{framework}.toml"] = toml(entries)
        said += [f"{framework}.toml: {line}" for line in lines]
    texts = {path: text for path, text in texts.items() if not path.exists() or read_text(path) != text}
    if texts and known != reviewed(folder) and (folder / NAME).exists():
        texts[folder / NAME] = known.text()
    check_written(texts, before, folder, check)
    return texts, said


def with_releases_of(expected: Sequence[Expectation], known: Reviewed, framework: str) -> Reviewed:
    """The reviewed releases; where none are named, those at the ends of the expectations' ranges."""
    if framework in known.table:
        return known
    ends = {specifier.version.removesuffix(".*") for one in expected for specifier in one.versions}
    return Reviewed({**known.table, framework: {"*": tuple(sorted(ends, key=Version))}})


def rewrite(facts: Facts, verdicts: Sequence[Table], place: Place, choice: Choice) -> Iterator[str]:
    """Make the facts those of a run, in its release; lines say what is new and what is dropped."""
    by_case: dict[tuple[str, str, str], set[str]] = {}
    for verdict in verdicts:
        whose = (verdict["implementation"], verdict["mode"], verdict["case"])
        by_case[whose] = set()
        for check in verdict["checks"]:
            if check["status"] not in FAILURES:
                continue
            by_case[whose].add(id_of(check))
            fact = Fact(*whose[:2], id_of(check), verdict["case"])
            why = known_why(facts.get(fact, {}), place, fact)
            severity = severity_of(check)
            if why is not None and check.get("expectation") != "unexpected":
                facts.setdefault(fact, {})[place.version] = replace(why, severity=severity)
            elif choice.takes(verdict, check):
                new = Why(choice.note, choice.finding, severity)
                facts.setdefault(fact, {}).update(dict.fromkeys(place.releases(fact.case), new))
                yield f"new: {fact.check} of {fact.case} for {fact.implementation}"
    for fact, by_release in facts.items():
        whose = (fact.implementation, fact.mode, fact.case)
        why = by_release.get(place.version)
        if why is None or finding_of(why.source).unsteady:
            continue
        if whose in by_case and fact.check not in by_case[whose]:
            del by_release[place.version]
            yield f"dropped: {fact.check} of {fact.case} for {fact.implementation}"


def known_why(by_release: dict[str, Why], place: Place, fact: Fact) -> Why | None:
    """What is said of a fact in a release: its own, or that of a release beside it."""
    own = (place.version, *place.neighbours(fact.case))
    return next((by_release[release] for release in own if release in by_release), None)


def check_written(texts: dict[Path, str], before: Sequence[Expectation], folder: Path, check: Check) -> None:
    """Refuse texts that would not be read back, or in which something is wrong that was right."""
    after = [one for one in before if folder / one.place.partition(", ")[0] not in texts]
    for path, text in texts.items():
        after += expectations_in(encoded(text).decode(), path.name) if path.name != NAME else []
    known = set(check(before))
    faults = [fault for fault in check(after) if fault not in known]
    if faults:
        raise ExpectationError(f"nothing was written, for it would be wrong: {'; '.join(faults[:5])}")


def check_choice(choice: Choice) -> SpecifierSet | None:
    """Refuse a choice of which no sound entry comes; its range."""
    for name, value in (("--note", choice.note), ("--finding", choice.finding)):
        if not value.strip():
            raise ExpectationError(f"{name} is empty; expected what an entry is to say")
    if choice.versions is None:
        return None
    try:
        return SpecifierSet(choice.versions)
    except InvalidSpecifier as error:
        raise ExpectationError(
            f"--versions is {choice.versions!r}; expected a range of versions, such as '>=2.1,<2.2'"
        ) from error


def version_of(run: Table, framework: str) -> str:
    """The version of a framework that a run is of."""
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
        return str(Version(version))
    except InvalidVersion as error:
        raise ExpectationError(
            f"the run's version of {framework} is {version!r}; expected one such as 2.13.0"
        ) from error


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

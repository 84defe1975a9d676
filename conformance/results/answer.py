"""What runs come to: what is new, how much of each behaviour holds, which findings were met."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from ..judging.findings import Finding, finding_of
from ..judging.reviewed import reviewed
from ..judging.severity import ORDER, SEVERITIES, severity_of, worst
from ..model.implementations import FRAMEWORKS, TABLE, label_of
from ..model.losses import loss_of
from .support import behaviours

Table = dict[str, Any]
Example = tuple[Table, Table]
"""A verdict, and the check of it that is meant."""
STALE = "passes, though it is expected to fail"
OTHER = "other cases"
"""The row of cases that no behaviour has."""
OWN = {
    "error": "another error than the documented one, or none",
    "error/phase": "the error comes late, not in the call",
    "warning": "the documented warning is missing",
    "inputs": "the inputs are changed",
    "crash": "the process ends",
    "timeout": "no answer in time",
}
"""Sentences on checks that are of no quantity."""


@dataclass(frozen=True)
class Group:
    """Checks that came out alike in a place: of one quantity, as bad as each other."""

    where: str
    severity: str
    """Empty for passes that expectations deny."""
    sentence: str
    losses: tuple[str, ...]
    cases: int
    example: Example
    others: tuple[Example, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}: {counted(self.cases, 'case')} of {', '.join(self.losses)}"


@dataclass(frozen=True)
class Met:
    """A finding that a run met: how bad it was there, and in how many cases."""

    finding: Finding
    severity: str
    cases: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Column:
    """How many of a behaviour's cases pass, of those that are supported: by behaviour."""

    title: str
    version: str
    passed: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Answer:
    """What some runs come to."""

    new: tuple[Group, ...]
    """What no expectation knows, the worst first; then passes that one denies."""
    differing: tuple[str, ...]
    """Differences between answers that both pass."""
    missing: tuple[str, ...]
    """Why something could not be run or called."""
    standings: tuple[str, ...]
    """By which releases others are judged."""
    columns: tuple[Column, ...]
    met: tuple[Met, ...]
    frameworks: tuple[str, ...]
    """The titles of those that were called, or whose tensors were."""
    cases: int
    verdicts: int


def counted(number: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def answer_of(runs: Sequence[Table]) -> Answer:
    """What runs, as `results.as_json` gives them, come to."""
    return Answer(
        tuple(new_groups(runs)),
        tuple(line for run in runs for line in differing(run)),
        tuple(line for run in runs for line in missing(run)),
        tuple(line for run in runs for line in standings(run)),
        tuple(columns(runs)),
        tuple(met(runs)),
        tuple(dict.fromkeys(title_of(verdict["framework"]) for run in runs for verdict in run["verdicts"])),
        len({verdict["case"] for run in runs for verdict in run["verdicts"]}),
        sum(len(run["verdicts"]) for run in runs),
    )


def place_of(verdict: Table, versions: Mapping[str, str]) -> str:
    """Where a verdict is from: the framework and its version, the shim, a mode."""
    framework = f"{title_of(verdict['framework'])} {versions.get(verdict['framework'], '')}".strip()
    return (
        label_of(framework, "native", framework, verdict["mode"])
        if verdict["kind"] == "native"
        else label_of("compatlosses", "shim", framework, verdict["mode"])
    )


def title_of(framework: str) -> str:
    """A framework's name in prose."""
    return FRAMEWORKS[framework].title if framework in FRAMEWORKS else framework


def versions_of(run: Table) -> dict[str, str]:
    """The versions of a run's frameworks, without a build's local part."""
    return {target["framework"]: target["version"].partition("+")[0] for target in run["targets"]}


def sentence_of(check: Table) -> str:
    """What is wrong by a check, as a sentence without its case."""
    what = check["what"]
    if what in OWN:
        return OWN[what]
    quantity, _, aspect = what.rpartition("/")
    if aspect in ("shape", "dtype"):
        return f"another {aspect} of {named(quantity)} than the documented one"
    return f"{named(what)} {SEVERITIES[severity_of(check)]}"


def named(quantity: str) -> str:
    """A quantity in words."""
    kind, _, name = quantity.partition("/")
    kinds = {"gradient": "the gradient by", "second": "the second derivative by"}
    return f"{kinds[kind]} {name}" if kind in kinds else "the loss"


def gravest(checks: Iterable[Table]) -> list[Table]:
    """Of failed checks the gravest of each quantity: the document and the mathematics see one fault."""
    found: dict[str, Table] = {}
    for check in checks:
        held = found.get(check["what"])
        if held is None or ORDER.index(severity_of(check)) < ORDER.index(severity_of(held)):
            found[check["what"]] = check
    return list(found.values())


def new_groups(runs: Sequence[Table]) -> list[Group]:
    """What no expectation knows, grouped, the worst first; then what passes although one denies it."""
    found: dict[tuple[str, str, str], list[Example]] = defaultdict(list)
    for run in runs:
        versions = versions_of(run)
        for verdict in run["verdicts"]:
            if verdict["expectation"] not in ("unexpected", "stale"):
                continue
            where = place_of(verdict, versions)
            failed = [check for check in verdict["checks"] if check.get("expectation") == "unexpected"]
            for check in gravest(failed):
                found[where, severity_of(check), sentence_of(check)].append((verdict, check))
            for id in verdict["stale"]:
                found[where, "", f"{named(id.partition('/')[2])} {STALE}"].append((verdict, {"id": id}))
    groups = [group_of(*key, examples) for key, examples in found.items()]
    return sorted(groups, key=lambda group: (place(group.severity), -group.cases, group.where))


def place(severity: str) -> int:
    """A severity's place, the worst first."""
    return ORDER.index(severity) if severity else len(ORDER)


def group_of(where: str, severity: str, sentence: str, examples: Sequence[Example]) -> Group:
    """A group of its examples, the first of which is a main function's, and the plainest."""
    ordered = sorted(examples, key=plainness)
    losses = Counter(loss_of(verdict["case"]) for verdict, _ in examples)
    cases = len({verdict["case"] for verdict, _ in examples})
    names = tuple(loss for loss, _ in losses.most_common())
    return Group(where, severity, sentence, names, cases, ordered[0], tuple(ordered))


def plainness(example: Example) -> tuple[Any, ...]:
    """An order in which examples of main functions, with short ids, come first."""
    verdict, _ = example
    return not is_main(verdict["implementation"]), len(verdict["case"]), verdict["case"]


def is_main(implementation: str) -> bool:
    """Whether it is a framework's main function, or a neutral one."""
    return implementation not in TABLE or TABLE[implementation].primary


def differing(run: Table) -> Iterator[str]:
    """Differences between answers that both pass, in words."""
    for pair in run["agreement"]:
        sides = [
            label_of(side["implementation"], side["kind"], side["framework"], side["mode"])
            for side in (pair["one"], pair["other"])
        ]
        for difference in pair["differences"]:
            if not difference["explained"]:
                yield (
                    f"{sides[0]} and {sides[1]} differ although both pass: {difference['case']}: "
                    f"{difference['message']}"
                )


def missing(run: Table) -> Iterator[str]:
    """Why targets could not be run, and why a part of the shim, or one's own function, cannot be called."""
    told = set()
    for target in run["targets"]:
        if target["error"] and target["error"] not in told:
            told.add(target["error"])
            yield target["error"]
        for name, reason in target["available"].items():
            if reason is not None and (target["kind"] == "shim" or name not in TABLE):
                yield f"{target['label']} has no {name}: {reason}"


def standings(run: Table) -> Iterator[str]:
    """By which reviewed releases the others of a run are judged."""
    losses: dict[tuple[str, str], dict[tuple[str, ...], None]] = defaultdict(dict)
    known, versions = reviewed(), versions_of(run)
    for verdict in run["verdicts"]:
        whose = verdict["framework"], versions.get(verdict["framework"], "")
        found = known.standing(whose[0], loss_of(verdict["case"]), whose[1])
        if not found.strict and known.of(whose[0], loss_of(verdict["case"])):
            losses[whose].update(dict.fromkeys([found.releases]))
    for (framework, version), releases in losses.items():
        names = sorted({release for each in releases for release in each}, key=Version)
        yield f"{title_of(framework)} {version} was not reviewed: it is judged by {' and '.join(names)}."


def columns(runs: Sequence[Table]) -> Iterator[Column]:
    """A column for each framework's own main functions, in each mode, and one for the shim's everywhere.

    Where no main function was run, the others count.
    """
    kinds = [(run, verdict) for run in runs for verdict in run["verdicts"]]
    for kind in ("native", "shim"):
        mine = [(run, verdict) for run, verdict in kinds if verdict["kind"] == kind]
        main = [(run, verdict) for run, verdict in mine if is_main(verdict["implementation"])]
        grouped: dict[tuple[str, str], list[Table]] = defaultdict(list)
        for run, verdict in main or mine:
            mode = "" if verdict["mode"] == "eager" else f" {verdict['mode']}"
            title = title_of(verdict["framework"]) if kind == "native" else "compatlosses"
            version = versions_of(run).get(verdict["framework"], "") if kind == "native" else ""
            grouped[title + mode, version].append(verdict)
        for (title, version), verdicts in grouped.items():
            yield Column(title, version, passes(verdicts))


def passes(verdicts: Sequence[Table]) -> dict[str, tuple[int, int]]:
    """By behaviour, how many verdicts pass, of those that are supported."""
    counts: dict[str, list[int]] = {}
    about: dict[str, list[tuple[str, Callable[[Table], bool]]]] = {}
    for verdict in verdicts:
        case = verdict["case"]
        if case not in about:
            about[case] = [(one.id, one.fails) for one in behaviours() if one.has(case)] or [(OTHER, fails)]
        if verdict["status"] == "unsupported":
            continue
        for id, failing in about[case]:
            count = counts.setdefault(id, [0, 0])
            count[0] += not failing(verdict)
            count[1] += 1
    return {id: (passed, total) for id, (passed, total) in counts.items()}


def fails(verdict: Table) -> bool:
    """Whether a verdict counts against the cases of no behaviour."""
    return bool(verdict["status"] != "pass")


def met(runs: Sequence[Table]) -> list[Met]:
    """The findings that were met, the worst first."""
    found: dict[str, list[Example]] = defaultdict(list)
    for run in runs:
        for verdict in run["verdicts"]:
            known = [check for check in verdict["checks"] if check.get("expectation") == "expected"]
            for check in known:
                found[check["finding"]].append((verdict, check))
    mets = [
        Met(
            finding_of(source),
            worst(severity_of(check) for _, check in examples),
            len({verdict["case"] for verdict, _ in examples}),
            tuple(sorted(examples, key=by_severity)),
        )
        for source, examples in found.items()
    ]
    return sorted(mets, key=lambda one: (place(one.severity), -one.cases, one.finding.heading))


def by_severity(example: Example) -> tuple[Any, ...]:
    """An order in which the gravest examples come first."""
    return place(severity_of(example[1])), *plainness(example)

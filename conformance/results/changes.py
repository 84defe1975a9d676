"""What changed between two runs, check by check: worse, better, or another error of what passes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..judging.findings import finding_of
from ..judging.judge import STATUSES, jsonable
from ..judging.severity import FAILURES, SEVERITIES, is_worse, severity_of
from ..model.implementations import label_of
from ..model.losses import loss_of
from .answer import gravest, place, plainness, sentence_of

Table = dict[str, Any]
Key = tuple[str, str, str, str]
"""Framework, implementation, mode and case."""
ENDS = ("unsupported", "timeout", "crash")
"""Statuses that leave nothing to be looked at."""


@dataclass(frozen=True)
class Change:
    """One check of one case of one implementation that came out otherwise."""

    framework: str
    implementation: str
    kind: str
    mode: str
    case: str
    check: str
    """How expectations name it; a status, where there is nothing to check."""
    direction: str
    was: str
    now: str
    """The severities, 'pass', or a status."""
    before: str
    after: str
    """What was said of it."""
    ulps_before: float | None
    ulps_after: float | None
    """The errors; None where they are not known."""
    finding: str
    sentence: str

    @property
    def severity(self) -> str:
        """How bad it is now; of what is better, how bad it was. A refusal is a matter of form."""
        found = self.was if self.direction == "better" else self.now
        return {"unsupported": "form", "fail": "form", "timeout": "crash"}.get(found, found)

    @property
    def where(self) -> str:
        """Whose it is, as people write it."""
        return label_of(self.implementation, self.kind, self.framework, self.mode)


@dataclass(frozen=True)
class ChangeGroup:
    """Changes of one finding, or, where there is none, of one kind in one place."""

    title: str
    severity: str
    changes: tuple[Change, ...]

    @property
    def cases(self) -> int:
        """How many cases show it."""
        return len({change.case for change in self.changes})

    @property
    def checks(self) -> dict[str, int]:
        """How many cases show it, by check."""
        return dict(Counter(change.check for change in self.changes).most_common())

    @property
    def losses(self) -> tuple[str, ...]:
        """The losses of its cases, the most frequent first."""
        return tuple(loss for loss, _ in Counter(loss_of(c.case) for c in self.changes).most_common())


@dataclass
class Changes:
    """What changed between two runs."""

    worse: list[Change] = field(default_factory=list)
    better: list[Change] = field(default_factory=list)
    other: list[Change] = field(default_factory=list)
    """Errors of what passes, that grew or shrank beyond tolerance."""
    added: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Cases that one run alone has."""
    lost: list[str] = field(default_factory=list)
    """What cannot be run or called any more, and why."""
    incomplete: list[str] = field(default_factory=list)
    """Why the new run cannot pass: it has less than the old one."""
    warnings: list[str] = field(default_factory=list)
    """Why the two are not quite comparable."""
    unchanged: int = 0
    """Cases in which nothing changed."""

    @property
    def passes(self) -> bool:
        """Whether nothing got worse, and nothing is missing."""
        return not (self.worse or self.lost or self.incomplete)

    def to_json(self) -> Table:
        """As data."""
        data: Table = jsonable({"passes": self.passes, **asdict(self)})
        return data


Selects = Callable[[Table], bool]
"""Whether a verdict is looked at."""


def compare(old: Table, new: Table, selects: Selects = lambda verdict: True) -> Changes:
    """What the new run does otherwise, in the verdicts that are selected."""
    before, after = by_case(old, selects), by_case(new, selects)
    names = {(verdict["framework"], verdict["implementation"]) for verdict in before.values()}
    changes = Changes(lost=list(lost(old, new, names)), warnings=list(differences(old, new)))
    changes.gone = [named(*key) for key in before if key not in after]
    changes.added = [named(*key) for key in after if key not in before]
    changes.incomplete = list(incomplete(new, changes.gone))
    for key, verdict in after.items():
        if key not in before:
            continue
        found = list(changes_of(before[key], verdict))
        for change in found:
            getattr(changes, change.direction).append(change)
        changes.unchanged += not found
    return changes


def incomplete(new: Table, gone: Sequence[str]) -> Iterator[str]:
    """Why the new run has less than the old one."""
    if new.get("partial"):
        yield "the new run is partial: it ended before all was done"
    if gone:
        yield f"the new run lacks {len(gone)} of the old one's calls, such as {gone[0]}"


def differences(old: Table, new: Table) -> Iterator[str]:
    """In what the suites and the platforms of two runs differ."""
    was, now = (run.get("suite", {}) for run in (old, new))
    if not was or not now:
        yield "it is not known which suite judged them: an earlier one did not say"
    elif was != now:
        told = [f"{name} {was[name]} and {now[name]}" for name in was if was[name] != now[name]]
        yield f"judged by two suites: {', '.join(told)}"
    platforms = [
        {t["framework"]: t["platform"] for t in run["targets"] if t["platform"]} for run in (old, new)
    ]
    for framework in sorted({*platforms[0]} & {*platforms[1]}):
        was, now = (each[framework] for each in platforms)
        if was != now:
            yield f"{framework} ran on other platforms: {was}, and {now}"


def named(framework: str, implementation: str, mode: str, case: str) -> str:
    """A case of an implementation in words."""
    return f"{framework} {implementation}{'' if mode == 'eager' else f' ({mode})'} {case}"


def changes_of(old: Table, new: Table) -> Iterator[Change]:
    """What changed in a case, check by check."""
    was, now = failing(old), failing(new)
    ends = old["status"] in ENDS or new["status"] in ENDS
    if old["status"] != new["status"] and (ends or not was | now):
        yield from of_status(old, new)
        return
    for id in sorted(was | now):
        found = of_check(old, new, id)
        if found:
            yield found
    if not was | now and farther(worst(old), worst(new)):
        yield made(new, "exact/value", "other", ("pass", "pass"), [largest(old), largest(new)])


def of_status(old: Table, new: Table) -> Iterator[Change]:
    """A case that ends in another way than by a result, before or now."""
    direction = "worse" if STATUSES.index(new["status"]) > STATUSES.index(old["status"]) else "better"
    failed = [check for check in new["checks"] if check["status"] in FAILURES]
    if direction == "worse" and new["status"] == "fail" and failed:
        for check in gravest(failed):
            sides = [{"message": old["message"]}, check]
            yield made(new, id_of(check), direction, (old["status"], severity_of(check)), sides)
        return
    yield made(new, new["status"], direction, (old["status"], new["status"]), [old, new])


def of_check(old: Table, new: Table, id: str) -> Change | None:
    """How a check that fails in one of two runs changed; None if it did not, by all that is known."""
    before, after = ({id_of(c): c for c in verdict["checks"]}.get(id) for verdict in (old, new))
    sides = [before or {"message": ""}, after or {"message": ""}]
    was, now = (severity_of(check) if check else "" for check in (before, after))
    if bool(was) != bool(now):
        return made(new, id, "worse" if now else "better", (was or "pass", now or "pass"), sides)
    if was != now:
        return made(new, id, "worse" if is_worse(now, was) else "better", (was, now), sides)
    errors = [ulps_of(check) for check in sides]
    if not farther(*errors):
        return None
    grew = (errors[1] or 0.0) > (errors[0] or 0.0)
    return made(new, id, "worse" if grew else "better", (was, now), sides)


def made(verdict: Table, id: str, direction: str, both: tuple[str, str], sides: Sequence[Table]) -> Change:
    """A change of a verdict."""
    known = next((side["finding"] for side in reversed(sides) if side.get("finding")), "")
    whose = ("framework", "implementation", "kind", "mode", "case")
    return Change(
        **{name: verdict[name] for name in whose},
        check=id,
        direction=direction,
        was=both[0],
        now=both[1],
        before=sides[0]["message"],
        after=sides[1]["message"],
        ulps_before=ulps_of(sides[0]),
        ulps_after=ulps_of(sides[1]),
        finding=known,
        sentence=sentence(id, direction, both, sides),
    )


def sentence(id: str, direction: str, both: tuple[str, str], sides: Sequence[Table]) -> str:
    """What is worse now, or was before, in words."""
    if both[1] == "unsupported":
        return "the call is refused"
    if both[0] == "unsupported":
        return "the call was refused"
    if id in ENDS or both[0] in ENDS:
        return "the process ends, or does not answer"
    if id in STATUSES:
        return "the call fails"
    if direction == "other":
        return "the largest error is another, and passes"
    check = sides[0] if direction == "better" else sides[1]
    return sentence_of(check) if "what" in check else SEVERITIES[both[1]]


def groups(changes: Iterable[Change]) -> list[ChangeGroup]:
    """Changes grouped by finding, the worst first; what no finding explains stands by its own words."""
    found: dict[str, list[Change]] = defaultdict(list)
    for change in gravest_changes(changes):
        title = str(finding_of(change.finding)) if change.finding else f"{change.where}: {change.sentence}"
        found[title].append(change)
    made = [
        ChangeGroup(
            title,
            min((change.severity for change in members), key=rank),
            tuple(
                sorted(members, key=lambda change: (rank(change.severity), *plainness((asdict(change), {}))))
            ),
        )
        for title, members in found.items()
    ]
    return sorted(made, key=lambda group: (rank(group.severity), -group.cases, group.title))


def gravest_changes(changes: Iterable[Change]) -> list[Change]:
    """Of the changes of a case's quantity the gravest: the document and the mathematics see one."""
    found: dict[tuple[str, ...], Change] = {}
    for change in changes:
        key = (change.where, change.case, change.check.partition("/")[2])
        if key not in found or rank(change.severity) < rank(found[key].severity):
            found[key] = change
    return list(found.values())


def rank(severity: str) -> int:
    """A severity's place, the worst first; what passes comes last."""
    return place(severity if severity in SEVERITIES else "")


def id_of(check: Table) -> str:
    """How expectations name a check."""
    return f"{check['yardstick']}/{check['what']}"


def failing(verdict: Table) -> set[str]:
    """The checks that fail."""
    return {id_of(check) for check in verdict["checks"] if check["status"] in FAILURES}


def lost(old: Table, new: Table, names: set[tuple[str, str]]) -> Iterator[str]:
    """What of these implementations could be called in the old run and cannot in the new one."""
    after = {(t["framework"], t["kind"], t.get("mode", "eager")): t for t in new["targets"]}
    for target in old["targets"]:
        found = after.get((target["framework"], target["kind"], target.get("mode", "eager")))
        if found is None or target["error"]:
            continue
        if found["error"]:
            yield f"{found['label']} could not be run: {found['error']}"
        for name, reason in found["available"].items():
            looked_at = (target["framework"], name) in names
            if looked_at and reason is not None and target["available"].get(name, "") is None:
                yield f"{found['label']} has no {name} any more: {reason}"


def by_case(run: Table, selects: Selects = lambda verdict: True) -> dict[Key, Table]:
    """A run's verdicts by framework, implementation, mode and case."""
    return {
        (v["framework"], v["implementation"], v["mode"], v["case"]): v for v in run["verdicts"] if selects(v)
    }


def ulps_of(check: Table) -> float | None:
    """A check's error in ULPs, if it is known."""
    return None if check.get("ulps") is None else float(check["ulps"])


def largest(verdict: Table) -> Table:
    """The check with the largest error, of those that fail where any does."""
    checks = verdict.get("checks", [])
    failed = [check for check in checks if check["status"] in FAILURES]
    known = [check for check in failed or checks if check.get("ulps") is not None]
    return max(known, key=lambda check: float(check["ulps"]), default={"message": ""})


def worst(verdict: Table) -> float | None:
    """The largest error in ULPs: of the checks that fail, where any does; None where none is known."""
    return ulps_of(largest(verdict))


def farther(was: float | None, now: float | None) -> bool:
    """Whether an error grew or shrank beyond tolerance; of one that is not known nothing is said."""
    if was is None or now is None:
        return False
    return was != now and (max(was, now) > 2 * min(was, now)) and abs(now - was) > 1

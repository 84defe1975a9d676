"""What changed between two runs: newly broken, newly fixed, changed beyond tolerance, unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ..judging.judge import STATUSES, jsonable

Table = dict[str, Any]
Key = tuple[str, str, str, str]
"""Framework, implementation, mode and case."""
FAILURES = ("fail", "timeout", "crash")
KINDS = ("broken", "fixed", "changed", "unchanged", "added", "gone")


@dataclass(frozen=True)
class Change:
    """One case of one implementation in both runs."""

    framework: str
    implementation: str
    mode: str
    case: str
    was: str
    now: str
    """Statuses."""
    ulps_before: float
    ulps_after: float
    """The largest errors: of the checks that fail, where any does."""
    message: str

    @property
    def grew(self) -> bool:
        """Whether it failed before and fails by more now."""
        return self.now in FAILURES and self.ulps_after > self.ulps_before

    def __str__(self) -> str:
        name = named(self.framework, self.implementation, self.mode, self.case)
        errors = (
            f", {self.ulps_before:g} -> {self.ulps_after:g} ULP"
            if self.ulps_before != self.ulps_after
            else ""
        )
        statuses = self.was if self.was == self.now else f"{self.was} -> {self.now}"
        said = f": {self.message[:160]}" if self.message else ""
        return f"{name}: {statuses}{errors}{said}"


@dataclass
class Changes:
    """What changed between two runs, by implementation and case."""

    broken: list[Change] = field(default_factory=list)
    fixed: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Cases that one run alone has."""
    lost: list[str] = field(default_factory=list)
    """What cannot be run or called any more, and why."""
    unchanged: int = 0

    @property
    def worse(self) -> bool:
        """Whether something got worse: it broke, cannot be called any more, or failed before and fails by
        more now.
        """
        return bool(self.broken or self.lost or any(change.grew for change in self.changed))

    def to_json(self) -> Table:
        """As data."""
        data: Table = jsonable({"worse": self.worse, **asdict(self)})
        return data


def named(framework: str, implementation: str, mode: str, case: str) -> str:
    """A case of an implementation in words."""
    return f"{framework} {implementation}{'' if mode == 'eager' else f' ({mode})'} {case}"


def compare(old: Table, new: Table) -> Changes:
    """What the new run does otherwise."""
    before, after = by_case(old), by_case(new)
    changes = Changes(lost=list(lost(old, new)))
    changes.gone = [named(*key) for key in before if key not in after]
    changes.added = [named(*key) for key in after if key not in before]
    for key, verdict in after.items():
        if key not in before:
            continue
        kind = change(before[key], verdict)
        if kind == "unchanged":
            changes.unchanged += 1
        else:
            getattr(changes, kind).append(Change(*key, *sides(before[key], verdict), verdict["message"]))
    return changes


def change(old: Table | None, new: Table | None) -> str:
    """How a case changed, as one of KINDS; '' where neither run has it.

    An error that doubled, by over one ULP, changed.
    """
    if old is None or new is None:
        return "added" if new else "gone" if old else ""
    was, now = STATUSES.index(old["status"]), STATUSES.index(new["status"])
    if was != now:
        return "broken" if now > was else "fixed"
    if failing(new) - failing(old):
        return "broken"
    if failing(old) - failing(new):
        return "fixed"
    return "changed" if farther(worst(old), worst(new)) else "unchanged"


def sides(old: Table, new: Table) -> tuple[str, str, float, float]:
    """Both statuses and both largest errors."""
    return old["status"], new["status"], worst(old), worst(new)


def failing(verdict: Table) -> set[tuple[str, str]]:
    """The checks that fail."""
    return {(check["yardstick"], check["what"]) for check in verdict["checks"] if check["status"] in FAILURES}


def lost(old: Table, new: Table) -> Iterator[str]:
    """What could be called in the old run and cannot in the new one."""
    after = {(t["framework"], t["kind"], t.get("mode", "eager")): t for t in new["targets"]}
    for target in old["targets"]:
        found = after.get((target["framework"], target["kind"], target.get("mode", "eager")))
        if found is None or target["error"]:
            continue
        if found["error"]:
            yield f"{found['label']} could not be run: {found['error']}"
        for name, reason in found["available"].items():
            if reason is not None and target["available"].get(name, "") is None:
                yield f"{found['label']} has no {name} any more: {reason}"


def by_case(run: Table) -> dict[Key, Table]:
    """A run's verdicts by framework, implementation, mode and case."""
    return {
        (v["framework"], v["implementation"], v.get("mode", "eager"), v["case"]): v for v in run["verdicts"]
    }


def worst(verdict: Table) -> float:
    """The largest error in ULPs: of the checks that fail, where any does."""
    checks = verdict.get("checks", [])
    failed = [check for check in checks if check["status"] in FAILURES]
    return max((float(c["ulps"]) for c in failed or checks if c.get("ulps") is not None), default=0.0)


def farther(was: float, now: float) -> bool:
    """Whether an error grew or shrank beyond tolerance."""
    return was != now and (max(was, now) > 2 * min(was, now)) and abs(now - was) > 1

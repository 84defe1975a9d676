"""Runs as releases: each framework's own functions, or the shim on its tensors, in each run; and neighbours.

Two runs of one version are two releases: each has the place of its run, and a label where their titles are
alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from packaging.version import InvalidVersion, Version

from ..judging.severity import FAILURES, ORDER, severity_of, worst
from ..model.implementations import FRAMEWORKS, label_of
from ..model.losses import loss_of
from .answer import OTHER, gravest, is_main, named, plainness, sentence_of, title_of
from .support import behaviours

Table = dict[str, Any]
Example = tuple[Table, Table]
"""A verdict, and one of its checks."""
NEW = "new: "
"""The beginning of names of failures that no finding explains."""


@dataclass(frozen=True)
class Standing:
    """The cases of one behaviour and one loss: how many pass, how many are supported."""

    passed: int
    total: int
    severity: str
    """The worst severity of the failures."""
    failing: tuple[Table, ...]


@dataclass(frozen=True)
class Release:
    """A target of a run: a version of a framework, with its own functions or with the shim on its tensors."""

    run: int
    framework: str
    kind: str
    version: str
    mode: str
    error: str
    """The reason why it could not be run; empty if it was."""
    verdicts: tuple[Table, ...]
    target: Table
    suite: Table
    label: str = ""
    """The difference from another release of the same title."""

    @property
    def family(self) -> tuple[str, str, str]:
        """The part that it shares with its neighbours."""
        return self.framework, self.kind, self.mode

    @property
    def number(self) -> str:
        """Its version, without a build's local part, and its label."""
        version = self.version.partition("+")[0]
        return f"{version} ({self.label})" if self.label else version

    @property
    def title(self) -> str:
        """Its name for people."""
        framework = f"{title_of(self.framework)} {self.number}".strip()
        name = framework if self.kind == "native" else "compatlosses"
        return label_of(name, self.kind, framework, self.mode)

    @property
    def as_run(self) -> Table:
        """The release alone, as a run that can be compared."""
        return {"targets": [self.target], "verdicts": list(self.verdicts), "suite": self.suite}


def releases_of(runs: Sequence[Table], labels: Sequence[str] = ()) -> list[Release]:
    """The releases of runs: native before shim, by framework, older versions first."""
    given = [*labels, *[""] * (len(runs) - len(labels))]
    found = [
        release
        for place, (run, label) in enumerate(zip(runs, given, strict=True))
        for release in of_run(run, place, label)
    ]
    return sorted(distinct(found, runs), key=order)


def of_run(run: Table, place: int, label: str) -> Iterator[Release]:
    """The releases of a run: one for each of its targets, and for each version that only verdicts name."""
    targets = {
        (target["framework"], target["kind"], target["version"], target.get("mode", "eager")): target
        for target in run["targets"]
    }
    versions = {(framework, kind): version for framework, kind, version, _ in targets}
    verdicts: dict[tuple[str, str, str, str], list[Table]] = {key: [] for key in targets}
    for verdict in run["verdicts"]:
        framework, kind = verdict["framework"], verdict["kind"]
        version = verdict.get("version") or versions.get((framework, kind), "")
        verdicts.setdefault((framework, kind, version, verdict["mode"]), []).append(verdict)
    for key, members in verdicts.items():
        target = targets.get(key) or target_of(*key)
        error = target.get("error", "")
        if members or error:
            suite = run.get("suite", {})
            yield Release(place, *key, error, tuple(members), target, suite, label)


def target_of(framework: str, kind: str, version: str, mode: str) -> Table:
    """A target that a run does not describe."""
    known = {"framework": framework, "kind": kind, "version": version, "mode": mode}
    return {**known, "error": "", "available": {}, "platform": "", "label": framework}


def distinct(found: Sequence[Release], runs: Sequence[Table]) -> list[Release]:
    """The releases, with a label where titles are alike: the date of the run, else its place."""
    dated = relabelled(found, lambda one: str(runs[one.run].get("created", ""))[:16].replace("T", " "))
    return relabelled(dated, lambda one: f"run {one.run + 1}")


def relabelled(found: Sequence[Release], label: Callable[[Release], str]) -> list[Release]:
    """The releases, with a new label where titles are alike."""
    counts = Counter(one.title for one in found)
    return [replace(one, label=label(one)) if counts[one.title] > 1 else one for one in found]


def order(release: Release) -> tuple[Any, ...]:
    """Native before shim, frameworks in their usual order, older versions first, runs as they were given."""
    names = [*FRAMEWORKS]
    place = names.index(release.framework) if release.framework in names else len(names)
    family = (release.kind, place, release.framework, release.mode != "eager", release.mode)
    return *family, version_order(release.version), release.run


def version_order(version: str) -> tuple[int, Any]:
    """An order of versions; a text that is no version comes last."""
    try:
        return 0, Version(version)
    except InvalidVersion:
        return 1, version


def neighbours(releases: Sequence[Release]) -> Iterator[tuple[Release, Release]]:
    """Each release with the one before it of the same framework, kind and mode."""
    families: dict[tuple[str, str, str], list[Release]] = defaultdict(list)
    for release in releases:
        if release.verdicts:
            families[release.family].append(release)
    for members in families.values():
        yield from pairwise(members)


def by_finding(verdicts: Iterable[Table]) -> dict[str, list[Example]]:
    """The failures by the finding that explains them; by a sentence of their own, where none does."""
    found: dict[str, list[Example]] = defaultdict(list)
    for verdict in verdicts:
        checks = [check for check in verdict["checks"] if severity_of(check)]
        known = [check for check in checks if check.get("expectation") == "expected"]
        for check in known:
            found[name_of(check)].append((verdict, check))
        for check in gravest(check for check in checks if check.get("expectation") == "unexpected"):
            found[name_of(check)].append((verdict, check))
        for id in verdict["stale"]:
            check = {"what": id, "status": "pass", "message": ""}
            sentence = f"{named(id.partition('/')[2])} passes, though it is expected to fail"
            found[NEW + sentence].append((verdict, check))
    return {name: sorted(examples, key=badness) for name, examples in found.items()}


def name_of(check: Table) -> str:
    """The name of a failure: its finding, or a sentence of its own."""
    if check.get("expectation") == "expected":
        return check.get("finding") or sentence_of(check)
    return NEW + sentence_of(check)


def badness(example: Example) -> tuple[Any, ...]:
    """An order in which the gravest examples come first, of those the plainest."""
    return rank(severity_of(example[1])), *plainness(example)


def rank(severity: str) -> int:
    """A severity's place, the worst first; what passes comes last."""
    return ORDER.index(severity) if severity in ORDER else len(ORDER)


def since(old: Release, new: Release) -> tuple[list[str], list[str]]:
    """The findings that only the newer release has, and those that only the older has, by the calls that both
    support.
    """
    both = supported(old) & supported(new)
    before, after = (
        by_finding(verdict for verdict in release.verdicts if call_of(verdict) in both)
        for release in (old, new)
    )
    return [name for name in after if name not in before], [name for name in before if name not in after]


def supported(release: Release) -> set[tuple[str, str]]:
    """The calls that a release supports."""
    return {call_of(verdict) for verdict in release.verdicts if verdict["status"] != "unsupported"}


def call_of(verdict: Table) -> tuple[str, str]:
    """The implementation and the case of a verdict."""
    return verdict["implementation"], verdict["case"]


def standings(release: Release) -> dict[str, dict[str, Standing]]:
    """The standing of each behaviour and loss, by the main functions, or by all, if no main one ran."""
    main = [verdict for verdict in release.verdicts if is_main(verdict["implementation"])]
    known, about = behaviours(), {}
    members: dict[tuple[str, str], list[tuple[Table, list[Table]]]] = defaultdict(list)
    for verdict in main or release.verdicts:
        case = verdict["case"]
        if case not in about:
            about[case] = [behaviour for behaviour in known if behaviour.has(case)]
        if verdict["status"] == "unsupported":
            continue
        for behaviour in about[case]:
            members[behaviour.id, loss_of(case)].append((verdict, list(behaviour.against(verdict))))
        if not about[case]:
            members[OTHER, loss_of(case)].append((verdict, failed(verdict)))
    found: dict[str, dict[str, Standing]] = defaultdict(dict)
    for (id, loss), verdicts in members.items():
        found[id][loss] = standing(verdicts)
    return dict(found)


def failed(verdict: Table) -> list[Table]:
    """The checks that failed."""
    return [check for check in verdict["checks"] if check["status"] in FAILURES]


def standing(verdicts: Sequence[tuple[Table, list[Table]]]) -> Standing:
    """The standing of some cases, each with the checks that count against it."""
    failing = [verdict for verdict, checks in verdicts if checks]
    severity = worst(severity_of(check) for _, checks in verdicts for check in checks)
    return Standing(len(verdicts) - len(failing), len(verdicts), severity, tuple(failing))

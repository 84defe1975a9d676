"""The third yardstick: what two implementations answer beside each other, whatever is right.

The shim is compared with the native implementation of the same document, and each function with itself on
another framework. A difference says nothing of who errs: that is for the other yardsticks. One that they do
not explain is a fault of the suite.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from ..model.case import Case
from ..model.implementations import FRAMEWORKS, Implementation
from ..oracle.exact import Floats, Outcome, rules_of
from ..running.channel import Answer
from .judge import Verdict, arrived, exact_outcome, jsonable, tolerances

Answers = Mapping[tuple[str, Implementation], Answer]


@dataclass
class Difference:
    """A case in which two answers differ, in what, and which failed checks that comes from."""

    case: str
    what: str
    message: str
    ulps: float | None = None
    explained: list[str] = field(default_factory=list)


@dataclass
class Pair:
    """Two implementations beside each other."""

    one: Implementation
    other: Implementation
    relation: str
    compared: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def unexplained(self) -> list[Difference]:
        """Differences between answers that both pass: there should be none."""
        return [difference for difference in self.differences if not difference.explained]

    def to_json(self) -> dict[str, Any]:
        """As data."""
        sides = {
            name: {
                "implementation": side.name,
                "framework": side.framework,
                "kind": side.kind,
                "mode": side.mode,
            }
            for name, side in (("one", self.one), ("other", self.other))
        }
        differences = [asdict(difference) for difference in self.differences]
        data: dict[str, Any] = jsonable(
            {**sides, "relation": self.relation, "compared": self.compared, "differences": differences}
        )
        return data


def pairs_of(implementations: Iterable[Implementation]) -> list[Pair]:
    """Which of these are compared: the shim with what it stands for, and the same across frameworks, in one
    mode.
    """
    order = [*FRAMEWORKS]
    there = sorted(implementations, key=lambda i: (order.index(i.framework), i.name, i.mode))
    pairs = []
    for one, other in combinations(there, 2):
        if one.mode != other.mode:
            continue
        if one.framework == other.framework:
            for shim, native in ((one, other), (other, one)):
                if native.name in shim.row.stands_for and native.api_name == shim.api_name:
                    pairs.append(Pair(shim, native, "shim and native"))
        elif (
            one.kind == other.kind
            and one.row.loss == other.row.loss
            and (one.name == other.name or (one.row.primary and other.row.primary))
        ):
            pairs.append(Pair(one, other, "frameworks"))
    return pairs


def compare(cases: Sequence[Case], answers: Answers, verdicts: Iterable[Verdict]) -> list[Pair]:
    """Every pair that was answered, with its differences."""
    by_key = {(v.case, v.framework, v.implementation, v.mode): v for v in verdicts}
    pairs = pairs_of({implementation for _, implementation in answers})
    for pair in pairs:
        for case in (case for case in cases if case.loss == pair.one.row.loss):
            if not case.errors and rules_of(case, pair.one.api) != rules_of(case, pair.other.api):
                continue  # Their documents ask for two results.
            both = [answers.get((case.id, side)) for side in (pair.one, pair.other)]
            if any(answer is None or answer["outcome"] == "unsupported" for answer in both):
                continue
            found = [by_key[case.id, i.framework, i.name, i.mode] for i in (pair.one, pair.other)]
            if any(verdict.status == "unsupported" for verdict in found):
                continue
            pair.compared += 1
            for difference in differences(case, pair, both[0] or {}, both[1] or {}):
                difference.explained = [why for verdict in found for why in reasons(verdict, difference.what)]
                pair.differences.append(difference)
    return [pair for pair in pairs if pair.compared]


def reasons(verdict: Verdict, what: str) -> list[str]:
    """The failed checks of a verdict that a difference in this comes from."""
    whole = what in ("error", "outcome")
    quantity = (
        "/".join(what.split("/")[:2]) if what.startswith(("gradient", "second")) else what.split("/")[0]
    )
    failed = [check for check in verdict.checks if check.status != "pass"]
    # Of two calls that should have been refused, no number need agree.
    causes = [check for check in failed if whole or check.what == "error" or check.what.startswith(quantity)]
    return [f"{verdict.label}: {check.id}" for check in causes]


def differences(case: Case, pair: Pair, one: Answer, other: Answer) -> Iterator[Difference]:
    """In what two answers to a case differ."""
    if one["outcome"] != other["outcome"]:
        yield Difference(case.id, "outcome", f"{told(one)}; {told(other)}")
    elif one["outcome"] == "error":
        # Where two documents ask for two types of error, only that both raise is to agree.
        if case.errors.get(pair.one.api_name) == case.errors.get(pair.other.api_name) and not alike(
            case, pair, one, other
        ):
            yield Difference(case.id, "error", f"{told(one)}; {told(other)}")
    elif one["outcome"] == "value":
        exact = exact_outcome(case, pair.one.api)
        yield from between(case, "value", one.get("value"), other.get("value"), exact["value"])
        # By what a document calls constant some give no gradient, some zeros.
        constant = {*pair.one.api.constant, *pair.other.api.constant}
        for name in [name for name in case.differentiate if name not in constant]:
            yield from between(
                case,
                f"gradient/{name}",
                one["gradients"].get(name),
                other["gradients"].get(name),
                exact[name],
            )
        if case.second:
            yield from between(
                case, case.second_name, one.get("second"), other.get("second"), exact["second"]
            )


def told(answer: Answer) -> str:
    """An outcome in words."""
    if answer["outcome"] != "error":
        return str(answer["outcome"])
    return f"{answer['kinds'][0]} in the {answer['phase']}"


def alike(case: Case, pair: Pair, one: Answer, other: Answer) -> bool:
    """Whether two errors come in the same phase and are of one of the types asked for, or of the same one."""
    wanted = set(case.errors.get(pair.one.api_name, ())) or {one["kinds"][0]}
    both = all(wanted & set(answer["kinds"]) for answer in (one, other))
    return bool(one["phase"] == other["phase"] and both)


def between(
    case: Case, what: str, one: Answer | None, other: Answer | None, exact: Outcome
) -> Iterator[Difference]:
    """The differences of two arrays; bits that are the same need no look."""
    if one == other or any(found is not None and "refused" in found for found in (one, other)):
        return
    if one is None or other is None:
        yield Difference(case.id, what, "None beside an array")
        return
    for aspect in ("shape", "dtype"):
        if one[aspect] != other[aspect]:
            yield Difference(case.id, f"{what}/{aspect}", f"{one[aspect]} beside {other[aspect]}")
    if one["data"] == other["data"]:
        return
    left, right = arrived(one), arrived(other)
    if left.size != right.size:
        return
    ulp = np.resize(exact.ulp, left.size)
    apart = distance(left, right, ulp)
    worst = int(apart.argmax())
    limits = tolerances()["exact"][what.partition("/")[0]]
    limit = 2 * float(
        limits.get(one["dtype"], limits[case.dtype])
    )  # A plain number has no dtype of the suite's.
    if apart[worst] > limit:
        message = (
            f"{float(left[worst])!r} beside {float(right[worst])!r} ({int((apart > limit).sum())} of "
            f"{apart.size})"
        )
        yield Difference(case.id, what, message, round(float(apart[worst]), 3))


def distance(left: Floats, right: Floats, ulp: Floats) -> Floats:
    """|left - right| in ULPs; 0 where both are the same infinity or both NaN, infinite where only one is."""
    with np.errstate(all="ignore"):
        apart = np.abs(left - right) / ulp
    same = (left == right) | np.isnan(left) & np.isnan(right)
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))

"""In which strata, and how badly, functions are known to err: learnt from the suite's own cases, so that a
random call that fails in another way, in another place or worse is told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..judging.expectations import Book
from ..judging.judge import Check, Verdict, strata_in
from ..judging.severity import FAILURES, FEW_ULP, is_worse, severity_of, worst
from ..model import cases
from ..model.case import Case
from ..model.implementations import Implementation, applies
from ..model.rows import axis_of

Key = tuple[str, str, str, str]
"""Implementation, mode, dtype and check."""
NOWHERE = ""
"""The stratum of what is of no element, such as an error."""
BY_SIZE = ("infinite", "digits", "rounding")
"""Severities that differ from stratum to stratum."""


def lessons(implementations: list[Implementation]) -> Iterator[tuple[Implementation, Case]]:
    """The calls that teach what is known: of every case but long ones, whose elements are those of others."""
    for implementation in implementations:
        for case in cases.load():
            if not case.repeat and applies(case, implementation):
                yield implementation, case


@dataclass
class Known:
    """What is known of functions' errors: by check and stratum, the worst severity."""

    book: Book
    found: dict[Key, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def learn(self, case: Case, implementation: Implementation, verdict: Verdict) -> None:
        """Learn from a verdict what the expectations tell of it; what they do not is not known.

        Of a case of many strata they tell of the worst failure alone: a lesser one may be new.
        """
        self.book.say(verdict, implementation.version)
        many = len(present(case, implementation)) > 1
        for check in verdict.checks:
            if check.expectation != "expected":
                continue
            strata, found = self.found[key_of(case, implementation, check)], severities(check)
            gravest = worst(found.values())
            for stratum, severity in found.items():
                if severity == gravest or not many:
                    strata[stratum] = worst([severity, strata.get(stratum, "")])

    def unknown(self, case: Case, implementation: Implementation, verdict: Verdict) -> frozenset[str]:
        """The checks of a verdict that fail where, or as badly as, none is known to."""
        return frozenset(
            check.id
            for check in verdict.checks
            if check.status in FAILURES and not self.explains(case, implementation, check)
        )

    def explains(self, case: Case, implementation: Implementation, check: Check) -> bool:
        """Whether each stratum of a failed check is known to fail as badly; of a sum, whether one of its
        elements' is.
        """
        known = self.found.get(key_of(case, implementation, check), {})
        found = severities(check)
        if NOWHERE not in found:
            return all(is_known(known, stratum, severity) for stratum, severity in found.items())
        return any(
            is_known(known, stratum, found[NOWHERE]) for stratum in (NOWHERE, *present(case, implementation))
        )


def key_of(case: Case, implementation: Implementation, check: Check) -> Key:
    """Whose check it is."""
    return implementation.name, implementation.mode, case.dtype, check.id


def is_known(known: dict[str, str], stratum: str, severity: str) -> bool:
    """Whether a stratum is known to fail, and not less badly."""
    return stratum in known and not is_worse(severity, known[stratum])


def severities(check: Check) -> dict[str, str]:
    """How badly a check fails, by stratum."""
    whole, limit = severity_of(vars(check)), check.limit if check.limit is not None else 1.0
    failing = {stratum: ulps for stratum, ulps in check.strata.items() if ulps > limit}
    if check.yardstick != "exact" or whole not in BY_SIZE:
        return dict.fromkeys(failing, whole) or {NOWHERE: whole}
    return {stratum: of_size(ulps) for stratum, ulps in failing.items()} or {NOWHERE: whole}


def of_size(ulps: float) -> str:
    """The severity of an error."""
    return "infinite" if ulps == float("inf") else "digits" if ulps > FEW_ULP else "rounding"


def present(case: Case, implementation: Implementation) -> list[str]:
    """The strata of a case's elements; none where the call is to be refused."""
    if case.errors:
        return []
    axis = axis_of(case, implementation.api.axis) if case.of.rows else 0
    return strata_in(case, len(case.first.values), axis)[0]

"""Where an implementation errs: its verdict and its largest error in ULPs in each stratum, over all cases of
a run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.grids_elements import LABELS
from ..model.implementations import label_of
from .judge import Verdict, jsonable

Key = tuple[str, str, str, str, str, str]


@dataclass
class Tally:
    """One quantity of one implementation in one dtype: by stratum, the largest error in ULPs, and where that
    is too much.
    """

    implementation: str
    framework: str
    kind: str
    mode: str
    dtype: str
    what: str
    limit: float
    """How many ULPs are allowed."""
    failing: dict[str, float] = field(default_factory=dict)
    passing: dict[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Whose it is, as people write it."""
        return label_of(self.implementation, self.kind, self.framework, self.mode)

    def to_json(self) -> dict[str, Any]:
        """As data."""
        data: dict[str, Any] = jsonable(vars(self))
        return data


def tallies(verdicts: Iterable[Verdict], dtypes: Mapping[str, str]) -> list[Tally]:
    """What the verdicts come to by stratum. `dtypes` are the cases' by id."""
    found: dict[Key, Tally] = {}
    most: dict[Key, dict[str, float]] = defaultdict(dict)
    for verdict in verdicts:
        for check in verdict.checks:
            if not check.strata or check.limit is None:
                continue
            whose = (verdict.implementation, verdict.framework, verdict.kind, verdict.mode)
            key = (*whose, dtypes[verdict.case], check.what)
            found.setdefault(key, Tally(*key, check.limit))
            for stratum, ulps in check.strata.items():
                most[key][stratum] = max(most[key].get(stratum, 0.0), ulps)
    for key, tally in found.items():
        for stratum, ulps in sorted(most[key].items()):
            (tally.failing if ulps > tally.limit else tally.passing)[stratum] = ulps
    return [found[key] for key in sorted(found)]


def by_label(strata: Mapping[str, float]) -> list[tuple[str, list[tuple[str, float]]]]:
    """Strata in short words: by their labels, the logits and what each of them has."""
    grouped: dict[str, list[tuple[str, float]]] = {label: [] for label in LABELS}
    for stratum, ulps in strata.items():
        logit, _, label = stratum.partition(", ")
        grouped.setdefault(label, []).append((logit.replace("logit", "").strip(), ulps))
    return [(label, each) for label, each in grouped.items() if each]

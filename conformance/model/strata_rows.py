"""The strata of rows: of what a row's logits are, and of its target."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .case import Case
from .rows import Target, places_of, rows_of, targets_of

LOGITS = (
    "one class", "NaN logit", "+inf logit", "-inf alone", "-inf logit", "ties", "far maximum", "offset",
    "ordinary",
)  # fmt: skip
TARGETS = (
    "likeliest class", "other class", "masked class", "no class", "one-hot", "soft", "other sum", "zeros",
)  # fmt: skip
FAR = 20.0
"""How far a maximum is from the others so that they hardly count."""
OFFSET = 1e3
"""How large every logit of a row is so that sums of powers overflow."""


def of_logits(row: Sequence[float]) -> str:
    """The stratum of a row's logits."""
    if any(map(math.isnan, row)):
        return "NaN logit"
    largest = max(row)
    if math.isinf(largest):
        return "+inf logit" if largest > 0 else "-inf alone"
    if -math.inf in row:
        return "-inf logit"
    if len(row) == 1:
        return "one class"
    if row.count(largest) > 1:
        return "ties"
    if largest - sorted(row)[-2] > FAR:
        return "far maximum"
    return "offset" if min(map(abs, row)) >= OFFSET else "ordinary"


def of_target(row: Sequence[float], target: Target) -> str:
    """The stratum of a row's target."""
    if isinstance(target, int):
        if not 0 <= target < len(row):
            return "no class"
        if row[target] == -math.inf:
            return "masked class"
        return "likeliest class" if all(x <= row[target] for x in row) else "other class"
    if not any(target):
        return "zeros"
    if sorted(target) == [*[0.0] * (len(target) - 1), 1.0]:
        return "one-hot"
    return "soft" if abs(sum(target) - 1.0) < 0.01 else "other sum"


def stratum(row: Sequence[float], target: Target) -> str:
    """The cell of a row, in words."""
    return f"{of_logits(row)}, {of_target(row, target)}"


def strata_of(case: Case, axis: int) -> list[str]:
    """The stratum of each row of a case."""
    pairs = zip(rows_of(case.first, axis), targets_of(case, axis), strict=True)
    return [stratum(row, target) for row, target in pairs]


def of_elements(case: Case, axis: int, size: int) -> list[str]:
    """The stratum of each of so many numbers: one a row, or one an element; nothing of others."""
    rows = strata_of(case, axis)
    if size == len(rows):
        return rows
    if size == len(case.first.values):
        return [rows[place] for place in places_of(case.first.shape, axis)]
    return []

"""The strata: into which cell an element belongs, so that a report says where the errors are."""

from __future__ import annotations

import math


def magnitude(x: float) -> str:
    """The stratum of a logit's size and sign."""
    if math.isnan(x):
        return "NaN logit"
    if x == 0:
        return "logit " + ("-0" if math.copysign(1.0, x) < 0 else "+0")
    sign = "-" if x < 0 else "+"
    size = abs(x)
    if math.isinf(size):
        return f"logit {sign}inf"
    for bound, name in ((1e-3, "tiny"), (10.0, "ordinary"), (1e3, "saturating")):
        if size < bound:
            return f"{sign}{name} logit"
    return f"{sign}largest logit"


def label(y: float) -> str:
    """The stratum of a label."""
    if y in (0.0, 1.0):
        return f"label {int(y)}"
    return "soft label" if 0.0 < y < 1.0 else "label outside [0, 1]"


def stratum(x: float, y: float) -> str:
    """The cell of an element, in words."""
    return f"{magnitude(x)}, {label(y)}"

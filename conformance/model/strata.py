"""The strata of elements: into which cell one belongs, so that a report says where the errors are."""

from __future__ import annotations

import math

from . import strata_elements
from .losses import FIRST, Value


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


def stratum_of(loss: str, x: float, y: float, parameters: tuple[Value, ...]) -> str:
    """The cell of an element of a loss, in words."""
    if loss == FIRST:
        return stratum(x, y)
    if loss in strata_elements.WORDS:
        return strata_elements.stratum(loss, x, y)
    return f"{difference(x - y)}, {piece(abs(x - y), parameters)}"


def difference(r: float) -> str:
    """The stratum of a difference's size and sign."""
    if math.isnan(r):
        return "NaN difference"
    if r == 0:
        return "difference 0"
    sign, size = "-" if r < 0 else "+", abs(r)
    if math.isinf(size):
        return f"difference {sign}inf"
    name = "tiny" if size < 1e-3 else "ordinary" if size < 1e3 else "large"
    return f"{sign}{name} difference"


def piece(size: float, parameters: tuple[Value, ...]) -> str:
    """On which side of the bend a difference lies; a loss without a bend has one piece."""
    if not parameters:
        return "everywhere"
    (bend,) = parameters
    assert isinstance(bend, (int, float))
    return "inside the bend" if size < bend else "at the bend" if size == bend else "beyond the bend"

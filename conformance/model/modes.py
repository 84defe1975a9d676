"""Which cases the modes other than eager run."""

from __future__ import annotations

from fnmatch import fnmatchcase

PATTERNS = (
    "bend/float32/both",
    "broadcast/mean/both",
    "broadcast/mean/pos-channel",
    "broadcast/mean/weight-0-D",
    "broadcast/mean/weight-column",
    "cells/float32/both",
    "cells/float32/plain",
    "cells/float64/both",
    "corner/float64/mean/*",
    "documents/*",
    "ignoring/some/*/mean",
    "incoming/mean",
    "incoming/none",
    "reduction/float16/mean/2-D",
    "reduction/float32/*/2-D",
    "second/float32/+ordinary/labels-all/both",
    "*/bend/float32/delta-half",
    "*/bend/float32/beta-*",
    "*/broadcast/mean/both",
    "*/cells/float32/weight",
    "*/cells/float64/plain",
    "*/documents/default*",
    "*/ignoring/some/counted/mean",
    "*/incoming/mean",
    "*/incoming/none",
    "*/piece/float32/?overflow",
    "*/reduction/float16/mean*",
    "*/rows/float32",
    "*/second/float32",
    "*/second/float32/weight",
    "*/axis/axis-1/mean",
    "*/divisor/weights/indices",
    "*/ignoring/a-class/weight/mean",
    "*/infinite/float32",
    "*/probabilities/float32/weight",
    "*/smoothing/tenth/weight/mean",
)
"""A mode compiles or traces each call anew, so it runs every element of the strata once in the formulas of
the value, the gradients and the second derivative, and one of each thing that shapes a program.
"""


def in_modes(case: str) -> bool:
    """Whether the modes run the case of this id."""
    return any(fnmatchcase(case, pattern) for pattern in PATTERNS)

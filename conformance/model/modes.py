"""Which cases the modes other than eager run."""

from __future__ import annotations

from fnmatch import fnmatchcase

from .losses import LOSSES

OF_FIRST = (
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
)
OF_DIFFERENCES = (
    "bend/float32/*-half",
    "bend/float32/beta-zero",
    "broadcast/mean/both",
    "cells/float32/weight",
    "cells/float64/plain",
    "documents/*",
    "ignoring/some/counted/mean",
    "incoming/mean",
    "piece/float32/?overflow",
    "reduction/float16/mean/2-D",
    "rows/float32",
    "second/float32/weight",
)
OF_ROWS = (
    "cross_entropy/axis/axis-1/mean",
    "cross_entropy/cells/float32/plain",
    "cross_entropy/ignoring/minus-one/weight/mean",
    "cross_entropy/probabilities/float32/weight",
    "cross_entropy/smoothing/tenth/weight/mean",
    "nll_loss/ignoring/minus-one/weight/mean",
)
PATTERNS = (
    *OF_FIRST,
    *OF_ROWS,
    *(
        f"{loss}/{pattern}"
        for loss in LOSSES
        if LOSSES[loss].kind == "difference"
        for pattern in OF_DIFFERENCES
    ),
)
"""A mode compiles or traces each call anew, so it runs every element of the strata once in the formulas of
the value, the gradients and the second derivative, and one of each thing that shapes a program.
"""


def in_modes(case: str) -> bool:
    """Whether the modes run the case of this id."""
    return any(fnmatchcase(case, pattern) for pattern in PATTERNS)

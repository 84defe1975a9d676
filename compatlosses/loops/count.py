"""How many elements of a call count."""

from __future__ import annotations

import numpy as np

from ..kernels import entries
from ..sums import BLOCK
from . import elements
from .elements import ROWS, counted

entry = entries(__name__, elements.__name__)


@entry
def count(gather, table, size, ignoring, ignored, counts, progress):  # type: ignore[no-untyped-def]
    """How many elements of each block count, into ``counts``."""
    counted(
        gather,
        table,
        size,
        ignoring,
        ignored,
        counts,
        progress,
        np.empty((ROWS, BLOCK)),
        np.empty(table.shape[1], np.int64),
    )

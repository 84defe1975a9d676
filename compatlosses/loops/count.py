"""How many elements of a call count."""

from __future__ import annotations

from ..kernels import entries
from . import by_address, elements
from .elements import counted, scratch_of

entry = entries(__name__, elements.__name__, by_address.__name__)


@entry
def count(gather, table, counting, counts, progress):  # type: ignore[no-untyped-def]
    """How many elements of each block count, into ``counts``. counting: see `elements.counted`."""
    counted(gather, table, counting, counts, progress, scratch_of(table, 0, 0.0, 1.0))

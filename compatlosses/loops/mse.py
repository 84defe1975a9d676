"""The compiled loops of the squared error."""

from __future__ import annotations

import numpy as np

from ..definitions import mse as definition
from ..kernels import entries
from ..pieces import inner
from ..scalar import IEEE, apart, set_mode
from ..sums import BLOCK
from . import elements, words
from .elements import ROWS, two

value, by_first, by_second = elements.compiled(definition.written(words))
entry = entries(__name__, definition.__name__, elements.__name__, words.__name__)


@entry
def general(parameters, job):  # type: ignore[no-untyped-def]
    """See `elements`."""
    scratch = (np.empty((ROWS, BLOCK)), np.empty(BLOCK), np.empty(job[4].shape[1], np.int64))
    mode = set_mode(IEEE)
    blocks(parameters, job, scratch)
    set_mode(mode)


@inner
def blocks(parameters, job, scratch):  # type: ignore[no-untyped-def]
    """The blocks that this thread can claim."""
    apart()
    two(value, by_first, by_second, parameters, job, scratch)

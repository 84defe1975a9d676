"""The compiled loops of the absolute error."""

from ..definitions import l1
from .elements import loops

contiguous, general = loops(l1, __name__)

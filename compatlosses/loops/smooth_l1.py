"""The compiled loops of the smooth absolute error."""

from ..definitions import smooth_l1
from .elements import loops

contiguous, general = loops(smooth_l1, __name__)

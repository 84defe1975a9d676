"""The compiled loops of the soft margin loss."""

from ..definitions import soft_margin
from .elements import loops

contiguous, general = loops(soft_margin, __name__)

"""The compiled loops of binary cross entropy of probabilities."""

from ..definitions import binary_cross_entropy
from .elements import loops

contiguous, general = loops(binary_cross_entropy, __name__)

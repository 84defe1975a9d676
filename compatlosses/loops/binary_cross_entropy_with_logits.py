"""The compiled loops of binary cross entropy with logits, for calls that its lane does not take."""

from ..definitions import binary_cross_entropy_with_logits
from .elements import loops

contiguous, general = loops(binary_cross_entropy_with_logits, __name__)

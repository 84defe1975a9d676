"""The compiled loops of the focal loss."""

from ..definitions import sigmoid_focal
from .elements import loops

contiguous, general = loops(sigmoid_focal, __name__)

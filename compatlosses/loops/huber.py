"""The compiled loops of Huber's loss."""

from ..definitions import huber
from .elements import loops

contiguous, general = loops(huber, __name__)

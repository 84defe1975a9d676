"""The compiled loops of Huber's loss."""

from ..definitions import huber
from .elements import loops

general = loops(huber, __name__)

"""The compiled loops of the squared error."""

from ..definitions import mse
from .elements import loops

contiguous, general = loops(mse, __name__)

"""The compiled loops of the squared error."""

from ..definitions import mse
from .elements import loops

general = loops(mse, __name__)

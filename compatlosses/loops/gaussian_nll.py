"""The compiled loops of the normal distribution's negative log-likelihood."""

from ..definitions import gaussian_nll
from .elements import loops

contiguous, general = loops(gaussian_nll, __name__)

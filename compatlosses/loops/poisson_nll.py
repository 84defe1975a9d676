"""The compiled loops of the Poisson distribution's negative log-likelihood."""

from ..definitions import poisson_nll
from .elements import loops

contiguous, general = loops(poisson_nll, __name__)

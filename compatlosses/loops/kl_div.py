"""The compiled loops of the Kullback-Leibler divergence."""

from ..definitions import kl_div
from .elements import loops

contiguous, general = loops(kl_div, __name__)

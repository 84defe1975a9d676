"""The compiled loops of the Kullback-Leibler divergence."""

from ..definitions import kl_div
from .elements import loops

general = loops(kl_div, __name__)

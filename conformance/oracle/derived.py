"""The quantities of an element from a textbook's line by jets: no derivative is written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..model.losses import Value
from ..model.rounding import Exact
from . import textbook
from .jets import ENDLESS, Mpf, arguments, fixed, mp

FAR_APART = mp.mpf(10) ** 300
"""How many times larger an endless number is that leaves another one without effect."""
Quantities = dict[str, Sequence[Exact]]
"""By quantity, the exact terms that it is the sum of."""


@lru_cache(maxsize=200_000)
def element(
    line: str, names: tuple[str, ...], parameters: tuple[Value, ...], values: tuple[float, ...]
) -> Quantities:
    """The exact terms of the loss of one element, and of its derivatives by the arguments of these names.

    line: the name of a function of `textbook`.
    """
    written: textbook.Textbook = getattr(textbook, line)
    terms = written(*arguments(values), *parameters)
    quantities: Quantities = {"value": settled([term.value for term in terms])}
    for place, name in enumerate(names):
        quantities[name] = settled([term.slopes[place] for term in terms])
    quantities["second"] = settled([term.bend for term in terms])
    return quantities


def settled(terms: Sequence[Mpf]) -> Sequence[Exact]:
    """Terms as exact numbers. What is endless beside what is endlessly larger, as a line beside an
    exponential, counts for nothing.
    """
    largest = max((abs(term) for term in terms if not mp.isnan(term)), default=mp.mpf(0))
    return tuple(0 if ENDLESS < abs(term) < largest / FAR_APART else fixed(term) for term in terms)

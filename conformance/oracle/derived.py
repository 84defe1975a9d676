"""The quantities of an element from a textbook's line by jets: no derivative is written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..model.losses import Value
from ..model.rounding import Exact
from . import textbook
from .jets import arguments, fixed

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
    quantities: Quantities = {"value": tuple(fixed(term.value) for term in terms)}
    for place, name in enumerate(names):
        quantities[name] = tuple(fixed(term.slopes[place]) for term in terms)
    quantities["second"] = tuple(fixed(term.bend) for term in terms)
    return quantities

"""The quantities of an element from a textbook's line by jets: no derivative is written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..model.losses import LOSSES
from ..model.rounding import Exact
from . import textbook
from .jets import arguments, fixed

Quantities = dict[str, Sequence[Exact]]


@lru_cache(maxsize=200_000)
def element(loss: str, parameters: tuple[float, ...], values: tuple[float, ...]) -> Quantities:
    """By quantity, the exact terms of the loss of one element."""
    line: textbook.Textbook = getattr(textbook, loss)
    terms = line(*arguments(values), *parameters)
    quantities: Quantities = {"value": tuple(fixed(term.value) for term in terms)}
    for place, name in enumerate(LOSSES[loss].arguments):
        quantities[name] = tuple(fixed(term.slopes[place]) for term in terms)
    quantities["second"] = tuple(fixed(term.bend) for term in terms)
    return quantities

"""The exact softmax cross entropy of a row and its derivatives, by the suite's oracle; see `exact`.

A row has a number for each class, or an index. Where infinities of one sign meet there is no limit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from exact import Exact, limit, summed

from compatlosses.conformance.oracle.backward import Number, Tape, near
from compatlosses.conformance.oracle.jets import ONE, mp
from compatlosses.conformance.oracle.rows import STEP, has_limit, numbers_of, smoothed
from compatlosses.conformance.oracle.textbook_rows import cross_entropy

Targets = list[float] | int


class Row(NamedTuple):
    """A row that was computed: its loss, and its arguments with their slopes."""

    loss: Exact
    logits: list[Number]
    targets: dict[int, Number]


@lru_cache(maxsize=200)
def computed(x: tuple[float, ...], q: tuple[float, ...] | int, w: tuple[float, ...], smoothing: float) -> Row:
    """A row; the weights are 1 where there are none."""
    return moved(x, q, w, smoothing, (0, 0))


def moved(x: Any, q: Any, w: Any, smoothing: float, by: tuple[int, int]) -> Row:
    """A row with the logit of a class moved by a number of steps."""
    tape = Tape()
    logits = [tape.number(near(v) if has_limit(x) else mp.nan) for v in x]
    place, steps = by
    logits[place].value += steps * STEP
    targets = numbers_of(tape, q)
    weights = [tape.number(near(v)) for v in w] or [tape.number(ONE)] * len(x)
    terms = cross_entropy(logits, smoothed(tape, targets, smoothing, len(x)), weights)
    tape.carry_back(tape.total(terms))
    return Row(summed(term.value for term in terms), logits, targets)


def row_of(x: list[float], q: Targets, w: list[float] | None, smoothing: float) -> Row:
    """A row of lists, which is remembered."""
    return computed(tuple(x), q if isinstance(q, int) else tuple(q), tuple(w or ()), smoothing)


def loss(x: list[float], q: Targets, w: list[float] | None = None, smoothing: float = 0.0) -> Exact:
    """The loss of a row."""
    return row_of(x, q, w, smoothing).loss


def d_logits(x: list[float], q: Targets, w: list[float] | None = None, smoothing: float = 0.0) -> list[Exact]:
    """Its derivatives by the logits: each is a difference, of whose terms the larger has half the size or
    more.
    """
    return [Exact(limit(each.slope), each.size / 2) for each in row_of(x, q, w, smoothing).logits]


def d_targets(x: list[float], q: list[float], w: list[float] | None = None) -> list[Exact]:
    """Its derivatives by the targets."""
    return [Exact(limit(each.slope), mp.mpf(0)) for each in row_of(x, q, w, 0.0).targets.values()]


def d2_logits(x: list[float], q: Targets, place: int) -> list[Exact]:
    """The derivatives of its slopes by the logit at a place."""
    ahead, behind = (moved(x, q, (), 0.0, (place, steps)).logits for steps in (1, -1))
    slopes = [(one.slope - other.slope) / (2 * STEP) for one, other in zip(ahead, behind, strict=True)]
    return [Exact(slope, mp.mpf(0)) for slope in slopes]

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
    """The exact loss of a row, and its slopes by its logits and targets."""

    loss: Exact
    logits: list[Exact]
    targets: list[Exact]


@lru_cache(maxsize=10_000)
def computed(x: tuple[float, ...], q: tuple[float, ...] | int, w: tuple[float, ...], smoothing: float) -> Row:
    """A row; the weights are 1 where there are none.

    A slope by a logit is a difference, of whose terms the larger has half the size or more. Those of a row
    without a limit are NaN, though its weights be 0.
    """
    loss, logits, targets = carried_back(x, q, w, smoothing)
    slopes = [Exact(limit(each.slope), each.size / 2) for each in logits]
    by_targets = [Exact(limit(each.slope), mp.mpf(0)) for each in targets]
    return Row(loss, [loss] * len(x) if mp.isnan(loss.value) else slopes, by_targets)


def carried_back(
    x: Any, q: Any, w: Any, smoothing: float, moved: tuple[int, int] = (0, 0)
) -> tuple[Exact, list[Number], list[Number]]:
    """The loss of a row, its logits and its targets, with the logit at a place moved by a number of steps."""
    tape = Tape()
    logits = [tape.number(near(v) if has_limit(x) else mp.nan) for v in x]
    place, steps = moved
    logits[place].value += steps * STEP
    targets = numbers_of(tape, q)
    weights = [tape.number(near(v)) for v in w] or [tape.number(ONE)] * len(x)
    terms = cross_entropy(logits, smoothed(tape, targets, smoothing, len(x)), weights)
    tape.carry_back(tape.total(terms))
    return summed(term.value for term in terms), logits, [*targets.values()]


def row_of(x: list[float], q: Targets, w: list[float] | None = None, smoothing: float = 0.0) -> Row:
    """A row of lists, which is remembered."""
    return computed(tuple(x), q if isinstance(q, int) else tuple(q), tuple(w or ()), smoothing)


def loss(x: list[float], q: Targets, w: list[float] | None = None, smoothing: float = 0.0) -> Exact:
    """The loss of a row."""
    return row_of(x, q, w, smoothing).loss


def d_logits(x: list[float], q: Targets, w: list[float] | None = None, smoothing: float = 0.0) -> list[Exact]:
    """Its derivatives by the logits."""
    return row_of(x, q, w, smoothing).logits


def d_targets(x: list[float], q: list[float], w: list[float] | None = None) -> list[Exact]:
    """Its derivatives by the targets."""
    return row_of(x, q, w).targets


def d2_logits(x: list[float], q: Targets, place: int) -> list[Exact]:
    """The derivatives of its slopes by the logit at a place."""
    ahead, behind = (carried_back(x, q, (), 0.0, (place, steps))[1] for steps in (1, -1))
    slopes = [(one.slope - other.slope) / (2 * STEP) for one, other in zip(ahead, behind, strict=True)]
    return [Exact(slope, mp.mpf(0)) for slope in slopes]

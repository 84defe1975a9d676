"""A port in words, for the terminal and for the page."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

from .moves import Difference, by_hand, counterpart, differences, usual
from .table import Function, found, functions, titles

MAIN = ("torch", "paddle", "mindspore", "tensorflow", "keras", "optax")
"""The APIs that the page compares with each other; the command knows the others too."""

HEAD = """\
# Porting a loss

For each loss and each two APIs: two calls that give the same number, what to change by hand, and
what differs without an error. `tools/porting.py` makes this page: each function was called with
NumPy arrays, through its edition in this package, and both calls of an example were run. The same
for any two APIs, Paddle 2.0, fluid, MindSpore mint and TensorFlow 1 too:

    compatlosses port torch paddle cross_entropy

In the examples x are predictions or logits and y targets; for losses of rows y are class indices
and q probabilities, here one-hot rows; v are variances. To keep the old rules rather than port
them, import the edition: `from compatlosses.torch.nn.functional import mse_loss` takes the tensors
of any framework.
"""


def pairs(losses: tuple[str, ...], one: str, other: str) -> Iterator[tuple[Function, Function]]:
    """Each function of an API with each of another, for losses that both have."""
    for loss in losses:
        yield from itertools.product(found(loss, one), found(loss, other))


def shared(one: str, other: str) -> tuple[str, ...]:
    """The losses that two APIs have."""
    return tuple([loss for loss, of in functions().items() if one in of and other in of])


def as_data(one: Function, other: Function) -> dict[str, Any]:
    """A port as data."""
    call = counterpart(one, other)
    return {
        "loss": one.loss,
        "from": str(usual(one)),
        "to": None if call is None else str(call),
        "by_hand": by_hand(one, other),
        "differences": [
            {"what": d.title, "from": d.one, "to": d.other, "silent": d.silent}
            for d in differences(one, other)
        ],
    }


def lines(one: Function, other: Function, width: int = 80) -> list[str]:
    """A port in words."""
    call = counterpart(one, other)
    said = [f"loss = {usual(one)}", f"loss = {call}" if call else f"{other.path}: {no_call(other)}"]
    said += wrapped("Change by hand: ", by_hand(one, other), width)
    every = differences(one, other)
    said += wrapped("Differs without an error: ", [in_words(one, other, d) for d in every if d.silent], width)
    return said + wrapped(
        "Differs with an error: ", [in_words(one, other, d) for d in every if not d.silent], width
    )


def no_call(other: Function) -> str:
    """Where no call gives the same number."""
    return f"no call of {other.name} gives the same number"


def in_words(one: Function, other: Function, difference: Difference) -> str:
    """A difference in words."""
    a, b = (f.title if one.api != other.api else f.name for f in (one, other))
    return f"{difference.title}: {a} {difference.one}, {b} {difference.other}"


def wrapped(head: str, items: list[str], width: int) -> list[str]:
    """Items as lines under a head; nothing where there are none."""
    if not items:
        return []
    found = [head.rstrip(": ") + ":"]
    for item in items:
        found += textwrap.wrap(
            item, width, initial_indent="- ", subsequent_indent="  ", break_long_words=False
        )
    return found


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for loss, of in functions().items():
        parts.append(f"## {loss}\n")
        for a, b in itertools.combinations([api for api in MAIN if api in of], 2):
            one, other = best(of[a], of[b])
            parts.append(section(one, other))
    return "\n".join(parts)


def best(ones: tuple[Function, ...], others: tuple[Function, ...]) -> tuple[Function, Function]:
    """The first two functions of which one has a call that gives what the other gives."""
    every = list(itertools.product(ones, others))
    return next(((a, b) for a, b in every if counterpart(a, b) or counterpart(b, a)), every[0])


def section(one: Function, other: Function) -> str:
    """The section of two functions."""
    there, back = counterpart(one, other), counterpart(other, one)
    calls = (usual(one), there) if there or not back else (back, usual(other))
    code = "\n".join([f"loss = {call}" if call else f"# {no_call(other)}" for call in calls])
    title = f"### {one.loss}: {one.title} and {other.title}" if one.api != other.api else ""
    said = [title, "", "```python", code, "```", ""]
    changes = by_hand(one, other)
    if changes:
        said += [*wrapped("From the first to the second", changes, 100), ""]
    silent = [in_words(one, other, d) for d in differences(one, other) if d.silent]
    said += (
        [*wrapped("Differs without an error", silent, 100), ""]
        if silent
        else ["No silent difference was seen.", ""]
    )
    return "\n".join(said)


def known_apis() -> tuple[str, ...]:
    """The names of the APIs."""
    return tuple(titles())

"""From one function to another: the call that gives the same number, what to change by hand, what differs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from .observed import (
    IN_A_COLUMN,
    answer,
    described,
    facts_of,
    is_of_rows,
    predictions,
    takes,
    targets_of,
)
from .table import TARGETS, Function

REDUCTIONS = ("mean", "sum", "none", "sum_over_batch_size")
NEEDLESS = ("name", "size_average", "reduce", "scope", "loss_collection", "input", "logits", *TARGETS)
"""Options that no port needs: deprecated, for graphs, or second names of the first two."""


@dataclass(frozen=True)
class Call:
    """A call, and what is done with its result."""

    function: Function
    options: tuple[tuple[str, Any], ...] = ()
    after: str = ""
    """'', 'mean', 'sum' or 'last', the mean over the last axis."""
    factor: float = 1.0

    def value(self) -> Any:
        """What it gives, for the numbers of `observed`; of an exception its name."""
        f = self.function
        found = answer(f, predictions(f), targets_of(f), **dict(self.options))
        if isinstance(found, str):
            return found
        if self.after == "last":
            return (found.mean(-1) if found.ndim else found) * self.factor
        return (getattr(found, self.after)() if self.after else found) * self.factor

    def __str__(self) -> str:
        f = self.function
        q = written_targets(f)
        options = [f"{name}={written(value)}" for name, value in (*f.given.items(), *self.options)]
        needed = [f"{name}=v" for name in f.others]
        text = f"{f.path}({', '.join([*f.ordered('x', q), *needed, *options])})"
        if self.after:
            text = f.written[self.after].format(text)
        return text if self.factor == 1.0 else f"{self.factor:g} * {text}"


def written(value: Any) -> str:
    """An option as code that a formatter leaves alone."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


@dataclass(frozen=True)
class Difference:
    """A property that two functions do not share."""

    title: str
    one: str
    other: str
    silent: bool
    """Whether no error shows it."""


def written_targets(function: Function) -> str:
    """How examples write the targets."""
    if not is_of_rows(function) or takes(function).startswith("class indices or"):
        return "y"
    kinds = {"class indices": "y", IN_A_COLUMN: "y[:, None]"}
    return kinds.get(takes(function).partition(" or ")[0], "q")


def usual(function: Function) -> Call:
    """The call without options."""
    return Call(function)


def candidates(function: Function) -> Iterator[Call]:
    """Calls, the plainest first."""
    reductions: list[tuple[tuple[str, Any], ...]] = [()]
    if "reduction" in function.parameters:
        reductions += [(("reduction", name),) for name in REDUCTIONS]
    for factor, after, options in itertools.product((1.0, 2.0, 0.5), ("", "mean", "sum", "last"), reductions):
        yield Call(function, options, after, factor)


@cache
def counterpart(one: Function, other: Function) -> Call | None:
    """The call of another function that gives what the usual call gives; None where no call of it does."""
    wanted = usual(one).value()
    for call in candidates(other):
        found = call.value()
        if isinstance(found, str) or isinstance(wanted, str):
            continue
        shaped = found.shape == wanted.shape or found.size == wanted.size == 1
        if shaped and np.allclose(found.ravel(), wanted.ravel(), rtol=1e-5):
            return call
    return None


def by_hand(one: Function, other: Function) -> list[str]:
    """What to change by hand."""
    found = []
    if one.labels_first != other.labels_first:
        found.append(f"swap the first two arguments: {' and '.join(f'`{name}`' for name in other.order)}")
    named = {role(one, name): name for name in one.parameters}
    theirs = {role(other, name): name for name in other.parameters}
    renamed = [f"`{named[r]}` is `{theirs[r]}`" for r in named if r in theirs and named[r] != theirs[r]]
    if renamed:
        found.append(f"by keyword, {', '.join(renamed)}")
    missing = [f"`{named[r]}`" for r in named if r not in theirs and named[r] not in (*NEEDLESS, *one.given)]
    if missing:
        found.append(f"{other.title} has no {', '.join(missing)}")
    if written_targets(one) != written_targets(other):
        found.append(f"targets are {takes(other)}, here `{written_targets(other)}`")
    return found


def role(function: Function, name: str) -> str:
    """What a parameter is, whatever its name."""
    if name in function.order:
        return "targets" if (name == function.order[0]) == function.labels_first else "predictions"
    same = {
        "weights": "weight",
        "ignore_class": "ignore_index",
        "beta": "bend",
        "delta": "bend",
        "where": "mask",
        "variance": "var",
        "eps": "epsilon",
        "log_targets": "log_target",
    }
    return same.get(name, name)


def differences(one: Function, other: Function) -> list[Difference]:
    """The facts that differ, the silent ones first."""
    facts, a, b = facts_of(one.loss), described(one), described(other)
    found = [
        Difference(
            f.title, a[f.title], b[f.title], f.silent and not raises(a[f.title]) and not raises(b[f.title])
        )
        for f in facts[1:]
        if a[f.title] != b[f.title] and "-" not in (a[f.title], b[f.title])
    ]
    if one.labels_first != other.labels_first:
        kinds = ("targets", "predictions") if one.labels_first else ("predictions", "targets")
        found.insert(0, Difference("the first argument is", *kinds, silent=True))
    return sorted(found, key=lambda difference: not difference.silent)


def raises(said: str) -> bool:
    """Whether a fact says that the call ends with an exception."""
    return said.endswith("Error") or said.startswith(("refuse", "no ")) or said == "none"

"""What functions do, observed: each is called with NumPy arrays, through the edition that stands for it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compatlosses.definitions import known_losses

from .table import Function, neutral

Array = NDArray[Any]

X = np.array([[0.2, 0.7, 0.4], [0.9, 0.3, 0.6]], np.float32)
Y = np.array([[0.5, 0.1, 0.8], [0.25, 0.75, 0.4]], np.float32)
W = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 1.5]], np.float32)
INDICES = np.array([2, 0])
ONE_HOT = np.eye(3, dtype=np.float32)[INDICES]
CLASS_WEIGHT = np.array([0.5, 1.0, 3.0], np.float32)
IN_A_COLUMN = "class indices with a last axis of length 1"
WEIGHTS = ("weight", "weights")
IGNORED = ("ignore_index", "ignore_class")


@dataclass(frozen=True)
class Fact:
    """A property of a function, in words; ``silent`` where another function of another property gives other
    numbers without an error.
    """

    title: str
    of: Callable[[Function], str]
    silent: bool = True


def is_of_rows(function: Function) -> bool:
    """Whether the loss is one of rows, with a class axis."""
    return bool(known_losses()[function.loss].rows)


def predictions(function: Function) -> Array:
    """Numbers that the loss takes: logits, probabilities or log-probabilities."""
    if "log_probabilities" in known_losses()[function.loss].names:
        return np.asarray(X - np.log(np.exp(X).sum(-1, keepdims=True)))
    return X


@cache
def takes(function: Function) -> str:
    """What the targets of a loss of rows are."""
    kinds: list[str] = []
    for name, targets in (
        ("class indices", INDICES),
        (IN_A_COLUMN, INDICES[:, None]),
        ("probabilities", ONE_HOT),
    ):
        taken = not isinstance(answer(function, predictions(function), targets), str)
        if taken and not (name == IN_A_COLUMN and kinds):
            kinds.append(name)
    return " or ".join(kinds)


def targets_of(function: Function) -> Array:
    """Targets that the function takes."""
    if not is_of_rows(function):
        return Y
    return indexed(function, INDICES) if takes(function).startswith("class") else ONE_HOT


def indexed(function: Function, indices: Any) -> Array:
    """Class indices as the function takes them."""
    found = np.asarray(indices)
    return found[..., None] if takes(function).startswith(IN_A_COLUMN) else found


def answer(function: Function, x: Array, y: Array, **options: Any) -> Any:
    """What a function answers; of an exception its name."""
    options = {**{name: np.full_like(x, 0.5) for name in function.others}, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with np.errstate(all="ignore"):
            try:
                return np.asarray(function.call(*function.ordered(x, y), **options))
            except Exception as error:
                return type(error).__name__


def usual(function: Function) -> Any:
    """The answer to a call without options."""
    return answer(function, predictions(function), targets_of(function))


@cache
def each(function: Function) -> Array:
    """The loss of each element, or of each row, by the neutral function."""
    x = predictions(function)
    y = INDICES if is_of_rows(function) else Y
    call = neutral(function.loss)
    own = inspect.signature(call).parameters
    more = [np.full_like(x, 0.5) for p in list(own.values())[2:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    numbers = {
        name: function.parameters[name].default
        for name in [parameter.name for parameter in known_losses()[function.loss].parameters]
        if name in own and isinstance(getattr(function.parameters.get(name), "default", None), (int, float))
    }
    return np.asarray(call(x, y, *more, reduction="none", **numbers), np.float64)


def named(found: Any, candidates: Mapping[str, Any]) -> str:
    """The candidate that an answer is."""
    if isinstance(found, str):
        return found
    for name, value in candidates.items():
        expected = np.asarray(value)
        if found.shape == expected.shape and np.allclose(found, expected, rtol=1e-5, equal_nan=True):
            return name
    return "another number"


def reductions(losses: Array) -> dict[str, Array]:
    """What the losses may come to, in words."""
    whole = {"the mean": losses.mean(), "the sum": losses.sum()}
    found = {
        "none: the loss of each" if losses.ndim > 1 else "none: the loss of each row": losses,
        **whole,
        "the mean, of shape (1,)": losses.mean().reshape(1),
        "the sum over the first axis' length": losses.sum() / len(losses),
    }
    if losses.ndim > 1:
        found["the mean over the last axis"] = losses.mean(-1)
        found["the sum of each row, of shape (rows, 1)"] = losses.sum(-1, keepdims=True)
    else:
        found["none: the loss of each row, its class axis kept"] = losses[:, None]
    halves = {f"half of {name.removeprefix('none: ')}": value / 2 for name, value in found.items()}
    return {**found, **halves}


def by_default(function: Function) -> str:
    """The reduction of a call without options."""
    return named(usual(function), reductions(each(function)))


def averaged(function: Function) -> dict[str, Any]:
    """The options that make it a mean; nothing where it is one, or cannot be."""
    if "mean" in by_default(function) or "reduction" not in function.parameters:
        return {}
    return {"reduction": "mean"}


def weight_of(function: Function) -> str:
    """The parameter that is a weight, or ''."""
    return next((name for name in WEIGHTS if name in function.parameters), "")


def by_weight(function: Function) -> str:
    """What a mean divides by where a weight is given."""
    name = weight_of(function)
    if not name:
        return "no weight"
    losses = each(function)
    w = W.astype(np.float64)
    if is_of_rows(function):
        w = CLASS_WEIGHT[INDICES] if name == "weight" else np.array([0.0, 2.0])
    given = CLASS_WEIGHT if is_of_rows(function) and name == "weight" else w.astype(np.float32)
    x = predictions(function)
    found = answer(function, x, targets_of(function), **{name: given}, **averaged(function))
    found = found.reshape(()) if not isinstance(found, str) and found.size == 1 else found
    total = (w * losses).sum()
    return named(
        found,
        {
            "the mean divides by the number of all": total / losses.size,
            "the mean divides by the sum of the weights": total / w.sum(),
            "the mean divides by the number of weights other than 0": total / np.count_nonzero(w),
            "nothing is divided": w * losses,
            "the sum": total,
        },
    )


def ignored_of(function: Function) -> str:
    """The parameter that names an ignored target, or ''."""
    return next((name for name in IGNORED if name in function.parameters), "")


def by_ignored(function: Function) -> str:
    """What a mean divides by where a row does not count."""
    name = ignored_of(function)
    if not name or not is_of_rows(function):
        return f"`{name}`" if name else "no ignored target"
    losses = each(function)
    said = {}
    for words, index in (("", 0), (" -1", -1)):
        targets = indexed(function, [2, index])
        found = answer(function, predictions(function), targets, **{name: index}, **averaged(function))
        found = found.reshape(()) if not isinstance(found, str) and found.size == 1 else found
        said[words] = named(
            found,
            {
                "the mean divides by the rows that count": losses[0],
                "the mean divides by all rows": losses[0] / 2,
                "the row's loss is 0": np.array([losses[0], 0.0]),
                "the row's loss is 0 ": np.array([[losses[0]], [0.0]]),
            },
        ).strip()
    default = function.parameters[name].default
    first = f"`{name}`, usually {default!r}: {said['']}"
    return first if len(set(said.values())) == 1 else f"{first}; of a negative index: {said[' -1']}"


def none_counts(function: Function) -> str:
    """The mean of rows of which none counts."""
    name = ignored_of(function)
    if not name or not is_of_rows(function):
        return "-"
    found = answer(
        function, predictions(function), indexed(function, [1, 1]), **{name: 1}, **averaged(function)
    )
    return found if isinstance(found, str) else ", ".join({f"{value:g}" for value in found.ravel()})


def third(function: Function) -> str:
    """What a third argument by position is."""
    places = [
        name
        for name, p in function.parameters.items()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return f"`{places[2]}`" if len(places) > 2 else "refused"


def class_axis(function: Function) -> str:
    """The class axis of a call without options."""
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 24
    for axis in (1, -1):
        y = np.zeros((2, 4) if axis == 1 else (2, 3), np.int64)
        expected = neutral(function.loss)(x, y, axis=axis, reduction="sum")
        classes = x.shape[axis]
        soft = np.moveaxis(np.eye(classes, dtype=np.float32)[y], -1, axis)
        found = answer(function, x, soft if targets_of(function) is ONE_HOT else indexed(function, y))
        if isinstance(found, str):
            continue
        if found.size > 1:
            found = found.sum()
        if any(np.allclose(found * n, expected, rtol=1e-4) for n in (1, y.size, len(x))):
            return "1" if axis == 1 else "-1, the last"
    return "refuses three dimensions"


def out_of_range(function: Function) -> str:
    """What an index is that no class has."""
    if targets_of(function) is ONE_HOT:
        return "-"
    found = answer(function, predictions(function), indexed(function, [2, 7]))
    return found if isinstance(found, str) else "NaN" if np.isnan(found.ravel()[-1]) else "a number"


def other_shapes(function: Function) -> str:
    """What it does with shapes (4,) and (4, 1)."""
    found = answer(function, X.ravel()[:4], Y.ravel()[:4, None])
    return found if isinstance(found, str) else "broadcast"


def whole_targets(function: Function) -> str:
    """Targets of int64 beside float32."""
    found = answer(function, predictions(function), np.ones(X.shape, np.int64))
    return found if isinstance(found, str) else f"taken; the result is {found.dtype}"


def halves(function: Function) -> str:
    """What it does with float16."""
    y = targets_of(function)
    found = answer(
        function, predictions(function).astype(np.float16), y if y.dtype.kind == "i" else y.astype(np.float16)
    )
    return found if isinstance(found, str) else f"taken; the result is {found.dtype}"


def at_zero(function: Function) -> str:
    """The loss of a probability of 0 beside a target of 1: where the logarithm is clamped."""
    zero, one = np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32)
    found = answer(function, zero, one)
    return found if isinstance(found, str) else f"{float(found.ravel()[0]):.6g}"


def parameters(function: Function) -> str:
    """The numbers that shape the loss, with their defaults."""
    known = [
        f"`{name}` = {p.default!r}"
        for name, p in function.parameters.items()
        if isinstance(p.default, (float, int)) and name not in (*WEIGHTS, *IGNORED, "axis", *function.given)
    ]
    return ", ".join(known) or "none"


ALWAYS = (
    Fact("the first two arguments", lambda f: ", ".join(f"`{name}`" for name in f.order)),
    Fact("a third argument by position is", third),
    Fact("a call without options gives", by_default),
)
OF_ELEMENTS = (
    Fact("shapes (4,) and (4, 1)", other_shapes),
    Fact("targets of int64", whole_targets, silent=False),
)
OF_ROWS = (
    Fact("targets are", takes, silent=False),
    Fact("the class axis", class_axis),
    Fact("ignored rows", by_ignored),
    Fact("the mean where no row counts", none_counts),
    Fact("an index that no class has", out_of_range),
)
LAST = (
    Fact("a weight", by_weight),
    Fact("parameters", parameters),
    Fact("float16", halves, silent=False),
)


def facts_of(loss: str) -> tuple[Fact, ...]:
    """The facts about the functions of a loss."""
    definition = known_losses()[loss]
    probabilities = (
        (Fact("a probability of 0 beside target 1", at_zero),) if "probabilities" in definition.names else ()
    )
    return (*ALWAYS, *(OF_ROWS if definition.rows else OF_ELEMENTS), *probabilities, *LAST)


@cache
def described(function: Function) -> dict[str, str]:
    """By title, the facts of a function."""
    return {fact.title: fact.of(function) for fact in facts_of(function.loss)}

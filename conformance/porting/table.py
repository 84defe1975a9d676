"""The functions of each API by loss: the data of ``functions.toml``."""

from __future__ import annotations

import importlib
import inspect
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from compatlosses.definitions import neutral_functions

from ..errors import SuiteError, instead

FILE = Path(__file__).parent / "functions.toml"
TARGETS = (
    "target", "targets", "label", "labels", "y_true", "multi_class_labels", "onehot_labels", "y",
)  # fmt: skip
"""What APIs call the targets. The predictions are the other one of the first two."""


@dataclass(frozen=True)
class Function:
    """A function of an API."""

    api: str
    title: str
    """The API, in words."""
    path: str
    edition: str
    """The path of the edition that stands for it."""
    loss: str
    given: dict[str, Any] = field(default_factory=dict, hash=False)
    """Options without which it computes something else."""
    written: dict[str, str] = field(default_factory=dict, hash=False)
    """How the API writes the mean and the sum of a tensor, and the mean over its last axis."""

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition(".")[2]

    def call(self, *inputs: Any, **options: Any) -> Any:
        """What the edition answers."""
        return self.loaded()(*inputs, **{**self.given, **options})

    def loaded(self) -> Callable[..., Any]:
        """The edition."""
        module, _, name = self.edition.rpartition(".")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Its parameters, in their order."""
        return dict(inspect.signature(self.loaded()).parameters)

    @property
    def others(self) -> tuple[str, ...]:
        """The tensors that it needs besides the first two."""
        return tuple(
            [
                name
                for name, parameter in self.parameters.items()
                if parameter.default is parameter.empty and name not in (*self.order, *self.given)
            ]
        )

    @property
    def order(self) -> tuple[str, str]:
        """The names of the first two tensors, in their order."""
        first, second = list(self.parameters)[:2]
        return first, second

    @property
    def labels_first(self) -> bool:
        """Whether the targets come first."""
        return self.order[0] in TARGETS

    def ordered(self, predictions: Any, targets: Any) -> tuple[Any, Any]:
        """Predictions and targets in its order."""
        return (targets, predictions) if self.labels_first else (predictions, targets)


@cache
def data() -> dict[str, Any]:
    """The file."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def functions() -> dict[str, dict[str, tuple[Function, ...]]]:
    """By loss and API, its functions."""
    return {
        loss: {
            api: tuple([made(api, data()["apis"][api], loss, entry) for entry in entries])
            for api, entries in of_api.items()
        }
        for loss, of_api in data()["functions"].items()
    }


def made(api: str, described: dict[str, str], loss: str, entry: str | dict[str, Any]) -> Function:
    """A function from its entry."""
    name = entry if isinstance(entry, str) else entry["name"]
    given = {} if isinstance(entry, str) else entry.get("given", {})
    methods = {"mean": "{}.mean()", "sum": "{}.sum()", "last": "{}.mean(-1)"}
    written = {what: described.get(what, method) for what, method in methods.items()}
    paths = f"{described['module']}.{name}", f"{described['edition']}.{name}"
    return Function(api, described["title"], *paths, loss, given, written)


def titles() -> dict[str, str]:
    """By API, its title."""
    return {api: described["title"] for api, described in data()["apis"].items()}


def left_out() -> dict[str, str]:
    """The editions that are in no port, and why."""
    found: dict[str, str] = data()["left_out"]
    return found


def neutral(loss: str) -> Callable[..., Any]:
    """The neutral function of a loss."""
    found: Callable[..., Any] = neutral_functions()[loss]
    return found


def found(loss: str, api: str) -> tuple[Function, ...]:
    """The functions of an API for a loss.

    Raises:
        SuiteError: no such loss, no such API, or the API has none.
    """
    if loss not in functions():
        raise SuiteError(f"no loss is named {loss!r}{instead(loss, functions(), ', '.join(functions()))}")
    if api not in titles():
        raise SuiteError(f"no API is named {api!r}{instead(api, titles(), ', '.join(titles()))}")
    if api not in functions()[loss]:
        having = ", ".join(functions()[loss])
        raise SuiteError(f"{titles()[api]} has no {loss}; these have: {having}")
    return functions()[loss][api]

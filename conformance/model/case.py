"""A case: one call as data, and what it comes to by its own words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .losses import FIRST, LOSSES, Loss, Value, group_of
from .rounding import FORMATS, round_float


@dataclass(frozen=True)
class Tensor:
    """One argument: its values in the order of memory, already rounded to its dtype."""

    dtype: str
    shape: tuple[int, ...]
    values: tuple[float, ...]
    view: str | None = None
    kind: str = "tensor"


@dataclass(frozen=True)
class Repeat:
    """A long input: each of a few distinct pairs that many times, in an order drawn from the seed."""

    times: int
    seed: int


@dataclass(frozen=True)
class Case:
    """One call, what it differentiates by, and what must hold of the outcome."""

    id: str
    clause: str
    tensors: dict[str, Tensor]
    options: dict[str, Any] = field(default_factory=dict)
    differentiate: tuple[str, ...] = ()
    cotangent: float | None = None
    second: bool = False
    repeat: Repeat | None = None
    apis: tuple[str, ...] = ()
    """The APIs whose documents say so; empty for the mathematics, which binds all."""
    errors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By API, the kinds of error that are right; empty when the call is to succeed."""
    warns: str | None = None
    result_dtype: str | None = None
    primary: bool = False
    """Whether only each target's main function runs it, because it is long or one of many."""
    call: dict[str, Any] = field(default_factory=dict)
    """How the call is made, where that is the point: positional, rename, twice, free; before, the length of
    an earlier one.
    """
    loss: str = FIRST

    @property
    def group(self) -> str:
        """The row of the matrix that the case belongs to."""
        return group_of(self.id)

    @property
    def of(self) -> Loss:
        """The loss that is called."""
        return LOSSES[self.loss]

    @property
    def first(self) -> Tensor:
        """The first argument: its dtype is the loss's."""
        return self.tensors[self.of.arguments[0]]

    @property
    def dtype(self) -> str:
        """The first argument's dtype."""
        return self.first.dtype

    @property
    def second_name(self) -> str:
        """The second derivative, as checks name it."""
        return f"second/{self.of.arguments[0]}"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the elements: that to which the two tensors broadcast."""
        return np.broadcast_shapes(self.first.shape, self.tensors["targets"].shape)

    @property
    def elements(self) -> int:
        """How many elements the first argument has."""
        return len(self.first.values) * (self.repeat.times if self.repeat else 1)

    @property
    def parameters(self) -> tuple[Value, ...]:
        """What shapes the loss."""
        return self.parameters_by({})

    def parameters_by(self, usual: Mapping[str, Value]) -> tuple[Value, ...]:
        """What shapes the loss, of what the case does not give as a document has it."""
        return tuple(
            self.options.get(name, usual.get(name, value)) for name, value in self.of.parameters.items()
        )


def reduction_of(case: Case, default: str = "mean") -> str:
    """The reduction that the options come to; torch's deprecated pair overrides."""
    reduce, average = case.options.get("reduce"), case.options.get("size_average")
    if reduce is None and average is None:
        return str(case.options.get("reduction", default)).lower()
    if reduce is False:
        return "none"
    return "sum" if average is False else "mean"


def sentinel(case: Case) -> float | None:
    """The target that is ignored: as the targets' dtype has it, in which it is compared.

    NaN is a value like others.
    """
    given, dtype = case.options.get("ignore_index"), case.tensors["targets"].dtype
    return None if given is None else round_float(float(given), dtype) if dtype in FORMATS else float(given)


def spread(case: Case, name: str, shape: tuple[int, ...]) -> list[float]:
    """An argument's value at each element, 1 where it is not given."""
    if name not in case.tensors:
        return [1.0] * math.prod(shape)
    tensor = case.tensors[name]
    values: Any = np.broadcast_to(np.array(tensor.values, float).reshape(tensor.shape), shape)
    return [float(value) for value in values.ravel()]


def result_dtype(case: Case) -> str:
    """The dtype of the loss: the first argument's, unless the case says otherwise."""
    return case.result_dtype or case.dtype

"""The words of the core: what a loss and a call are. This module imports nothing of the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Tensor = Any
"""A tensor of some framework. The core knows it only through its library and Python's operators."""

Shape = tuple[int | None, ...]
"""Sizes by dimension; None or a negative number where a trace does not know the size."""

Reduction = tuple[str, str, float | None, float, Tensor | None]
"""How the losses of elements become a result, as a plain tuple: (name, divisor, ignored, empty, mask).

name: 'none', 'sum' or 'mean'. divisor: what the result is divided by, see `reductions`. ignored: the target
of elements that do not count, a number of the targets' dtype, or None. empty: a mean over no element, NaN or
0. mask: where elements count, of bool, or None.

It is no named tuple: MindSpore's compiler reads the fields of one that is created in a graph only when the
program runs.
"""


@dataclass(frozen=True)
class Input:
    """A tensor that a loss takes."""

    name: str
    optional: bool = False
    """None stands for 1."""
    broadcasts: bool = False
    """It repeats to the shape of the first input. Else it has that shape."""
    harmless: float = 0.0
    """What stands for the values of elements that do not count: a number at which the loss and its slopes are
    finite.
    """


@dataclass(frozen=True)
class Parameter:
    """A number that shapes a loss."""

    name: str
    default: float
    above: float | None = None
    """The number is greater than this one."""
    least: float | None = None
    """The number is not less than this one."""


WEIGHT = Input("weight", optional=True, broadcasts=True, harmless=1.0)
"""The last input of every loss: the factor of each element's loss."""


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss of elements: its inputs and parameters by name, and its mathematics.

    ``written(ops)`` gives ``(value, slope, ...)``: the loss of an element and its slope by each of `inputs`,
    in their order, in the vocabulary ``ops``. Each is a function of the inputs, the weight, and the
    parameters, in this order.
    """

    name: str
    inputs: tuple[Input, ...]
    parameters: tuple[Parameter, ...]
    written: Callable[[Any], tuple[Callable[..., Any], ...]]
    loops: str = ""
    """The module with its compiled loops; empty where there are none, and every call takes the formula."""
    double: bool = True
    """Whether the formula is computed in double, where the device has it, and rounded once: for a loss of few
    operations.
    """

    @property
    def arguments(self) -> tuple[Input, ...]:
        """The inputs and the weight."""
        return (*self.inputs, WEIGHT)


Call = tuple[Loss, Any, tuple[Any, ...], tuple[float, ...], Reduction]
"""A checked call, as a plain tuple: (loss, library, inputs, parameters, reduction).

inputs: in the order of `Loss.arguments`, the definition's and then the weight, each a tensor of the library,
a number where it broadcasts, or None. parameters: Python numbers.
"""

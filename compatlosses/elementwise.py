"""The fused executor for losses of elements: loss and gradients in one pass over arrays, by the loops of the
loss's definition.

Arrays come in the order of `Loss.arguments`, the weight last: an array, a number where it broadcasts, or
None. See `fused` for their dtypes, and for what is true of all fused results.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from .by_formula import slopes
from .fused import NOT_ASKED, NOWHERE, Empty, comparable, compiled, number
from .libraries import Library
from .operands import Array, address, code, readable, table
from .protocols import Loss, Reduction, Tensor
from .threads import ALONE, together

FLOAT64 = np.dtype(np.float64)
BLOCK = 1024
Arrays = tuple[Any, ...]


class Request(NamedTuple):
    """What is computed: the loss, its parameters, how it is reduced (the mask as an array), and the dtype of
    the result.
    """

    loss: Loss
    parameters: tuple[float, ...]
    reduction: Reduction
    dtype: np.dtype[Any]
    empty: Empty = np.empty
    """Makes the arrays that are handed out."""


class Result(NamedTuple):
    """A loss, 0-D where it is reduced, and the gradients by each argument, None where not wanted."""

    loss: Array
    gradients: tuple[Array | None, ...]


def takes(reduction: Reduction) -> bool:
    """Whether the loops know this reduction: not the mean by weights, whose divisor depends on what is
    differentiated.
    """
    return reduction[1] != "weights"


def loops_of(loss: Loss) -> Any:
    """The module of a loss's compiled loops, imported when it is first needed."""
    return import_module(loss.loops)


def shared_loops() -> Any:
    """What the loops of all losses share."""
    return import_module("compatlosses.loops.elements")


def evaluated(
    request: Request, arrays: Arrays, wrt: tuple[bool, ...], cotangent: Array | float | None, wants_loss: bool
) -> Result:
    """The loss, if wanted, and the gradients ``wrt`` times the cotangent: a number, or an array where nothing
    is reduced.
    """
    loss, parameters, reduction, dtype, empty = request
    x, y = arrays[0], arrays[1]
    size, summed = x.size, reduction[0] != "none"
    factor, cotangent = (
        (1.0, cotangent)
        if isinstance(cotangent, np.ndarray) and cotangent.ndim
        else (number(cotangent), None)
    )
    labels, ignored = comparable(y, reduction[2])
    gradients, sums = outputs(arrays, wrt, size, empty)
    mask = None if reduction[4] is None else readable(reduction[4])
    operands = [*(readable(a) for a in (x, labels, *arrays[2:])), mask, readable(cotangent)]
    losses = empty(x.shape, dtype) if wants_loss and not summed else None
    operated = table(x.shape, operands, [losses, *gradients], sums)
    divisor = divisor_of(reduction, operated.rows, size, ignored)
    blocks = -(-size // BLOCK)
    partials = np.empty((blocks, 2)) if summed and wants_loss else NOWHERE
    exact = dtype == FLOAT64 or any(isinstance(a, np.ndarray) and a.dtype == FLOAT64 for a in arrays)
    general, shared, ignoring = loops_of(loss).general, shared_loops(), int(reduction[2] is not None)
    job = (
        shared.gather,
        shared.scatter,
        shared.summed,
        int(exact),
        operated.rows,
        size,
        ignoring,
        ignored,
        factor,
        divisor,
    )

    def task(progress: Array) -> None:
        # A thread that holds this holds the operands too, and so the memory that the rows lead to.
        general(parameters, (*job, partials, progress))

    if size and any(total is not None for total in sums):
        task(ALONE)  # running sums have one order, and need one thread
    elif size:
        together(task, blocks, compiled())
    for out, total in zip(gradients, sums, strict=True):
        if total is not None and out is not None:
            compiled().store_sums(total, code(out.dtype), address(out))
    if summed and wants_loss:
        losses = np.empty((), dtype)
        compiled().total(partials, divisor, code(dtype), address(losses))
    return Result(NOT_ASKED if losses is None else losses, gradients)


def outputs(
    arrays: Arrays, wrt: tuple[bool, ...], size: int, empty: Empty
) -> tuple[tuple[Array | None, ...], list[Array | None]]:
    """Memory for the gradients, zeros where there is no element, and running sums for those of fewer
    elements.
    """
    gradients: list[Array | None] = []
    sums: list[Array | None] = []
    for a, wanted in zip(arrays, wrt, strict=True):
        given = wanted and isinstance(a, np.ndarray)
        gradients.append(empty(a.shape, a.dtype) if given else None)
        if given and not size:
            gradients[-1][...] = 0  # type: ignore[index]
        sums.append(np.zeros(2 * a.size) if given and size and a.size != size else None)
    return tuple(gradients), sums


def divisor_of(reduction: Reduction, rows: Array, size: int, ignored: float) -> float:
    """What the losses are divided by; NaN where nothing is there to divide by and the result is none."""
    _, divisor, sentinel, empty, mask = reduction
    if divisor == "one":
        return 1.0
    count = size
    if size and divisor == "counted" and (sentinel is not None or mask is not None):
        blocks = -(-size // BLOCK)
        counts = np.empty(blocks, np.int64)
        kernel = import_module("compatlosses.loops.count").count
        gather, ignoring = shared_loops().gather, sentinel is not None
        together(
            lambda progress: kernel(gather, rows, size, ignoring, ignored, counts, progress),
            blocks,
            compiled(),
        )
        count = int(counts.sum())
        if count == 0 and empty == 0.0:
            return 1.0
    return float(count) if count else math.nan


class ElementwiseCall:
    """One call inside a framework: its loss now, its gradients whenever they are asked for; see
    `executors.FusedCall`.

    Hosts know four places for arguments. A loss of two inputs has its weight in the third and nothing in the
    fourth.
    """

    __slots__ = ("_kept", "_mask", "loss", "request", "wanted")

    def __init__(
        self, request: Request, arrays: Arrays, mask: Tensor | None, wanted: tuple[bool, ...]
    ) -> None:
        self.request, self.wanted, self._mask = request, wanted, mask
        at_once = wanted if self.reduced else (False,) * len(wanted)
        count = len(request.loss.arguments)
        result = evaluated(request, arrays[:count], at_once[:count], None, True)
        self.loss = result.loss
        self._kept = {i: gradient for i, gradient in enumerate(result.gradients) if gradient is not None}

    @property
    def reduced(self) -> bool:
        """Whether the loss is one number, and so the cotangent."""
        return self.request.reduction[0] != "none"

    def gradients(
        self, arrays: Arrays, cotangent: Array | float, wanted: tuple[bool, ...] | None = None
    ) -> tuple[Array | None, ...]:
        """The gradients wanted (None: all that were at the call), times the cotangent, in the hosts' four
        places.
        """
        wanted = self.wanted if wanted is None else wanted
        if isinstance(cotangent, float) and cotangent == 1.0:
            kept = self.handed_out(wanted)
            if kept is not None:
                return kept
        count = len(self.request.loss.arguments)
        found = evaluated(self.request, arrays[:count], wanted[:count], cotangent, False).gradients
        return (*found, *(None,) * (4 - count))

    def handed_out(self, wanted: tuple[bool, ...]) -> tuple[Array | None, ...] | None:
        """The gradients wanted that were kept, which are those for a cotangent of 1; None if one of them is
        gone.
        """
        kept = tuple([self._kept.pop(i, None) if wanted[i] else None for i in range(4)])
        return kept if all(kept[i] is not None for i in range(4) if wanted[i]) else None

    def forget(self) -> None:
        """Give up the kept gradients: those asked for are computed from what the framework has saved."""
        self._kept.clear()

    def formula_gradients(
        self,
        library: Library,
        wanted: tuple[bool, ...],
        g: Tensor,
        tensors: tuple[Tensor | float | None, ...],
    ) -> tuple[Tensor | None, ...]:
        """The same in the framework's own operations: differentiable again."""
        loss, parameters, reduction, *_ = self.request
        count = len(loss.arguments)
        wrt = tuple(i for i in range(count) if wanted[i])
        call = (loss, library, tensors[:count], parameters, (*reduction[:4], self._mask))
        found = slopes(call, wrt, g)
        placed = dict(zip(wrt, found, strict=True))
        return tuple(placed.get(i) for i in range(4))

"""The fused executor inside a framework: one call with its loss now, and its gradients' life in an
autograd.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import elementwise, rows
from .by_formula import slopes
from .operands import BFLOAT16
from .protocols import Array, Call, Host, Library, Reduction, Tensor
from .request import Direct, Request, Run, loaded


def runner(request: Request) -> Run:
    """Who computes a request: the loss's lane where it knows the options, else the loops of all losses."""
    if request.loss.rows:
        return rows.evaluated
    if request.loss.lane:
        lane = loaded(request.loss.lane)
        if lane.takes(request.parameters, request.reduction[4]):
            run: Run = lane.evaluated
            return run
    return elementwise.evaluated


def request_of(call: Call, dtype: str) -> Request:
    """What a call asks of the compiled loops."""
    loss, library, _, parameters, reduction = call
    host = library.host
    name, divisor, ignored, empty, mask = reduction
    # A copy: a mask may be written to before the backward pass.
    counts = None if mask is None else host.view(mask).copy()
    memory = getattr(host, "empty", np.empty)
    return Request(loss, parameters, (name, divisor, ignored, empty, counts), array_dtype(dtype), memory)


def views(host: Host, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs as arrays; a number or None stays that."""
    return tuple([x if x is None or isinstance(x, (int, float)) else host.view(x) for x in inputs])


def direct(request: Request, run: Run, arrays: tuple[Any, ...], wanted: tuple[bool, ...]) -> Direct | None:
    """How calls like one of these arrays are computed from addresses alone; None where they are not."""
    if request.reduction[0] == "none" or request.reduction[4] is not None or True in wanted[1:]:
        return None
    for a in arrays:
        if a is not None and (not isinstance(a, np.ndarray) or not a.flags.c_contiguous or not a.size):
            return None
    if run is rows.evaluated:
        return rows.direct(request, arrays, wanted)
    return elementwise.direct(request, arrays, wanted) if run is elementwise.evaluated else None


class FusedCall:
    """One call of the fused executor: its loss now, its gradients whenever they are asked for.

    It holds none of the call's arrays: what a backward pass needs, a host keeps the framework's own way. A
    reduced loss computes its gradients in the same pass, for a cotangent of 1. They are handed out once: the
    framework may write into what it was given. Any other cotangent is a factor of new ones, applied before
    the one rounding, so that a gradient does not depend on what was asked before.
    """

    __slots__ = ("_kept", "_mask", "_run", "loss", "request", "wanted")

    def __init__(
        self,
        request: Request,
        run: Run,
        arrays: tuple[Any, ...],
        wanted: tuple[bool, ...],
        mask: Tensor | None = None,
    ) -> None:
        """``run`` is the request's `runner`, ``mask`` the tensor of its mask."""
        self.request, self.wanted, self._run, self._mask = request, wanted, run, mask
        # A reduced loss computes its gradients at once.
        at_once = wanted if request.reduction[0] != "none" else (False,) * len(wanted)
        self.loss, gradients = run(request, arrays, at_once, None, True)
        self._kept: dict[int, Array] = {}
        if True in at_once:
            self._kept = {i: gradient for i, gradient in enumerate(gradients) if gradient is not None}

    @classmethod
    def computed(
        cls, request: Request, run: Run, wanted: tuple[bool, ...], loss: Any, gradient: Any
    ) -> FusedCall:
        """A call whose reduced loss and gradient by the first input are there, for `Host.tensor` to take."""
        call = cls.__new__(cls)
        call.request, call.wanted, call._run, call._mask = request, wanted, run, None
        call.loss = loss
        call._kept = {} if gradient is None else {0: gradient}
        return call

    @property
    def reduced(self) -> bool:
        """Whether the loss is one number, and so the cotangent."""
        return self.request.reduction[0] != "none"

    def gradients(
        self, arrays: tuple[Any, ...], cotangent: Array | float, wanted: tuple[bool, ...] | None = None, /
    ) -> tuple[Array | None, ...]:
        """The gradients wanted (None: all that were at the call), times the cotangent.

        ``arrays``: what the call was given, unchanged, as the host finds it now. The cotangent is a number,
        or with reduction 'none' an array of the shape of the losses.
        """
        wanted = self.wanted if wanted is None else wanted
        if isinstance(cotangent, float) and cotangent == 1.0:
            kept = self.handed_out(wanted)
            if kept is not None:
                return kept
        return self._run(self.request, arrays, wanted, cotangent, False)[1]

    def handed_out(self, wanted: tuple[bool, ...], /) -> tuple[Array | None, ...] | None:
        """The gradients wanted that were kept, for a cotangent of 1; None if one of them is gone."""
        # Taken out of a dict in one step: of two threads that run backward over one graph, one gets it.
        kept = tuple([self._kept.pop(i, None) if asked else None for i, asked in enumerate(wanted)])
        for gradient, asked in zip(kept, wanted, strict=True):
            if asked and gradient is None:
                return None
        return kept

    def forget(self) -> None:
        """Give up the kept gradients: those asked for are computed from what the framework has saved."""
        self._kept.clear()

    def formula_gradients(
        self, library: Library, wanted: tuple[bool, ...], g: Tensor, inputs: tuple[Any, ...], /
    ) -> tuple[Tensor | None, ...]:
        """The gradients wanted, times the cotangent, in the framework's own operations: differentiable
        again.
        """
        loss, parameters, reduction, *_ = self.request
        wrt = tuple(i for i, asked in enumerate(wanted) if asked)
        given: Reduction = (reduction[0], reduction[1], reduction[2], reduction[3], self._mask)
        found = dict(
            zip(wrt, slopes((loss, library, inputs, parameters, given), wrt, g, "float64"), strict=True)
        )
        return tuple(found.get(i) for i in range(len(wanted)))


def array_dtype(name: str) -> np.dtype[Any]:
    """The dtype of an array for the name of a dtype."""
    return _DTYPES[name]


def nothing_wanted(inputs: tuple[Any, ...]) -> tuple[bool, ...]:
    """No gradient by any input."""
    return (False,) * len(inputs)


_DTYPES = {name: np.dtype(name) for name in ("float16", "float32", "float64")} | {"bfloat16": BFLOAT16}

"""The fused executor inside a framework: which calls it takes, and its gradients' life in the framework's
autograd.

`losses.evaluate` asks a library's `Host` why a call must go to the formula. None means that there is proof of
an eager call on dense host memory, and `fused_loss` runs it: views without a copy, one pass, the gradient
attached.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import fused
from .libraries import Library, Tensor

Array = NDArray[Any]


class Host(Protocol):
    """How the fused executor gets at a framework's tensors. An adapter's ``host.py`` is one."""

    def why_formula(
        self,
        logits: Tensor,
        targets: Tensor,
        weight: Tensor | float | None,
        pos_weight: Tensor | float | None,
        /,
    ) -> str | None:
        """Why a call with these arguments must go to the formula, in words; None where the fused executor may
        run.
        """

    def wanted(
        self,
        logits: Tensor,
        targets: Tensor,
        weight: Tensor | float | None,
        pos_weight: Tensor | float | None,
        /,
    ) -> fused.Wanted:
        """By which arguments the framework's autograd will ask for a gradient."""

    def view(self, tensor: Tensor, /) -> Array:
        """The tensor's memory as an array: no copy, any strides; bfloat16 as `fused.BFLOAT16`."""

    def tensor(self, array: Array | np.generic, like: Tensor, /) -> Tensor:
        """An array that nobody else holds as a tensor of the framework of ``like``: no copy.

        A framework with memory formats may lay it out as ``like``: a loss as the targets, a gradient as the
        logits. Where results must lie in memory of the framework, the host has a function ``empty`` too, of
        `fused.Empty`.
        """

    def attach(
        self,
        call: FusedCall,
        logits: Tensor,
        targets: Tensor,
        weight: Tensor | float | None,
        pos_weight: Tensor | float | None,
        /,
    ) -> Tensor:
        """The call's loss as a tensor whose gradients the framework's autograd asks of ``call``."""


Arrays = tuple[Array, Array, Array | float | None, Array | float | None]
"""Logits, targets, weight and pos_weight as the fused executor takes them; see `views`."""


class FusedCall:
    """One call of the fused executor: its loss now, its gradients whenever they are asked for.

    It holds none of the call's arrays: what a backward pass needs, a host keeps the framework's own way. A
    reduced loss computes its gradients in the same pass, for a cotangent of 1. They are handed out once: the
    framework may write into what it was given. Any other cotangent is a factor of new ones, applied before
    the one rounding, so that a gradient does not depend on what was asked before.
    """

    __slots__ = ("_dtype", "_empty", "_kept", "loss", "options", "wanted")

    def __init__(
        self,
        arrays: Arrays,
        reduction: str,
        ignore_index: float | None,
        normalize: bool,
        dtype: Any,
        wanted: fused.Wanted,
        empty: fused.Empty = np.empty,
    ) -> None:
        self._dtype = dtype
        self._empty = empty
        self.options: tuple[str, float | None, bool] = (reduction, ignore_index, normalize)
        self.wanted = wanted
        at_once = wanted if reduction != "none" else NOTHING_WANTED
        result = fused.evaluate(
            *arrays,
            reduction=reduction,
            ignore_index=ignore_index,
            normalize=normalize,
            wrt=at_once,
            dtype=dtype,
            empty=empty,
        )
        self.loss = result.loss
        self._kept = {i: gradient for i, gradient in enumerate(result.gradients) if gradient is not None}

    @property
    def reduced(self) -> bool:
        """Whether the loss is one number, and so the cotangent."""
        return self.options[0] != "none"

    def gradients(
        self, arrays: Arrays, cotangent: Array | float, wanted: fused.Wanted | None = None
    ) -> fused.Gradients:
        """The gradients wanted (None: all that were at the call), times the cotangent.

        ``arrays``: what the call was given, unchanged, as the host finds it now. The cotangent is a number,
        or with reduction 'none' an array of the logits' shape.
        """
        wanted = self.wanted if wanted is None else wanted
        if isinstance(cotangent, float) and cotangent == 1.0:
            kept = self.handed_out(wanted)
            if kept is not None:
                return kept
        reduction, ignore_index, normalize = self.options
        return fused.gradients(
            *arrays,
            cotangent=cotangent,
            reduction=reduction,
            ignore_index=ignore_index,
            normalize=normalize,
            wrt=wanted,
            dtype=self._dtype,
            empty=self._empty,
        )

    def formula_gradients(
        self, library: Library, wanted: fused.Wanted, g: Tensor, tensors: tuple[Any, ...]
    ) -> tuple[Tensor | None, ...]:
        """The gradients wanted, times the cotangent, in the framework's own operations:
        differentiable again.
        """
        from .losses import gradients_by_formula

        logits, targets, weight, pos_weight = tensors
        return gradients_by_formula(library, wanted, g, logits, targets, weight, pos_weight, *self.options)

    def handed_out(self, wanted: fused.Wanted) -> fused.Gradients | None:
        """The gradients wanted that were kept, which are those for a cotangent of 1; None if one of them is
        gone.
        """
        # Taken out of a dict in one step: of two threads that run backward over one graph, one gets it.
        kept = [self._kept.pop(i, None) if wanted[i] else None for i in range(4)]
        if all(kept[i] is not None for i in range(4) if wanted[i]):
            return kept[0], kept[1], kept[2], kept[3]
        return None

    def forget(self) -> None:
        """Give up the kept gradients: those asked for are computed from what the framework has saved."""
        self._kept.clear()


def fused_loss(
    host: Host,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
    reduction: str,
    ignore_index: float | None,
    normalize: bool,
    dtype: str,
) -> Tensor:
    """The loss by the fused executor, attached to the framework's autograd where that will ask for
    gradients.
    """
    wanted = host.wanted(logits, targets, weight, pos_weight)
    arrays = views(host, logits, targets, weight, pos_weight)
    empty = getattr(host, "empty", np.empty)
    call = FusedCall(arrays, reduction, ignore_index, normalize, array_dtype(dtype), wanted, empty)
    if wanted == NOTHING_WANTED:
        return host.tensor(call.loss, targets)
    return host.attach(call, logits, targets, weight, pos_weight)


def fused_value_and_gradients(
    host: Host,
    wanted: fused.Wanted,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
    reduction: str,
    ignore_index: float | None,
    normalize: bool,
) -> tuple[Tensor, tuple[Tensor | None, ...]]:
    """The loss and the gradients wanted, in one pass."""
    result = fused.evaluate(
        *views(host, logits, targets, weight, pos_weight),
        reduction=reduction,
        ignore_index=ignore_index,
        normalize=normalize,
        wrt=wanted,
        empty=getattr(host, "empty", np.empty),
    )
    likes = (logits, logits, weight, pos_weight)
    gradients = [
        None if gradient is None else host.tensor(gradient, like)
        for gradient, like in zip(result.gradients, likes, strict=True)
    ]
    return host.tensor(result.loss, targets), tuple(gradients)


def views(
    host: Host,
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | float | None,
    pos_weight: Tensor | float | None,
) -> Arrays:
    """The arguments as arrays; a weight that is a number or None stays that."""
    w = weight if weight is None or isinstance(weight, (int, float)) else host.view(weight)
    p = pos_weight if pos_weight is None or isinstance(pos_weight, (int, float)) else host.view(pos_weight)
    return host.view(logits), host.view(targets), w, p


def array_dtype(name: str) -> np.dtype[Any]:
    """The dtype of an array for the name of a dtype."""
    return _DTYPES[name]


NOTHING_WANTED: fused.Wanted = (False, False, False, False)

_DTYPES = {name: np.dtype(name) for name in ("float16", "float32", "float64")} | {"bfloat16": fused.BFLOAT16}

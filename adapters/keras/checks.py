"""What Keras' functions share: which arguments become tensors of the backend, the loss of each element, the
mean of an axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from compatlosses import rules
from compatlosses.checks import SAME, Argument, Dialect, check
from compatlosses.definitions import binary_cross_entropy as of_probabilities
from compatlosses.definitions import binary_cross_entropy_with_logits as of_logits
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Shape, Tensor, common_library, find
from compatlosses.protocols import Call
from compatlosses.reductions import divided, named

from . import adapter

EPSILON = 1e-7
"""``keras.config.epsilon()`` where nobody has set another one."""


@dataclass(frozen=True, slots=True)
class Averaged:
    """That losses are averaged, over one axis, several, or (None) over all."""

    axis: int | tuple[int, ...] | None


def dialect(names: tuple[str, str], shape: str = SAME, outputs: tuple[str, ...] = rules.FLOATING) -> Dialect:
    """Output and target, called ``names``; the target has any dtype of numbers."""
    return Dialect((Argument(names[0], outputs), Argument(names[1], rules.NUMBERS, shape)))


OF_LOSSES, OF_OPS = dialect(("y_pred", "y_true")), dialect(("output", "target"))


def converted(target: Tensor, output: Tensor) -> tuple[Tensor, Tensor]:
    """The arguments as tensors: Keras', where it is imported and would make them such.

    Another framework's stay that.
    """
    if not adapter.loaded():
        return target, output
    from . import backend

    for x in (target, output):
        if find(x) is not None and not backend.owns(x) and not is_array(x):
            return target, output
    return backend.converted(target), backend.converted(output)


def is_array(x: object) -> bool:
    """Whether ``x`` is NumPy's, which Keras makes tensors of: not a masked array, whose mask would
    be lost.
    """
    return isinstance(x, (np.ndarray, np.generic)) and not isinstance(x, np.ma.MaskedArray)


def elements(
    dialect: Dialect,
    target: Tensor,
    output: Tensor,
    from_logits: bool,
    label_smoothing: float,
    averaged: Averaged | None,
) -> Tensor:
    """The losses, averaged or not, of the output's dtype. ``dialect``: that of the caller's API."""
    if adapter.loaded():
        from . import backend

        output, from_logits = backend.logits_of(output, from_logits)
    library = common_library((output, target), dialect.names)
    check(library, dialect, (output, target))
    dtype = library.dtype(output)
    target = library.cast(target, dtype)  # as in Keras
    smoothing = float(label_smoothing)
    call: Call = (of_logits.LOSS, library, (output, target, None, None), (smoothing,), named("none"))
    if not from_logits:
        clamps = (float("-inf"), epsilon(), 0.0, smoothing)
        call = (of_probabilities.LOSS, library, (output, target, None), clamps, named("none"))
    if averaged is None:
        return evaluate(call, dtype)
    return mean_of(call, dtype, checked_axes(dialect.names[0], library.shape(output), averaged.axis))


def epsilon() -> float:
    """What Keras takes for a small number."""
    if not adapter.loaded():
        return EPSILON
    from . import backend

    return backend.epsilon()


def mean_of(call: Call, dtype: str, axes: tuple[int, ...], scale: float = 1.0) -> Tensor:
    """The mean of a call's losses, of ``dtype``, over axes; of losses that its weight has multiplied by
    ``scale`` already. The call's reduction must be 'none'.
    """
    library: Library = call[1]
    return library.cast(mean(library, evaluate(call, "float64"), axes, scale), dtype)


def checked_axes(name: str, shape: Shape | None, axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """The axes that ``axis`` names, counted from the first; None names all."""
    if shape is None:
        raise ValueError(
            f"{name} has an unknown number of dimensions; expected a known one, of which axis {axis} is "
            f"averaged"
        )
    if axis is None:
        return tuple(range(len(shape)))
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    for each in axes:
        if not -len(shape) <= each < len(shape):
            raise ValueError(
                f"axis is {axis} and {name} has shape {rules.shown(shape)}; expected an axis that it has"
            )
    found = tuple(each % len(shape) for each in axes)
    if len(set(found)) < len(found):
        raise ValueError(f"axis is {axis} and {name} has shape {rules.shown(shape)}; expected each axis once")
    return found


def mean(library: Library, loss: Tensor, axes: tuple[int, ...], scale: float = 1.0) -> Tensor:
    """The mean over axes, in the library's wide accumulator, of losses that were multiplied by ``scale``."""
    shape = library.shape(loss)
    if not axes:
        return loss
    if shape is not None and len(axes) == len(shape):
        return library.cast(
            divided(library, library.sum(loss), scaled(library.size(loss), scale)), library.dtype(loss)
        )
    if shape is not None and any(shape[i] == 0 for i in axes):
        left = [size for i, size in enumerate(shape) if i not in axes]
        return library.broadcast_to(library.constant(float("nan"), loss), left)  # type: ignore[arg-type]
    rank = max(axes) + 1
    first = tuple(slice(0, 1) if i in axes else slice(None) for i in range(rank))
    without = tuple(0 if i in axes else slice(None) for i in range(rank))
    total = library.sum_to(loss, loss[first])
    lengths = [shape[i] for i in axes] if shape is not None else [None]
    length = 1
    for each in lengths:
        if each is None or each < 0:
            number = library.cast(library.size(total), library.dtype(loss))
            return divided(library, total * number, library.size(loss))[without]
        length = length * each
    return divided(library, total, scaled(length, scale))[without]


def scaled(length: int | Tensor, scale: float) -> Any:
    """The divisor of a mean of losses that were multiplied by ``scale``."""
    return length if scale == 1.0 else length * scale

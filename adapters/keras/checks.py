"""What Keras' functions share: which arguments become tensors of the backend, the loss of each element, the mean of an axis."""

from __future__ import annotations

from dataclasses import dataclass

from compatlosses import losses, rules
from compatlosses.libraries import Library, Tensor, find, library_of

from . import adapter


@dataclass(frozen=True, slots=True)
class Averaged:
    """That losses are averaged, over one axis or (None) over all."""

    axis: int | None


def converted(target: Tensor, output: Tensor) -> tuple[Tensor, Tensor]:
    """The arguments as tensors: Keras', where it is imported and would make them such."""
    if find(target) is not None and find(target) is find(output):
        return target, output
    if not adapter.loaded():
        return target, output
    from . import backend

    if not backend.owns(target) and not backend.owns(output) and (find(target) or find(output)):
        return target, output
    return backend.converted(target), backend.converted(output)


def elements(
    names: tuple[str, str],
    target: Tensor,
    output: Tensor,
    from_logits: bool,
    label_smoothing: float,
    averaged: Averaged | None,
) -> Tensor:
    """The losses, averaged or not, of the output's dtype. ``names`` are what the caller's API calls the two."""
    if adapter.loaded():
        from . import backend

        output, from_logits = backend.logits_of(output, from_logits)
    library = library_of(output, target, None, None, (names[1], names[0], "weight", "pos_weight"))
    rules.check_dtype(library, names[1], output, rules.FLOATING, TypeError)
    rules.check_dtype(library, names[0], target, rules.NUMBERS, TypeError)
    rules.check_same_shape(library, names[0], target, names[1], output, ValueError)
    axis = None if averaged is None else checked_axis(library, names[1], output, averaged)
    dtype = library.dtype(output)
    wide = "float64" if dtype == "float64" else "float32"
    # Targets have the predictions' dtype in Keras, smoothed there; rounded once here.
    target = library.cast(library.cast(target, dtype), wide)
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        loss = losses.evaluate(library, output, target, None, None, "none", None, False, wide)
    else:
        loss = of_probabilities(names, target, output, wide)
    if averaged is not None:
        loss = mean(library, loss, axis)
    return library.cast(loss, dtype)


def of_probabilities(names: tuple[str, str], target: Tensor, output: Tensor, dtype: str) -> Tensor:
    """The loss of each element from probabilities, in Keras' own operations."""
    why = f"{names[1]} is taken for probabilities, which are for Keras' operations"
    mend = f"Pass logits and from_logits=True, which takes any framework's tensors, or make {names[1]} a tensor of the backend."
    if not adapter.loaded():
        raise TypeError(f"{why}, and Keras is not imported. {mend}")
    from . import backend

    if not backend.owns(output):
        raise TypeError(f"{why}; expected a tensor of its backend, {backend.name()}. {mend}")
    return backend.of_probabilities(target, output, dtype)


def checked_axis(library: Library, name: str, output: Tensor, averaged: Averaged) -> int | None:
    """The axis, counted from the first; None for all."""
    shape = library.shape(output)
    axis = averaged.axis
    if axis is None:
        return None
    if shape is None:
        raise ValueError(f"{name} has an unknown number of dimensions; expected a known one, of which axis {axis} is averaged")
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis is {axis} and {name} has shape {rules.shown(shape)}; expected an axis that it has")
    return axis % len(shape)


def mean(library: Library, loss: Tensor, axis: int | None) -> Tensor:
    """The mean over an axis or all, in the library's wide accumulator."""
    if axis is None:
        return library.cast(losses.divided(library, library.sum(loss), library.size(loss)), library.dtype(loss))
    before = (slice(None),) * axis
    total = library.sum_to(loss, loss[(*before, slice(0, 1))])
    shape = library.shape(loss)
    length = None if shape is None else shape[axis]
    if length is None or length < 0:
        return losses.divided(library, total * library.cast(library.size(total), library.dtype(loss)), library.size(loss))[
            (*before, 0)
        ]
    return losses.divided(library, total, length)[(*before, 0)]

"""What editions of losses of rows share: the shapes of targets beside logits, and targets as numbers."""

from __future__ import annotations

from . import rules
from .libraries import Library, Shape
from .protocols import Tensor


def without(shape: Shape, axis: int) -> Shape:
    """The shape of the rows: ``shape`` without the axis of the classes."""
    return shape[:axis] + shape[axis + 1 :]


def check_indices(
    library: Library, names: tuple[str, str], targets: Tensor, logits: Tensor, axis: int
) -> None:
    """Refuse class indices whose shape is not that of the rows. ``names``: of the logits and the targets.

    Raises:
        ValueError: the shapes do not go together.
    """
    own, shape = library.shape(targets), library.shape(logits)
    if own is None or shape is None:
        return
    expected = without(shape, axis)
    if not rules.same_shape(own, expected):
        raise ValueError(
            f"{names[1]} has shape {rules.shown(own)}; expected class indices of shape "
            f"{rules.shown(expected)}, that of {names[0]} without axis {axis}"
        )


def probabilities(library: Library, targets: Tensor) -> Tensor:
    """Targets with a number for each class as floating ones."""
    return targets if library.dtype(targets) in rules.FLOATING else library.cast(targets, "float32")

"""Keras 3's ``keras.losses``: ``binary_crossentropy``, with label smoothing and axes that are averaged, the
losses of a difference, and the loss classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class
from compatlosses.libraries import Tensor

from . import adapter, checks
from .differences import huber, mean_absolute_error, mean_squared_error

if TYPE_CHECKING:
    from .modules import BinaryCrossentropy, Huber, MeanAbsoluteError, MeanSquaredError

__all__ = [
    "BinaryCrossentropy", "Huber", "MeanAbsoluteError", "MeanSquaredError", "binary_crossentropy", "huber",
    "mean_absolute_error", "mean_squared_error",
]  # fmt: skip


def binary_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | tuple[int, ...] | None = -1,
) -> Tensor:
    """Binary cross entropy between targets and predictions, averaged over an axis, by the rules of
    ``keras.losses``.

    Args:
        y_true: tensor of the predictions' shape, values between 0 and 1 (not checked); floating, integer or
            bool.
        y_pred: floating tensor of at least one dimension: logits, or probabilities.
        from_logits: whether ``y_pred`` is logits.
        label_smoothing: from 0 to 1 (not checked): ``y_true`` becomes ``(1 - label_smoothing) y_true +
            label_smoothing / 2``.
        axis: the axis or the axes that are averaged; None for all.

    Arguments are converted as `compatlosses.keras.ops.binary_crossentropy` converts them.

    Returns:
        A tensor of the predictions' dtype, of their shape without the axes.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, predictions that are not floating,
            probabilities that are not a tensor of Keras' backend.
        ValueError: targets of another shape than the predictions, an axis that they do not have.

    Source: Keras 3 documentation of ``keras.losses.binary_crossentropy``; where it is silent, keras 3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(y_true, y_pred):
            return backend.AveragedBinaryCrossentropy(from_logits, label_smoothing, axis).symbolic_call(
                y_true, y_pred
            )
    y_true, y_pred = checks.converted(y_true, y_pred)
    return checks.elements(
        ("y_true", "y_pred"), y_true, y_pred, from_logits, label_smoothing, checks.Averaged(axis)
    )


def __dir__() -> list[str]:
    """The names that Keras' users look for; the classes too, before they are imported."""
    return __all__


def __getattr__(name: str) -> Any:
    """A loss class, settled as `compatlosses.classes` says."""
    return loss_class(__name__, name, __all__, ("compatlosses.keras", adapter.MODULE))

"""Keras 3's ``keras.losses``: ``binary_crossentropy``, with label smoothing and axes that are averaged,
``categorical_crossentropy`` and ``sparse_categorical_crossentropy``, the losses of a difference, and the loss
classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class
from compatlosses.libraries import Tensor, find

from . import adapter, checks, cross_entropy
from .differences import huber, mean_absolute_error, mean_squared_error
from .probabilities import binary_focal_crossentropy, kl_divergence, poisson

if TYPE_CHECKING:
    from .modules import (
        BinaryCrossentropy,
        BinaryFocalCrossentropy,
        CategoricalCrossentropy,
        Huber,
        KLDivergence,
        MeanAbsoluteError,
        MeanSquaredError,
        Poisson,
        SparseCategoricalCrossentropy,
    )

__all__ = [
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy", "Huber", "KLDivergence",
    "MeanAbsoluteError", "MeanSquaredError", "Poisson", "SparseCategoricalCrossentropy",
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "huber",
    "kl_divergence", "mean_absolute_error", "mean_squared_error", "poisson",
    "sparse_categorical_crossentropy",
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
        y_pred: floating tensor of at least one dimension: logits, or probabilities, which are clipped to
            [epsilon, 1 - epsilon] with ``keras.config.epsilon()``; where that holds, the gradient is 0.
        from_logits: whether ``y_pred`` is logits.
        label_smoothing: from 0 to 1 (not checked): ``y_true`` becomes ``(1 - label_smoothing) y_true +
            label_smoothing / 2``.
        axis: the axis or the axes that are averaged; None for all.

    Arguments are converted as `compatlosses.keras.ops.binary_crossentropy` converts them.

    Returns:
        A tensor of the predictions' dtype, of their shape without the axes.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, predictions that are not floating.
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
        checks.OF_LOSSES, y_true, y_pred, from_logits, label_smoothing, checks.Averaged(axis)
    )


def categorical_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Categorical cross entropy of rows with a number for each class, by the rules of ``keras.losses``.

    A row's loss is ``-sum(y_true * log(p))``, with p the softmax of logits, or probabilities over their sum,
    clipped to [epsilon, 1 - epsilon] with ``keras.config.epsilon()``.

    Args:
        y_true: tensor of the predictions' shape; floating, integer or bool.
        y_pred: floating tensor with an axis of classes: logits, or probabilities.
        from_logits: whether ``y_pred`` is logits.
        label_smoothing: from 0 to 1 (not checked): ``y_true`` becomes ``(1 - label_smoothing) y_true +
            label_smoothing / classes``.
        axis: that of the classes.

    Arguments are converted as `compatlosses.keras.ops.binary_crossentropy` converts them. One class is warned
    of.

    Returns:
        A tensor of the predictions' dtype, of their shape without the axis: the loss of each row.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, predictions that are not floating, an axis
            that is no int.
        ValueError: targets of another shape than the predictions, an axis that they lack or that is a bool.

    Source: Keras 3 documentation of ``keras.losses.categorical_crossentropy``; where it is silent, keras
    3.15.
    """
    if isinstance(axis, bool):
        raise ValueError(f"axis is {axis}; expected an int")
    if adapter.loaded():
        from . import backend

        if backend.symbolic(y_true, y_pred):
            options = (from_logits, label_smoothing, axis)
            return backend.Crossentropy("losses", True, options).symbolic_call(y_true, y_pred)
    y_true, y_pred = checks.converted(y_true, y_pred)
    cross_entropy.warn_of_one_class(find(y_pred), y_pred, axis)
    rows = cross_entropy.Rows(from_logits, axis, label_smoothing)
    return cross_entropy.soft_losses(checks.OF_LOSSES, y_true, y_pred, rows)


def sparse_categorical_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """Categorical cross entropy of rows with the index of a class, by the rules of ``keras.losses``.

    A row's loss is ``-log(p[y_true])``, with p as in `categorical_crossentropy`.

    Args:
        y_true: the index of each row's class, whole numbers of any dtype: of the predictions' shape without
            the axis, or with 1 in place of it.
        y_pred, from_logits, axis: as in `categorical_crossentropy`.
        ignore_class: rows with this index, which need not be a class, have no loss and no gradient, and do
            not count in the mean of the class.

    Returns:
        As `categorical_crossentropy`.

    Raises:
        TypeError, ValueError: as `categorical_crossentropy`.
        IndexError: an index that is no class. In compiled programs and on devices its loss is NaN.

    Source: Keras 3 documentation of ``keras.losses.sparse_categorical_crossentropy``; where it is silent,
    keras 3.15.
    """
    rows = cross_entropy.Rows(from_logits, axis)
    if not adapter.loaded():
        return cross_entropy.index_losses(cross_entropy.OF_LOSSES, (y_true, y_pred), rows, ignore_class)[0]
    from . import backend

    if backend.symbolic(y_true, y_pred):
        options = (from_logits, ignore_class, axis)
        return backend.Crossentropy("losses", False, options).symbolic_call(y_true, y_pred)
    pair = checks.converted(y_true, y_pred)
    return backend.masked(*cross_entropy.index_losses(cross_entropy.OF_LOSSES, pair, rows, ignore_class))


def __dir__() -> list[str]:
    """The names that Keras' users look for; the classes too, before they are imported."""
    return __all__


def __getattr__(name: str) -> Any:
    """A loss class, settled as `compatlosses.classes` says."""
    return loss_class(__name__, name, __all__, ("compatlosses.keras", adapter.MODULE))

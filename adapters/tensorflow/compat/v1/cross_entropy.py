"""``tf.compat.v1.losses.softmax_cross_entropy`` and ``sparse_softmax_cross_entropy``: losses of rows, each of
which has a weight.
"""

from __future__ import annotations

from typing import Any

from compatlosses import rules
from compatlosses.protocols import Library, Tensor
from compatlosses.tensorflow.cross_entropy import result_dtype, soft_losses, sparse_losses

from .weighted import Reduction, WeightedRows, Weights, checked_weights, collected, given, reduced


def softmax_cross_entropy(
    onehot_labels: Tensor,
    logits: Tensor,
    weights: Tensor | float = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = "losses",
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Softmax cross entropy of rows with a number for each class, weighted and reduced by TensorFlow 1's
    rules. No gradient reaches the labels.

    Args:
        onehot_labels: tensor of the logits' shape and any floating, integer or bool dtype.
        logits: tensor whose last axis is that of the classes; float16, bfloat16, float32 or float64.
        weights: factor of each row's loss: a number, or a tensor without dimensions, or one of as many as the
            rows, each of size 1 or of theirs; any floating, integer or bool dtype. Gradients by it are those
            of the whole.
        label_smoothing: above 0, labels become ``labels * (1 - label_smoothing) + label_smoothing /
            classes``.
        scope: name scope of the loss in a TensorFlow graph; 'softmax_cross_entropy_loss' if None.
        loss_collection, reduction: as in `compatlosses.tensorflow.compat.v1.losses.sigmoid_cross_entropy`, of
            the rows' losses.

    Lists, numbers and arrays are taken as by `compatlosses.tensorflow.nn.sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of the logits' dtype: of the rows' shape for 'none', 0-D otherwise.

    Raises:
        ValueError: an argument that is None, labels of another shape than the logits, weights that do not
            broadcast as above, an unknown reduction.
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    call = given(("onehot_labels", "logits"), (onehot_labels, logits), weights, reduction)
    library: Any = call.library
    labels, logits = library.detached(call.labels), call.predictions
    rules.check_same_shape(library, "onehot_labels", labels, "logits", logits, ValueError)
    smoothing = rules.parameter("label_smoothing", label_smoothing)
    losses = soft_losses(library, (logits, labels), -1, max(smoothing, 0.0), "float64")
    place = (scope or "softmax_cross_entropy_loss", loss_collection, reduction)
    return _weighted(library, losses, call.weights, result_dtype(library, logits), place)


def sparse_softmax_cross_entropy(
    labels: Tensor,
    logits: Tensor,
    weights: Tensor | float = 1.0,
    scope: str | None = None,
    loss_collection: str | None = "losses",
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Softmax cross entropy of rows with the index of a class, weighted and reduced by TensorFlow 1's rules.

    Args:
        labels: the index of each row's class: int32 or int64, of the logits' shape without the last axis, or
            with 1 in place of it.
        logits: as in `softmax_cross_entropy`; a further last axis of size 1 is left out.
        weights: as in `softmax_cross_entropy`; a further last axis of size 1 is left out.
        scope: name scope of the loss in a TensorFlow graph; 'sparse_softmax_cross_entropy_loss' if None.
        loss_collection, reduction: as in `softmax_cross_entropy`.

    Returns:
        As `softmax_cross_entropy`.

    Raises:
        ValueError, TypeError: as `softmax_cross_entropy`; TypeError for labels of another dtype.
        IndexError: a label that is no class. In a graph and on a device, where values cannot be seen, its
            loss is NaN.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    call = given(("labels", "logits"), (labels, logits), weights, reduction)
    library: Library = call.library
    given_weights: Any = call.weights
    labels, logits = _squeezed(library, call.labels, call.predictions)
    losses = sparse_losses(library, (logits, labels), "float64")
    if library.owns(given_weights) and _ends_in_one(library, given_weights, losses, 1):
        given_weights = given_weights[..., 0]
    place = (scope or "sparse_softmax_cross_entropy_loss", loss_collection, reduction)
    return _weighted(library, losses, given_weights, result_dtype(library, logits), place)


def _weighted(
    library: Library, losses: Tensor, weights: Weights, dtype: str, place: tuple[str, str | None, str]
) -> Tensor:
    """The losses of rows, weighted and reduced. ``place``: the name scope, the collection and the
    reduction.
    """
    weights = checked_weights(library, weights, "the losses", losses)
    return collected(library, reduced(WeightedRows(library, losses, weights), place[2], dtype), place)


def _squeezed(library: Library, labels: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Labels and logits without the last axis, of size 1, that one of them has too many."""
    if _ends_in_one(library, labels, logits, 0):
        return labels[..., 0], logits
    return (labels, logits[..., 0]) if _ends_in_one(library, logits, labels, 2) else (labels, logits)


def _ends_in_one(library: Library, x: Tensor, like: Tensor, more: int) -> bool:
    """Whether ``x`` has so many dimensions more than ``like``, the last one of size 1."""
    shape, other = library.shape(x), library.shape(like)
    if not shape or other is None:
        return False
    return len(shape) == len(other) + more and shape[-1] == 1

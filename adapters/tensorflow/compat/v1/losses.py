"""``tf.compat.v1.losses``, which is ``tf.losses`` of TensorFlow 1: ``sigmoid_cross_entropy``, those of
softmax, ``mean_squared_error``, ``absolute_difference`` and ``huber_loss``.

Labels come first. The losses of a difference are of float32, whatever their arguments are.
"""

from __future__ import annotations

from compatlosses import rules
from compatlosses.checks import Argument
from compatlosses.definitions import binary_cross_entropy, binary_cross_entropy_with_logits, huber, l1, mse
from compatlosses.protocols import Library, Loss, Tensor

from .cross_entropy import softmax_cross_entropy, sparse_softmax_cross_entropy
from .weighted import Reduction, Weighted, Weights, checked, collected, dialect, reduced

__all__ = [
    "Reduction", "absolute_difference", "huber_loss", "log_loss", "mean_squared_error",
    "sigmoid_cross_entropy", "softmax_cross_entropy", "sparse_softmax_cross_entropy",
]  # fmt: skip

_LOGITS = dialect(Argument("logits", rules.FLOATING), "multi_class_labels")
_PREDICTIONS = dialect(Argument("predictions", rules.NUMBERS), "labels")


def sigmoid_cross_entropy(
    multi_class_labels: Tensor,
    logits: Tensor,
    weights: Tensor | float = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: str | None = "losses",
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, weighted and reduced by TensorFlow 1's
    rules.

    Args:
        multi_class_labels: tensor of the logits' shape and any floating, integer or bool dtype, taken as
            numbers of theirs.
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        weights: factor of each element's loss: a number, or a tensor without dimensions, or one of as many as
            the logits, each of size 1 or of theirs; any floating, integer or bool dtype. Gradients by it are
            those of the whole.
        label_smoothing: above 0, labels become ``labels * (1 - label_smoothing) + label_smoothing / 2``.
        scope: name scope of the loss in a TensorFlow graph; 'sigmoid_cross_entropy_loss' if None.
        loss_collection: in a TensorFlow graph, the collection that the loss is added to; None for none.
        reduction: a `Reduction`: the losses ('none'), their sum ('weighted_sum'), or their sum over the
            number of all ('weighted_sum_over_batch_size'), over that of nonzero weights
            ('weighted_sum_by_nonzero_weights'), over the sum of weights ('weighted_mean'), each weight
            counted as often as it is used; 0 where that is 0.

    Lists, numbers and arrays are taken as by `compatlosses.tensorflow.nn.sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of the logits' dtype: of their shape for 'none', 0-D otherwise.

    Raises:
        ValueError: an argument that is None, labels of another shape than the logits, weights that do not
            broadcast as above, an unknown reduction.
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    call = checked(_LOGITS, (multi_class_labels, logits), weights, reduction)
    library, labels, logits, weights = call
    inputs = (logits, _smoothed(library, labels, logits, label_smoothing), None)
    weighted = Weighted(binary_cross_entropy_with_logits.LOSS, library, inputs, (0.0,), weights)
    loss = reduced(weighted, reduction, library.dtype(logits))
    return collected(library, loss, (scope or "sigmoid_cross_entropy_loss", loss_collection, reduction))


def mean_squared_error(
    labels: Tensor,
    predictions: Tensor,
    weights: Tensor | float = 1.0,
    scope: str | None = None,
    loss_collection: str | None = "losses",
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The squared error ``(predictions - labels)**2``, weighted and reduced by TensorFlow 1's rules.

    Args:
        labels: tensor of the predictions' shape and any floating, integer or bool dtype.
        predictions: tensor of any shape and such a dtype.
        weights: as in `sigmoid_cross_entropy`.
        scope: name scope of the loss in a TensorFlow graph; 'mean_squared_error' if None.
        loss_collection, reduction: as in `sigmoid_cross_entropy`.

    Lists, numbers and arrays are taken as by `compatlosses.tensorflow.nn.sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of float32: of the predictions' shape for 'none', 0-D otherwise.

    Raises:
        ValueError: an argument that is None, labels of another shape than the predictions, weights that do
            not broadcast as in `sigmoid_cross_entropy`, an unknown reduction.
        TypeError: what is no tensor, tensors of two frameworks.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    place = (scope or "mean_squared_error", loss_collection, reduction)
    return _difference(mse.LOSS, (labels, predictions), weights, (), place)


def absolute_difference(
    labels: Tensor,
    predictions: Tensor,
    weights: Tensor | float = 1.0,
    scope: str | None = None,
    loss_collection: str | None = "losses",
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The absolute error ``|predictions - labels|``, weighted and reduced by TensorFlow 1's rules.

    Its slope is 0 where they are equal.

    Args:
        labels, predictions, weights, loss_collection, reduction: as in `mean_squared_error`.
        scope: name scope of the loss in a TensorFlow graph; 'absolute_difference' if None.

    Returns:
        As `mean_squared_error`.

    Raises:
        ValueError, TypeError: as `mean_squared_error`.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    place = (scope or "absolute_difference", loss_collection, reduction)
    return _difference(l1.LOSS, (labels, predictions), weights, (), place)


def huber_loss(
    labels: Tensor,
    predictions: Tensor,
    weights: Tensor | float = 1.0,
    delta: float = 1.0,
    scope: str | None = None,
    loss_collection: str | None = "losses",
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Huber's loss of r = predictions - labels, weighted and reduced by TensorFlow 1's rules.

    An element's loss is r^2 / 2 up to delta and delta (|r| - delta / 2) beyond.

    Args:
        labels, predictions, weights, loss_collection, reduction: as in `mean_squared_error`.
        delta: where the parabola ends and the lines begin; at least 0.
        scope: name scope of the loss in a TensorFlow graph; 'huber_loss' if None.

    Returns:
        As `mean_squared_error`.

    Raises:
        ValueError, TypeError: as `mean_squared_error`; ValueError for a delta below 0, TypeError for one that
            is no number.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    bend = rules.nonnegative("delta", delta)
    place = (scope or "huber_loss", loss_collection, reduction)
    return _difference(huber.LOSS, (labels, predictions), weights, (bend,), place)


def log_loss(
    labels: Tensor,
    predictions: Tensor,
    weights: Tensor | float = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: str | None = "losses",
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Binary cross entropy of probabilities, weighted and reduced by TensorFlow 1's rules.

    An element's loss is ``-labels * log(predictions + epsilon) - (1 - labels) * log(1 - predictions +
    epsilon)``.

    Args:
        labels, weights, loss_collection, reduction: as in `mean_squared_error`.
        predictions: probabilities: a tensor of any shape.
        epsilon: added inside the logarithms.
        scope: name scope of the loss in a TensorFlow graph; 'log_loss' if None.

    Returns:
        As `mean_squared_error`.

    Raises:
        ValueError, TypeError: as `mean_squared_error`; TypeError for an epsilon that is no number.

    Source: TensorFlow 2 documentation of ``tf.compat.v1``; where it is silent, tensorflow 2.21.0.
    """
    parameters = (float("-inf"), 0.0, rules.parameter("epsilon", epsilon), 0.0)
    place = (scope or "log_loss", loss_collection, reduction)
    return _difference(binary_cross_entropy.LOSS, (labels, predictions), weights, parameters, place)


def _difference(
    loss: Loss,
    pair: tuple[Tensor, Tensor],
    weights: Weights,
    parameters: tuple[float, ...],
    place: tuple[str, str | None, str],
) -> Tensor:
    """A loss of a difference. ``place``: the name scope, the collection and the reduction."""
    library, labels, predictions, weights = checked(_PREDICTIONS, pair, weights, place[2])
    if library.dtype(predictions) not in rules.FLOATING:
        predictions = library.cast(predictions, "float64")
    weighted = Weighted(loss, library, (predictions, labels), parameters, weights)
    return collected(library, reduced(weighted, place[2], "float32"), place)


def _smoothed(library: Library, labels: Tensor, logits: Tensor, label_smoothing: float) -> Tensor:
    """The labels as numbers of the logits' dtype, moved towards 1/2; in float32 or better, rounded
    no more.
    """
    labels = library.cast(labels, library.dtype(logits))
    if not label_smoothing > 0:
        return labels
    wide = "float64" if library.dtype(logits) == "float64" else "float32"
    return library.cast(labels, wide) * (1 - label_smoothing) + 0.5 * label_smoothing

"""``tf.compat.v1.losses``, which is ``tf.losses`` of TensorFlow 1: ``sigmoid_cross_entropy``,
``mean_squared_error``, ``absolute_difference`` and ``huber_loss``.

Labels come first. The losses of a difference are of float32, whatever their arguments are.
"""

from __future__ import annotations

from typing import NamedTuple

from compatlosses import rules
from compatlosses.definitions import binary_cross_entropy_with_logits, huber, l1, mse
from compatlosses.evaluate import evaluate
from compatlosses.libraries import library_of
from compatlosses.neutral import weight_of
from compatlosses.protocols import Library, Loss, Tensor
from compatlosses.protocols import Reduction as Reduced
from compatlosses.reductions import named
from compatlosses.tensorflow import adapter
from compatlosses.tensorflow.arguments import converted, is_number

__all__ = ["Reduction", "absolute_difference", "huber_loss", "mean_squared_error", "sigmoid_cross_entropy"]

Weights = Tensor | float


class Reduction:
    """How weighted losses are reduced. TensorFlow's own constants are the same strings.

    Source: TensorFlow 2.21 documentation of ``tf.compat.v1.losses.Reduction``.
    """

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: object) -> None:
        """Raise a ValueError for what is none of them."""
        if not isinstance(key, str) or key not in cls.all():
            raise ValueError(
                f"reduction is {key!r}; expected one of {', '.join(map(repr, dict.fromkeys(cls.all())))}"
            )


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
    names = ("multi_class_labels", "logits")
    call = _checked(names, (multi_class_labels, logits), weights, reduction)
    library, labels, logits, weights = call
    rules.check_dtype(library, "logits", logits, rules.FLOATING, TypeError, targets=labels)
    inputs = (logits, _smoothed(library, labels, logits, label_smoothing), None)
    weighted = _Weighted(binary_cross_entropy_with_logits.LOSS, library, inputs, (0.0,), weights)
    loss = _reduced(weighted, reduction, library.dtype(logits))
    return _collected(library, loss, (scope or "sigmoid_cross_entropy_loss", loss_collection, reduction))


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
    bend = rules.parameter("delta", delta)
    if not bend >= 0.0:
        raise ValueError(f"delta is {bend}; expected a number of at least 0")
    place = (scope or "huber_loss", loss_collection, reduction)
    return _difference(huber.LOSS, (labels, predictions), weights, (bend,), place)


class _Checked(NamedTuple):
    """What a call was given, as tensors of one library. Weights are a tensor or a number."""

    library: Library
    labels: Tensor
    predictions: Tensor
    weights: Weights


class _Weighted(NamedTuple):
    """A loss before it is reduced: its inputs but for the weight, its parameters, TensorFlow's weights."""

    loss: Loss
    library: Library
    inputs: tuple[Tensor, ...]
    parameters: tuple[float, ...]
    weights: Weights

    def total(self, factor: Weights | None, reduced: Reduced, dtype: str) -> Tensor:
        """The losses times ``factor`` (None: 1), reduced, as a tensor of ``dtype``."""
        loss, library, inputs, parameters, _ = self
        return evaluate((loss, library, (*inputs, factor), parameters, reduced), dtype)


def _difference(
    loss: Loss,
    pair: tuple[Tensor, Tensor],
    weights: Weights,
    parameters: tuple[float, ...],
    place: tuple[str, str | None, str],
) -> Tensor:
    """A loss of a difference. ``place``: the name scope, the collection and the reduction."""
    call = _checked(("labels", "predictions"), pair, weights, place[2])
    library, labels, predictions, weights = call
    rules.check_dtype(library, "predictions", predictions, rules.NUMBERS, TypeError)
    if library.dtype(predictions) not in rules.FLOATING:
        predictions = library.cast(predictions, "float64")
    weighted = _Weighted(loss, library, (predictions, labels), parameters, weights)
    return _collected(library, _reduced(weighted, place[2], "float32"), place)


def _checked(
    names: tuple[str, str], pair: tuple[Tensor, Tensor], weights: Weights, reduction: object
) -> _Checked:
    """The arguments, ``pair`` called ``names``, as tensors; the dtype of the second is not checked.

    Raises:
        ValueError, TypeError: as `sigmoid_cross_entropy`.
    """
    for name, argument in ((names[0], pair[0]), (names[1], pair[1]), ("weights", weights)):
        if argument is None:
            raise ValueError(
                f"{name} is None; expected a tensor{' or a number' if name == 'weights' else ''}"
            )
    Reduction.validate(reduction)
    labels, predictions, weights = _converted(*pair, weights)
    library = library_of(predictions, labels, weights, None, (names[1], names[0], "weights", "weights"))
    rules.check_same_shape(library, names[0], labels, names[1], predictions, ValueError)
    rules.check_dtype(library, names[0], labels, rules.NUMBERS, TypeError)
    if library.owns(weights):
        rules.check_dtype(library, "weights", weights, rules.NUMBERS, TypeError)
        weights = _of_rank(library, weights, names[1], predictions)
        rules.check_broadcast(library, "weights", weights, names[1], predictions, ValueError)
    return _Checked(library, labels, predictions, weights)


def _converted(
    labels: Tensor, logits: Tensor, weights: Tensor | float
) -> tuple[Tensor, Tensor, Tensor | float]:
    """The arguments as tensors, weights of a list too."""
    labels, logits, weights = converted(labels, logits, weights)
    if adapter.loaded() and not is_number(weights):
        from compatlosses.tensorflow import library as tensorflow

        if tensorflow.owns(logits):
            weights = tensorflow.converted(weights)
    return labels, logits, weights


def _of_rank(library: Library, weights: Tensor, name: str, logits: Tensor) -> Tensor:
    """The weights, which have no dimension or as many as the logits, which are called ``name``.

    Raises:
        ValueError: they have another number.
    """
    shape, target = library.shape(weights), library.shape(logits)
    if shape is not None and target is not None:
        if shape and len(shape) != len(target):
            raise ValueError(
                f"weights has shape {rules.shown(shape)} and {name} {rules.shown(target)}; expected a number "
                f"or as many dimensions as {name} has, each of size 1 or of its own. Reshape weights first."
            )
        return weights
    from compatlosses.tensorflow import library as tensorflow

    return tensorflow.of_rank(weights, logits) if tensorflow.owns(weights) else weights


def _smoothed(library: Library, labels: Tensor, logits: Tensor, label_smoothing: float) -> Tensor:
    """The labels as numbers of the logits' dtype, moved towards 1/2; in float32 or better, rounded
    no more.
    """
    labels = library.cast(labels, library.dtype(logits))
    if not label_smoothing > 0:
        return labels
    wide = "float64" if library.dtype(logits) == "float64" else "float32"
    return library.cast(labels, wide) * (1 - label_smoothing) + 0.5 * label_smoothing


def _reduced(weighted: _Weighted, reduction: str, dtype: str) -> Tensor:
    """The losses, weighted and reduced, rounded to ``dtype`` once."""
    library, weights, predictions = weighted.library, weighted.weights, weighted.inputs[0]
    each = is_number(weights) and weights != 0  # every weight is nonzero
    over_all = reduction == Reduction.SUM_OVER_BATCH_SIZE or (
        each and reduction == Reduction.SUM_BY_NONZERO_WEIGHTS
    )
    factor = None if each and weights == 1 else weight_of(library, weights)
    if reduction in (Reduction.NONE, Reduction.SUM):
        return weighted.total(factor, named("none" if reduction == Reduction.NONE else "sum"), dtype)
    size = library.size(predictions)
    if over_all and isinstance(size, int):
        return weighted.total(factor, named("mean" if size else "sum", "all"), dtype)
    divisor = (
        library.cast(size, "float64") if over_all else _divisor(library, predictions, weights, reduction)
    )
    nothing = library.equal(divisor, 0)
    total = weighted.total(factor, named("sum"), "float64")
    mean = library.divide(total, library.where(nothing, 1.0, divisor))
    return library.cast(library.where(nothing, 0.0, mean), dtype)


def _collected(library: Library, loss: Tensor, place: tuple[str, str | None, str]) -> Tensor:
    """The loss, named and added to a collection in a TensorFlow graph. ``place``: see `_difference`."""
    if library.NAME != adapter.NAME or not library.tracing():
        return loss
    from compatlosses.tensorflow import library as tensorflow

    scope, loss_collection, reduction = place
    return tensorflow.collected(loss, scope, loss_collection, reduction)


def _divisor(library: Library, logits: Tensor, weights: Tensor | float, reduction: str) -> Tensor:
    """The number of nonzero weights, or their sum, each as often as it is used."""
    if not library.owns(weights):
        weights = library.constant(float(weights), library.cast(logits, "float64"))
    weights = library.cast(weights, "float64")
    everywhere = library.isinf(logits) | ~library.isinf(logits)
    if reduction == Reduction.MEAN:
        return library.sum(library.where(everywhere, weights, 0.0))
    return library.sum(library.cast(everywhere & ~library.equal(weights, 0), "float64"))

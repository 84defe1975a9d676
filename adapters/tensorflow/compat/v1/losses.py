"""``tf.compat.v1.losses.sigmoid_cross_entropy``, which is ``tf.losses.sigmoid_cross_entropy`` of TensorFlow
1.
"""

from __future__ import annotations

import math

from compatlosses import rules
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Names, Tensor, library_of
from compatlosses.neutral import weight_of
from compatlosses.tensorflow import adapter
from compatlosses.tensorflow.arguments import converted, is_number

__all__ = ["Reduction", "sigmoid_cross_entropy"]

_NAMES: Names = ("logits", "multi_class_labels", "weights", "pos_weight")


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
    for name, argument in (
        ("multi_class_labels", multi_class_labels),
        ("logits", logits),
        ("weights", weights),
    ):
        if argument is None:
            raise ValueError(
                f"{name} is None; expected a tensor{' or a number' if name == 'weights' else ''}"
            )
    Reduction.validate(reduction)
    labels, logits, weights = _converted(multi_class_labels, logits, weights)
    library = library_of(logits, labels, weights, None, _NAMES)
    rules.check_same_shape(library, "multi_class_labels", labels, "logits", logits, ValueError)
    rules.check_dtype(library, "logits", logits, rules.FLOATING, TypeError, targets=labels)
    rules.check_dtype(library, "multi_class_labels", labels, rules.NUMBERS, TypeError)
    if library.owns(weights):
        rules.check_dtype(library, "weights", weights, rules.NUMBERS, TypeError)
        weights = _of_rank(library, weights, logits)
        rules.check_broadcast(library, "weights", weights, "logits", logits, ValueError)
    loss = _reduced(library, logits, _smoothed(library, labels, logits, label_smoothing), weights, reduction)
    loss = library.cast(loss, library.dtype(logits))
    if library.NAME == adapter.NAME and library.tracing():
        from compatlosses.tensorflow import library as tensorflow

        return tensorflow.collected(loss, scope or "sigmoid_cross_entropy_loss", loss_collection, reduction)
    return loss


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


def _of_rank(library: Library, weights: Tensor, logits: Tensor) -> Tensor:
    """The weights, which have no dimension or as many as the logits.

    Raises:
        ValueError: they have another number.
    """
    shape, target = library.shape(weights), library.shape(logits)
    if shape is not None and target is not None:
        if shape and len(shape) != len(target):
            raise ValueError(
                f"weights has shape {rules.shown(shape)} and logits {rules.shown(target)}; expected a number "
                f"or as many "
                "dimensions as the logits have, each of size 1 or of theirs. Reshape weights first."
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


def _reduced(
    library: Library, logits: Tensor, labels: Tensor, weights: Tensor | float, reduction: str
) -> Tensor:
    """The losses, weighted and reduced; float64 where they are divided, to be rounded once."""
    each = is_number(weights) and weights != 0  # every weight is nonzero
    over_all = reduction == Reduction.SUM_OVER_BATCH_SIZE or (
        each and reduction == Reduction.SUM_BY_NONZERO_WEIGHTS
    )
    reduced = "none" if reduction == Reduction.NONE else "sum"
    undivided = over_all or reduction in (Reduction.NONE, Reduction.SUM)
    dtype = library.dtype(logits) if undivided else "float64"
    factor = None if each and weights == 1 else weight_of(library, weights)
    how = (reduced, "counted" if over_all else "one", None, math.nan, None)
    total = evaluate((LOSS, library, (logits, labels, None, factor), (0.0,), how), dtype)
    if undivided:
        return total
    divisor = _divisor(library, logits, weights, reduction)
    nothing = library.equal(divisor, 0)
    return library.where(nothing, 0.0, library.divide(total, library.where(nothing, 1.0, divisor)))


def _divisor(library: Library, logits: Tensor, weights: Tensor | float, reduction: str) -> Tensor:
    """The number of nonzero weights, or their sum, each as often as it is used."""
    if not library.owns(weights):
        weights = library.constant(float(weights), library.cast(logits, "float64"))
    weights = library.cast(weights, "float64")
    everywhere = library.isinf(logits) | ~library.isinf(logits)
    if reduction == Reduction.MEAN:
        return library.sum(library.where(everywhere, weights, 0.0))
    return library.sum(library.cast(everywhere & ~library.equal(weights, 0), "float64"))

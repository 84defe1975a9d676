"""What the losses of ``tf.compat.v1.losses`` share: their arguments, weights, reductions and collections."""

from __future__ import annotations

from typing import Any, NamedTuple

from compatlosses import checks, rules
from compatlosses.checks import DTYPE, SAME, SHAPE, Argument, Dialect
from compatlosses.evaluate import evaluate
from compatlosses.libraries import library_of
from compatlosses.neutral import weight_of
from compatlosses.protocols import Library, Loss, Tensor
from compatlosses.protocols import Reduction as Reduced
from compatlosses.reductions import divided, divisor_of, named
from compatlosses.tensorflow import adapter
from compatlosses.tensorflow.arguments import converted, is_number

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


class Checked(NamedTuple):
    """What a call was given, as tensors of one library. Weights are a tensor or a number."""

    library: Library
    labels: Tensor
    predictions: Tensor
    weights: Weights


class Weighted(NamedTuple):
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


class WeightedRows(NamedTuple):
    """The losses of rows before they are weighted and reduced, in double, and TensorFlow's weights."""

    library: Any
    losses: Tensor
    weights: Weights

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """A tensor of the shape that is reduced."""
        return (self.losses,)

    def total(self, factor: Weights | None, reduced: Reduced, dtype: str) -> Tensor:
        """The losses times ``factor`` (None: 1), reduced, as a tensor of ``dtype``."""
        library, losses, _ = self
        if factor is not None:
            if not library.owns(factor):
                factor = library.constant(float(factor), losses)
            losses = library.OPS.times(library.cast(factor, library.dtype(losses)), losses)
        if reduced[0] != "none":
            divisor = divisor_of(library, reduced, losses, None, None)
            losses = divided(library, library.sum(losses), divisor)
        return library.cast(losses, dtype)


def dialect(predictions: Argument, labels: str) -> Dialect:
    """Predictions, and labels of their shape and of any dtype of numbers."""
    return Dialect(
        (predictions, Argument(labels, rules.NUMBERS, SAME)),
        order=((1, SHAPE), (1, DTYPE), (0, DTYPE)),
        confusable=True,
    )


def checked(dialect: Dialect, pair: tuple[Tensor, Tensor], weights: Weights, reduction: object) -> Checked:
    """The arguments, ``pair`` labels and predictions, as tensors that the dialect accepts.

    Raises:
        ValueError, TypeError: as `sigmoid_cross_entropy`.
    """
    name, label = dialect.names
    library, labels, predictions, weights = given((label, name), pair, weights, reduction)
    checks.check(library, dialect, (predictions, labels))
    weights = checked_weights(library, weights, name, predictions)
    return Checked(library, labels, predictions, weights)


def given(
    names: tuple[str, str], pair: tuple[Tensor, Tensor], weights: Weights, reduction: object
) -> Checked:
    """The arguments, ``pair`` called ``names``, as tensors of one library.

    Raises:
        ValueError: one of them is None, or an unknown reduction.
        TypeError: what is no tensor, tensors of two frameworks.
    """
    for name, argument in ((names[0], pair[0]), (names[1], pair[1]), ("weights", weights)):
        if argument is None:
            raise ValueError(
                f"{name} is None; expected a tensor{' or a number' if name == 'weights' else ''}"
            )
    Reduction.validate(reduction)
    labels, predictions, weights = _converted(*pair, weights)
    library = library_of(predictions, labels, weights, None, (names[1], names[0], "weights", "weights"))
    return Checked(library, labels, predictions, weights)


def checked_weights(library: Library, weights: Weights, name: str, like: Tensor) -> Weights:
    """The weights of elements of ``like``, which is called ``name``.

    Raises:
        ValueError: they have another number of dimensions, or do not broadcast.
        TypeError: a dtype of no numbers.
    """
    if not library.owns(weights):
        return weights
    rules.check_dtype(library, "weights", weights, rules.NUMBERS, TypeError)
    weights = _of_rank(library, weights, name, like)
    rules.check_broadcast(library, "weights", weights, name, like, ValueError)
    return weights


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


def reduced(weighted: Weighted | WeightedRows, reduction: str, dtype: str) -> Tensor:
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


def collected(library: Library, loss: Tensor, place: tuple[str, str | None, str]) -> Tensor:
    """The loss, named and added to a collection in a TensorFlow graph. ``place``: the name scope,
    the collection and the reduction.
    """
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

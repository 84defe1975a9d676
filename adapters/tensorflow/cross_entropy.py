"""``tf.nn.softmax_cross_entropy_with_logits`` and ``tf.nn.sparse_softmax_cross_entropy_with_logits``: the
loss of each row. Labels come first.
"""

from __future__ import annotations

from typing import Any

from compatlosses import checks, row_rules, rules
from compatlosses.checks import Argument, Dialect
from compatlosses.definitions.cross_entropy import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Library, Tensor, common_library
from compatlosses.neutral_rows import checked_axis
from compatlosses.reductions import named

from . import adapter
from .arguments import converted

NAMES = ("logits", "labels")
_SOFT = Dialect((Argument("logits", rules.FLOATING), Argument("labels", rules.NUMBERS)), confusable=True)
_SPARSE = Dialect(
    (Argument("logits", rules.FLOATING), Argument("labels", ("int32", "int64"))), confusable=True
)


def softmax_cross_entropy_with_logits(
    labels: Tensor, logits: Tensor, axis: int | None = -1, name: str | None = None
) -> Tensor:
    """Softmax cross entropy of rows with a number for each class, by TensorFlow's rules. Labels come first.

    A row's loss is ``-sum(labels * log(softmax(logits)))``.

    Args:
        labels: a number for each class, of the logits' shape or one that broadcasts to it; floating, integer
            or bool. They need not sum to 1.
        logits: tensor with an axis of classes; float16, bfloat16, float32 or float64.
        axis: that of the classes. None is the last.
        name: of the loss in a TensorFlow graph; 'softmax_cross_entropy_with_logits' if None.

    Lists, numbers and arrays are taken as by `compatlosses.tensorflow.nn.sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of the logits' dtype, of their shape without the axis: the loss of each row.

    Raises:
        ValueError: labels or logits that are None, labels that do not broadcast to the logits, an axis that
            they lack.
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating, an axis that is
            no int.

    Source: TensorFlow 2 documentation of ``tf.nn.softmax_cross_entropy_with_logits``; where it is silent,
    tensorflow 2.21.0.
    """
    labels, logits = given(labels, logits)
    library = common_library((logits, labels), NAMES)
    place = -1 if axis is None else axis
    losses = soft_losses(library, (logits, labels), place, 0.0, result_dtype(library, logits))
    return titled(library, losses, name or "softmax_cross_entropy_with_logits")


def sparse_softmax_cross_entropy_with_logits(
    labels: Tensor | None = None, logits: Tensor | None = None, name: str | None = None
) -> Tensor:
    """Softmax cross entropy of rows with the index of a class, by TensorFlow's rules. Labels come first.

    A row's loss is ``-log(softmax(logits)[label])``, the classes along the last axis.

    Args:
        labels: required. The index of each row's class: int32 or int64, of the logits' shape without the last
            axis.
        logits: required. Tensor of at least one dimension; float16, bfloat16, float32 or float64.
        name: of the loss in a TensorFlow graph; 'SparseSoftmaxCrossEntropyWithLogits' if None.

    Lists, numbers and arrays are taken as by `compatlosses.tensorflow.nn.sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of the labels' shape and the logits' dtype: the loss of each row.

    Raises:
        ValueError: labels or logits that are None, logits without dimensions, labels of another shape.
        TypeError: what is no tensor, tensors of two frameworks, logits that are not floating, labels of
            another dtype.
        IndexError: a label that is no class. In a graph and on a device, where values cannot be seen, its
            loss is NaN.

    Source: TensorFlow 2 documentation of ``tf.nn.sparse_softmax_cross_entropy_with_logits``; where it is
    silent, tensorflow 2.21.0.
    """
    labels, logits = given(labels, logits)
    library = common_library((logits, labels), NAMES)
    losses = sparse_losses(library, (logits, labels), result_dtype(library, logits))
    return titled(library, losses, name or "SparseSoftmaxCrossEntropyWithLogits")


def given(labels: Tensor | None, logits: Tensor | None) -> tuple[Tensor, Tensor]:
    """Labels and logits, what TensorFlow makes tensors of as such.

    Raises:
        ValueError: one of them is None.
    """
    for name, x in (("labels", labels), ("logits", logits)):
        if x is None:
            raise ValueError(f"{name} is None; expected both labels and logits")
    labels, logits, _ = converted(labels, logits)
    return labels, logits


def soft_losses(
    library: Library, pair: tuple[Tensor, Tensor], axis: object, smoothing: float, dtype: str
) -> Tensor:
    """The losses of rows, as a tensor of ``dtype``. ``pair``: logits, and labels with a number for each
    class.
    """
    logits, labels = pair
    checks.check(library, _SOFT, pair)
    place = _axis(library, logits, axis)
    rules.check_broadcast(library, "labels", labels, "logits", logits, ValueError)
    labels = _repeated(library, row_rules.probabilities(library, labels), logits)
    return evaluate((LOSS, library, (logits, labels, None), (place, smoothing), named("none")), dtype)


def sparse_losses(library: Library, pair: tuple[Tensor, Tensor], dtype: str) -> Tensor:
    """The losses of rows, as a tensor of ``dtype``. ``pair``: logits, and labels that are indices."""
    logits, labels = pair
    checks.check(library, _SPARSE, pair)
    axis = _axis(library, logits, -1)
    row_rules.check_indices(library, NAMES, labels, logits, axis)
    return evaluate((LOSS, library, (logits, labels, None), (axis, 0.0), named("none")), dtype)


def result_dtype(library: Library, logits: Tensor) -> str:
    """The logits' dtype, as automatic casting leaves it."""
    return library.autocast_dtype(logits) or library.dtype(logits)


def titled(library: Library, losses: Tensor, name: str) -> Tensor:
    """The losses, called ``name`` in a TensorFlow graph."""
    if library.NAME != adapter.NAME or not library.tracing():
        return losses
    from . import library as tensorflow

    return tensorflow.named(losses, name)


def _axis(library: Library, logits: Tensor, axis: object) -> int:
    """The axis of the classes, from 0 on."""
    shape = library.shape(logits)
    if shape is None:
        raise ValueError("logits has an unknown number of dimensions; expected a known one")
    return checked_axis(axis, "logits", shape)


def _repeated(library: Library, labels: Tensor, logits: Tensor) -> Tensor:
    """The labels, which broadcast to the logits, in their shape; a shape that is unknown is left to the
    formula.
    """
    shape: Any = library.shape(logits)
    own = library.shape(labels)
    if own == shape or not rules.is_static(shape) or not rules.is_static(own):
        return labels
    return library.broadcast_to(labels, shape)

"""TensorFlow's API: ``tf.nn.sigmoid_cross_entropy_with_logits`` and ``tf.nn.weighted_cross_entropy_with_logits``.

Labels come first. Both take the tensors of any framework and return the loss of each element. Importing them imports no
framework.
"""

from __future__ import annotations

from compatlosses import rules
from compatlosses.libraries import Names, Tensor, find, library_of
from compatlosses.losses import evaluate

from . import adapter

__all__ = ["sigmoid_cross_entropy_with_logits", "weighted_cross_entropy_with_logits"]

_NAMES: Names = ("logits", "labels", "weight", "pos_weight")


def sigmoid_cross_entropy_with_logits(
    labels: Tensor | None = None, logits: Tensor | None = None, name: str | None = None
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, by TensorFlow's rules.

    Args:
        labels: required. Tensor of the logits' shape and dtype, values between 0 and 1 (not checked).
        logits: required. Tensor of any shape; float16, bfloat16, float32 or float64.
        name: accepted and not used.

    Where TensorFlow is imported, lists, numbers and NumPy arrays beside a TensorFlow tensor, and lists and numbers on their
    own, are made TensorFlow tensors, as TensorFlow does.

    Returns:
        A tensor of the logits' shape and dtype: the loss of each element.

    Raises:
        ValueError: labels or logits missing, labels of another shape than the logits.
        TypeError: what is no tensor, tensors of two frameworks, logits of another dtype, labels of another dtype than they.

    Source: TensorFlow 2 documentation; where it is silent, tensorflow 2.21.0.
    """
    return _evaluate(labels, logits, None)


def weighted_cross_entropy_with_logits(
    labels: Tensor, logits: Tensor, pos_weight: Tensor | float, name: str | None = None
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, its positive term weighted, by TensorFlow's rules.

    Each element's loss is ``pos_weight * labels * softplus(-logits) + (1 - labels) * softplus(logits)``.

    Args:
        labels: tensor of the logits' shape and dtype, values between 0 and 1 (not checked).
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        pos_weight: factor of the positive term: a number, or a tensor of the logits' dtype that broadcasts to their shape.
        name: accepted and not used.

    Lists, numbers and NumPy arrays are taken as by `sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of the logits' shape and dtype: the loss of each element.

    Raises:
        ValueError: labels or logits that are None, labels of another shape than the logits, a pos_weight that does not
            broadcast to the logits or would enlarge them.
        TypeError: what is no tensor, tensors of two frameworks, logits of another dtype, labels or pos_weight of another
            dtype than they.

    Source: TensorFlow 2 documentation; where it is silent, tensorflow 2.21.0.
    """
    if pos_weight is None:
        raise TypeError(
            "pos_weight is None; expected a tensor or a number. For no weight call sigmoid_cross_entropy_with_logits."
        )
    return _evaluate(labels, logits, pos_weight)


def _evaluate(labels: Tensor | None, logits: Tensor | None, pos_weight: Tensor | float | None) -> Tensor:
    """The loss of each element by TensorFlow's rules."""
    if labels is None or logits is None:
        missing = " and ".join(name for name, x in (("labels", labels), ("logits", logits)) if x is None)
        raise ValueError(f"{missing} is missing; expected both labels and logits")
    if not _settled(labels, logits, pos_weight) and adapter.loaded():
        labels, logits, pos_weight = _converted(labels, logits, pos_weight)
    library = library_of(logits, labels, None, pos_weight, _NAMES)
    rules.check_dtype(library, "logits", logits, rules.FLOATING, TypeError)
    rules.check_dtype(library, "labels", labels, (library.dtype(logits),), TypeError)
    rules.check_same_shape(library, "labels", labels, "logits", logits, ValueError)
    if pos_weight is not None and library.owns(pos_weight):
        rules.check_dtype(library, "pos_weight", pos_weight, (library.dtype(logits),), TypeError)
        rules.check_broadcast(library, "pos_weight", pos_weight, "logits", logits, ValueError)
    dtype = library.autocast_dtype(logits) or library.dtype(logits)
    return evaluate(library, logits, labels, None, pos_weight, "none", None, False, dtype)


def _settled(labels: Tensor, logits: Tensor, pos_weight: Tensor | float | None) -> bool:
    """Whether there is nothing to convert: all tensors are of one framework."""
    library = find(logits)
    if library is None or not library.owns(labels):
        return False
    return pos_weight is None or isinstance(pos_weight, (int, float)) or library.owns(pos_weight)


def _converted(
    labels: Tensor, logits: Tensor, pos_weight: Tensor | float | None
) -> tuple[Tensor, Tensor, Tensor | float | None]:
    """The arguments as TensorFlow tensors, if one of them is that or labels and logits are tensors of no framework."""
    from . import library as tensorflow

    if not any(tensorflow.owns(x) for x in (labels, logits, pos_weight)) and (find(labels) or find(logits)):
        return labels, logits, pos_weight
    labels, logits = tensorflow.converted(labels), tensorflow.converted(logits)
    if tensorflow.owns(logits) and not isinstance(pos_weight, (int, float, list, tuple)):
        pos_weight = tensorflow.converted(pos_weight, logits)
    return labels, logits, pos_weight


if adapter.loaded():
    adapter.library()

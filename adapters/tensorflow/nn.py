"""``tf.nn``: ``sigmoid_cross_entropy_with_logits`` and ``weighted_cross_entropy_with_logits``, the loss of
each element, and ``softmax_cross_entropy_with_logits`` and the sparse one, the loss of each row.
"""

from __future__ import annotations

from compatlosses import checks, rules
from compatlosses.checks import DTYPE, REPEATED, SAME, SHAPE, Argument, Dialect
from compatlosses.definitions.binary_cross_entropy_with_logits import LOSS
from compatlosses.evaluate import evaluate
from compatlosses.libraries import Tensor, common_library
from compatlosses.neutral import weight_of
from compatlosses.reductions import named

from . import adapter
from .arguments import converted, is_number
from .cross_entropy import softmax_cross_entropy_with_logits, sparse_softmax_cross_entropy_with_logits
from .likelihoods import log_poisson_loss

__all__ = [
    "log_poisson_loss", "sigmoid_cross_entropy_with_logits", "softmax_cross_entropy_with_logits",
    "sparse_softmax_cross_entropy_with_logits", "weighted_cross_entropy_with_logits",
]  # fmt: skip

_DIALECT = Dialect(
    (
        Argument("logits", rules.FLOATING),
        Argument("labels", (), SAME),
        Argument("weight", ()),
        Argument("pos_weight", (), REPEATED, or_number=True),
    ),
    order=((1, SHAPE), (0, DTYPE), (1, DTYPE), (3, DTYPE), (3, SHAPE)),
    confusable=True,
)


def sigmoid_cross_entropy_with_logits(
    labels: Tensor | None = None, logits: Tensor | None = None, name: str | None = None
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, by TensorFlow's rules.

    Args:
        labels: required. Tensor of the logits' shape and dtype, values between 0 and 1 (not checked).
        logits: required. Tensor of any shape; float16, bfloat16, float32 or float64.
        name: of the loss in a TensorFlow graph; 'logistic_loss' if None.

    Where TensorFlow is imported, lists, numbers and what has ``__array__`` or ``__tf_tensor__``, on their own
    or beside TensorFlow tensors, are made TensorFlow tensors, as TensorFlow does; NumPy arrays beside one of
    these too. Two `tf.RaggedTensor` of the same rows give a third.

    Returns:
        A tensor of the logits' shape and dtype: the loss of each element.

    Raises:
        ValueError: labels or logits missing, labels of another shape than the logits.
        TypeError: what is no tensor, tensors of two frameworks, logits of another dtype, labels of another
            dtype than they.

    Source: TensorFlow 2 documentation; where it is silent, tensorflow 2.21.0.
    """
    if adapter.loaded():
        from . import library as tensorflow

        if tensorflow.ragged(labels) and tensorflow.ragged(logits):
            return tensorflow.of_flat_values(sigmoid_cross_entropy_with_logits, labels, logits)
    return _evaluate(labels, logits, None, name)


def weighted_cross_entropy_with_logits(
    labels: Tensor, logits: Tensor, pos_weight: Tensor | float, name: str | None = None
) -> Tensor:
    """Binary cross entropy between labels and the sigmoid of logits, its positive term weighted, by
    TensorFlow's rules.

    Each element's loss is ``pos_weight * labels * softplus(-logits) + (1 - labels) * softplus(logits)``.

    Args:
        labels: tensor of the logits' shape and dtype, values between 0 and 1 (not checked).
        logits: tensor of any shape; float16, bfloat16, float32 or float64.
        pos_weight: factor of the positive term: a number, or a tensor of the logits' dtype that broadcasts to
            their shape.
        name: of the loss in a TensorFlow graph; 'logistic_loss' if None.

    Lists, numbers and arrays are taken as by `sigmoid_cross_entropy_with_logits`.

    Returns:
        A tensor of the logits' shape and dtype: the loss of each element.

    Raises:
        ValueError: labels or logits that are None, labels of another shape than the logits, a pos_weight that
            does not broadcast to the logits or would enlarge them.
        TypeError: what is no tensor, tensors of two frameworks, logits of another dtype, labels or pos_weight
            of another dtype than they.

    Source: TensorFlow 2 documentation; where it is silent, tensorflow 2.21.0.
    """
    if pos_weight is None:
        raise TypeError(
            "pos_weight is None; expected a tensor or a number. For no weight call "
            "sigmoid_cross_entropy_with_logits."
        )
    return _evaluate(labels, logits, pos_weight, name)


def _evaluate(
    labels: Tensor | None, logits: Tensor | None, pos_weight: Tensor | float | None, name: str | None
) -> Tensor:
    """The loss of each element by TensorFlow's rules."""
    if labels is None or logits is None:
        missing = [what for what, x in (("labels", labels), ("logits", logits)) if x is None]
        raise ValueError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} None; expected both labels and "
            f"logits"
        )
    labels, logits, pos_weight = converted(labels, logits, pos_weight)
    if adapter.loaded() and pos_weight is not None and not is_number(pos_weight):
        from . import library as tensorflow

        # A list is none here: TensorFlow subtracts 1 from it.
        if tensorflow.owns(logits) and not isinstance(pos_weight, (list, tuple)):
            pos_weight = tensorflow.converted(pos_weight, logits)
    library = common_library((logits, labels, None, pos_weight), _DIALECT.names)
    checks.check(library, _DIALECT, (logits, labels, None, pos_weight))
    dtype = library.autocast_dtype(logits) or library.dtype(logits)
    inputs = (logits, labels, weight_of(library, pos_weight), None)
    loss = evaluate((LOSS, library, inputs, (0.0,), named("none")), dtype)
    if library.NAME == adapter.NAME and library.tracing():
        from . import library as tensorflow

        return tensorflow.named(loss, name or "logistic_loss")
    return loss

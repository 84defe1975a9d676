"""``keras.ops``: ``binary_crossentropy``, the loss of each element, and ``categorical_crossentropy`` and
``sparse_categorical_crossentropy``, the loss of each row.
"""

from __future__ import annotations

from compatlosses.libraries import Tensor

from . import adapter, checks, cross_entropy

__all__ = ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]


def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False) -> Tensor:
    """Binary cross entropy between targets and outputs, by the rules of ``keras.ops``.

    Args:
        target: tensor of the output's shape, values between 0 and 1 (not checked); floating, integer or bool.
        output: floating tensor of any shape: logits, or probabilities, which are clipped to [epsilon, 1 -
            epsilon] with ``keras.config.epsilon()``; where that holds, the gradient is 0.
        from_logits: whether ``output`` is logits. On the TensorFlow backend, the output of a sigmoid
            activation brings its logits along, and they are used.

    Where Keras is imported, lists, numbers, NumPy arrays, what has ``__array__`` and Keras variables are made
    tensors of its backend, as Keras does. Symbolic tensors give a symbolic tensor.

    Returns:
        A tensor of the output's shape and dtype: the loss of each element.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, an output that is not floating.
        ValueError: a target of another shape than the output.

    Source: Keras 3 documentation of ``keras.ops.binary_crossentropy``; where it is silent, keras 3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(target, output):
            return backend.BinaryCrossentropy(from_logits).symbolic_call(target, output)
    target, output = checks.converted(target, output)
    return checks.elements(checks.OF_OPS, target, output, from_logits, 0.0, None)


def categorical_crossentropy(
    target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Categorical cross entropy of rows with a number for each class, by the rules of ``keras.ops``.

    A row's loss is ``-sum(target * log(p))``, with p the softmax of logits, or probabilities over their sum,
    clipped to [epsilon, 1 - epsilon] with ``keras.config.epsilon()``.

    Args:
        target: tensor of the output's shape; floating, integer or bool.
        output: floating tensor with an axis of classes: logits, or probabilities.
        from_logits: whether ``output`` is logits. On the TensorFlow backend, the output of a softmax
            activation brings its logits along, and they are used.
        axis: that of the classes.

    Arguments are converted as `binary_crossentropy` converts them.

    Returns:
        A tensor of the output's dtype, of its shape without the axis: the loss of each row.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, an output that is not floating, an axis that
            is no int.
        ValueError: a target of another shape than the output, an axis that it lacks.

    Source: Keras 3 documentation of ``keras.ops.categorical_crossentropy``; where it is silent, keras 3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(target, output):
            return backend.Crossentropy("ops", True, (from_logits, axis)).symbolic_call(target, output)
    target, output = checks.converted(target, output)
    return cross_entropy.soft_losses(checks.OF_OPS, target, output, cross_entropy.Rows(from_logits, axis))


def sparse_categorical_crossentropy(
    target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Categorical cross entropy of rows with the index of a class, by the rules of ``keras.ops``.

    A row's loss is ``-log(p[target])``, with p as in `categorical_crossentropy`.

    Args:
        target: the index of each row's class, whole numbers of any dtype: of the output's shape without the
            axis, or with 1 in place of it.
        output, from_logits, axis: as in `categorical_crossentropy`.

    Returns:
        As `categorical_crossentropy`.

    Raises:
        TypeError, ValueError: as `categorical_crossentropy`.
        IndexError: an index that is no class. In compiled programs and on devices its loss is NaN.

    Source: Keras 3 documentation of ``keras.ops.sparse_categorical_crossentropy``; where it is silent, keras
    3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(target, output):
            return backend.Crossentropy("ops", False, (from_logits, axis)).symbolic_call(target, output)
    pair = checks.converted(target, output)
    return cross_entropy.index_losses(cross_entropy.OF_OPS, pair, cross_entropy.Rows(from_logits, axis))[0]

"""``keras.ops.binary_crossentropy``: the loss of each element."""

from __future__ import annotations

from compatlosses.libraries import Tensor

from . import adapter, checks

__all__ = ["binary_crossentropy"]


def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False) -> Tensor:
    """Binary cross entropy between targets and outputs, by the rules of ``keras.ops``.

    Args:
        target: tensor of the output's shape, values between 0 and 1 (not checked); floating, integer or bool.
        output: floating tensor of any shape: logits, or probabilities, which are clipped to [epsilon, 1 -
            epsilon] with ``keras.config.epsilon()``.
        from_logits: whether ``output`` is logits. On the TensorFlow backend, the output of a sigmoid
            activation brings its logits along, and they are used.

    Where Keras is imported, lists, numbers, NumPy arrays, what has ``__array__`` and Keras variables are made
    tensors of its backend, as Keras does. Symbolic tensors give a symbolic tensor.

    Returns:
        A tensor of the output's shape and dtype: the loss of each element.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, an output that is not floating, probabilities
            that are not a tensor of Keras' backend.
        ValueError: a target of another shape than the output.

    Source: Keras 3 documentation of ``keras.ops.binary_crossentropy``; where it is silent, keras 3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(target, output):
            return backend.BinaryCrossentropy(from_logits).symbolic_call(target, output)
    target, output = checks.converted(target, output)
    return checks.elements(("target", "output"), target, output, from_logits, 0.0, None)

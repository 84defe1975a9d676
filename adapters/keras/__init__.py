"""Keras 3's API: ``keras.ops.binary_crossentropy`` and the loss class ``keras.losses.BinaryCrossentropy``.

``keras.losses.binary_crossentropy``, whose signature is another, is in ``compatlosses.keras.losses``. Logits may be the tensors
of any framework; probabilities are those of Keras' backend. Importing this imports no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compatlosses.classes import loss_class
from compatlosses.libraries import Tensor

from . import adapter, checks

if TYPE_CHECKING:
    from .modules import BinaryCrossentropy

__all__ = ["BinaryCrossentropy", "binary_crossentropy"]


def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False) -> Tensor:
    """Binary cross entropy between targets and outputs, by the rules of ``keras.ops``.

    Args:
        target: tensor of the output's shape, values between 0 and 1 (not checked); floating, integer or bool.
        output: floating tensor of any shape: logits, or probabilities, which are clipped to [epsilon, 1 - epsilon] with
            ``keras.config.epsilon()``.
        from_logits: whether ``output`` is logits. On the TensorFlow backend, the output of a sigmoid activation brings its
            logits along, and they are used.

    Where Keras is imported, lists, numbers, NumPy arrays and Keras variables beside a tensor of its backend, and lists and
    numbers on their own, are made tensors of the backend, as Keras does. Symbolic tensors give a symbolic tensor.

    Returns:
        A tensor of the output's shape and dtype: the loss of each element.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, an output that is not floating, probabilities that are not
            a tensor of Keras' backend.
        ValueError: a target of another shape than the output.

    Source: Keras 3 documentation of ``keras.ops.binary_crossentropy``; where it is silent, keras 3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(target, output):
            return backend.BinaryCrossentropy(from_logits).symbolic_call(target, output)
    target, output = checks.converted(target, output)
    return checks.elements(("target", "output"), target, output, from_logits, 0.0, None)


def __dir__() -> list[str]:
    """The names of this module; the class too, before it is imported."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """The loss class, which imports Keras, when it is first asked for; a plain callable where Keras is not installed."""
    return loss_class(__name__, name, adapter.MODULE, "BinaryCrossentropy")

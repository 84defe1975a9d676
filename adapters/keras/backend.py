"""Keras and its backend: what it makes tensors of, symbolic tensors, probabilities."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

Tensor = Any


def name() -> str:
    """The backend's name."""
    found: str = keras.config.backend()
    return found


def owns(x: object) -> bool:
    """Whether ``x`` is a tensor of the backend, or a Keras variable, which is read."""
    return isinstance(x, keras.Variable) or bool(keras.ops.is_tensor(x))


def converted(x: Any) -> Any:
    """``x`` as a tensor of the backend, where Keras would make it one; else ``x`` itself."""
    if isinstance(x, keras.Variable):
        return keras.ops.convert_to_tensor(x.value)
    if isinstance(x, (list, tuple, int, float, np.ndarray, np.generic)):
        return keras.ops.convert_to_tensor(x)
    return x


def symbolic(target: object, output: object) -> bool:
    """Whether an argument is a symbolic tensor, of a model that is being built."""
    return isinstance(target, keras.KerasTensor) or isinstance(output, keras.KerasTensor)


def logits_of(output: Tensor, from_logits: bool) -> tuple[Tensor, bool]:
    """The output and whether it is logits; the logits of a sigmoid activation, which Keras keeps on TensorFlow's tensors."""
    if name() != "tensorflow" or not hasattr(output, "_keras_logits"):
        return output, from_logits
    if from_logits:
        warnings.warn(
            "from_logits=True, and the output comes from a sigmoid activation: it is probabilities. The logits that the "
            "activation was given are used.",
            UserWarning,
            stacklevel=4,
        )
    return output._keras_logits, True


def of_probabilities(target: Tensor, output: Tensor, dtype: str) -> Tensor:
    """The loss of each element from probabilities, of ``dtype``. log1p keeps what 1 - output would lose."""
    epsilon = keras.config.epsilon()
    clipped = keras.ops.clip(keras.ops.cast(output, dtype), epsilon, 1.0 - epsilon)
    return -(target * keras.ops.log(clipped) + (1.0 - target) * keras.ops.log1p(-clipped))


class BinaryCrossentropy(keras.Operation):  # type: ignore[misc]
    """`compatlosses.keras.binary_crossentropy` as a node of a functional model."""

    def __init__(self, from_logits: bool = False, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.from_logits = from_logits

    def call(self, target: Tensor, output: Tensor) -> Tensor:
        """The loss of each element."""
        from . import binary_crossentropy

        return binary_crossentropy(target, output, self.from_logits)

    def compute_output_spec(self, target: Tensor, output: Tensor) -> Tensor:
        """A symbolic tensor of the output's shape and dtype."""
        if tuple(target.shape) != tuple(output.shape):
            raise ValueError(f"target has shape {target.shape}; expected {output.shape}, the shape of output")
        return keras.KerasTensor(output.shape, dtype=output.dtype)

"""TensorFlow, behind the face of `frameworks.Framework`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from frameworks import Framework, Loss, Tensor, rounded
from numpy.typing import NDArray

# Two devices for tf.distribute. They can only be made before the first operation of a process.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


class TensorFlow:
    """TensorFlow, eager."""

    name = "tensorflow"
    dtypes = ("float16", "bfloat16", "float32", "float64")

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        # Not tf.cast, which loses subnormals on the way from float64.
        return tf.cast(tf.constant(rounded(values, dtype)), dtype)

    def integers(self, values: object, dtype: str) -> Tensor:
        return tf.cast(tf.constant(np.asarray(values)), dtype)

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        """None: TensorFlow's tensors are laid out in C order."""
        return []

    def array(self, tensor: Tensor) -> NDArray[Any]:
        return np.asarray(tensor.numpy()).astype(np.float64)

    def dtype(self, tensor: Tensor) -> str:
        return str(tensor.dtype.name)

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = loss(*tensors)
        return list(tape.gradient(value, tensors))

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        with tf.GradientTape() as outer:
            outer.watch(tensors)
            with tf.GradientTape() as inner:
                inner.watch(tensors)
                value = loss(*tensors)
            gradient = inner.gradient(value, tensors[first])
        return outer.gradient(gradient, tensors[then])


FRAMEWORK: Framework = TensorFlow()

"""Keras' loss class, as a real loss of Keras."""

from __future__ import annotations

import keras

from .losses import binary_crossentropy


@keras.saving.register_keras_serializable(package="compatlosses")
class BinaryCrossentropy(keras.losses.BinaryCrossentropy):  # type: ignore[misc]
    """Keras' own loss with this library's function in it: reductions, masks, sample weights and configuration
    are native.

    As in Keras, arguments are made tensors of the backend, of the loss's dtype.

    Source: Keras 3 documentation of ``keras.losses.BinaryCrossentropy``.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | tuple[int, ...] | None = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: object = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.fn = binary_crossentropy

"""Keras' loss classes, as real losses of Keras."""

from __future__ import annotations

from typing import Any

import keras

from .losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    huber,
    kl_divergence,
    mean_absolute_error,
    mean_squared_error,
    poisson,
    sparse_categorical_crossentropy,
)


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


@keras.saving.register_keras_serializable(package="compatlosses")
class BinaryFocalCrossentropy(keras.losses.BinaryFocalCrossentropy):  # type: ignore[misc]
    """Keras' own loss with `binary_focal_crossentropy` in it: reductions, masks, sample weights and
    configuration are native.

    Source: Keras 3 documentation of ``keras.losses.BinaryFocalCrossentropy``.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | tuple[int, ...] | None = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: object = None,
    ) -> None:
        super().__init__(
            apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis, reduction, name, dtype
        )
        self.fn = binary_focal_crossentropy


@keras.saving.register_keras_serializable(package="compatlosses")
class KLDivergence(keras.losses.KLDivergence):  # type: ignore[misc]
    """Keras' own loss with `kl_divergence` in it: reductions, masks and sample weights are native.

    Source: Keras 3 documentation of ``keras.losses.KLDivergence``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.fn = kl_divergence


@keras.saving.register_keras_serializable(package="compatlosses")
class Poisson(keras.losses.Poisson):  # type: ignore[misc]
    """Keras' own loss with `poisson` in it: reductions, masks and sample weights are native.

    Source: Keras 3 documentation of ``keras.losses.Poisson``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.fn = poisson


@keras.saving.register_keras_serializable(package="compatlosses")
class CategoricalCrossentropy(keras.losses.CategoricalCrossentropy):  # type: ignore[misc]
    """Keras' own loss with `categorical_crossentropy` in it: reductions, masks, sample weights and
    configuration are native.

    Source: Keras 3 documentation of ``keras.losses.CategoricalCrossentropy``.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: object = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.fn = categorical_crossentropy


@keras.saving.register_keras_serializable(package="compatlosses")
class SparseCategoricalCrossentropy(keras.losses.SparseCategoricalCrossentropy):  # type: ignore[misc]
    """Keras' own loss with `sparse_categorical_crossentropy` in it: reductions, masks and sample weights are
    native. Rows of ``ignore_class`` do not count in means; where none counts, the mean is 0.

    The configuration holds the axis, which Keras' own loses when a model is saved.

    Source: Keras 3 documentation of ``keras.losses.SparseCategoricalCrossentropy``.
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: object = None,
    ) -> None:
        super().__init__(from_logits, ignore_class, reduction, axis, name, dtype)
        self.fn = sparse_categorical_crossentropy
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        """What makes the same loss anew."""
        return {**super().get_config(), "axis": self.axis}


@keras.saving.register_keras_serializable(package="compatlosses")
class MeanSquaredError(keras.losses.MeanSquaredError):  # type: ignore[misc]
    """Keras' own loss with `mean_squared_error` in it: reductions, masks and sample weights are native.

    Source: Keras 3 documentation of ``keras.losses.MeanSquaredError``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.fn = mean_squared_error


@keras.saving.register_keras_serializable(package="compatlosses")
class MeanAbsoluteError(keras.losses.MeanAbsoluteError):  # type: ignore[misc]
    """Keras' own loss with `mean_absolute_error` in it: reductions, masks and sample weights are native.

    Source: Keras 3 documentation of ``keras.losses.MeanAbsoluteError``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.fn = mean_absolute_error


@keras.saving.register_keras_serializable(package="compatlosses")
class Huber(keras.losses.Huber):  # type: ignore[misc]
    """Keras' own loss with `huber` in it: reductions, masks and sample weights are native.

    The configuration holds delta, which Keras' own loses when a model is saved.

    Source: Keras 3 documentation of ``keras.losses.Huber``.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: object = None,
    ) -> None:
        super().__init__(delta, reduction, name, dtype)
        self.fn = huber
        self.delta = delta

    def get_config(self) -> dict[str, Any]:
        """What makes the same loss anew."""
        return {**super().get_config(), "delta": self.delta}

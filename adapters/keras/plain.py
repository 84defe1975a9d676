"""Keras' loss classes as plain callables, for where Keras is not installed: without sample weights."""

from __future__ import annotations

from compatlosses.classes import PlainLoss
from compatlosses.libraries import Tensor, library_of

from . import checks
from .cross_entropy import OF_LOSSES, Rows, index_losses
from .losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    huber,
    kl_divergence,
    mean_absolute_error,
    mean_squared_error,
    poisson,
)


class _ReducedLoss(PlainLoss):
    """A loss that reduces what the function of ``keras.losses`` gives.

    'sum_over_batch_size' and 'mean' are the mean of it, 'sum' its sum, 'none' and None itself.

    Raises:
        ValueError: another reduction.
    """

    def __init__(self, reduction: str | None, name: str | None, dtype: object) -> None:
        if reduction not in ("sum_over_batch_size", "mean", "sum", "none", None):
            raise ValueError(
                f"reduction is {reduction!r}; expected 'sum_over_batch_size', 'mean', 'sum', 'none' or None. "
                f"Others need Keras."
            )
        self.reduction = reduction
        self.name = name
        self.dtype = dtype

    def _reduced(self, loss: Tensor) -> Tensor:
        """The losses, reduced, of their dtype."""
        if self.reduction in ("none", None):
            return loss
        library = library_of(loss, loss)
        if self.reduction == "sum":
            return library.cast(library.sum(loss), library.dtype(loss))
        return checks.mean(library, loss, tuple(range(len(library.shape(loss) or ()))))


class BinaryCrossentropy(_ReducedLoss):
    """Binary cross entropy by Keras' rules, its options kept.

    Raises:
        ValueError: a reduction that needs Keras.
        TypeError, ValueError: when called, as `compatlosses.keras.losses.binary_crossentropy`.

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
        super().__init__(reduction, name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        return self._reduced(
            binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)
        )


class BinaryFocalCrossentropy(_ReducedLoss):
    """The focal loss by Keras' rules; see `compatlosses.keras.losses.binary_focal_crossentropy`.

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
        super().__init__(reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        options = (self.apply_class_balancing, self.alpha, self.gamma)
        more = (self.from_logits, self.label_smoothing, self.axis)
        return self._reduced(binary_focal_crossentropy(y_true, y_pred, *options, *more))


class KLDivergence(_ReducedLoss):
    """The Kullback-Leibler divergence by Keras' rules; see `compatlosses.keras.losses.kl_divergence`.

    Source: Keras 3 documentation of ``keras.losses.KLDivergence``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        return self._reduced(kl_divergence(y_true, y_pred))


class Poisson(_ReducedLoss):
    """The Poisson loss by Keras' rules; see `compatlosses.keras.losses.poisson`.

    Source: Keras 3 documentation of ``keras.losses.Poisson``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        return self._reduced(poisson(y_true, y_pred))


class CategoricalCrossentropy(_ReducedLoss):
    """Categorical cross entropy by Keras' rules; see `compatlosses.keras.losses.categorical_crossentropy`.

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
        super().__init__(reduction, name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        return self._reduced(
            categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)
        )


class SparseCategoricalCrossentropy(_ReducedLoss):
    """Categorical cross entropy of indices by Keras' rules; see
    `compatlosses.keras.losses.sparse_categorical_crossentropy`. Rows of ``ignore_class`` do not count in
    means; where none counts, the mean is 0.

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
        super().__init__(reduction, name, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        names = {"none": "none", None: "none", "sum": "sum"}
        rows = Rows(self.from_logits, self.axis)
        reduction = names.get(self.reduction, "mean")
        return index_losses(OF_LOSSES, (y_true, y_pred), rows, self.ignore_class, reduction)[0]


class MeanSquaredError(_ReducedLoss):
    """The mean of squared errors by Keras' rules; see `compatlosses.keras.losses.mean_squared_error`.

    Source: Keras 3 documentation of ``keras.losses.MeanSquaredError``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        return self._reduced(mean_squared_error(y_true, y_pred))


class MeanAbsoluteError(_ReducedLoss):
    """The mean of absolute errors by Keras' rules; see `compatlosses.keras.losses.mean_absolute_error`.

    Source: Keras 3 documentation of ``keras.losses.MeanAbsoluteError``.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        return self._reduced(mean_absolute_error(y_true, y_pred))


class Huber(_ReducedLoss):
    """The mean of Huber's losses by Keras' rules; see `compatlosses.keras.losses.huber`.

    Source: Keras 3 documentation of ``keras.losses.Huber``.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: object = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = delta

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        return self._reduced(huber(y_true, y_pred, self.delta))

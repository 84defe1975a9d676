"""Keras' loss class as a plain callable, for where Keras is not installed."""

from __future__ import annotations

from compatlosses.libraries import Tensor, library_of

from . import checks
from .losses import binary_crossentropy


class BinaryCrossentropy:
    """Binary cross entropy by Keras' rules, its options kept: logits of any framework, without sample
    weights.

    Called on targets and predictions it returns the losses of
    `compatlosses.keras.losses.binary_crossentropy`, reduced: 'sum_over_batch_size' and 'mean' are their mean,
    'sum' their sum, 'none' and None the losses.

    Raises:
        ValueError: another reduction.
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
        if reduction not in ("sum_over_batch_size", "mean", "sum", "none", None):
            raise ValueError(
                f"reduction is {reduction!r}; expected 'sum_over_batch_size', 'mean', 'sum', 'none' or None. "
                f"Others need Keras."
            )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis
        self.reduction = reduction
        self.name = name
        self.dtype = dtype

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of ``y_pred``, of its dtype."""
        loss = binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)
        if self.reduction in ("none", None):
            return loss
        library = library_of(loss, loss)
        dtype = library.dtype(y_pred)
        return library.cast(
            library.sum(loss)
            if self.reduction == "sum"
            else checks.mean(library, loss, tuple(range(len(library.shape(loss) or ())))),
            dtype,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

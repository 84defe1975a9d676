"""Keras and its backend: what it makes tensors of, symbolic tensors."""

from __future__ import annotations

import warnings
from typing import Any

import keras
from keras.src.backend import set_keras_mask

from compatlosses import row_rules, rules
from compatlosses.neutral_rows import checked_axis

from . import checks

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
    if isinstance(x, keras.KerasTensor) or owns(x):
        return x
    if isinstance(x, (list, tuple, int, float)) or (hasattr(x, "__array__") and not isinstance(x, type)):
        return keras.ops.convert_to_tensor(x)
    return x


def symbolic(target: object, output: object) -> bool:
    """Whether an argument is a symbolic tensor, of a model that is being built."""
    return isinstance(target, keras.KerasTensor) or isinstance(output, keras.KerasTensor)


def logits_of(output: Tensor, from_logits: bool) -> tuple[Tensor, bool]:
    """The output and whether it is logits; the logits of a sigmoid or softmax activation, which Keras keeps
    on TensorFlow's tensors.
    """
    if name() != "tensorflow" or not hasattr(output, "_keras_logits"):
        return output, from_logits
    if from_logits:
        warnings.warn(
            "from_logits=True, and the output comes from a sigmoid or softmax activation: it is "
            "probabilities. The logits that the activation was given are used.",
            UserWarning,
            stacklevel=4,
        )
    return output._keras_logits, True


def epsilon() -> float:
    """The epsilon of Keras' configuration."""
    return float(keras.config.epsilon())


def masked(loss: Tensor, counts: Tensor | None) -> Tensor:
    """Losses of rows whose classes' reductions leave out those that do not count."""
    if counts is not None and owns(loss):
        set_keras_mask(loss, counts)
    return loss


class BinaryCrossentropy(keras.Operation):  # type: ignore[misc]
    """`compatlosses.keras.binary_crossentropy` as a node of a functional model."""

    def __init__(self, from_logits: bool = False, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.from_logits = from_logits

    def call(self, target: Tensor, output: Tensor) -> Tensor:
        """The loss of each element."""
        from . import ops

        return ops.binary_crossentropy(target, output, self.from_logits)

    def compute_output_spec(self, target: Tensor, output: Tensor) -> Tensor:
        """A symbolic tensor of the output's shape and dtype."""
        target, output = converted(target), converted(output)
        check_symbolic(("target", "output"), target, output)
        return keras.KerasTensor(output.shape, dtype=keras.backend.standardize_dtype(output.dtype))


class AveragedBinaryCrossentropy(keras.Operation):  # type: ignore[misc]
    """`compatlosses.keras.losses.binary_crossentropy` as a node of a functional model."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | tuple[int, ...] | None = -1,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The averaged losses."""
        from . import losses

        return losses.binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def compute_output_spec(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """A symbolic tensor of the predictions' dtype, of their shape without the axes."""
        y_true, y_pred = converted(y_true), converted(y_pred)
        check_symbolic(("y_true", "y_pred"), y_true, y_pred)
        shape = tuple(y_pred.shape)
        axes = checks.checked_axes("y_pred", shape, self.axis)
        left = tuple(shape[i] for i in range(len(shape)) if i not in axes)
        return keras.KerasTensor(left, dtype=keras.backend.standardize_dtype(y_pred.dtype))


class Crossentropy(keras.Operation):  # type: ignore[misc]
    """A loss of rows of `compatlosses.keras.ops` or `compatlosses.keras.losses` as a node of a functional
    model.

    ``soft``: whether targets have a number for each class. ``options``: those of the function, from
    ``from_logits`` on; the last one is the axis.
    """

    def __init__(self, module: str, soft: bool, options: tuple[Any, ...], *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.module = module
        self.soft = soft
        self.options = options

    def call(self, target: Tensor, output: Tensor) -> Tensor:
        """The losses of rows."""
        from . import losses, ops

        function = "categorical_crossentropy" if self.soft else "sparse_categorical_crossentropy"
        return getattr(ops if self.module == "ops" else losses, function)(target, output, *self.options)

    def compute_output_spec(self, target: Tensor, output: Tensor) -> Tensor:
        """A symbolic tensor of the output's dtype, of its shape without the axis of the classes."""
        target, output = converted(target), converted(output)
        shape = tuple(output.shape)
        axis = checked_axis(self.options[-1], "the output", shape)
        rows, own = row_rules.without(shape, axis), tuple(target.shape)
        expected = shape if self.soft else rows
        if not self.soft and len(own) == len(shape) and own[axis] == 1:
            own = row_rules.without(own, axis)
        if not rules.same_shape(own, expected):
            raise ValueError(f"the target has shape {tuple(target.shape)}; expected {expected}")
        return keras.KerasTensor(rows, dtype=keras.backend.standardize_dtype(output.dtype))


class AveragedDifference(keras.Operation):  # type: ignore[misc]
    """A loss of a difference of `compatlosses.keras.losses` as a node of a functional model."""

    def __init__(self, function: str, parameters: tuple[float, ...] = (), *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.function = function
        self.parameters = parameters

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The averaged losses."""
        from . import losses

        return getattr(losses, self.function)(y_true, y_pred, *self.parameters)

    def compute_output_spec(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """A symbolic tensor of the shape and dtype that Keras' own functions give: all the same."""
        spec = keras.losses.mean_squared_error(y_true, y_pred)
        return keras.KerasTensor(spec.shape, dtype=spec.dtype)


def check_symbolic(names: tuple[str, str], target: Tensor, output: Tensor) -> None:
    """Refuse a target whose shape cannot be the output's."""
    shape, expected = tuple(target.shape), tuple(output.shape)
    if not rules.same_shape(shape, expected):
        raise ValueError(f"{names[0]} has shape {shape}; expected {expected}, the shape of {names[1]}")

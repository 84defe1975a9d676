"""Keras 3's ``binary_focal_crossentropy``, ``kl_divergence`` and ``poisson`` of ``keras.losses``.

Targets come first; the mean or the sum is over the last axis, and one loss an example is left.
"""

from __future__ import annotations

from compatlosses import rules
from compatlosses.along import along
from compatlosses.checks import MUTUAL, check, of_one_shape
from compatlosses.definitions import binary_cross_entropy as entropy
from compatlosses.definitions import kl_div as divergence
from compatlosses.definitions import poisson_nll, sigmoid_focal
from compatlosses.libraries import Library, Tensor, common_library
from compatlosses.reductions import named

from . import adapter, checks

_DIALECT = checks.dialect(("y_pred", "y_true"), MUTUAL)


def binary_focal_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | tuple[int, ...] | None = -1,
) -> Tensor:
    """The focal loss averaged over an axis, by the rules of ``keras.losses``. Targets come first.

    An element's loss is ``(1 - p_t)**gamma`` times binary cross entropy, whose probabilities are clipped to
    [epsilon, 1 - epsilon] with ``keras.config.epsilon()``; logits need no clip.

    Args:
        y_true: tensor that broadcasts against the predictions; floating, integer or bool.
        y_pred: floating tensor of at least one dimension: probabilities, or logits.
        apply_class_balancing: whether ``alpha`` acts at all.
        alpha: weight of the target 1; that of the target 0 is ``1 - alpha``. At least 0.
        gamma: how much less right predictions weigh; at least 0.
        from_logits: whether ``y_pred`` is logits.
        label_smoothing: from 0 to 1 (not checked): ``y_true`` becomes ``(1 - label_smoothing) y_true +
            label_smoothing / 2``.
        axis: the axis or the axes that are averaged; None for all. Of symbolic tensors -1.

    Returns:
        A tensor of the predictions' dtype, of the common shape without the axes.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, predictions that are not floating.
        ValueError: shapes that do not broadcast, an axis that they do not have, an alpha or gamma below 0.

    Source: Keras 3 documentation of ``keras.losses.binary_focal_crossentropy``; where it is silent, keras
    3.15.
    """
    balance = rules.nonnegative("alpha", alpha) if apply_class_balancing else -1.0
    focus = rules.nonnegative("gamma", gamma)
    if adapter.loaded():
        from . import backend

        if backend.symbolic(y_true, y_pred):
            if axis != -1:
                raise ValueError(f"axis is {axis}; expected -1 for symbolic tensors")
            options = (apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis)
            node = backend.AveragedDifference("binary_focal_crossentropy", options)
            return node.symbolic_call(y_true, y_pred)
    library, y, p, dtype = prepared(y_true, y_pred)
    if label_smoothing:
        y = y * (1.0 - label_smoothing) + 0.5 * label_smoothing
    axes = checks.checked_axes("y_pred", library.shape(p), axis)
    if from_logits:
        inputs = (p, y, None, None)
        return checks.mean_of(
            (sigmoid_focal.LOSS, library, inputs, (balance, focus), named("none")), dtype, axes
        )
    weight = library.OPS.power(y * (1.0 - p) + (1.0 - y) * p, focus)
    if apply_class_balancing:
        weight = weight * (y * balance + (1.0 - y) * (1.0 - balance))
    clamps = (float("-inf"), checks.epsilon(), 0.0, 0.0)
    return checks.mean_of((entropy.LOSS, library, (p, y, weight), clamps, named("none")), dtype, axes)


def kl_divergence(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The Kullback-Leibler divergence along the last axis, by the rules of ``keras.losses``. Targets come
    first.

    Both are probabilities, clipped to [epsilon, 1] with ``keras.config.epsilon()``: the loss is the sum of
    ``y_true * log(y_true / y_pred)``. Where one is clipped, its gradient is 0.

    Args:
        y_true: tensor that broadcasts against the predictions; floating, integer or bool.
        y_pred: floating tensor of at least one dimension.

    Returns:
        A tensor of the predictions' dtype, of the common shape without the last axis.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, predictions that are not floating.
        ValueError: shapes that do not broadcast against each other, predictions without dimensions.

    Source: Keras 3 documentation of ``keras.losses.kl_divergence``; where it is silent, keras 3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(y_true, y_pred):
            return backend.AveragedDifference("kl_divergence").symbolic_call(y_true, y_pred)
    library, y, p, dtype = prepared(y_true, y_pred)
    y, p = clipped(library, library.cast(y, "float64")), clipped(library, library.cast(p, "float64"))
    logarithms = library.OPS.log(p)
    axes = checks.checked_axes("y_pred", library.shape(p), -1)
    call = (divergence.LOSS, library, (logarithms, y, None), (0.0,), named("none"))
    return along(call, dtype, axes)


def poisson(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The Poisson loss averaged over the last axis, by the rules of ``keras.losses``. Targets come first, and
    predictions are rates, not their logarithms.

    An element's loss is ``y_pred - y_true * log(y_pred + epsilon)`` with ``keras.config.epsilon()``.

    Args:
        y_true: tensor that broadcasts against the predictions; floating, integer or bool.
        y_pred: floating tensor of at least one dimension.

    Returns:
        A tensor of the predictions' dtype, of the common shape without the last axis.

    Raises:
        TypeError: what is no tensor, tensors of two frameworks, predictions that are not floating.
        ValueError: shapes that do not broadcast against each other, predictions without dimensions.

    Source: Keras 3 documentation of ``keras.losses.poisson``; where it is silent, keras 3.15.
    """
    if adapter.loaded():
        from . import backend

        if backend.symbolic(y_true, y_pred):
            return backend.AveragedDifference("poisson").symbolic_call(y_true, y_pred)
    library, y, p, dtype = prepared(y_true, y_pred)
    parameters = (0.0, 0.0, checks.epsilon())
    axes = checks.checked_axes("y_pred", library.shape(p), -1)
    call = (poisson_nll.LOSS, library, (p, y, None), parameters, named("none"))
    return checks.mean_of(call, dtype, axes)


def prepared(y_true: Tensor, y_pred: Tensor) -> tuple[Library, Tensor, Tensor, str]:
    """The library, targets and predictions of one shape in single precision or double, and the predictions'
    dtype.
    """
    y_true, y_pred = checks.converted(y_true, y_pred)
    library = common_library((y_pred, y_true), _DIALECT.names)
    check(library, _DIALECT, (y_pred, y_true))
    dtype = library.dtype(y_pred)
    # Targets have the predictions' dtype in Keras.
    p, y = of_one_shape(library, _DIALECT, (y_pred, library.cast(y_true, dtype)))
    wide = "float64" if dtype == "float64" else "float32"
    return library, library.cast(y, wide), library.cast(p, wide), dtype


def clipped(library: Library, x: Tensor) -> Tensor:
    """Probabilities within [epsilon, 1]."""
    least = library.constant(checks.epsilon(), x)
    x = library.where(x >= 1.0, 1.0, x)
    return library.where(x <= least, least, x)

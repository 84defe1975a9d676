"""Paddle 3's losses of rows: ``cross_entropy``, ``softmax_with_cross_entropy`` and ``nll_loss``.

The classes are the last axis, unless ``axis`` says otherwise; of ``nll_loss`` they are the second one.
"""

from __future__ import annotations

from typing import Literal, overload

from compatlosses import rules
from compatlosses.libraries import Library, Tensor, common_library

from .rows import PADDLE_3, Options, known_shape, log_likelihood, losses, softmax


@overload
def cross_entropy(
    input: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    soft_label: bool = False,
    axis: int = -1,
    use_softmax: bool = True,
    label_smoothing: float = 0.0,
    name: str | None = None,
) -> Tensor: ...


@overload
def cross_entropy(
    input: Tensor,
    *,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    soft_label: bool = False,
    axis: int = -1,
    use_softmax: bool = True,
    label_smoothing: float = 0.0,
    name: str | None = None,
) -> Tensor: ...


def cross_entropy(
    input: Tensor,
    label: Tensor | None = None,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    soft_label: bool = False,
    axis: int = -1,
    use_softmax: bool = True,
    label_smoothing: float = 0.0,
    name: str | None = None,
    *,
    target: Tensor | None = None,
) -> Tensor:
    """Cross entropy of rows of logits, or of probabilities, by the rules of Paddle 3.

    The loss of a row with an index is ``-weight[label] log(softmax(input)[label])``; that of a row with a
    number for each class is ``sum(weight * label)`` times ``-sum(label * log(softmax(input)))``.

    **The mean divides by all rows, the ignored ones too, where ignore_index is negative, as it is by
    default.** Two rows of four that are padded with -100 halve the loss and its gradients, which no other
    framework and no other release does but 2.0. With an ignore_index of at least 0 it divides by the rows
    that count, with weights by the sum of theirs: of indices each row's ``weight[label]``, of numbers for
    each class ``sum(weight * label)``. Once in a process a UserWarning says that ignored rows are divided by,
    where labels lie on host memory and no program is compiled.

    Args:
        input: float16, bfloat16, float32 or float64, with an axis of classes: logits, or probabilities if
            ``use_softmax`` is False. They need not sum to 1.
        label: required. The index of each row's class, int32 or int64 (or whole numbers of float32 or
            float64), of the input's shape without the axis of the classes or with size 1 there. If
            ``soft_label``, a number for each class, of the input's shape and dtype. Smoothed labels may be
            either, whatever ``soft_label`` is.
        weight: factor of each class, of shape (C,); floating.
        ignore_index: rows with this index have no loss and no gradient. Of indices alone.
        reduction: 'none', 'mean' or 'sum'.
        soft_label: whether labels are a number for each class. They need not sum to 1.
        axis: that of the classes.
        use_softmax: whether the input are logits.
        label_smoothing: a number s in [0, 1]: each label q becomes ``q (1 - s) + s / C``.
        name: accepted and not used.
        target: another name for ``label``.

    Returns:
        A tensor of the dtype of the input times the weight, as Paddle promotes it. It is 0-D for 'mean' and
        'sum'. For 'none' it has the shape of the label if that is indices and ``soft_label`` is False, else
        the input's with size 1 along the axis. The mean over ignored rows alone is 0, that over no row NaN.

    Raises:
        TypeError: a label that is missing or given under both names, an argument that is no tensor, tensors
            of two frameworks, another dtype, an option of another type.
        ValueError: shapes that do not go together, an unknown reduction, a label_smoothing outside [0, 1], an
            axis that the input lacks, an ignore_index above 0 with ``soft_label``.
        IndexError: an index that is no class. In a compiled program, on a device, and of probabilities its
            row's loss is NaN.

    Source: Paddle 3 documentation of ``paddle.nn.functional.cross_entropy``; where it is silent, paddlepaddle
    3.3.1. ``docs/deviations.md`` says where the numbers are the mathematics' instead of Paddle's.

    >>> import numpy as np
    >>> x, y = np.zeros((2, 2)), np.array([1, 0])
    >>> float(cross_entropy(x, y)), float(cross_entropy(x, y, ignore_index=0))
    (0.6931471805599453, 0.6931471805599453)
    """
    y = rules.aliased("labels", "label", label, "target", target)
    options = Options(ignore_index, reduction, soft_label, axis, use_softmax, label_smoothing)
    return losses(PADDLE_3, (input, y, weight), options)


@overload
def softmax_with_cross_entropy(
    logits: Tensor,
    label: Tensor,
    soft_label: bool = False,
    ignore_index: int = -100,
    numeric_stable_mode: bool = True,
    return_softmax: Literal[False] = False,
    axis: int = -1,
) -> Tensor: ...


@overload
def softmax_with_cross_entropy(
    logits: Tensor,
    label: Tensor,
    soft_label: bool = False,
    ignore_index: int = -100,
    numeric_stable_mode: bool = True,
    *,
    return_softmax: Literal[True],
    axis: int = -1,
) -> tuple[Tensor, Tensor]: ...


def softmax_with_cross_entropy(
    logits: Tensor,
    label: Tensor,
    soft_label: bool = False,
    ignore_index: int = -100,
    numeric_stable_mode: bool = True,
    return_softmax: bool = False,
    axis: int = -1,
) -> Tensor | tuple[Tensor, Tensor]:
    """The softmax cross entropy of each row, and if wanted the softmax, by the rules of Paddle 1.8 to 3.

    Args:
        logits: float16, bfloat16, float32 or float64, with an axis of classes.
        label: the index of each row's class, int32 or int64 (or whole numbers of float32 or float64), of the
            logits' shape with size 1 along the axis. If ``soft_label``, a number for each class, of the
            logits' shape and dtype.
        soft_label: whether labels are a number for each class.
        ignore_index: rows with this index have no loss and no gradient. Of indices alone.
        numeric_stable_mode: accepted and not used: all is stable.
        return_softmax: whether the softmax of the logits is returned too.
        axis: that of the classes.

    Returns:
        The losses, a tensor of the logits' dtype and shape with size 1 along the axis; with
        ``return_softmax`` a pair of them and the softmax, of the logits' shape and dtype. Both have
        gradients.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an ignore_index or
            axis that is no int.
        ValueError: shapes that do not go together, an axis that the logits lack.
        IndexError: an index that is no class. In a compiled program and on a device, where values cannot be
            seen, its row's loss is NaN.

    Source: Paddle 3 documentation of ``paddle.nn.functional.softmax_with_cross_entropy``; where it is silent,
    paddlepaddle 3.3.1.
    """
    names = ("logits", "label")
    library = common_library((logits, label), names)
    check_rank(library, names, logits, label)
    ignored = -100 if soft_label else ignore_index
    options = Options(ignored, "none", soft_label, axis)
    loss = losses(PADDLE_3, (logits, label, None), options, "logits")
    return (loss, softmax(logits, axis)) if return_softmax else loss


def nll_loss(
    input: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    name: str | None = None,
) -> Tensor:
    """The negative log-likelihood of rows, ``-weight[label] input[label]``, by the rules of Paddle 3. Nothing
    is normalised.

    The classes are the second axis, not the last one as in `cross_entropy`.

    Args:
        input: log-probabilities, float16, bfloat16, float32 or float64: of shape (N, C) or (N, C, d1, ...).
        label: int32 or int64, the index of each row's class, of shape (N,) or (N, d1, ...), or with size 1
            along the second axis besides.
        weight: factor of each class, of shape (C,); floating.
        ignore_index: rows with this index have no loss and no gradient.
        reduction: 'none', 'mean' or 'sum'. A mean divides by the weights of the rows that are not ignored:
            without weights by their number.
        name: accepted and not used.

    Returns:
        A tensor of the dtype of the input times the weight, as Paddle promotes it: of the rows' shape for
        'none', 0-D otherwise. The mean over ignored rows alone is 0, that over no row NaN. The loss of a row
        whose index is no class is NaN.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an ignore_index
            that is no int.
        ValueError: shapes that do not go together, an input of less than two dimensions, an unknown
            reduction.

    Source: Paddle 3 documentation of ``paddle.nn.functional.nll_loss``; where it is silent, paddlepaddle
    3.3.1.
    """
    return log_likelihood((input, label, weight), ignore_index, reduction)


def check_rank(library: Library, names: tuple[str, ...], logits: Tensor, label: Tensor) -> None:
    """Refuse a label that lacks the axis of the classes."""
    shape = known_shape(library, names[0], logits)
    own = library.shape(label)
    if own is not None and len(own) != len(shape):
        raise ValueError(
            f"{names[1]} has shape {rules.shown(own)}; expected one of as many dimensions as {names[0]}, "
            f"which has shape {rules.shown(shape)}, with size 1 along the axis of the classes. Add that axis "
            f"to {names[1]}, or call cross_entropy with reduction='none'."
        )

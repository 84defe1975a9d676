"""``mindspore.mint``'s losses of rows: ``cross_entropy`` and ``nll_loss``, of bfloat16 too."""

from __future__ import annotations

from compatlosses.definitions import cross_entropy as of_logits
from compatlosses.definitions import nll
from compatlosses.libraries import Tensor, quoted

from .. import checks
from ..cross_entropy import RowDialect, check_ignore_index, check_range, rows

_FLOATING = ("float16", "bfloat16", "float32")
_WITH_DOUBLE = (*_FLOATING, "float64")
_NAMES = ("input", "target", "weight")
_OF_LOGITS = RowDialect(
    _NAMES,
    _FLOATING,
    ("int32", "int64"),
    _FLOATING,
    _WITH_DOUBLE,
    repeats=False,
    promotes=False,
    least_rows=1,
)
_NLL = RowDialect(
    _NAMES, _WITH_DOUBLE, ("uint8", "int32", "int64"), (), _WITH_DOUBLE, repeats=False, promotes=False
)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax cross entropy of rows, by the rules of ``mindspore.mint``.

    Args:
        input: logits, float16, bfloat16 or float32: of shape (C,), (N, C) or (N, C, d1, ...), of at least one
            row.
        target: int32 or int64, the index of each row's class, of the input's shape without the axis of the
            classes; or a number for each class, of the input's shape, float16, bfloat16 or float32.
        weight: factor of each class, of shape (C,).
        ignore_index: rows with this index have no loss and no gradient. Of indices alone.
        reduction: 'none', 'mean' or 'sum', in any letter case. A mean of indices divides by the weights of
            the rows that are not ignored, one of probabilities by the number of rows.
        label_smoothing: a number s in [0, 1]: each target q becomes ``q (1 - s) + s / C``.

    Returns:
        A tensor of the input's dtype, float32 for probabilities: of the rows' shape for 'none', 0-D
        otherwise. The mean over ignored rows alone is NaN.

    Raises:
        TypeError: an argument that is no tensor, tensors of two frameworks, another dtype, an option of an
            unsuitable type.
        ValueError: an input of no row, shapes that do not go together, an unknown reduction, a
            label_smoothing outside [0, 1].
        IndexError: an index that is no class. In a compiled program and on a device, where values cannot be
            seen, its row's loss is NaN.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.functional.cross_entropy``; where it is
    silent, mindspore 2.10.0.
    """
    name = checks.lowered(reduction)
    checks.check_reduction(name)
    check_ignore_index(ignore_index)
    if not isinstance(label_smoothing, (int, float)):
        raise TypeError(f"label_smoothing is {quoted(label_smoothing)}; expected a number")
    check_range(label_smoothing)
    options = (ignore_index, name, float(label_smoothing))
    return rows(_OF_LOGITS, of_logits.LOSS, (input, target, weight), options)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of rows, ``-weight[target] input[target]``, by the rules of
    ``mindspore.mint``. Nothing is normalised.

    Args:
        input: log-probabilities, floating: of shape (C,), (N, C) or (N, C, d1, ...).
        target: uint8, int32 or int64, the index of each row's class, of the input's shape without the axis of
            the classes.
        weight, ignore_index, reduction: as in `cross_entropy`.

    Returns:
        A tensor of the input's dtype: of the rows' shape for 'none', 0-D otherwise. The mean over ignored
        rows alone is NaN.

    Raises:
        TypeError, ValueError, IndexError: as `cross_entropy`.

    Source: MindSpore 2.10 documentation of ``mindspore.mint.nn.functional.nll_loss``; where it is silent,
    mindspore 2.10.0.
    """
    name = checks.lowered(reduction)
    checks.check_reduction(name)
    check_ignore_index(ignore_index)
    return rows(_NLL, nll.LOSS, (input, target, weight), (ignore_index, name, 0.0))

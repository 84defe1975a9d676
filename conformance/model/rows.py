"""Cases of losses of rows: a row of logits along the class axis, and its target: an index, or a probability
for each class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .case import Case, Tensor, reduction_of
from .losses import MASK
from .rounding import FORMATS

if TYPE_CHECKING:
    from .implementations import Api

INDICES, PROBABILITIES = "indices", "probabilities"
Target = int | tuple[float, ...]
"""That of a row: the index of its class, or a number for each."""


@dataclass(frozen=True)
class Rules:
    """What a document says that the exact outcome of a case depends on."""

    axis: int
    """That of the classes, from 0 on."""
    reduction: str
    divisor: str
    """Of a mean: 'all' rows, those 'counted', or the sum of their 'weights'; 'one' without a mean."""
    weighting: str
    ignored: int | None
    """The index whose rows do not count."""
    empty: float
    """The mean where no row counts, or their weights add up to 0."""
    keeps: bool
    """Whether the class axis stays, of length 1."""
    line: str
    """The textbook's line."""


def rules_of(case: Case, api: Api) -> Rules:
    """The rules of a document for a case, and the case's own options before them."""
    kind, reduction = kind_of(case), reduction_of(case, api.default)
    return Rules(
        axis_of(case, api.axis),
        reduction,
        divisor_of(case, api) if reduction == "mean" else "one",
        str(case.options.get("weighting", api.weighting)) if "weight" in case.tensors else "class",
        ignored_of(case, api) if kind == INDICES else None,
        api.empty if reduction == "mean" else math.nan,
        reduction == "none" and kind in api.keeps,
        case.loss if softmax_of(case) else api.line,
    )


def divisor_of(case: Case, api: Api) -> str:
    """What a mean divides by."""
    indices = kind_of(case) == INDICES
    usual = api.divisor
    if "weight" in case.tensors:
        usual = api.weighted if indices else api.weighted_probabilities
    elif api.negative and indices and (ignored_of(case, api) or 0) < 0:
        usual = api.negative
    return str(case.options.get("divisor", usual))


def ignored_of(case: Case, api: Api) -> int | None:
    """The index that the case or the document has ignored."""
    given = case.options.get("ignore_index", api.ignored)
    return None if given is None else int(given)


def smoothing_of(case: Case) -> float:
    """The label smoothing."""
    return float(case.options.get("label_smoothing", 0.0))


def softmax_of(case: Case) -> bool:
    """Whether the first argument is logits, and no probabilities."""
    return bool(case.options.get("use_softmax", True))


def kind_of(case: Case) -> str:
    """What the targets are: probabilities if they are floating."""
    return PROBABILITIES if case.tensors["targets"].dtype in FORMATS else INDICES


def axis_of(case: Case, usual: int) -> int:
    """The class axis, from 0 on; a row alone has no other."""
    dimensions = len(case.first.shape)
    return int(case.options.get("axis", usual)) % dimensions if dimensions > 1 else 0


def rows_shape(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    """The shape without the class axis."""
    return (*shape[:axis], *shape[axis + 1 :])


def fits(case: Case, api: Api) -> bool:
    """Whether the API has such targets, and their shape goes with its class axis."""
    shape, kind = case.first.shape, kind_of(case)
    if api.without_softmax if softmax_of(case) else not api.line:
        return False
    if kind not in api.targets or not shape or (api.dimensions and len(shape) not in api.dimensions):
        return False
    own = rows_shape(shape, axis_of(case, api.axis)) if kind == INDICES else shape
    return case.tensors["targets"].shape == own


def rows_of(tensor: Tensor, axis: int) -> list[tuple[float, ...]]:
    """The rows of a tensor along an axis, in the order of the other axes."""
    array: Any = np.moveaxis(np.array(tensor.values, float).reshape(tensor.shape), axis, -1)
    return [tuple(row) for row in array.reshape(-1, tensor.shape[axis]).tolist()]


def places_of(shape: Sequence[int], axis: int) -> Any:
    """For each element of a tensor, in the order of memory, the number of its row."""
    rows = np.arange(math.prod(rows_shape(shape, axis))).reshape(rows_shape(shape, axis))
    return np.broadcast_to(np.expand_dims(rows, axis), shape).ravel()


def classes_held(case: Case, axis: int) -> list[tuple[bool, ...]]:
    """For each row, which of its classes a mask of the logits' shape leaves in; one of the rows' shape leaves
    in all of a row or nothing.
    """
    rows = rows_of(case.first, axis)
    if MASK not in case.tensors:
        return [(True,) * len(row) for row in rows]
    mask = case.tensors[MASK]
    if len(mask.shape) == len(case.first.shape):
        return [tuple(map(bool, row)) for row in rows_of(mask, axis)]
    given: Any = np.array(mask.values).reshape(mask.shape)
    held = np.broadcast_to(given, rows_shape(case.first.shape, axis)).ravel()
    return [(bool(each),) * len(row) for each, row in zip(held, rows, strict=True)]


def targets_of(case: Case, axis: int) -> list[Target]:
    """The targets, row by row."""
    targets = case.tensors["targets"]
    if kind_of(case) == INDICES:
        return [int(value) for value in targets.values]
    return [*rows_of(targets, axis)]

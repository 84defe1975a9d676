"""Whether a case is a call that can be right: its options have known names, and its tensors fit together.

A case that expects an error may be anything.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..errors import instead
from .case import Case
from .implementations import TABLE
from .rounding import FORMATS


def check_call(case: Case) -> None:
    """Refuse an option that no implementation of the loss has, and shapes that do not fit."""
    if not case.call.get("free"):
        check_options(case)
    if not case.errors and all(tensor.kind == "tensor" for tensor in case.tensors.values()):
        if case.of.rows:
            check_rows(case)
        else:
            check_elements(case)


def check_options(case: Case) -> None:
    """Refuse a name that no implementation of the loss knows."""
    known = options_of(case.loss)
    for name in case.options:
        if name not in known:
            meant = instead(name, known, f"one of {', '.join(sorted(known))}")
            raise ValueError(f"no implementation of {case.loss} has an option {name!r}{meant}")


@cache
def options_of(loss: str) -> frozenset[str]:
    """The options that some implementation of a loss has."""
    return frozenset(
        name
        for row in TABLE.values()
        if row.loss == loss
        for name in (*row.options, *row.usual, *row.spelled, *row.renamed)
    )


def check_elements(case: Case) -> None:
    """Refuse tensors that do not broadcast, and a weight that would enlarge the result."""
    try:
        shape = case.shape
    except ValueError:
        targets = case.tensors["targets"].shape
        raise ValueError(f"targets of the shape {targets} do not broadcast with {case.first.shape}") from None
    for name, tensor in case.tensors.items():
        if not fits(tensor.shape, shape):
            raise ValueError(f"{name} has the shape {tensor.shape}; expected one that broadcasts to {shape}")


def fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether a shape broadcasts to another."""
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False


def check_rows(case: Case) -> None:
    """Refuse indices that are not one for each row, along any axis; probabilities that are not one for each
    class; and a weight that is not one a class.
    """
    whole, targets = case.first.shape, case.tensors["targets"]
    rows = {whole[:axis] + whole[axis + 1 :] for axis in range(len(whole))}
    known = {whole} if targets.dtype in FORMATS else rows
    if targets.shape not in known:
        listed = " or ".join(map(str, sorted(known)))
        raise ValueError(f"targets have the shape {targets.shape}; expected {listed} beside {whole}")
    weight = case.tensors.get("weight")
    if weight is not None and weight.shape not in {(length,) for length in whole}:
        raise ValueError(f"weight has the shape {weight.shape}; expected one number a class of {whole}")

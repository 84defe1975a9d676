"""A case as a line for the worker."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np

from ..model.case import Case, Tensor
from ..model.implementations import APIS, Row
from ..model.rows import axis_of

PLAIN = Row("")
INTEGERS = ("index", "uint8", "int32", "int64")


def request_of(case: Case, implementation: str, row: Row = PLAIN) -> dict[str, Any]:
    """A case as a line for the worker; `row` is the implementation's of the table."""
    request: dict[str, Any] = {
        "id": case.id,
        "implementation": implementation,
        "tensors": {name: packed(tensor) for name, tensor in tensors_of(case, row).items()},
        "options": case.options,
        "differentiate": list(case.differentiate),
        "cotangent": case.cotangent,
        "second": case.second,
        **case.call,
    }
    if case.second and case.of.rows:
        request["direction"] = packed(direction_of(case, row))
    if case.repeat:
        distinct = case.first.shape[0]
        request["repeat"] = {"distinct": distinct, "times": case.repeat.times, "seed": case.repeat.seed}
    return request


def tensors_of(case: Case, row: Row) -> dict[str, Tensor]:
    """The tensors as an API takes them: class indices of its dtype, in its shape."""
    tensors = dict(case.tensors)
    targets = tensors["targets"]
    if case.of.rows and targets.dtype in INTEGERS:
        axis, shape = class_axis(case, row), targets.shape
        dtype = row.index if targets.dtype == "index" else targets.dtype
        shape = (*shape[:axis], 1, *shape[axis:]) if row.column else shape
        tensors["targets"] = replace(targets, dtype=dtype, shape=shape)
    return tensors


def direction_of(case: Case, row: Row) -> Tensor:
    """The numbers by which slopes are multiplied before they are differentiated again: 1 for the first class,
    0 for the others.
    """
    shape = case.first.shape
    first: Any = np.zeros(shape)
    np.moveaxis(first, class_axis(case, row), 0)[0] = 1.0
    return replace(case.first, values=tuple(first.ravel().tolist()))


def class_axis(case: Case, row: Row) -> int:
    """The class axis, from 0 on."""
    apis = APIS[case.loss]
    return axis_of(case, apis[row.api].axis if row.api in apis else -1)


def packed(tensor: Tensor) -> dict[str, Any]:
    """A tensor for the wire."""
    data = base64.b64encode(np.array(tensor.values, dtype="<f8").tobytes()).decode("ascii")
    return {
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "data": data,
        "view": tensor.view,
        "as": tensor.kind,
    }

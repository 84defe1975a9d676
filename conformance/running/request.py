"""A case as a line for the worker."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from ..model.case import Case, Tensor


def request_of(case: Case, implementation: str) -> dict[str, Any]:
    """A case as a line for the worker."""
    request: dict[str, Any] = {
        "id": case.id,
        "implementation": implementation,
        "tensors": {name: packed(tensor) for name, tensor in case.tensors.items()},
        "options": case.options,
        "differentiate": list(case.differentiate),
        "cotangent": case.cotangent,
        "second": case.second,
        **case.call,
    }
    if case.repeat:
        distinct = len(case.first.values)
        request["repeat"] = {"distinct": distinct, "times": case.repeat.times, "seed": case.repeat.seed}
    return request


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

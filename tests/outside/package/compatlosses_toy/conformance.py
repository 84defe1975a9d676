"""The toy framework as the conformance suite's worker uses it."""

from __future__ import annotations

from typing import Any

import numpy as np
from toy import Tensor

import compatlosses
from compatlosses.conformance.worker import Eager, Unsupported, viewed


class Toy(Eager):
    """Toy tensors. They have no autograd; `compatlosses.value_and_gradients` stands in for it."""

    version = "1.0"

    def tensor(self, values: Any, dtype: str, view: str | None) -> Tensor:
        if dtype == "bfloat16":
            raise Unsupported("the toy has no bfloat16")
        return Tensor(viewed(values.astype(dtype), view, np.asarray))

    def array(self, x: Tensor) -> tuple[Any, str]:
        return x.data, x.data.dtype.name

    def differentiate(self, call: Any, tensors: Any, wrt: Any, cotangent: Any, second: Any) -> Any:
        function, options, names = getattr(call, "neutral", (None, {}, {}))
        if function is None or cotangent is not None or second:
            raise Unsupported("the toy has no autograd")
        pair = list(tensors.values())[:2]
        weights = dict(list(tensors.items())[2:])
        value, gradients = compatlosses.value_and_gradients(
            function, *pair, wrt=tuple(names[name] for name in wrt), **weights, **options
        )
        return value, {name: gradients[names[name]] for name in wrt}, None

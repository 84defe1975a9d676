"""MindSpore, behind the face of `frameworks.Framework`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mindspore
import numpy as np
from frameworks import Framework, Loss, Tensor, rounded
from numpy.typing import NDArray


class MindSpore:
    """MindSpore, eager."""

    name = "mindspore"
    dtypes = ("float16", "bfloat16", "float32", "float64")

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        return mindspore.Tensor(rounded(values, dtype)).astype(getattr(mindspore, dtype))

    def integers(self, values: object, dtype: str) -> Tensor:
        return mindspore.Tensor(np.asarray(values)).astype(
            mindspore.bool_ if dtype == "bool" else getattr(mindspore, dtype)
        )

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        base = self.tensor(values)
        return [base.T, base[::2, ::3], base[:1].expand_as(base)]

    def array(self, tensor: Tensor) -> NDArray[Any]:
        return np.asarray(tensor.astype(mindspore.float64).asnumpy())

    def dtype(self, tensor: Tensor) -> str:
        return str(tensor.dtype).lower()

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        positions = tuple(range(len(tensors)))
        found = mindspore.grad(lambda *args: loss(*args).astype(mindspore.float64).sum(), positions)(*tensors)
        return list(found) if isinstance(found, tuple) else [found]

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        def gradient(*args: Tensor) -> Tensor:
            return mindspore.grad(lambda *inner: loss(*inner).sum(), first)(*args).sum()

        return mindspore.grad(gradient, then)(*tensors)


FRAMEWORK: Framework = MindSpore()

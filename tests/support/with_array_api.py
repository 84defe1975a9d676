"""The array API standard's reference namespace, behind the face of `frameworks.Framework`.

It has no half precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import array_api_strict as xp
import numpy as np
from frameworks import Framework, Loss, Tensor, rounded
from numpy.typing import NDArray


class ArrayApi:
    """array-api-strict, whose gradients are `compatlosses.value_and_gradients`."""

    name = "array_api"
    dtypes = ("float32", "float64")

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        return xp.asarray(rounded(values, dtype))

    def integers(self, values: object, dtype: str) -> Tensor:
        return xp.asarray(np.asarray(values).astype(dtype))

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        base = self.tensor(values)
        return [base.T, base[::2, ::-1], xp.broadcast_to(base[:1, :], base.shape)]

    def array(self, tensor: Tensor) -> NDArray[Any]:
        return np.asarray(np.from_dlpack(tensor), dtype=np.float64)

    def dtype(self, tensor: Tensor) -> str:
        return str(tensor.dtype).removeprefix("array_api_strict.")

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        raise NotImplementedError("the array API standard has no autograd: call value_and_gradients")

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        raise NotImplementedError("the array API standard has no autograd")


FRAMEWORK: Framework = ArrayApi()

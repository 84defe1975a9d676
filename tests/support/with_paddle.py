"""Paddle, behind the face of `frameworks.Framework`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
from frameworks import Framework, Loss, Tensor, rounded
from numpy.typing import NDArray


class Paddle:
    """Paddle."""

    name = "paddle"
    dtypes = ("float16", "bfloat16", "float32", "float64")

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        return paddle.to_tensor(rounded(values, dtype)).cast(dtype)

    def integers(self, values: object, dtype: str) -> Tensor:
        return paddle.to_tensor(np.asarray(values)).cast(dtype)

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        base = self.tensor(values)
        return [base.T, base[::2, ::3], base[:1].expand(base.shape)]

    def array(self, tensor: Tensor) -> NDArray[Any]:
        return tensor.detach().cast("float64").numpy()

    def dtype(self, tensor: Tensor) -> str:
        return str(tensor.dtype).removeprefix("paddle.")

    def leaves(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        leaves = [tensor.detach() for tensor in tensors]
        for leaf in leaves:
            leaf.stop_gradient = False
        return leaves

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        leaves = self.leaves(tensors)
        return list(paddle.grad(loss(*leaves).sum(), leaves))

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        leaves = self.leaves(tensors)
        gradient = paddle.grad(loss(*leaves).sum(), leaves[first], create_graph=True)[0]
        return paddle.grad(gradient.sum(), leaves[then])[0]


FRAMEWORK: Framework = Paddle()

"""torch, behind the face of `frameworks.Framework`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from frameworks import Framework, Loss, Tensor, rounded
from numpy.typing import NDArray


class Torch:
    """torch."""

    name = "torch"
    dtypes = ("float16", "bfloat16", "float32", "float64")

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        return torch.tensor(rounded(values, dtype)).to(getattr(torch, dtype))

    def integers(self, values: object, dtype: str) -> Tensor:
        return torch.tensor(np.asarray(values)).to(getattr(torch, dtype))

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        base = self.tensor(values)
        return [base.T, base[::2, ::3], base[:1].expand(base.shape)]

    def array(self, tensor: Tensor) -> NDArray[Any]:
        return tensor.detach().to(torch.float64).numpy()

    def dtype(self, tensor: Tensor) -> str:
        return str(tensor.dtype).removeprefix("torch.")

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        leaves = [tensor.detach().requires_grad_() for tensor in tensors]
        return list(torch.autograd.grad(loss(*leaves).sum(), leaves))

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        leaves = [tensor.detach().requires_grad_() for tensor in tensors]
        gradient = torch.autograd.grad(loss(*leaves).sum(), leaves[first], create_graph=True)[0]
        return torch.autograd.grad(gradient.sum(), leaves[then])[0]


FRAMEWORK: Framework = Torch()

"""The frameworks under test, behind one small face: make a tensor, read it back, differentiate.

Import this module first of all: MindSpore must be imported before Paddle in a process. The variable
TEST_FRAMEWORKS names the frameworks that this process is to test, besides NumPy; one that cannot be imported
fails the whole run.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

UNDER_TEST = tuple(os.environ.get("TEST_FRAMEWORKS", "torch paddle mindspore").split())

# In the one order in which they all work.
if "mindspore" in UNDER_TEST:
    import mindspore
if "paddle" in UNDER_TEST:
    import paddle
if "torch" in UNDER_TEST:
    import torch

Tensor = Any
Loss = Callable[..., Tensor]


class Framework(Protocol):
    """What a test needs of a framework."""

    name: str
    dtypes: tuple[str, ...]

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        """A tensor of these values, rounded to ``dtype``."""

    def integers(self, values: object, dtype: str) -> Tensor:
        """A tensor of integers or bools."""

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        """Views of a float32 tensor of these values, two axes, that are not laid out in C order."""

    def array(self, tensor: Tensor) -> NDArray[Any]:
        """The values of a tensor, widened to float64."""

    def dtype(self, tensor: Tensor) -> str:
        """The name of a tensor's element type."""

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The gradients of the sum of ``loss(*tensors)`` by each tensor, through the framework's own
        autograd.
        """

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        """The derivative by tensor ``then`` of the sum of the gradient by tensor ``first``."""


def rounded(values: object, dtype: str) -> NDArray[Any]:
    """The values rounded to ``dtype`` once, as an array of a dtype that NumPy has: float32 for bfloat16."""
    array = np.asarray(values, dtype=np.float64)
    with np.errstate(all="ignore"):
        if dtype != "bfloat16":
            return array.astype(dtype)
        # A multiple of the spacing, which is 2^-133 at least; ties to even are NumPy's.
        _, exponent = np.frexp(array)
        spacing = np.ldexp(1.0, np.maximum(exponent - 8, -133))
        return np.where(np.isfinite(array), np.rint(array / spacing) * spacing, array).astype(np.float32)


class Numpy:
    """NumPy, whose gradients are `compatlosses.value_and_gradients`."""

    name = "numpy"
    dtypes = ("float16", "float32", "float64")

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        return np.asarray(rounded(values, dtype))

    def integers(self, values: object, dtype: str) -> Tensor:
        return np.asarray(values).astype(dtype)

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        base = self.tensor(values)
        return [base.T, base[::2, ::-1], np.broadcast_to(base[:1], base.shape), np.asfortranarray(base)]

    def array(self, tensor: Tensor) -> NDArray[Any]:
        return np.asarray(tensor, dtype=np.float64)

    def dtype(self, tensor: Tensor) -> str:
        return str(tensor.dtype)

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        raise NotImplementedError("NumPy has no autograd: call value_and_gradients")

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        raise NotImplementedError("NumPy has no autograd")


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


def made(name: str) -> Framework:
    """The face of the framework of that name: here, or in a module of its own."""
    here: dict[str, type[Framework]] = {"torch": Torch, "paddle": Paddle, "mindspore": MindSpore}
    if name in here:
        return here[name]()
    face: Framework = importlib.import_module(f"with_{name}").FRAMEWORK
    return face


WITHOUT_TENSORS = ("keras", "optax")
"""APIs whose tensors are another framework's."""

WITHOUT_AUTOGRAD = ("numpy", "array_api")
"""Whose gradients are `compatlosses.value_and_gradients`."""

FRAMEWORKS: tuple[Framework, ...] = (
    Numpy(),
    *(made(name) for name in UNDER_TEST if name not in WITHOUT_TENSORS),
)
WITH_AUTOGRAD: tuple[Framework, ...] = tuple(one for one in FRAMEWORKS if one.name not in WITHOUT_AUTOGRAD)

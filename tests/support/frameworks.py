"""The frameworks under test, behind one small face: make a tensor, read it back, differentiate.

The face of each is a module of its own, ``with_NAME``. `conftest` loads those that its option ``--framework``
selects, before it imports any test.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from compatlosses import plans

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


def forget_plans(patch: pytest.MonkeyPatch) -> None:
    """Let no call be remembered from before: for tests in which a call is to go another way."""
    patch.setattr(plans._Hosts, "by_type", {})
    patch.setattr(plans._Hosts, "types", ())


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


KNOWN = ("mindspore", "paddle", "torch", "tensorflow", "keras", "jax", "optax", "array_api")
"""Every framework but NumPy, which is always under test, in the one order of imports that works in a process.

Paddle before MindSpore breaks MindSpore's import, TensorFlow before Paddle ends the process.
"""

WITHOUT_TENSORS = ("keras", "optax")
"""APIs whose tensors are another framework's."""

WITHOUT_AUTOGRAD = ("numpy", "array_api")
"""Whose gradients are `compatlosses.value_and_gradients`."""

UNDER_TEST: list[str] = []
"""The names of the selected frameworks."""

FRAMEWORKS: list[Framework] = [Numpy()]
"""NumPy and those selected that have tensors."""

WITH_AUTOGRAD: list[Framework] = []
"""Those of them that differentiate."""


def installed(name: str) -> bool:
    """Whether the framework can be found. It is not imported."""
    return find_spec("array_api_strict" if name == "array_api" else name) is not None


def load(names: Iterable[str]) -> None:
    """Put these frameworks under test. Raises ImportError for one that does not import."""
    UNDER_TEST.extend(name for name in KNOWN if name in set(names))
    FRAMEWORKS.extend(
        importlib.import_module(f"with_{name}").FRAMEWORK
        for name in UNDER_TEST
        if name not in WITHOUT_TENSORS
    )
    WITH_AUTOGRAD.extend(one for one in FRAMEWORKS if one.name not in WITHOUT_AUTOGRAD)

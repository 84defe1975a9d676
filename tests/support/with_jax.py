"""JAX, behind the face of `frameworks.Framework`.

Its x64 mode is on here; processes of their own cover the default.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

# Eight devices, for what is spread over them. XLA reads this once.
os.environ["XLA_FLAGS"] = (
    f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8".strip()
)

import jax
import jax.numpy as jnp
import numpy as np
from frameworks import Framework, Loss, Tensor, rounded
from numpy.typing import NDArray

jax.config.update("jax_enable_x64", True)


class Jax:
    """JAX, eager."""

    name = "jax"
    dtypes = ("float16", "bfloat16", "float32", "float64")

    def tensor(self, values: object, dtype: str = "float32") -> Tensor:
        # NumPy rounds: JAX loses subnormals.
        return jnp.asarray(rounded(values, dtype).astype(jnp.dtype(dtype)))

    def integers(self, values: object, dtype: str) -> Tensor:
        return jnp.asarray(np.asarray(values), dtype)

    def views(self, values: NDArray[Any]) -> list[Tensor]:
        """None: JAX's arrays are laid out in C order."""
        return []

    def array(self, tensor: Tensor) -> NDArray[Any]:
        return np.asarray(tensor).astype(np.float64)

    def dtype(self, tensor: Tensor) -> str:
        return str(tensor.dtype.name)

    def gradients(self, loss: Loss, tensors: Sequence[Tensor]) -> list[Tensor]:
        value, pull = jax.vjp(loss, *tensors)
        return list(pull(jnp.ones_like(value)))

    def second(self, loss: Loss, tensors: Sequence[Tensor], first: int, then: int) -> Tensor:
        def gradient(*given: Tensor) -> Tensor:
            return jax.grad(lambda *inner: loss(*inner).sum(), first)(*given).sum()

        return jax.grad(gradient, then)(*tensors)


FRAMEWORK: Framework = Jax()

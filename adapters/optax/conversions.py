"""What optax makes JAX arrays of."""

from __future__ import annotations

import numpy as np

from compatlosses.libraries import Tensor


def converted(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """NumPy arrays and numbers beside a JAX array as JAX arrays, and labels that say themselves what array
    they are.
    """
    from compatlosses.jax import library as jax

    if not jax.owns(labels) and callable(getattr(labels, "__jax_array__", None)):
        labels = labels.__jax_array__()
    if jax.owns(logits):
        return logits, jax.converted(labels)
    if jax.owns(labels) and isinstance(logits, (np.ndarray, np.generic)):
        return jax.converted(logits), labels
    return logits, labels

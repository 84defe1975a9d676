"""How the toy framework's tensors are used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from toy import Tensor, raw

from compatlosses import gradients as gradients_of
from compatlosses import libraries
from compatlosses.protocols import Loss
from compatlosses.vocabulary import vocabulary

NAME = "Toy"
host = None

_THIS: Any = sys.modules[__name__]


# What is asked of a tensor


def owns(x: object) -> bool:
    return isinstance(x, Tensor)


def shape(x: Tensor, /) -> tuple[int, ...]:
    return x.data.shape


def dtype(x: Tensor, /) -> str:
    return x.data.dtype.name


def size(x: Tensor, /) -> int:
    return x.data.size


# How tensors are made of tensors


def cast(x: Tensor, dtype: str, /) -> Tensor:
    with np.errstate(all="ignore"):
        return Tensor(x.data.astype(dtype, copy=False))


def constant(value: float, like: Tensor, /) -> Tensor:
    return Tensor(value, like.data.dtype.name)


def reshape(x: Tensor, shape: Sequence[int], /) -> Tensor:
    return Tensor(x.data.reshape(tuple(shape)))


def broadcast_to(x: Tensor, shape: Sequence[int], /) -> Tensor:
    return Tensor(np.broadcast_to(x.data, tuple(shape)))


def where(condition: Tensor, a: Tensor | float, b: Tensor | float, /) -> Tensor:
    kind = (a if isinstance(a, Tensor) else b).data.dtype
    return Tensor(np.where(condition.data, np.asarray(raw(a), kind), np.asarray(raw(b), kind)))


def sum(x: Tensor, /) -> Tensor:
    return Tensor(x.data.sum(dtype=np.float64))


def sum_to(x: Tensor, like: Tensor, /) -> Tensor:
    axes = libraries.summed_axes(x.data.shape, like.data.shape)
    return Tensor(x.data.sum(axis=axes, dtype=np.float64).reshape(like.data.shape)) if axes else x


def divide(x: Tensor, divisor: float | Tensor, /) -> Tensor:
    return x / divisor


# Where values are special


def isinf(x: Tensor, /) -> Tensor:
    return Tensor(np.isinf(x.data))


def equal(x: Tensor, value: float, /) -> Tensor:
    return Tensor(x.data == value if value == value else x.data != x.data)


# The two functions that the formula is made of, over the whole range of the dtype


def softplus(x: Tensor, /) -> Tensor:
    wide = x.data.astype(np.float64)
    with np.errstate(all="ignore"):
        return cast(Tensor(np.maximum(wide, 0.0) + np.log1p(np.exp(-np.abs(wide)))), dtype(x))


def sigmoid(x: Tensor, /) -> Tensor:
    wide = x.data.astype(np.float64)
    with np.errstate(all="ignore"):
        small = np.exp(-np.abs(wide))
        return cast(Tensor(np.where(wide < 0, small, 1.0) / (1.0 + small)), dtype(x))


# A loss by its definition, and its gradient by the input of a number: an autograd is given the one as the
# derivative of the other; the toy has none


def elementwise(loss: Loss, inputs: tuple[Any, ...], counts: Tensor | None, /) -> Tensor:
    with np.errstate(all="ignore"):
        return gradients_of.elements(_THIS, loss, inputs, counts)


def gradient(
    loss: Loss, of: int, g: Tensor | None, inputs: tuple[Any, ...], counts: Tensor | None, /
) -> Tensor:
    with np.errstate(all="ignore"):
        return gradients_of.gradient(_THIS, loss, of, g, inputs, counts)


# Losses of probabilities and of densities, and those of rows


def exp(x: Tensor, /) -> Tensor:
    with np.errstate(all="ignore"):
        return Tensor(np.exp(x.data))


def log(x: Tensor, /) -> Tensor:
    with np.errstate(all="ignore"):
        return Tensor(np.log(x.data))


def log1p(x: Tensor, /) -> Tensor:
    with np.errstate(all="ignore"):
        return Tensor(np.log1p(x.data))


# Losses of rows, which lie along the last axis


def moved(x: Tensor, source: int, destination: int, /) -> Tensor:
    return Tensor(np.moveaxis(x.data, source, destination))


def row_sum(x: Tensor, /) -> Tensor:
    return Tensor(x.data.sum(axis=-1, keepdims=True))


def row_max(x: Tensor, /) -> Tensor:
    return Tensor(x.data.max(axis=-1, keepdims=True))


def classes(indices: Tensor, like: Tensor, /) -> Tensor:
    return Tensor(np.arange(like.data.shape[-1]) == indices.data[..., None])


def with_axis(x: Tensor, /) -> Tensor:
    return Tensor(x.data[..., None])


def without_axis(x: Tensor, /) -> Tensor:
    return Tensor(x.data[..., 0])


def detached(x: Tensor, /) -> Tensor:
    return x


OPS = vocabulary(_THIS)


# What the framework does around a call


def tracing() -> bool:
    return False


def autocast_dtype(x: Tensor, /) -> str | None:
    return None


libraries.register(_THIS)

"""Dask arrays of NumPy blocks: a loss of elements is one task a block, computed as NumPy's own is."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from array_api_compat import is_dask_array

from compatlosses.evaluate import evaluate
from compatlosses.numpy import library as numpy_library
from compatlosses.protocols import Loss

Array = Any


def are_those_of_numpy(inputs: tuple[Any, ...]) -> bool:
    """Whether every array is a Dask array of NumPy blocks."""
    return all(x is None or (is_dask_array(x) and isinstance(x._meta, np.ndarray)) for x in inputs)


def losses(loss: Loss, inputs: tuple[Any, ...], counts: Array | None) -> Array:
    """The loss of each element in double, chunked as the first input."""
    return by_blocks(losses_of_a_block, loss, inputs, (counts,))


def slopes(loss: Loss, of: int, g: Array | None, inputs: tuple[Any, ...], counts: Array | None) -> Array:
    """The slope of each element by the input number ``of``, of the first one's shape, times ``g``, in
    double.
    """
    return by_blocks(slopes_of_a_block, loss, inputs, (counts, g), of=of)


def by_blocks(
    function: Any, loss: Loss, inputs: tuple[Any, ...], more: tuple[Any, ...], **options: Any
) -> Array:
    """``function`` of the blocks of a loss's tensors and of ``more``, with None at the places of those that
    are None.
    """
    from dask.array.core import elemwise

    count = len(loss.arguments)
    given = (*inputs[:count], *more)
    present = tuple(i for i, x in enumerate(given) if x is not None)
    whole = partial(function, loss=loss, places=present, parameters=inputs[count:], **options)
    return elemwise(whole, *[given[i] for i in present], dtype=np.float64)  # type: ignore[no-untyped-call]


def losses_of_a_block(
    *blocks: Array, loss: Loss, places: tuple[int, ...], parameters: tuple[float, ...]
) -> Array:
    """The losses of one block, by the executor that NumPy's arrays take."""
    *inputs, counts = spread(blocks, places, len(loss.arguments) + 1)
    reduction = ("none", "one", None, math.nan, counts)
    return evaluate((loss, numpy_library, tuple(inputs), parameters, reduction), "float64")


def slopes_of_a_block(
    *blocks: Array, loss: Loss, places: tuple[int, ...], parameters: tuple[float, ...], of: int
) -> Array:
    """The slopes of one block, times the cotangent."""
    *inputs, counts, g = spread(blocks, places, len(loss.arguments) + 2)
    return numpy_library.gradient(loss, of, g, (*inputs, *parameters), counts)


def spread(blocks: tuple[Array, ...], places: tuple[int, ...], count: int) -> list[Array | None]:
    """Blocks at their places among ``count``, None at all others."""
    found = dict(zip(places, blocks, strict=True))
    return [found.get(i) for i in range(count)]

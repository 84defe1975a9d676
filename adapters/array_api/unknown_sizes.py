"""Checks of sizes that are not known before an array is computed: Dask's chunks after a selection, a
program's free sizes.
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

from compatlosses import rules

Array = Any


def of_blocks(x: Array, like: Array, same: bool, message: str) -> Array:
    """A Dask array whose blocks are checked against those of ``like`` as they are computed.

    Raises:
        ValueError: when computed, with ``message``; at once, if the two have different numbers of blocks.
    """
    from dask.array import blockwise

    places = tuple(range(like.ndim))
    own = [places[like.ndim - x.ndim + i] for i in range(x.ndim)]
    if not same:
        # A size of 1 stands against every block of that axis.
        own = [like.ndim + place if size == 1 else place for place, size in zip(own, x.shape, strict=True)]
    for i, place in enumerate(own):
        if place < like.ndim and x.numblocks[i] != like.numblocks[place]:
            raise ValueError(
                f"{message}. They have {x.numblocks} and {like.numblocks} blocks: give them the same chunks."
            )
    return blockwise(  # type: ignore[no-untyped-call]
        checked,
        own,
        x,
        own,
        like,
        places,
        same=same,
        message=message,
        dtype=x.dtype,
        concatenate=True,
        align_arrays=False,
    )


def checked(x: Array, like: Array, same: bool, message: str) -> Array:
    """The block ``x`` whose shape goes with that of ``like``.

    Raises:
        ValueError: it does not.
    """
    if x.shape != like.shape and (same or not rules.broadcasts(x.shape, like.shape)):
        raise ValueError(f"{message}. A block has shape {x.shape} and the block that it meets {like.shape}.")
    return x


def of_a_program(x: Array, like: Array, same: bool, message: str) -> Array:
    """An array of a program that fails, for want of an assertion, where a concatenation has arrays of two
    shapes.
    """
    namespace = array_namespace(x)
    zeros = namespace.astype(like != like, namespace.uint8)
    shaped = (
        namespace.astype(x != x, namespace.uint8)
        if same
        else zeros + namespace.astype(x != x, namespace.uint8)
    )
    both = namespace.concat([namespace.expand_dims(array, axis=0) for array in (shaped, zeros)], axis=0)
    return namespace.where(namespace.sum(both[:0, ...]) == 0, x, namespace.zeros_like(x))

"""Checks that Paddle's editions share."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from compatlosses import fused, rules
from compatlosses.libraries import Library, Names, Tensor
from compatlosses.protocols import Array

NAMES: Names = ("logit", "label", "weight", "pos_weight")


def check_pair(
    library: Library, names: tuple[str, str], logit: Tensor, label: Tensor, accepted: tuple[str, ...]
) -> None:
    """Refuse logits and labels of an unsuitable dtype, of two dtypes or of two shapes.

    Raises:
        TypeError: a dtype that is not accepted; two dtypes, as automatic casting leaves them.
        ValueError: two shapes.
    """
    rules.check_dtype(library, names[0], logit, accepted, TypeError)
    rules.check_dtype(library, names[1], label, accepted, TypeError)
    dtype = library.autocast_dtype(logit) or library.dtype(logit)
    found = library.autocast_dtype(label) or library.dtype(label)
    if found != dtype:
        raise TypeError(
            f"{names[1]} has dtype {library.dtype(label)}; expected {dtype}, the dtype of {names[0]}. "
            f"Cast {names[1]} to {dtype} first."
        )
    rules.check_same_shape(library, names[1], label, names[0], logit, ValueError)


def check_weight(
    library: Library, name: str, weight: Tensor | None, logit: Tensor, accepted: tuple[str, ...]
) -> None:
    """Refuse a weight that is no tensor, of an unsuitable dtype, or that does not broadcast to the logits.

    Raises:
        TypeError: no tensor, or a dtype that is not accepted.
        ValueError: a shape that does not broadcast to the logits', or would enlarge it.
    """
    if weight is None:
        return
    if not library.owns(weight):
        raise TypeError(f"{name} is {weight!r}; expected a tensor or None. Make it a tensor first.")
    rules.check_dtype(library, name, weight, accepted, TypeError)
    rules.check_broadcast(library, name, weight, "logit", logit, ValueError)


def promoted(a: str, b: str) -> str:
    """The floating dtype that Paddle's multiplication gives for these two."""
    if a == b:
        return a
    return "float64" if "float64" in (a, b) else "float32"


PADDING = -100
"""The label that Paddle's operator leaves out, which its document does not say."""

_BITS = {np.dtype("float16"): np.uint16(0xD640), fused.BFLOAT16: np.uint16(0xC2C8)}
"""-100 in half precision. NumPy compares half precision slowly, and has no bfloat16."""


def warn_of_padding(library: Library, label: Tensor) -> None:
    """Warn once, where labels on host memory hold -100: padding that relies on Paddle leaving it out counts
    here.
    """
    host = library.host
    if host is not None and host.why_formula((label,)) is None:
        look_for_padding((None, host.view(label)))


def look_for_padding(arrays: tuple[Any, ...]) -> None:
    """Warn where one of the labels, which are the second of a call's ``arrays``, is -100, unless that has
    been said.
    """
    if _warn.cache_info().currsize:
        return
    labels = arrays[1]
    bits = _BITS.get(labels.dtype)
    if (labels == PADDING if bits is None else _bits(labels) == bits).any():
        _warn()


def _bits(labels: Array) -> Array:
    """Labels of half precision as integers. A view keeps the strides."""
    return labels.view(np.uint16) if labels.dtype != fused.BFLOAT16 else labels["bfloat16"]


@cache
def _warn() -> None:
    warnings.warn(
        "a label is -100. Paddle's own operator leaves such elements out, which its document does not say; "
        "here they count, as "
        "the formula has them. Give padding the weight 0, or call "
        "compatlosses.binary_cross_entropy_with_logits(..., "
        "ignore_index=-100). This is said once.",
        UserWarning,
        stacklevel=5,
    )

"""What Paddle's editions of binary cross entropy share."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from compatlosses import checks, fused
from compatlosses.checks import REPEATED, Argument, Dialect
from compatlosses.libraries import Library, Tensor
from compatlosses.plans import View
from compatlosses.protocols import Array


def dialect(dtypes: tuple[str, ...]) -> Dialect:
    """Binary cross entropy with logits, of two tensors of one dtype and two weights."""
    return Dialect(
        (
            *checks.pair(("logit", "label"), dtypes, alike=True),
            Argument("weight", dtypes, REPEATED),
            Argument("pos_weight", dtypes, REPEATED),
        )
    )


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
        look_for_padding(host.view, (None, label), ())


def look_for_padding(view: View, inputs: tuple[Any, ...], options: tuple[Any, ...]) -> None:
    """Warn where one of the labels, the second input of a call, is -100, unless that has been said."""
    if _warn.cache_info().currsize:
        return
    labels = view(inputs[1])
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

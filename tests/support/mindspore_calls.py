"""Calls of MindSpore's functions and of the shim's, side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from inspect import signature
from typing import Any

import mindspore
import numpy as np
from mindspore.common.api import _pynative_executor

KINDS = {
    name: getattr(mindspore, name)
    for name in (
        "float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool_",
    )
}  # fmt: skip


def tensor(values: Any, dtype: str = "float32") -> mindspore.Tensor:
    """A MindSpore tensor."""
    return mindspore.Tensor(np.asarray(values)).astype(KINDS[dtype])


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error, which MindSpore may raise when the
    result is read.
    """
    try:
        result = call()
        return result.dtype, tuple(result.shape), result.asnumpy()
    except Exception as error:
        settle()
        return type(error)


def settle() -> None:
    """Let MindSpore raise an operator's error here that it would raise once more in the next operation."""
    with contextlib.suppress(Exception):
        _pynative_executor.sync()


def assert_alike(theirs: Callable[[], Any], ours: Callable[[], Any], half: bool = False) -> None:
    """Both calls give the same, to the rounding of the native one, whose exponentials err by 5e-6."""
    a, b = outcome(theirs), outcome(ours)
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    half = half or a[0] == mindspore.float16
    np.testing.assert_allclose(
        b[2].astype(float), a[2].astype(float), rtol=1e-2 if half else 1e-5, atol=1e-2 if half else 1e-5
    )


def parameters(function: Any) -> list[Any]:
    """The names and defaults of the options."""
    return [(p.name, p.default) for p in signature(function).parameters.values()]

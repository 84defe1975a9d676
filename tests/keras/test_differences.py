"""Keras' losses of a difference beside the native functions, on the backend of this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import compatlosses.keras.losses as shim

native = keras.losses
X = np.array([[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]], np.float32)
Y = np.array([[0.0, 1.0, -2.0], [3.0, 0.0, 0.5]], np.float32)
NAMES = ("mean_squared_error", "mean_absolute_error", "huber")


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values."""
    result = call()
    return keras.backend.standardize_dtype(result.dtype), tuple(result.shape), ops.convert_to_numpy(result)


def assert_alike(name: str, *arguments: Any) -> None:
    """Both functions give the same, to the rounding of the native one."""
    a = outcome(lambda: getattr(native, name)(*arguments))
    b = outcome(lambda: getattr(shim, name)(*arguments))
    assert a[:2] == b[:2]
    np.testing.assert_allclose(
        b[2].astype(float), a[2].astype(float), rtol=2e-3 if a[0] == "float16" else 1e-6
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("first", "second"),
    [("float32", "float32"), ("int64", "float32"), ("bool", "float32"), ("float32", "float16")],
)
def test_dtypes(name: str, first: str, second: str) -> None:
    assert_alike(name, ops.convert_to_tensor(Y.astype(first)), ops.convert_to_tensor(X.astype(second)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("x", "y"),
    [(X, Y[:1]), (X[0], Y[0][:, None]), (X[0][:, None], Y[0]), (X[..., None], Y), (X, Y[..., None])],
    ids=str,
)
def test_shapes_that_keras_makes_alike(name: str, x: Any, y: Any) -> None:
    assert_alike(name, ops.convert_to_tensor(y), ops.convert_to_tensor(x))


@pytest.mark.parametrize("name", NAMES)
def test_arrays_and_lists(name: str) -> None:
    assert_alike(name, Y, X)
    assert_alike(name, Y.tolist(), X.tolist())


@pytest.mark.parametrize("delta", [0.0, 0.5, 2.0])
def test_delta(delta: float) -> None:
    assert_alike("huber", ops.convert_to_tensor(Y), ops.convert_to_tensor(X), delta)


def test_what_does_not_go_together() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        shim.mean_squared_error(ops.convert_to_tensor(Y[:, :2]), ops.convert_to_tensor(X))
    with pytest.raises(ValueError, match="axis is -1"):
        shim.mean_squared_error(ops.convert_to_tensor(1.0), ops.convert_to_tensor(2.0))

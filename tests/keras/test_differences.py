"""Keras' losses of a difference beside the native functions, on the backend of this process."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
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


@pytest.mark.parametrize("delta", [True, np.float32(0.5), ops.convert_to_tensor(0.5)], ids=str)
def test_what_keras_takes_for_a_number(delta: Any) -> None:
    assert_alike("huber", Y, X, delta)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_of_whole_numbers(name: str) -> None:
    """Keras rounds Huber's half to 0."""
    y, x = (ops.convert_to_tensor(a.astype("int32")) for a in (Y, X))
    if name != "huber":
        assert_alike(name, y, x)
    floating = ops.cast(y, "float32"), ops.cast(x, "float32")
    assert_alike(name, *floating)
    found, expected = (ops.convert_to_numpy(getattr(shim, name)(*pair)) for pair in ((y, x), floating))
    np.testing.assert_array_equal(found, expected)


def test_what_does_not_go_together() -> None:
    """Keras leaves it to the backend, whose errors are several."""
    y, x = ops.convert_to_tensor(Y), ops.convert_to_tensor(X)
    with pytest.raises(ValueError, match="broadcast"):
        shim.mean_squared_error(y[:, :2], x)
    with pytest.raises(ValueError, match="axis is -1"):
        shim.mean_squared_error(ops.convert_to_tensor(1.0), ops.convert_to_tensor(2.0))
    with pytest.raises(TypeError, match="y_pred has dtype bool"):
        shim.mean_squared_error(y, ops.cast(x, "bool"))
    with pytest.raises(TypeError, match="y_true is None"):
        shim.mean_squared_error(None, x)
    for delta in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="delta is"):
            shim.huber(y, x, delta)
    for delta in (None, "1"):
        with pytest.raises(TypeError, match="delta is"):
            shim.huber(y, x, delta)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", [(3,), (1,)])
def test_symbolic_tensors(name: str, target: tuple[int, ...]) -> None:
    """Keras' own Huber loss refuses them on the backends JAX and NumPy."""
    y, x = keras.Input(target), keras.Input((3,))
    loss = getattr(shim, name)(y, x)
    assert isinstance(loss, keras.KerasTensor) and loss.shape == (None,)
    values = [np.ascontiguousarray(Y[:, : target[0]]), X]
    expected = getattr(native, name)(*(ops.convert_to_tensor(value) for value in values))
    found = keras.Model([y, x], loss)(values)
    np.testing.assert_allclose(ops.convert_to_numpy(found), ops.convert_to_numpy(expected), rtol=1e-6)
    with pytest.raises(ValueError):
        getattr(shim, name)(keras.Input((2,)), x)


@pytest.mark.skipif(keras.config.backend() == "jax", reason="JAX has no float64 unless it is enabled")
@pytest.mark.parametrize("name", NAMES)
def test_float64_stays(name: str) -> None:
    """Keras rounds it to float32 on NumPy."""
    y, x = (ops.cast(ops.convert_to_tensor(values), "float64") for values in (Y, X))
    found = outcome(lambda: getattr(shim, name)(y, x))
    assert found[0] == "float64"
    np.testing.assert_allclose(found[2], outcome(lambda: getattr(native, name)(y, x))[2], rtol=1e-6)


CLASSES = ("MeanSquaredError", "MeanAbsoluteError", "Huber")
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def parameters(function: Any) -> list[Any]:
    """The names and defaults of the options."""
    return [(p.name, p.default) for p in signature(function).parameters.values()]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_class_is_as_the_real_one(name: str, reduction: str | None) -> None:
    mine, theirs = (getattr(module, name)(reduction=reduction) for module in (shim, native))
    assert isinstance(mine, type(theirs)) and mine.name == theirs.name
    assert parameters(type(mine).__init__) == parameters(type(theirs).__init__)
    masked = ops.convert_to_tensor(X)
    keras.src.backend.set_keras_mask(masked, ops.convert_to_tensor([True, False]))
    for prediction in (X, masked):
        for weights in (None, [0.5, 2.0], [[0.5], [2.0]]):
            a, b = (outcome(lambda loss=loss: loss(Y, prediction, weights)) for loss in (theirs, mine))  # noqa: B023
            assert a[:2] == b[:2]
            np.testing.assert_allclose(b[2], a[2], rtol=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_saved_and_loaded(name: str) -> None:
    loss = getattr(shim, name)(reduction="sum", dtype="float16")
    loaded = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(loaded) is type(loss) and loaded.reduction == "sum"
    assert outcome(lambda: loss(Y, X))[0] == "float16"
    with pytest.raises(ValueError, match="reduction"):
        getattr(shim, name)(reduction="avg")


def test_hubers_delta_is_saved() -> None:
    """Keras' own loss comes back with a delta of 1."""
    for module, kept in ((native, 1.0), (shim, 2.0)):
        loaded = keras.losses.deserialize(keras.losses.serialize(module.Huber(2.0)))
        assert loaded._fn_kwargs == {"delta": kept}


@pytest.mark.skipif(keras.config.backend() == "numpy", reason="Keras does not train on NumPy")
@pytest.mark.parametrize("name", CLASSES)
def test_training(name: str) -> None:
    """A model trains as with the real loss: the same weights after some steps."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(32, 4)).astype(np.float32)
    targets = features @ rng.normal(size=(4, 3)).astype(np.float32)
    trained = []
    for module in (shim, native):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss=getattr(module, name)())
        history = model.fit(features, targets, batch_size=10, epochs=3, verbose=0, shuffle=False)
        assert history.history["loss"][-1] < history.history["loss"][0]
        trained.append(model.get_weights())
    for mine, theirs in zip(*trained, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)

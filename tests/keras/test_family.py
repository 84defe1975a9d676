"""Keras' focal loss, divergence and Poisson loss beside the native functions."""

from __future__ import annotations

from inspect import signature
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import compatlosses.keras.losses as shim
from compatlosses.keras import plain

native = keras.losses
P = np.array([[0.25, 0.5, 0.875], [0.125, 0.75, 0.0625]], np.float32)
Y = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.25]], np.float32)
NAMES = ("binary_focal_crossentropy", "kl_divergence", "poisson")


def assert_alike(name: str, *arguments: Any, **options: Any) -> None:
    """Both functions give the same dtype, shape and numbers, to the rounding of the native one."""
    a, b = (getattr(module, name)(*arguments, **options) for module in (native, shim))
    assert keras.backend.standardize_dtype(b.dtype) == keras.backend.standardize_dtype(a.dtype)
    assert tuple(b.shape) == tuple(a.shape)
    tolerance = 4e-3 if keras.backend.standardize_dtype(a.dtype) == "float16" else 4e-6
    found, expected = (ops.convert_to_numpy(each).astype(float) for each in (b, a))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance / 10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("first", "second"), [("float32", "float32"), ("int32", "float32"), ("float32", "float16")]
)
def test_dtypes(name: str, first: str, second: str) -> None:
    assert_alike(
        name, ops.convert_to_tensor(np.round(Y).astype(first)), ops.convert_to_tensor(P.astype(second))
    )


@pytest.mark.parametrize("name", NAMES)
def test_arrays_and_lists(name: str) -> None:
    assert_alike(name, Y, P)
    assert_alike(name, Y.tolist(), P.tolist())


@pytest.mark.parametrize(
    "options",
    [
        {"apply_class_balancing": True},
        {"apply_class_balancing": True, "alpha": 0.75, "gamma": 0.5},
        {"alpha": 0.75},
        {"from_logits": True},
        {"from_logits": True, "apply_class_balancing": True, "label_smoothing": 0.25},
        {"label_smoothing": 0.25, "gamma": 0.0},
        {"axis": 0},
        {"axis": (0, 1)},
        {"axis": None},
    ],
    ids=str,
)
def test_focal_options(options: dict[str, Any]) -> None:
    assert_alike("binary_focal_crossentropy", Y, P, **options)


def test_alpha_acts_only_with_class_balancing() -> None:
    one, other = (ops.convert_to_numpy(shim.binary_focal_crossentropy(Y, P, alpha=a)) for a in (0.25, 0.75))
    assert one.tolist() == other.tolist()
    for options in ({"gamma": -1.0}, {"alpha": -1.0, "apply_class_balancing": True}):
        with pytest.raises(ValueError, match="at least 0"):
            shim.binary_focal_crossentropy(Y, P, **options)


def test_clips() -> None:
    p, y = np.float32([[0.0, 2.0]]), np.float32([[1.0, 0.0]])
    found = ops.convert_to_numpy(shim.kl_divergence(y, p))
    exact = -np.log(1e-7) + 1e-7 * np.log(1e-7)
    np.testing.assert_allclose(found, [exact], rtol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(native.kl_divergence(y, p)), [exact], rtol=1e-6)
    focal = ops.convert_to_numpy(shim.binary_focal_crossentropy([[1.0]], [[0.0]]))
    np.testing.assert_allclose(focal, [-np.log(1e-7)], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_keras(name: str) -> None:
    mine, theirs = signature(getattr(shim, name)).parameters, signature(getattr(native, name)).parameters
    assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in theirs.values()]


@pytest.mark.parametrize("name", NAMES)
def test_symbolic_tensors(name: str) -> None:
    y, p = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([y, p], getattr(shim, name)(y, p))
    np.testing.assert_allclose(
        ops.convert_to_numpy(model([Y, P])), ops.convert_to_numpy(getattr(shim, name)(Y, P)), rtol=1e-6
    )


@pytest.mark.parametrize("axis", [-1, 0, None, (0, 1)])
def test_probabilities_of_binary_crossentropy(axis: Any) -> None:
    assert_alike("binary_crossentropy", Y, P, label_smoothing=0.25, axis=axis)


CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
    "BinaryCrossentropy": ("binary_crossentropy", {"label_smoothing": 0.25}),
    "BinaryFocalCrossentropy": (
        "binary_focal_crossentropy",
        {"apply_class_balancing": True, "alpha": 0.75, "gamma": 1.5, "axis": 0},
    ),
    "KLDivergence": ("kl_divergence", {}),
    "Poisson": ("poisson", {}),
}
"""The function of each class, and options of both."""


@pytest.mark.parametrize("name", list(CLASSES))
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
def test_a_class_is_as_the_real_one(name: str, reduction: str | None) -> None:
    _, options = CLASSES[name]
    mine, theirs = (getattr(module, name)(reduction=reduction, **options) for module in (shim, native))
    takes = [
        [(p.name, p.default) for p in signature(type(each).__init__).parameters.values()]
        for each in (mine, theirs)
    ]
    assert takes[0] == takes[1] and isinstance(mine, type(theirs))
    assert mine.get_config() == theirs.get_config()
    weights = np.float32([0.5, 2.0, 1.0] if options.get("axis") == 0 else [0.5, 2.0])
    for more in ({}, {"sample_weight": weights}):
        a, b = (ops.convert_to_numpy(each(Y, P, **more)) for each in (mine, theirs))
        np.testing.assert_allclose(a, b, rtol=4e-6)


@pytest.mark.parametrize("name", list(CLASSES))
def test_a_class_is_saved_and_loaded(name: str) -> None:
    loss = getattr(shim, name)(reduction="sum", **CLASSES[name][1])
    loaded = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(loaded) is getattr(shim, name)
    assert float(loaded(Y, P)) == float(loss(Y, P))


@pytest.mark.parametrize("name", list(CLASSES))
def test_a_plain_class(name: str) -> None:
    """For where Keras is not installed: on the tensors of any framework, here NumPy's."""
    function, options = CLASSES[name]
    rows = ops.convert_to_numpy(getattr(shim, function)(Y, P, **options))
    for reduction, expected in ((None, rows), ("sum", rows.sum()), ("sum_over_batch_size", rows.mean())):
        found = getattr(plain, name)(reduction=reduction, **options)(Y, P)
        np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-6)

"""Keras' edition on the backend that KERAS_BACKEND names; run by ``test_backends.py``."""

from __future__ import annotations

import inspect
import os
import warnings
from typing import Any

import keras
import numpy as np
import pytest

import compatlosses.keras as edition
from compatlosses.keras import losses

BACKEND = keras.config.backend()
X = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -4.0]], np.float32)
Y = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]], np.float32)
PROBABILITIES = np.array([[0.1, 0.9, 0.5], [0.0, 1.0, 0.25]], np.float32)

native_ops, native_losses = keras.ops.binary_crossentropy, keras.losses.binary_crossentropy


def tensor(values: Any, dtype: str = "float32") -> Any:
    """A tensor of the backend."""
    return keras.ops.cast(keras.ops.convert_to_tensor(np.asarray(values)), dtype)


def array(x: Any) -> np.ndarray[Any, Any]:
    """A tensor of the backend as an array."""
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def assert_same(mine: Any, theirs: Any, rtol: float = 2e-6) -> None:
    assert type(mine) is type(theirs)
    assert keras.backend.standardize_dtype(mine.dtype) == keras.backend.standardize_dtype(theirs.dtype)
    assert tuple(mine.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(array(mine), array(theirs), rtol=rtol, atol=1e-7)


def signature(function: Any) -> list[tuple[str, Any]]:
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]


def test_the_backend_is_the_one_that_is_meant() -> None:
    assert os.environ["EXPECTED_BACKEND"] == BACKEND


def test_signatures() -> None:
    assert signature(edition.binary_crossentropy) == signature(native_ops)
    assert signature(losses.binary_crossentropy) == signature(native_losses)
    assert signature(edition.BinaryCrossentropy.__init__) == signature(
        keras.losses.BinaryCrossentropy.__init__
    )


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_as_the_real_ones(dtype: str, from_logits: bool) -> None:
    if BACKEND == "numpy" and dtype == "bfloat16":
        # Keras' own: NumPy has no bfloat16, so it uses float32 in its place or fails, by the operation.
        pytest.skip("the NumPy backend has no bfloat16")
    # Within (0.2, 0.8) the real half precision does not lose 1 - output.
    y, x = tensor(Y, dtype), tensor(X if from_logits else PROBABILITIES.clip(0.2, 0.8), dtype)
    near = {"float16": 5e-3, "bfloat16": 4e-2, "float32": 2e-6}[dtype]
    assert_same(edition.binary_crossentropy(y, x, from_logits), native_ops(y, x, from_logits), near)
    for smoothing, axis in ((0.0, -1), (0.2, 0), (0.2, None)):
        mine = losses.binary_crossentropy(y, x, from_logits, smoothing, axis)  # type: ignore[arg-type]
        assert_same(mine, native_losses(y, x, from_logits, smoothing, axis), near)


def test_probabilities_are_clipped() -> None:
    y, p = tensor([0.0, 1.0, 0.0, 1.0]), tensor([0.0, 1.0, 1.0, 0.0])
    epsilon = keras.config.epsilon()
    loss = array(edition.binary_crossentropy(y, p))
    assert loss[0] == pytest.approx(
        epsilon, rel=1e-5
    )  # the real one is 19 % off: 1 - epsilon is rounded first
    assert loss[2] == pytest.approx(-np.log(epsilon), rel=1e-6)  # the real one has 15.94 for 16.12
    assert loss[3] == pytest.approx(-np.log(epsilon), rel=1e-6)
    assert np.isfinite(
        array(edition.binary_crossentropy(tensor([0.0, 1.0], "float16"), tensor([1.0, 0.0], "float16")))
    ).all()


def test_infinite_logits() -> None:
    x, y = tensor([np.inf, -np.inf, -np.inf, 80.0]), tensor([1.0, 0.0, 1.0, 1.0])
    assert array(edition.binary_crossentropy(y, x, True)).tolist()[:3] == [0, 0, np.inf]
    assert array(edition.binary_crossentropy(y, x, True))[3] > 0


def test_what_is_taken() -> None:
    """Lists, arrays, whole numbers and Keras variables, alone or beside a tensor."""
    expected = native_ops(tensor([1.0, 0.0]), tensor([0.25, 0.5]))
    for target, output in (
        ([1.0, 0.0], [0.25, 0.5]),
        ([1, 0], tensor([0.25, 0.5])),
        (np.array([1, 0]), tensor([0.25, 0.5])),
        (tensor([1.0, 0.0]), np.float32([0.25, 0.5])),
        (keras.Variable([1.0, 0.0]), keras.Variable([0.25, 0.5])),
    ):
        assert_same(edition.binary_crossentropy(target, output), expected)


def test_what_is_refused() -> None:
    x, y = tensor(X), tensor(Y)
    with pytest.raises(ValueError, match="target has shape"):
        edition.binary_crossentropy(y[:1], x, True)
    with pytest.raises(ValueError):
        native_ops(y[:1], x, True)
    with pytest.raises(TypeError, match="output has dtype int32"):
        edition.binary_crossentropy(y, tensor(X, "int32"), True)
    with pytest.raises(TypeError, match="output is of type str"):
        edition.binary_crossentropy(y, "x", True)
    with pytest.raises(ValueError, match="axis is 2 and y_pred has shape"):
        losses.binary_crossentropy(y, x, True, axis=2)
    with pytest.raises(ValueError, match="y_true has shape"):
        losses.binary_crossentropy(y[:1], x, True)
    with pytest.raises(TypeError, match="masked array"):
        edition.binary_crossentropy(Y, np.ma.masked_array(PROBABILITIES, Y > 0.5))


@pytest.mark.parametrize("from_logits", [True, False])
def test_arrays_and_lists_become_tensors_of_the_backend(from_logits: bool) -> None:
    """What ``predict`` returns is an array."""
    x = X if from_logits else PROBABILITIES.clip(0.01, 0.99)
    for target, output in ((Y, x), (Y.tolist(), x.tolist()), (Y.tolist(), x), (Y, x.tolist())):
        assert_same(
            edition.ops.binary_crossentropy(target, output, from_logits),
            native_ops(tensor(Y), tensor(x), from_logits),
        )
        assert_same(
            losses.binary_crossentropy(target, output, from_logits),
            native_losses(tensor(Y), tensor(x), from_logits),
        )


@pytest.mark.parametrize("axis", [(0, 2), (1, 0), (-1, -2), [0, 1, 2], (1,)])
def test_several_axes(axis: Any) -> None:
    # Beyond 4 the real one on NumPy is off by 3e-6: it rounds 1 - sigmoid(x).
    y, x = tensor(np.stack([Y] * 4)), tensor(np.stack([X, X + 1, X - 1, X / 2]))
    assert_same(losses.binary_crossentropy(y, x, True, 0.1, axis), native_losses(y, x, True, 0.1, axis))


def test_axes_that_are_refused() -> None:
    for axis in ((0, 0), (0, -2), (0, 2)):
        with pytest.raises(ValueError, match="axis is"):
            losses.binary_crossentropy(tensor(Y), tensor(X), True, axis=axis)


def test_the_mean_over_no_row() -> None:
    assert (
        np.isnan(array(losses.binary_crossentropy(tensor(Y[:0]), tensor(X[:0]), True, axis=0))).tolist()
        == [True] * 3
    )


def test_paths() -> None:
    assert edition.ops.binary_crossentropy is edition.binary_crossentropy
    assert edition.losses.BinaryCrossentropy is edition.BinaryCrossentropy
    functions = [
        "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "huber",
        "kl_divergence", "mean_absolute_error", "mean_squared_error", "poisson",
        "sparse_categorical_crossentropy",
    ]  # fmt: skip
    classes = [
        "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy", "Huber", "KLDivergence",
        "MeanAbsoluteError", "MeanSquaredError", "Poisson", "SparseCategoricalCrossentropy",
    ]  # fmt: skip
    assert dir(losses) == classes + functions
    assert dir(edition) == sorted([*classes, *functions, "losses", "ops"])


@pytest.mark.parametrize("axis", [-1, None, (0, 1)])
@pytest.mark.parametrize("from_logits", [True, False])
def test_symbolic_tensors_in_the_averaged_loss(from_logits: bool, axis: Any) -> None:
    target, output = keras.Input((3,)), keras.Input((3,))
    values = [Y, X if from_logits else PROBABILITIES.clip(0.01, 0.99)]
    models = []
    for function in (losses.binary_crossentropy, native_losses):
        models.append(keras.Model([target, output], function(target, output, from_logits, 0.1, axis)))
    mine, theirs = (model.outputs[0] for model in models)
    assert mine.shape == theirs.shape and mine.dtype == theirs.dtype
    assert_same(models[0](values), models[1](values))
    with pytest.raises(ValueError, match="y_true has shape"):
        losses.binary_crossentropy(keras.Input((2,)), output, from_logits)


def test_symbolic_tensors() -> None:
    target, logits = keras.Input((3,)), keras.Input((3,))
    loss = edition.binary_crossentropy(target, logits, from_logits=True)
    assert isinstance(loss, keras.KerasTensor) and loss.shape == (None, 3)
    model = keras.Model([target, logits], loss)
    np.testing.assert_allclose(array(model([Y, X])), array(native_ops(tensor(Y), tensor(X), True)), rtol=2e-6)
    with pytest.raises(ValueError, match="target has shape"):
        edition.binary_crossentropy(keras.Input((2,)), logits)


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None]
)
@pytest.mark.parametrize(
    "options", [{}, {"from_logits": True}, {"from_logits": True, "label_smoothing": 0.3, "axis": 0}]
)
def test_the_class_is_as_the_real_one(options: dict[str, Any], reduction: str | None) -> None:
    x = X if options else PROBABILITIES.clip(0.01, 0.99)
    mine = edition.BinaryCrossentropy(reduction=reduction, **options)
    theirs = keras.losses.BinaryCrossentropy(reduction=reduction, **options)
    weights = np.float32([0.5, 2.0, 1.0] if options.get("axis") == 0 else [0.5, 2.0])
    assert_same(mine(Y, x), theirs(Y, x))
    assert_same(mine(Y, x, sample_weight=weights), theirs(Y, x, sample_weight=weights))
    assert isinstance(mine, keras.losses.BinaryCrossentropy) and mine.get_config() == theirs.get_config()


def test_the_class_is_saved_and_loaded() -> None:
    loss = edition.BinaryCrossentropy(True, 0.1, reduction="sum")
    loaded = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(loaded) is edition.BinaryCrossentropy
    assert_same(loaded(Y, X), loss(Y, X))
    half = edition.BinaryCrossentropy(True, dtype="float16")
    assert keras.backend.standardize_dtype(half(Y, X).dtype) == "float16"


@pytest.mark.skipif(BACKEND == "numpy", reason="Keras does not train on NumPy")
@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_training(activation: str | None) -> None:
    """A model trains as with the real loss: the same weights after some steps."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(32, 4)).astype(np.float32)
    labels = (features @ rng.normal(size=(4, 3)) > 0).astype(np.float32)
    trained = []
    for loss in (edition.BinaryCrossentropy, keras.losses.BinaryCrossentropy):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation=activation)])
        model.compile(
            optimizer=keras.optimizers.SGD(0.5),
            loss=loss(from_logits=activation is None, label_smoothing=0.1),
        )
        history = model.fit(features, labels, batch_size=10, epochs=3, verbose=0, shuffle=False)
        assert history.history["loss"][-1] < history.history["loss"][0]
        trained.append(model.get_weights())
    for mine, theirs in zip(*trained, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(
    BACKEND != "tensorflow", reason="only Keras' TensorFlow backend keeps the logits of a sigmoid"
)
def test_the_logits_of_a_sigmoid_are_used() -> None:
    output = keras.activations.sigmoid(tensor([40.0, -40.0]))
    loss = array(edition.binary_crossentropy(tensor([0.0, 1.0]), output))
    np.testing.assert_allclose(loss, [40, 40], rtol=1e-6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert_same(
            edition.binary_crossentropy(tensor([0.0, 1.0]), output, True),
            native_ops(tensor([0.0, 1.0]), output, True),
        )
    assert len(caught) == 2 and caught[0].filename == __file__


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow alone has graphs of unknown shapes")
@pytest.mark.parametrize("from_logits", [True, False])
def test_targets_of_another_shape_never_give_a_number(from_logits: bool) -> None:
    import tensorflow as tf

    for function in (losses.binary_crossentropy, edition.binary_crossentropy):

        def loss(y: Any, x: Any, function: Any = function) -> Any:
            return function(y, x, from_logits)

        for jit_compile in (False, True):
            specs = [tf.TensorSpec((None, None))] * 2
            with pytest.raises(tf.errors.InvalidArgumentError):
                tf.function(loss, input_signature=specs, jit_compile=jit_compile, autograph=False)(
                    tensor(Y[:, :1]), tensor(X)
                )


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow alone has graphs of unknown shapes")
@pytest.mark.parametrize("shape", [(None, 3), (None, None)])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_unknown_shapes(shape: tuple[int | None, ...], axis: int | None) -> None:
    import tensorflow as tf

    traced = tf.function(
        lambda y, x: losses.binary_crossentropy(y, x, True, 0.1, axis),  # type: ignore[arg-type]
        input_signature=[tf.TensorSpec(shape), tf.TensorSpec(shape)],
    )
    assert_same(traced(tensor(Y), tensor(X)), native_losses(tensor(Y), tensor(X), True, 0.1, axis))

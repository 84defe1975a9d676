"""Keras' categorical cross entropies beside the native functions, on the backend of this process."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from inspect import signature
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import compatlosses.keras.losses as shim
import compatlosses.keras.ops as shim_ops

native, native_ops = keras.losses, keras.ops
BACKEND = keras.config.backend()
RNG = np.random.default_rng(5)
X = RNG.normal(0, 2, (3, 4)).astype(np.float32)
P = RNG.uniform(0.1, 1, (3, 4)).astype(np.float32)
Q = np.array([[0, 1, 0, 0], [0.25, 0.25, 0.5, 0], [0.5, 0, 0, 0.75]], np.float32)
Y = np.array([1, 0, 3])
SOFT, SPARSE = "categorical_crossentropy", "sparse_categorical_crossentropy"


def tensor(values: Any, dtype: str = "float32") -> Any:
    """A tensor of the backend."""
    return ops.cast(ops.convert_to_tensor(np.asarray(values)), dtype)


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values."""
    result = call()
    values = ops.convert_to_numpy(ops.cast(result, "float32"))
    return keras.backend.standardize_dtype(result.dtype), tuple(result.shape), values


def assert_alike(theirs: Callable[[], Any], ours: Callable[[], Any], rtol: float = 4e-6) -> None:
    """Both calls give the same, to the rounding of the native one."""
    a, b = outcome(theirs), outcome(ours)
    assert a[:2] == b[:2]
    np.testing.assert_allclose(b[2], a[2], rtol=rtol, atol=1e-6)


def both(name: str, *arguments: Any, rtol: float = 4e-6, **options: Any) -> None:
    """`assert_alike` of a function of ``keras.losses``."""
    assert_alike(
        lambda: getattr(native, name)(*arguments, **options),
        lambda: getattr(shim, name)(*arguments, **options),
        rtol,
    )


def parameters(function: Any) -> list[Any]:
    """The names and defaults of the options."""
    return [(p.name, p.default) for p in signature(function).parameters.values()]


def test_signatures() -> None:
    for name in (SOFT, SPARSE):
        for mine, theirs in ((shim, native), (shim_ops, native_ops)):
            assert parameters(getattr(mine, name)) == parameters(getattr(theirs, name))


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_soft_targets(from_logits: bool, smoothing: float) -> None:
    x = X if from_logits else P
    both(SOFT, tensor(Q), tensor(x), from_logits, smoothing)
    both(SOFT, tensor(np.stack([Q, Q])), tensor(np.stack([x, x + 1])), from_logits, smoothing)
    both(SOFT, tensor(Q[0]), tensor(x[0]), from_logits, smoothing)
    assert_alike(
        lambda: native_ops.categorical_crossentropy(tensor(Q), tensor(x), from_logits),
        lambda: shim_ops.categorical_crossentropy(tensor(Q), tensor(x), from_logits),
    )


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("ignore_class", [None, 3, -1])
def test_indices(from_logits: bool, ignore_class: int | None) -> None:
    x = X if from_logits else P
    y = np.array([1, -1, 3]) if ignore_class == -1 else Y
    both(SPARSE, tensor(y, "int32"), tensor(x), from_logits, ignore_class)
    both(SPARSE, tensor(y[:, None], "int32"), tensor(x), from_logits, ignore_class)
    both(SPARSE, tensor(y, "float32"), tensor(x), from_logits, ignore_class)
    if ignore_class is None:
        assert_alike(
            lambda: native_ops.sparse_categorical_crossentropy(tensor(y, "int32"), tensor(x), from_logits),
            lambda: shim_ops.sparse_categorical_crossentropy(tensor(y, "int32"), tensor(x), from_logits),
        )


@pytest.mark.parametrize("from_logits", [False, True])
def test_axes(from_logits: bool) -> None:
    """Smoothing divides by the number of classes; Keras' by the last size, and its sparse loss has no other
    axis on TensorFlow.
    """
    x, y = tensor(X if from_logits else P), tensor([0, 1, 2, 0], "int32")
    both(SOFT, tensor(Q), x, from_logits, axis=0)
    assert_alike(
        lambda: native_ops.categorical_crossentropy(tensor(Q), x, from_logits, 0),
        lambda: shim_ops.categorical_crossentropy(tensor(Q), x, from_logits, 0),
    )
    turned, soft = ops.transpose(x), ops.transpose(tensor(Q))
    for mine, of_last in (
        (shim.sparse_categorical_crossentropy(y, x, from_logits, axis=0),
         shim.sparse_categorical_crossentropy(y, turned, from_logits)),
        (shim.categorical_crossentropy(tensor(Q), x, from_logits, 0.2, 0),
         native.categorical_crossentropy(soft, turned, from_logits, 0.2)),
    ):  # fmt: skip
        np.testing.assert_allclose(ops.convert_to_numpy(mine), ops.convert_to_numpy(of_last), rtol=4e-6)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype: str, from_logits: bool) -> None:
    """The result has the predictions' dtype, whatever the targets'."""
    if BACKEND == "numpy" and dtype == "bfloat16":
        pytest.skip("the NumPy backend has no bfloat16")
    x = tensor(X if from_logits else P, dtype)
    wide = ops.cast(x, "float32")
    for name, y in ((SOFT, tensor(Q)), (SPARSE, tensor(Y, "int32"))):
        found = outcome(lambda: getattr(shim, name)(y, x, from_logits))  # noqa: B023
        assert found[0] == dtype
        expected = outcome(lambda: getattr(native, name)(y, wide, from_logits))[2]  # noqa: B023
        np.testing.assert_allclose(found[2], expected, rtol=1e-3 if dtype == "float16" else 1e-2)


def test_probabilities_are_clipped() -> None:
    """To [epsilon, 1 - epsilon], and 1 - epsilon is not rounded: the native loss is 1.19e-7."""
    p = tensor([[1.0, 0.0], [0.0, 0.5]])
    for found in (
        shim.categorical_crossentropy(tensor([[1, 0], [1, 0]]), p),
        shim.sparse_categorical_crossentropy(tensor([0, 0], "int32"), p),
    ):
        np.testing.assert_allclose(ops.convert_to_numpy(found), [1e-7, -np.log(1e-7)], rtol=1e-6)
    half = shim.categorical_crossentropy(tensor([[1, 0]]), tensor([[0.0, 1.0]], "float16"))
    np.testing.assert_allclose(ops.convert_to_numpy(half), -np.log(1e-7), rtol=1e-3)


def test_the_epsilon_of_keras_is_followed() -> None:
    before = keras.config.epsilon()
    keras.config.set_epsilon(1e-3)
    try:
        both(SOFT, tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]))
        found = shim.categorical_crossentropy(tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]))
        np.testing.assert_allclose(ops.convert_to_numpy(found), -np.log(1e-3), rtol=1e-6)
    finally:
        keras.config.set_epsilon(before)


def test_masking_with_minus_infinity() -> None:
    """NaN in Keras."""
    found = shim.categorical_crossentropy(tensor([[1.0, 0.0]]), tensor([[1.0, -np.inf]]), True)
    assert ops.convert_to_numpy(found).tolist() == [0.0]


def test_small_losses_keep_their_digits() -> None:
    """Keras gives 0 on all backends."""
    x, y = tensor([[20.0, 0.0]]), tensor([0], "int32")
    assert ops.convert_to_numpy(native.sparse_categorical_crossentropy(y, x, True)) == 0.0
    found = ops.convert_to_numpy(shim.sparse_categorical_crossentropy(y, x, True))
    np.testing.assert_allclose(found, np.log1p(np.exp(-20.0)), rtol=1e-6)


@pytest.mark.parametrize("name", [SOFT, SPARSE])
def test_arrays_and_lists(name: str) -> None:
    y: Any = Q if name == SOFT else Y
    expected = getattr(native, name)(tensor(y), tensor(X), from_logits=True)
    for target, output in ((y, X), (y.tolist(), tensor(X)), (y, tensor(X)), (tensor(y), X)):
        found = getattr(shim, name)(target, output, from_logits=True)
        assert type(found) is type(expected)
        np.testing.assert_allclose(ops.convert_to_numpy(found), ops.convert_to_numpy(expected), rtol=4e-6)


@pytest.mark.parametrize("label", [4, -1])
def test_an_index_that_is_no_class(label: int) -> None:
    """Keras' loss is 0 on JAX, and on NumPy of a negative one; else an error of the backend."""
    y = tensor([1, 0, label], "int32")
    if BACKEND == "jax" or (BACKEND == "numpy" and label < 0):
        assert ops.convert_to_numpy(native.sparse_categorical_crossentropy(y, tensor(X), True))[2] == 0
    else:
        with pytest.raises(Exception, match=r"label|bounds|[Tt]arget"):
            native.sparse_categorical_crossentropy(y, tensor(X), True)
    for x, from_logits in ((X, True), (P, False)):
        with pytest.raises(IndexError, match=f"targets holds {label} at"):
            shim.sparse_categorical_crossentropy(y, tensor(x), from_logits)


def test_what_is_refused() -> None:
    x, q = tensor(X), tensor(Q)
    for call in (
        lambda m: m.categorical_crossentropy(q[:2], x, True),
        lambda m: m.categorical_crossentropy(q[:, :1], x, True),
        lambda m: m.categorical_crossentropy(q, x, True, 0.0, True),
        lambda m: m.sparse_categorical_crossentropy(tensor(Y[:2], "int32"), x, True),
    ):
        for module in (native, shim):
            with pytest.raises(ValueError):
                call(module)
    for function in (shim.categorical_crossentropy, shim_ops.categorical_crossentropy):
        with pytest.raises(TypeError, match="has dtype int32"):
            function(q, tensor(X, "int32"), True)
        with pytest.raises(ValueError, match="axis is 2"):
            function(q, x, True, axis=2)
        with pytest.raises(TypeError, match="is None"):
            function(None, x, True)


def test_one_class_is_warned_of() -> None:
    for module in (shim, native):
        with pytest.warns(SyntaxWarning, match="binary_crossentropy") as caught:
            module.categorical_crossentropy(tensor([[1.0]]), tensor([[0.5]]))
        assert caught[0].filename == __file__


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", [SOFT, SPARSE])
def test_symbolic_tensors(name: str, from_logits: bool) -> None:
    y, x = keras.Input((4,) if name == SOFT else ()), keras.Input((4,))
    values = [Q if name == SOFT else Y.astype(np.float32), X if from_logits else P]
    for mine, theirs in ((shim, native), (shim_ops, native_ops)):
        loss = getattr(mine, name)(y, x, from_logits)
        assert isinstance(loss, keras.KerasTensor) and loss.shape == (None,) and loss.dtype == x.dtype
        expected = getattr(theirs, name)(*(tensor(value) for value in values), from_logits)
        found = keras.Model([y, x], loss)(values)
        np.testing.assert_allclose(ops.convert_to_numpy(found), ops.convert_to_numpy(expected), rtol=4e-6)
        with pytest.raises(ValueError, match="the target has shape"):
            getattr(mine, name)(keras.Input((3,)), x)


def test_a_symbolic_tensor_lacks_the_axis_of_the_classes() -> None:
    """Keras' own has lost the last one, whatever the axis."""
    loss = shim_ops.categorical_crossentropy(keras.Input((4, 5)), keras.Input((4, 5)), axis=1)
    assert loss.shape == (None, 5)


CLASSES = ("CategoricalCrossentropy", "SparseCategoricalCrossentropy")
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_as_the_real_one(name: str, from_logits: bool, reduction: str | None) -> None:
    option: dict[str, Any] = {"label_smoothing": 0.2} if name == CLASSES[0] else {"ignore_class": 3}
    for options in ({}, option):
        mine, theirs = (
            getattr(module, name)(from_logits=from_logits, reduction=reduction, **options)
            for module in (shim, native)
        )
        assert isinstance(mine, type(theirs)) and mine.name == theirs.name
        assert parameters(type(mine).__init__) == parameters(type(theirs).__init__)
        prediction, target = (X if from_logits else P), (Q if name == CLASSES[0] else Y)
        for weights in (None, [0.5, 2.0, 1.0]):
            assert_alike(
                lambda: theirs(target, prediction, weights),  # noqa: B023
                lambda: mine(target, prediction, weights),  # noqa: B023
            )


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
def test_rows_of_the_ignored_class_alone(reduction: str) -> None:
    mine, theirs = (m.SparseCategoricalCrossentropy(True, -1, reduction) for m in (shim, native))
    y = np.array([-1, -1, -1])
    assert_alike(lambda: theirs(y, X), lambda: mine(y, X))
    assert float(ops.convert_to_numpy(mine(y, X))) == 0.0


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_saved_and_loaded(name: str) -> None:
    """Keras' own sparse one loses its axis."""
    for module, kept in ((native, name == CLASSES[0]), (shim, True)):
        loss = getattr(module, name)(from_logits=True, axis=1, reduction="sum", dtype="float16")
        loaded = keras.losses.deserialize(keras.losses.serialize(loss))
        assert type(loaded) is type(loss) and loaded.reduction == "sum"
        assert (loaded._fn_kwargs["axis"] == 1) == kept


def test_the_plain_classes() -> None:
    """For where Keras has not been imported: of the tensors of another framework, here NumPy's."""
    from compatlosses.keras import plain

    y, padded = np.array([1, 0, 3]), np.array([1, -1, 3])
    for reduction in ("sum_over_batch_size", "sum", "none", None):
        for from_logits in (False, True):
            x = X if from_logits else P
            for target, name, option in (
                (Q, CLASSES[0], 0.2),
                (y, CLASSES[1], None),
                (padded, CLASSES[1], -1),
            ):
                mine = getattr(plain, name)(from_logits, option, reduction=reduction)
                theirs = getattr(native, name)(from_logits, option, reduction=reduction)
                expected = ops.convert_to_numpy(theirs(target, x))
                np.testing.assert_allclose(mine(target, x), expected, rtol=4e-6, atol=1e-6)
    assert plain.SparseCategoricalCrossentropy(True, -1)(np.array([-1, -1, -1]), X) == 0.0


@pytest.mark.skipif(BACKEND == "numpy", reason="Keras does not train on NumPy")
@pytest.mark.parametrize("activation", [None, "softmax"])
@pytest.mark.parametrize("name", CLASSES)
def test_training(name: str, activation: str | None) -> None:
    """A model trains as with the real loss: the same weights after some steps."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(32, 4)).astype(np.float32)
    labels = (features @ rng.normal(size=(4, 3))).argmax(-1)
    option: dict[str, Any] = {"label_smoothing": 0.1} if name == CLASSES[0] else {"ignore_class": 2}
    targets = np.eye(3, dtype=np.float32)[labels] if name == CLASSES[0] else labels
    trained = []
    for module in (shim, native):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation=activation)])
        loss = getattr(module, name)(from_logits=activation is None, **option)
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss=loss)
        history = model.fit(features, targets, batch_size=10, epochs=3, verbose=0, shuffle=False)
        assert history.history["loss"][-1] < history.history["loss"][0]
        trained.append(model.get_weights())
    for mine, theirs in zip(*trained, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow alone keeps the logits, and has such graphs")
def test_on_tensorflow() -> None:
    import tensorflow as tf

    output = keras.activations.softmax(tensor([[200.0, 0.0]]))
    assert ops.convert_to_numpy(shim.categorical_crossentropy(tensor([[0.0, 1.0]]), output)) == [200.0]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        shim_ops.sparse_categorical_crossentropy(tensor([1], "int32"), output, True)
    assert len(caught) == 1 and "softmax" in str(caught[0].message)
    for from_logits in (False, True):
        specs = [tf.TensorSpec((None, None)), tf.TensorSpec((None, None))]
        for compiled in (False, True):
            graph = tf.function(
                lambda y, x: shim.categorical_crossentropy(y, x, from_logits, 0.1),  # noqa: B023
                input_signature=specs,
                jit_compile=compiled,
            )
            x = tensor(X if from_logits else P)
            expected = native.categorical_crossentropy(tensor(Q), x, from_logits, 0.1)
            np.testing.assert_allclose(graph(tensor(Q), x), expected, rtol=4e-6)
            with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
                graph(tensor(Q[:, :1]), x)

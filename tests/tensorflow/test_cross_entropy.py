"""Softmax cross entropy of ``tf.nn`` and ``tf.compat.v1`` beside the real functions, and where they differ on
purpose. Labels come first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import compatlosses.tensorflow.compat.v1.losses as losses
import compatlosses.tensorflow.compat.v1.nn as old_nn
import compatlosses.tensorflow.nn as shim

native = tf.nn
REAL = tf.compat.v1.losses
RNG = np.random.default_rng(2)
X, Q = RNG.normal(0, 2, (3, 4)).astype(np.float32), RNG.random((3, 4)).astype(np.float32)
P = (Q / Q.sum(-1, keepdims=True)).astype(np.float32)
Y = np.array([1, 0, 3])
SOFT, SPARSE = "softmax_cross_entropy_with_logits", "sparse_softmax_cross_entropy_with_logits"
REDUCTIONS = sorted(set(REAL.Reduction.all()))


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error."""
    try:
        result = call()
    except Exception as error:
        return type(error)
    return result.dtype, result.shape, tf.cast(result, tf.float64).numpy()


def assert_alike(theirs: Callable[[], Any], ours: Callable[[], Any], rtol: float = 2e-6) -> None:
    """Both calls give the same, to the rounding of the native one."""
    a, b = outcome(theirs), outcome(ours)
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    np.testing.assert_allclose(b[2], a[2], rtol=rtol, atol=1e-6)


def both(name: str, *arguments: Any, rtol: float = 2e-6, **options: Any) -> None:
    """`assert_alike` of a function of ``tf.nn``."""
    assert_alike(
        lambda: getattr(native, name)(*arguments, **options),
        lambda: getattr(shim, name)(*arguments, **options),
        rtol,
    )


def signature(function: Any) -> list[Any]:
    """The names and defaults of the arguments."""
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]


def test_signatures() -> None:
    # The sparse one may be called without arguments, as TensorFlow 1's, which is the same function here.
    assert signature(shim.softmax_cross_entropy_with_logits) == signature(
        native.softmax_cross_entropy_with_logits
    )
    for name in (SOFT, f"{SOFT}_v2", SPARSE):
        assert signature(getattr(old_nn, name)) == signature(getattr(tf.compat.v1.nn, name))
    for name in ("softmax_cross_entropy", "sparse_softmax_cross_entropy"):
        assert signature(getattr(losses, name)) == signature(getattr(REAL, name))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("labels", ["float16", "float32", "float64", "int32", "int64", "bool"])
def test_dtypes(dtype: str, labels: str) -> None:
    # The real sparse one rounds bfloat16 after each operation.
    rtol = {"float16": 2e-3, "bfloat16": 2e-2}.get(dtype, 2e-6)
    both(SOFT, tf.cast(Q > 0.5, labels), tf.cast(X, dtype), rtol=rtol)
    if labels in ("int32", "int64"):
        both(SPARSE, tf.cast(Y, labels), tf.cast(X, dtype), rtol=rtol)


@pytest.mark.parametrize("labels", [Q[0], Q[:1], Q[:, :1]], ids=np.shape)
def test_labels_that_broadcast(labels: Any) -> None:
    both(SOFT, tf.constant(labels), tf.constant(X))


@pytest.mark.parametrize("axis", [-1, 0, 1, None])
def test_axes(axis: int | None) -> None:
    both(SOFT, Q, tf.constant(X), axis=axis)
    assert_alike(
        lambda: tf.compat.v1.nn.softmax_cross_entropy_with_logits_v2(Q, tf.constant(X), dim=axis),
        lambda: old_nn.softmax_cross_entropy_with_logits_v2(Q, tf.constant(X), dim=axis),
    )
    assert_alike(
        lambda: tf.compat.v1.nn.softmax_cross_entropy_with_logits(labels=Q, logits=X, dim=axis),
        lambda: old_nn.softmax_cross_entropy_with_logits(labels=Q, logits=tf.constant(X), dim=axis),
    )


def test_shapes() -> None:
    x = tf.constant(X)
    both(SOFT, Q[0], x[0])
    both(SPARSE, Y[0], x[0])
    both(SPARSE, Y[None], x[None])
    for y in (Y[:2], Y[:, None], Y[0]):
        both(SPARSE, tf.constant(y), x)
    both(SPARSE, Y[0], x[0, 0])
    for name in (SOFT, SPARSE):
        both(name, None, x)
        both(name, tf.zeros((0, 4) if name == SOFT else (0,), tf.int32), x[:0])


def test_lists_and_arrays() -> None:
    both(SOFT, [[1, 0, 0, 0]] * 3, X.tolist())
    both(SPARSE, [1, 0, 3], X.tolist())
    assert type(shim.softmax_cross_entropy_with_logits(Q, X)) is np.ndarray
    assert type(shim.sparse_softmax_cross_entropy_with_logits(Y, X)) is np.ndarray


@pytest.mark.parametrize("compiled", [False, True])
def test_gradients(compiled: bool) -> None:
    def step(module: Any, name: str, y: Any, x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            loss = getattr(module, name)(labels=y, logits=x)
        return tape.gradient(loss, [x, y])

    x, p = tf.constant(X), tf.constant(P)
    for name, y in ((SOFT, p), (SPARSE, tf.constant(Y))):
        mine, theirs = (
            tf.function(lambda y, x: step(module, name, y, x), jit_compile=compiled)(y, x)  # noqa: B023
            for module in (shim, native)
        )
        for a, b in zip(mine, theirs, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-6)


def test_no_gradient_reaches_the_labels_of_tensorflow_1() -> None:
    x, p = tf.constant(X), tf.constant(P)
    for name, arguments in ((SOFT, {}), (f"{SOFT}_v2", {})):
        for module in (old_nn, tf.compat.v1.nn):
            with tf.GradientTape() as tape:
                tape.watch([x, p])
                loss = getattr(module, name)(labels=p, logits=x, **arguments)
            by_labels = tape.gradient(loss, p)
            assert (by_labels is None) == (name == SOFT)
    for losses_module in (losses, REAL):
        with tf.GradientTape() as tape:
            tape.watch(p)
            loss = losses_module.softmax_cross_entropy(p, x)
        assert tape.gradient(loss, p) is None


def test_the_axis_of_tensorflow_1_has_two_names() -> None:
    for module in (old_nn, tf.compat.v1.nn):
        with pytest.raises(ValueError, match="dim"):
            module.softmax_cross_entropy_with_logits(labels=Q, logits=X, axis=0)
        with pytest.raises(ValueError, match="dim"):
            module.softmax_cross_entropy_with_logits_v2(labels=Q, logits=X, axis=0, dim=0)
        found = module.softmax_cross_entropy_with_logits(labels=Q, logits=tf.constant(X), dim=None, axis=0)
        assert found.shape == (4,)


def test_the_slope_of_labels_that_do_not_sum_to_1() -> None:
    """TensorFlow's is softmax - labels, and its document says that it "will be incorrect"."""
    x, q = tf.constant(X), tf.constant(Q)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = shim.softmax_cross_entropy_with_logits(q, x)
    expected = tf.nn.softmax(x) * tf.reduce_sum(q, -1, keepdims=True) - q
    np.testing.assert_allclose(tape.gradient(loss, x), expected, rtol=2e-6, atol=1e-6)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = native.softmax_cross_entropy_with_logits(q, x)
    np.testing.assert_allclose(tape.gradient(loss, x), tf.nn.softmax(x) - q, rtol=2e-6, atol=1e-6)


def test_another_axis_from_the_end() -> None:
    """The real one fails."""
    x, q = tf.constant(X), tf.constant(Q)
    with pytest.raises(tf.errors.InvalidArgumentError):
        native.softmax_cross_entropy_with_logits(q, x, axis=-2)
    np.testing.assert_array_equal(
        shim.softmax_cross_entropy_with_logits(q, x, axis=-2),
        shim.softmax_cross_entropy_with_logits(q, x, axis=0),
    )


def test_labels_of_the_same_rows_in_another_shape() -> None:
    """The real one flattens both."""
    x, q = tf.constant(X)[None], tf.constant(Q)[:, None]
    assert native.softmax_cross_entropy_with_logits(q, x).shape == (1, 3)
    with pytest.raises(ValueError, match="does not broadcast"):
        shim.softmax_cross_entropy_with_logits(q, x)


def test_masking_with_minus_infinity() -> None:
    """NaN in TensorFlow."""
    x, y = tf.constant([[1.0, -np.inf]]), tf.constant([[1.0, 0.0]])
    assert np.isnan(native.softmax_cross_entropy_with_logits(y, x))
    assert shim.softmax_cross_entropy_with_logits(y, x) == [0.0]


@pytest.mark.parametrize("label", [4, -1])
def test_a_label_that_is_no_class(label: int) -> None:
    """An InvalidArgumentError of the real one; NaN on GPUs and under XLA."""
    x, y = tf.constant(X), tf.constant([1, 0, label])
    with pytest.raises(tf.errors.InvalidArgumentError):
        native.sparse_softmax_cross_entropy_with_logits(y, x)
    for call in (shim.sparse_softmax_cross_entropy_with_logits, losses.sparse_softmax_cross_entropy):
        with pytest.raises(IndexError, match=f"targets holds {label} at"):
            call(y, x)
    found = tf.function(shim.sparse_softmax_cross_entropy_with_logits)(y, x)
    assert np.isnan(found).tolist() == [False, False, True]


def test_what_is_refused() -> None:
    x, q = tf.constant(X), tf.constant(Q)
    for y in (tf.constant(Y, tf.int8), q[:, 0], tf.constant([True, False, True])):
        with pytest.raises(TypeError, match="labels has dtype"):
            shim.sparse_softmax_cross_entropy_with_logits(y, x)
    for function in (shim.softmax_cross_entropy_with_logits, losses.softmax_cross_entropy):
        with pytest.raises(TypeError, match="logits has dtype int32"):
            function(q, tf.cast(x, "int32"))
        with pytest.raises(ValueError, match="shape"):
            function(q[:2], x)
    with pytest.raises(ValueError, match="axis is 5"):
        shim.softmax_cross_entropy_with_logits(q, x, axis=5)
    with pytest.raises(TypeError, match=r"axis is 1\.0"):
        shim.softmax_cross_entropy_with_logits(q, x, axis=1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        shim.softmax_cross_entropy_with_logits(tf.sparse.from_dense(q), x)


def test_names_in_a_graph() -> None:
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder("float32", [None, 4])
        assert shim.softmax_cross_entropy_with_logits(Q, x).name == f"{SOFT}:0"
        assert shim.sparse_softmax_cross_entropy_with_logits(Y, x, name="mine").name == "mine:0"
        first = losses.softmax_cross_entropy(Q, x)
        second = losses.sparse_softmax_cross_entropy(Y, x, loss_collection="others")
        assert first.name == "softmax_cross_entropy_loss/value:0"
        assert second.name == "sparse_softmax_cross_entropy_loss/value:0"
        assert REAL.get_losses() == [first] and tf.compat.v1.get_collection("others") == [second]


SPECS = {
    "unknown rows": [tf.TensorSpec([None, 4], tf.float32), tf.TensorSpec([None, 4], tf.float32)],
    "unknown": [tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([None, None], tf.float32)],
}


@pytest.mark.parametrize("spec", SPECS)
def test_graphs_of_unknown_sizes(spec: str) -> None:
    for function in (shim.softmax_cross_entropy_with_logits, losses.softmax_cross_entropy):
        graph = tf.function(function, input_signature=SPECS[spec])
        np.testing.assert_allclose(graph(tf.constant(Q), tf.constant(X)), function(Q, X), rtol=1e-6)
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
            graph(tf.constant(Q[:2]), tf.constant(X))


# --- tf.compat.v1.losses ------------------------------------------------------------------------------------

WEIGHTS: dict[str, Any] = {
    "one": 1.0,
    "zero": 0.0,
    "whole": 2,
    "a tensor without dimensions": tf.constant(2.0),
    "of rows": tf.constant([1.0, 0.0, 2.0]),
    "of size 1": tf.constant([0.5]),
    "all zero": tf.zeros(3),
    "bools": tf.constant([True, False, True]),
    "a list": [1.0, 0.0, 3.0],
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("what", WEIGHTS)
def test_weights_and_reductions(what: str, reduction: str) -> None:
    weights = WEIGHTS[what]
    floating = isinstance(weights, tf.Tensor) and weights.dtype.is_floating
    x = tf.constant(X)
    asked = [x, weights] if floating else [x]
    for smoothing in (None, 0, 0.2):
        found = []
        for module in (losses, REAL):
            with tf.GradientTape() as tape:
                tape.watch(asked)
                if smoothing is None:
                    loss = module.sparse_softmax_cross_entropy(Y, x, weights, reduction=reduction)
                else:
                    loss = module.softmax_cross_entropy(P, x, weights, smoothing, reduction=reduction)
            found.append([loss, *tape.gradient(loss, asked)])
        for a, b in zip(*found, strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=4e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_dtype_of_a_loss(dtype: str) -> None:
    x = tf.cast(X, dtype)
    for name, y in (("softmax_cross_entropy", Q > 0.5), ("sparse_softmax_cross_entropy", Y)):
        assert_alike(
            lambda: getattr(REAL, name)(y, x),  # noqa: B023
            lambda: getattr(losses, name)(y, x),  # noqa: B023
            2e-3 if dtype == "float16" else 2e-6,
        )


@pytest.mark.parametrize("smoothing", [-1.0, 0.5, 2.0])
def test_smoothing(smoothing: float) -> None:
    x, q = tf.constant(X), tf.constant(P)
    assert_alike(
        lambda: REAL.softmax_cross_entropy(q, x, label_smoothing=smoothing),
        lambda: losses.softmax_cross_entropy(q, x, label_smoothing=smoothing),
    )


def test_axes_of_size_1_are_left_out() -> None:
    x, w = tf.constant(X), tf.constant([1.0, 0.0, 2.0])
    for arguments in (
        (Y[:, None], x), (Y[:, None], x, w[:, None]), (Y, x, w[:, None]), (Y, x[..., None]), (Y[0], x[0]),
    ):  # fmt: skip
        assert_alike(
            lambda: REAL.sparse_softmax_cross_entropy(*arguments),  # noqa: B023
            lambda: losses.sparse_softmax_cross_entropy(*arguments),  # noqa: B023
        )


@pytest.mark.parametrize("weights", [[1.0, 2.0], np.ones((3, 4)), np.ones((1, 3)), None])
def test_refused_weights(weights: Any) -> None:
    x = tf.constant(X)
    for module in (losses, REAL):
        for call in (
            lambda: module.softmax_cross_entropy(Q, x, weights),  # noqa: B023
            lambda: module.sparse_softmax_cross_entropy(Y, x, weights),  # noqa: B023
        ):
            with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
                call()


def test_other_refusals() -> None:
    x = tf.constant(X)
    for module in (losses, REAL):
        for arguments, options in (
            ((None, x), {}), ((Q, None), {}), ((Q[:1], x), {}), ((Q, x), {"reduction": "mean"}),
        ):  # fmt: skip
            with pytest.raises(ValueError):
                module.softmax_cross_entropy(*arguments, **options)
        with pytest.raises(ValueError):
            module.sparse_softmax_cross_entropy(Y[:2], x)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_loss_of_nothing(reduction: str) -> None:
    x, y = tf.zeros((0, 4)), tf.zeros((0,), tf.int32)
    mine, theirs = (
        module.sparse_softmax_cross_entropy(y, x, reduction=reduction) for module in (losses, REAL)
    )
    np.testing.assert_array_equal(mine, theirs)

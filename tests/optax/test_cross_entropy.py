"""optax' softmax cross entropy beside the native functions, and where they differ on purpose."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax as native
import pytest

import compatlosses.optax as shim

RNG = np.random.default_rng(3)
X, Q = RNG.normal(0, 2, (3, 4)).astype(np.float32), RNG.random((3, 4)).astype(np.float32)
Y = np.array([1, 0, 3])
ROWS = np.array([True, False, True])
PLACES = np.array([[True, True, False, True], [False] * 4, [False, False, False, True]])
SOFT, SAFE = "softmax_cross_entropy", "safe_softmax_cross_entropy"
OF_INDEX = "softmax_cross_entropy_with_integer_labels"


def outcome(call: Callable[[], Any]) -> Any:
    """The result's dtype, shape and values, or the kind of error."""
    try:
        result = call()
    except Exception as error:
        return type(error)
    return result.dtype, result.shape, np.asarray(result, np.float64)


def assert_alike(name: str, *arguments: Any, **options: Any) -> None:
    """Both functions give the same, to the rounding of the native one."""
    a = outcome(lambda: getattr(native, name)(*arguments, **options))
    b = outcome(lambda: getattr(shim, name)(*arguments, **options))
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
        return
    assert a[:2] == b[:2]
    half = any(getattr(x, "dtype", None) in (jnp.float16, jnp.bfloat16) for x in arguments)
    np.testing.assert_allclose(b[2], a[2], rtol=2e-2 if half else 2e-6, atol=5e-2 if half else 1e-6)


@pytest.mark.parametrize("name", [SOFT, SAFE, OF_INDEX])
def test_signatures(name: str) -> None:
    mine, theirs = (signature(getattr(module, name)).parameters.values() for module in (shim, native))
    assert [(p.name, p.default) for p in mine] == [(p.name, p.default) for p in theirs]


@pytest.mark.parametrize("name", [SOFT, SAFE])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("float32", "float32"),
        ("float32", "int32"),
        ("float32", "bool"),
        ("float16", "float32"),
        ("float32", "float16"),
        ("float16", "bfloat16"),
        ("bfloat16", "bfloat16"),
        ("bfloat16", "int8"),
        ("int32", "float32"),
    ],
)
def test_dtypes(name: str, first: str, second: str) -> None:
    assert_alike(name, jnp.asarray(X, first), jnp.asarray(Q > 0.5, second))


@pytest.mark.parametrize("name", [SOFT, SAFE])
@pytest.mark.parametrize(
    "labels", [Q[0], Q[:1], Q[:, :1], np.stack([Q, Q]), np.float32(1), 1.0], ids=np.shape
)
def test_labels_that_broadcast(name: str, labels: Any) -> None:
    assert_alike(name, jnp.asarray(X), labels)
    assert_alike(name, jnp.asarray(X[0]), jnp.asarray(labels, "float32"))


@pytest.mark.parametrize("axis", [-1, 0, 1, -2, (0, 1), (1, 0), None, 2, -3, (0, 0), 1.0])
def test_axes(axis: Any) -> None:
    assert_alike(SOFT, jnp.asarray(X), jnp.asarray(Q), axis)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "bool", "float32"])
def test_indices(dtype: str) -> None:
    assert_alike(OF_INDEX, jnp.asarray(X), jnp.asarray(Y, dtype))
    assert_alike(OF_INDEX, jnp.asarray(X, "bfloat16"), jnp.asarray(Y, dtype))


@pytest.mark.parametrize("axis", [0, -2, 1, -1, (1,), (0, 1), None, 2, np.int64(1)])
def test_axes_of_indices(axis: Any) -> None:
    labels: dict[Any, Any] = {0: [0, 1, 2, 0], -2: [0, 1, 2, 0], (0, 1): 7}
    assert_alike(OF_INDEX, jnp.asarray(X), jnp.asarray(labels.get(axis, Y)), axis)


def test_an_index_into_several_axes_is_flat() -> None:
    x, y = jnp.stack([X, X + 1]), jnp.array([7, 2])
    for axis in ((1, 2), (2, 1), (-1, -2)):
        assert_alike(OF_INDEX, x, y, axis)
        assert_alike(OF_INDEX, x, y, axis, jnp.array([True, False]))
    assert_alike(OF_INDEX, x, y, (1, 2), jnp.asarray([PLACES | True, ~PLACES]))


@pytest.mark.parametrize("y", [Y, Y[:1], Y[:2], Y[:, None], Y[0]], ids=np.shape)
def test_shapes_of_indices(y: Any) -> None:
    assert_alike(OF_INDEX, jnp.asarray(X), jnp.asarray(y))
    assert_alike(OF_INDEX, jnp.asarray(X[:1]), jnp.asarray(y))


WHERES: dict[str, Any] = {
    "rows": ROWS,
    "a column": ROWS[:, None],
    "places": PLACES,
    "one row of places": PLACES[:1],
    "none": np.zeros((3, 4), bool),
    "too few": ROWS[:2],
    "numbers": ROWS.astype(np.float32),
}


@pytest.mark.parametrize("what", WHERES)
def test_where(what: str) -> None:
    where = jnp.asarray(WHERES[what])
    assert_alike(SOFT, jnp.asarray(X), jnp.asarray(Q), where=where)
    y = jnp.array([1, 0, 3]) if what != "one row of places" else jnp.array([1, 0, 0])
    assert_alike(OF_INDEX, jnp.asarray(X), y, where=where)


def test_where_along_other_axes() -> None:
    x, q = jnp.asarray(X), jnp.asarray(Q)
    assert_alike(SOFT, x, q, 0, jnp.array([True, True, False, True]))
    assert_alike(SOFT, x, q, None, jnp.asarray(PLACES))
    assert_alike(SOFT, jnp.stack([x, x]), jnp.stack([q, q]), (1, 2), jnp.array([True, False]))


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"where": ROWS}, {"where": PLACES}], ids=str)
def test_gradients(options: dict[str, Any]) -> None:
    x, q = jnp.asarray(X), jnp.asarray(Q)
    for by in (0, 1):
        mine, theirs = (
            jax.jit(jax.grad(lambda *a: getattr(module, SOFT)(*a, **options).sum(), by))(x, q)  # noqa: B023
            for module in (shim, native)
        )
        if by == 1 and "where" in options:  # 0 times the infinite loss of a class that is not there
            kept = np.broadcast_to(np.reshape(options["where"], (3, -1)), X.shape)
            assert np.isnan(theirs)[~kept].all()
            theirs = np.where(kept, theirs, 0)
        np.testing.assert_allclose(mine, theirs, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("where", [None, ROWS, PLACES], ids=["", "rows", "places"])
def test_gradients_of_indices(where: Any) -> None:
    x, y = jnp.asarray(X), jnp.asarray(Y)
    mine, theirs = (
        jax.grad(lambda x: getattr(module, OF_INDEX)(x, y, where=where).sum())(x)  # noqa: B023
        for module in (shim, native)
    )
    np.testing.assert_allclose(mine, theirs, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_an_index_that_is_no_class_is_nan_without_a_gradient(compiled: bool) -> None:
    """optax counts negative ones from the last class, against its document: the trap of a label of -1."""
    x, y = jnp.asarray(X), jnp.array([1, 4, -1])

    def loss(x: Any) -> Any:
        return shim.softmax_cross_entropy_with_integer_labels(x, y)

    losses = (jax.jit(loss) if compiled else loss)(x)
    assert np.isnan(losses).tolist() == [False, True, True]
    assert np.isnan(native.softmax_cross_entropy_with_integer_labels(x, y)).tolist() == [False, True, False]

    def padded(x: Any) -> Any:
        return jnp.where((y >= 0) & (y < 4), loss(x), 0.0).sum()

    slope = (jax.jit(jax.grad(padded)) if compiled else jax.grad(padded))(x)
    assert np.isfinite(slope).all() and not slope[1:].any() and slope[0].any()


def test_a_class_that_its_row_does_not_have() -> None:
    """Its probability is 0. optax takes its logit all the same, from a sum without it."""
    x, y = jnp.asarray(X[:1]), jnp.array([2])
    where = jnp.asarray(PLACES[:1])
    assert np.isinf(shim.softmax_cross_entropy_with_integer_labels(x, y, where=where)).all()
    assert np.isfinite(native.softmax_cross_entropy_with_integer_labels(x, y, where=where)).all()


def test_masking_with_minus_infinity() -> None:
    """NaN in optax but for its safe function."""
    x, q = jnp.array([[1.0, -jnp.inf]]), jnp.array([[1.0, 0.0]])
    assert np.isnan(native.softmax_cross_entropy(x, q)).all()
    for module in (shim, native):
        assert float(module.safe_softmax_cross_entropy(x, q)[0]) == 0.0
    assert float(shim.softmax_cross_entropy(x, q)[0]) == 0.0
    assert not np.isnan(jax.grad(lambda x: shim.softmax_cross_entropy(x, q).sum())(x)).any()


def test_small_losses_keep_their_digits() -> None:
    """optax gives 0: log(1 + e^-20) is lost beside 20."""
    x, y = jnp.array([[20.0, 0.0]], "float32"), jnp.array([0])
    assert float(native.softmax_cross_entropy_with_integer_labels(x, y)[0]) == 0.0
    found = float(shim.softmax_cross_entropy_with_integer_labels(x, y)[0])
    assert found == pytest.approx(np.log1p(np.exp(-20.0)), rel=1e-7)


def test_shapes_that_do_not_go_together() -> None:
    """Of as many dimensions they are a TypeError of JAX. Logits of one class have a loss of 0 there."""
    with pytest.raises(TypeError):
        native.softmax_cross_entropy(jnp.asarray(X), jnp.asarray(Q[:2]))
    with pytest.raises(ValueError, match="do not broadcast"):
        shim.softmax_cross_entropy(jnp.asarray(X), jnp.asarray(Q[:2]))
    assert not np.any(native.softmax_cross_entropy(jnp.asarray(X[:, :1]), jnp.asarray(Q)))
    with pytest.raises(ValueError, match="logits has one class along axis 1 and labels 4"):
        shim.softmax_cross_entropy(jnp.asarray(X[:, :1]), jnp.asarray(Q))
    with pytest.raises(ValueError, match="at least one axis"):
        shim.softmax_cross_entropy(jnp.asarray(X), jnp.asarray(Q), ())


def test_what_is_no_tensor() -> None:
    x, q = jnp.asarray(X), jnp.asarray(Q)
    with pytest.raises(TypeError, match="logits is of type list"):
        shim.softmax_cross_entropy(X.tolist(), q)
    with pytest.raises(TypeError, match="labels is None"):
        shim.softmax_cross_entropy(x, None)
    with pytest.raises(TypeError, match="where is of type list"):
        shim.softmax_cross_entropy(x, q, where=[True] * 3)


def test_arrays_of_numpy_stay_numpy() -> None:
    for result in (
        shim.softmax_cross_entropy(X, Q, where=PLACES),
        shim.softmax_cross_entropy_with_integer_labels(X, Y, where=ROWS),
    ):
        assert type(result) is np.ndarray
    assert_alike(SOFT, X, jnp.asarray(Q), where=PLACES)
    assert_alike(OF_INDEX, jnp.asarray(X), Y, where=ROWS)

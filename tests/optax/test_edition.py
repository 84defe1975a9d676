"""optax's edition against the real optax: signature, broadcasting, what is taken and refused, values and
gradients.
"""

from __future__ import annotations

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import with_jax  # noqa: F401  (this face of JAX turns x64 mode on)

from compatlosses.optax import sigmoid_binary_cross_entropy

X = jnp.asarray([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]], "float32")
Y = jnp.asarray([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]], "float32")


def test_signature() -> None:
    names = [
        (p.name, p.default, p.kind)
        for p in inspect.signature(sigmoid_binary_cross_entropy).parameters.values()
    ]
    theirs = inspect.signature(optax.sigmoid_binary_cross_entropy).parameters.values()
    assert names == [(p.name, p.default, p.kind) for p in theirs]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_as_the_real_one(dtype: str) -> None:
    x, y = X.astype(dtype), Y.astype(dtype)
    mine, theirs = sigmoid_binary_cross_entropy(x, y), optax.sigmoid_binary_cross_entropy(x, y)
    assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
    # optax rounds half precision at every step.
    near = {"float16": 4e-3, "bfloat16": 4e-2, "float32": 1e-6, "float64": 1e-14}[dtype]
    np.testing.assert_allclose(np.float64(mine), np.float64(theirs), rtol=near)


TAKEN: list[tuple[Any, Any]] = [
    (X[:, None], Y),
    (X, Y[:1]),
    (X[:1], Y),
    (X[0, 0], Y),
    (X, np.asarray(Y, "float64")),
    (X, jnp.asarray([1, 0, 1])),
    (X, np.asarray([True, False, True])),
    (X, 1.0),
    (X, True),
    (np.asarray(X), Y),
    (X.astype("float16"), Y.astype("float64")),
]


@pytest.mark.parametrize("k", range(len(TAKEN)))
def test_what_optax_takes(k: int) -> None:
    logits, labels = TAKEN[k]
    mine, theirs = (
        sigmoid_binary_cross_entropy(logits, labels),
        optax.sigmoid_binary_cross_entropy(logits, labels),
    )
    assert isinstance(mine, jax.Array)
    assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
    np.testing.assert_allclose(
        np.float64(mine), np.float64(theirs), rtol=4e-3 if mine.dtype == np.float16 else 1e-6
    )


class Holder:
    """What says itself which array it stands for, as Flax's variables do."""

    def __jax_array__(self) -> Any:
        return Y


@pytest.mark.parametrize("logits", [X, np.asarray(X)], ids=["jax", "numpy"])
def test_labels_that_turn_themselves_into_an_array(logits: Any) -> None:
    mine, theirs = (
        sigmoid_binary_cross_entropy(logits, Holder()),
        optax.sigmoid_binary_cross_entropy(logits, Holder()),
    )
    assert isinstance(mine, jax.Array) and mine.dtype == theirs.dtype
    np.testing.assert_allclose(np.float64(mine), np.float64(theirs), rtol=1e-6)


@pytest.mark.parametrize("label", [1, 0.25, True, np.float32(0.25), np.int64(1), np.bool_(True)])
def test_numbers_are_labels_of_any_framework_s_logits(label: Any) -> None:
    for logits in (X, np.asarray(X), np.asarray(X)[0, 0]):
        mine, theirs = (
            sigmoid_binary_cross_entropy(logits, label),
            optax.sigmoid_binary_cross_entropy(logits, label),
        )
        assert mine.shape == theirs.shape and mine.dtype == "float32"
        np.testing.assert_allclose(np.float64(mine), np.float64(theirs), rtol=1e-6)


SYMBOLIC = [("n, m", "n, m"), ("n, m", "m"), ("n, m", "n, 1"), ("n, 1", "n, m"), ("1, m", "n, 1")]


@pytest.mark.parametrize(("of_logits", "of_labels"), SYMBOLIC)
def test_sizes_that_only_a_run_tells(of_logits: str, of_labels: str) -> None:
    """Logits and labels of an exported program broadcast against each other."""
    scope = jax.export.SymbolicScope()
    specs = [
        jax.ShapeDtypeStruct(jax.export.symbolic_shape(s, scope=scope), "float32")
        for s in (of_logits, of_labels)
    ]
    exported = jax.export.export(jax.jit(sigmoid_binary_cross_entropy))(*specs)
    sizes = {"n": 2, "m": 3, "1": 1}
    shapes = [tuple(sizes[d] for d in s.split(", ")) for s in (of_logits, of_labels)]
    x, y = (jnp.linspace(0.1, 0.9, int(np.prod(k)), dtype="float32").reshape(k) for k in shapes)
    np.testing.assert_allclose(exported.call(x, y), optax.sigmoid_binary_cross_entropy(x, y), rtol=1e-6)


REFUSED: list[tuple[Any, Any, type[Exception], str]] = [
    (jnp.asarray([1, 2]), Y[0, :2], TypeError, "logits has dtype int64; expected float16"),
    (X, Y[0, :2], ValueError, r"do not broadcast against each other; expected sizes"),
    (X, Y[:, :2], TypeError, r"do not broadcast against each other; expected sizes"),
    (X, [[1.0, 0.0, 1.0]], TypeError, "labels is of type list; expected a JAX tensor"),
    (X, None, TypeError, "labels is None; expected a JAX tensor"),
    ([0.5], [1.0], TypeError, "logits is of type list"),
    (jnp.asarray([1, 2]), Y[0, :2], TypeError, r"Are logits and targets in this order\?"),
]


@pytest.mark.parametrize("k", range(len(REFUSED)))
def test_what_optax_refuses(k: int) -> None:
    logits, labels, error, message = REFUSED[k]
    with pytest.raises(error, match=message):
        sigmoid_binary_cross_entropy(logits, labels)
    with pytest.raises(error):
        optax.sigmoid_binary_cross_entropy(logits, labels)


def test_gradients_of_broadcast_arguments_have_their_shapes() -> None:
    x, y = X[:, :1].astype("float64"), Y[0].astype("float64")
    for transform in (lambda f: f, jax.jit):
        mine = transform(jax.grad(lambda a, b: sigmoid_binary_cross_entropy(a, b).sum(), (0, 1)))(x, y)
        theirs = jax.grad(lambda a, b: optax.sigmoid_binary_cross_entropy(a, b).sum(), (0, 1))(x, y)
        for a, b in zip(mine, theirs, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_masking_with_infinity_where_optax_gives_nan() -> None:
    x, y = jnp.asarray([-jnp.inf, jnp.inf]), jnp.asarray([0.0, 1.0])
    assert sigmoid_binary_cross_entropy(x, y).tolist() == [0.0, 0.0]
    assert jax.grad(lambda a: sigmoid_binary_cross_entropy(a, y).sum())(x).tolist() == [0.0, 0.0]
    assert np.isnan(optax.sigmoid_binary_cross_entropy(x, y)).all()


def test_numpy_arrays_alone_stay_numpy() -> None:
    loss = sigmoid_binary_cross_entropy(np.asarray(X), np.asarray(Y[:1]))
    assert isinstance(loss, np.ndarray) and loss.shape == (2, 3) and loss.dtype == np.float32

"""JAX's transformations: each gives the numbers of the mathematics, and what is spread over devices stays
there.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import exact
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import with_jax  # noqa: F401  (this face of JAX turns x64 mode on and makes eight devices)
from entered import assert_paid_at_trace_time
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import compatlosses as cl

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(8, 6)) * 3, RNG.uniform(size=(8, 6))
W, P = RNG.uniform(0.5, 2, size=(8, 1)), RNG.uniform(0.5, 2, size=(6,))
ALL = (0, 1, 2, 3)


def loss(x: Any, y: Any, w: Any, p: Any, **options: Any) -> Any:
    """The loss with both weights."""
    return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, **options)


def given(dtype: str = "float64") -> list[Any]:
    """The four arguments."""
    return [jnp.asarray(a, dtype) for a in (X, Y, W, P)]


def by_hand(dtype: str = "float64") -> list[np.ndarray[Any, Any]]:
    """The mean's gradients by all four, from the formulas, of the values as ``dtype`` holds them."""
    x, y, w, p = (np.asarray(a, dtype).astype(np.float64) for a in (X, Y, W, P))
    s, plus, minus = 1 / (1 + np.exp(-x)), np.log1p(np.exp(x)), np.log1p(np.exp(-x))
    by_x = w * ((1 - y) * s - p * y * (1 - s))
    by_y = w * (p * minus - plus)
    by_w = ((1 - y) * plus + p * y * minus).sum(1, keepdims=True)
    by_p = (w * y * minus).sum(0)
    return [slope / x.size for slope in (by_x, by_y, by_w, by_p)]


@pytest.mark.parametrize("transform", [lambda f: f, jax.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_gradients_of_all_four(transform: Callable[..., Any], dtype: str) -> None:
    gradients = transform(jax.grad(loss, ALL))(*given(dtype))
    relative = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 1e-6, "float64": 1e-13}[dtype]
    for gradient, expected in zip(gradients, by_hand(dtype), strict=True):
        assert gradient.dtype == jnp.dtype(dtype) and gradient.shape == expected.shape
        np.testing.assert_allclose(
            np.asarray(gradient, np.float64), expected, rtol=relative, atol=relative * 1e-3
        )


def test_jit_is_the_formula_and_eager_calls_are_fused() -> None:
    x, y, w, p = given()
    assert cl.executor_of(cl.binary_cross_entropy_with_logits, x, y, weight=w, pos_weight=p) == "fused"
    seen = []
    jax.jit(lambda x: seen.append(cl.executor_of(cl.binary_cross_entropy_with_logits, x, y)))(x)
    assert seen == ["formula: JAX is tracing the call"]


@pytest.mark.parametrize(
    "step", [loss, jax.value_and_grad(loss, ALL), jax.vmap(jax.grad(loss), in_axes=(0, 0, 0, None))]
)
def test_the_shim_is_paid_for_when_a_call_is_traced(step: Callable[..., Any]) -> None:
    """A second call of the compiled function enters no Python of the package."""
    assert_paid_at_trace_time(jax.jit(step), step, *given())


def test_value_and_gradients_eager_and_under_jit() -> None:
    names = ("logits", "targets", "weight", "pos_weight")

    def step(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits, x, y, wrt=names, weight=w, pos_weight=p
        )

    for call in (step, jax.jit(step)):
        value, gradients = call(*given())
        assert float(value) == pytest.approx(float(loss(*given())), rel=1e-14)
        for name, expected in zip(names, by_hand(), strict=True):
            np.testing.assert_allclose(gradients[name], expected, rtol=1e-12)


def test_vmap_is_a_loop() -> None:
    x, y, _, p = given()
    weights = jnp.asarray(W[:, 0])
    batched = jax.vmap(jax.value_and_grad(lambda a, b, c: loss(a, b, c, p)))(x, y, weights)
    for i in range(8):
        value, gradient = jax.value_and_grad(lambda a, i=i: loss(a, y[i], weights[i], p))(x[i])
        np.testing.assert_allclose(batched[0][i], value, rtol=1e-14)
        np.testing.assert_allclose(batched[1][i], gradient, rtol=1e-13)


def test_jvp_is_the_gradients_product() -> None:
    arguments = given()
    tangents = [jnp.asarray(RNG.normal(size=a.shape)) for a in arguments]
    value, change = jax.jvp(loss, arguments, tangents)
    assert float(value) == pytest.approx(float(loss(*arguments)), rel=1e-14)
    expected = sum(float((np.asarray(t) * g).sum()) for t, g in zip(tangents, by_hand(), strict=True))
    assert float(change) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "order", [jax.hessian, lambda f: jax.jacrev(jax.jacrev(f)), lambda f: jax.jacfwd(jax.jacfwd(f))]
)
def test_hessian(order: Callable[..., Any]) -> None:
    x, y, w, p = given()
    found = order(lambda a: loss(a, y, w, p, reduction="sum"))(x).reshape(48, 48)
    s = 1 / (1 + np.exp(-X))
    np.testing.assert_allclose(
        found, np.diag((W * ((1 - Y) + P * Y) * s * (1 - s)).ravel()), rtol=1e-11, atol=1e-300
    )


def test_infinite_logits_in_forward_mode() -> None:
    """A change of the logits alone does not meet the infinite slope by the targets."""
    x, y = jnp.asarray([np.inf, -np.inf]), jnp.asarray([1.0, 0.0])
    _, change = jax.jvp(
        lambda a: cl.binary_cross_entropy_with_logits(a, y, reduction="none"), (x,), (jnp.ones(2),)
    )
    assert change.tolist() == [0.0, 0.0]


def test_checkpoint_and_scan() -> None:
    x, y, w, p = given()
    whole = jax.grad(lambda a: jax.checkpoint(loss)(a, y, w, p))(x)
    np.testing.assert_allclose(whole, by_hand()[0], rtol=1e-12)

    def step(total: Any, row: Any) -> Any:
        return total + cl.binary_cross_entropy_with_logits(*row, reduction="sum"), None

    total = jax.jit(lambda: jax.lax.scan(step, jnp.zeros(()), (x, y))[0])()
    assert float(total) == pytest.approx(
        float(cl.binary_cross_entropy_with_logits(x, y, reduction="sum")), rel=1e-13
    )


def test_export_with_a_symbolic_size() -> None:
    from jax import export

    (n,) = export.symbolic_shape("n")
    shape = jax.ShapeDtypeStruct((n, 6), jnp.float32)
    exported = export.export(jax.jit(lambda a, b: cl.binary_cross_entropy_with_logits(a, b)))(shape, shape)
    x, y = jnp.asarray(X, "float32"), jnp.asarray(Y, "float32")
    expected = cl.binary_cross_entropy_with_logits(x, y)
    assert float(export.deserialize(exported.serialize()).call(x, y)) == pytest.approx(
        float(expected), rel=1e-6
    )


OF_TWO_SHAPES = [
    ("a, b", "b, a"),
    ("a, 1", "a, b"),
    ("a, b", "a, 1"),
    ("a, b", "1, b"),
    ("a", "b, a"),
    ("a, 3", "a, b"),
]


@pytest.mark.parametrize(("first", "second"), OF_TWO_SHAPES)
def test_targets_of_another_symbolic_size_are_refused(first: str, second: str) -> None:
    from jax import export

    scope = export.SymbolicScope()
    x, y = (
        jax.ShapeDtypeStruct(export.symbolic_shape(shape, scope=scope), jnp.float32)
        for shape in (first, second)
    )
    with pytest.raises(ValueError, match="targets has shape"):
        export.export(jax.jit(lambda a, b: cl.binary_cross_entropy_with_logits(a, b)))(x, y)


@pytest.mark.parametrize("weights", ["b, a", "c, a, b", "b"])
def test_weights_of_a_symbolic_size(weights: str) -> None:
    from jax import export

    scope = export.SymbolicScope()
    x, w = (
        jax.ShapeDtypeStruct(export.symbolic_shape(shape, scope=scope), jnp.float32)
        for shape in ("a, b", weights)
    )
    program = jax.jit(lambda a, b: cl.binary_cross_entropy_with_logits(a, a, pos_weight=b))
    if weights == "b":
        values = jnp.asarray(X, "float32"), jnp.asarray(P, "float32")
        exported = export.export(program)(x, w)
        assert float(exported.call(*values)) == pytest.approx(float(program(*values)), rel=1e-6)
    else:
        with pytest.raises(ValueError, match="pos_weight has shape"):
            export.export(program)(x, w)


def test_optax_broadcasts_symbolic_sizes() -> None:
    from jax import export

    from compatlosses.optax import sigmoid_binary_cross_entropy

    x, y = (jax.ShapeDtypeStruct(export.symbolic_shape(shape), jnp.float32) for shape in ("n, 1", "6"))
    exported = export.export(jax.jit(sigmoid_binary_cross_entropy))(x, y)
    values = jnp.asarray(X[:, :1], "float32"), jnp.asarray(Y[0], "float32")
    np.testing.assert_allclose(exported.call(*values), sigmoid_binary_cross_entropy(*values), rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("float32", 1e20),
        ("float16", 0.1),
        ("float32", np.nan),
        ("int64", 2**63 - 1),
        ("uint64", 2**64 - 1),
        ("uint8", 255),
    ],
)
def test_ignored_values(dtype: str, value: float) -> None:
    x, y = jnp.asarray([0.0, 5.0]), jnp.zeros(2, dtype).at[1].set(jnp.asarray(value, dtype))

    def mean(a: Any, b: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(a, b, ignore_index=value)

    for call in (mean, jax.jit(mean)):
        assert float(call(x, y)) == pytest.approx(0.6931472)
    assert jax.grad(mean)(x, y).tolist() == [0.5, 0.0]


def test_an_ignored_element_has_the_gradient_0_whatever_comes_in() -> None:
    y = jnp.asarray([-1.0, 1.0])
    found = jax.grad(lambda a: cl.binary_cross_entropy_with_logits(a, y, ignore_index=-1) * jnp.nan)(
        jnp.zeros(2)
    )
    assert found[0] == 0 and np.isnan(found[1])


def test_sparse_arrays_are_refused_by_a_sentence() -> None:
    from jax.experimental.sparse import BCOO

    x = jnp.asarray([0.5, -1.0])
    with pytest.raises(TypeError, match=r"^logits: a sparse array, a BCOO, was given; expected a dense one"):
        cl.binary_cross_entropy_with_logits(BCOO.fromdense(x), x)
    with pytest.raises(TypeError, match=r"^weight: a sparse array"):
        cl.binary_cross_entropy_with_logits(x, x, weight=BCOO.fromdense(x))


class TestSharding:
    """Arrays over eight devices."""

    def spread(self, *arrays: np.ndarray[Any, Any]) -> list[Any]:
        mesh = Mesh(np.asarray(jax.devices()), ("rows",))
        return [jax.device_put(jnp.asarray(a), NamedSharding(mesh, PartitionSpec("rows"))) for a in arrays]

    def test_there_are_eight(self) -> None:
        assert len(jax.devices()) == 8

    @pytest.mark.parametrize("transform", [lambda f: f, jax.jit], ids=["eager", "jit"])
    def test_losses_and_gradients_stay_where_their_logits_are(self, transform: Callable[..., Any]) -> None:
        x, y = self.spread(X, Y)
        assert (
            cl.executor_of(cl.binary_cross_entropy_with_logits, x, y)
            == "formula: an array is spread over 8 devices"
        )
        losses = transform(lambda a, b: cl.binary_cross_entropy_with_logits(a, b, reduction="none"))(x, y)
        gradient = transform(jax.grad(lambda a, b: cl.binary_cross_entropy_with_logits(a, b)))(x, y)
        for result in (losses, gradient):
            assert result.sharding.is_equivalent_to(x.sharding, 2)
            assert {shard.data.shape for shard in result.addressable_shards} == {(1, 6)}
        alone = cl.binary_cross_entropy_with_logits(jnp.asarray(X), jnp.asarray(Y), reduction="none")
        np.testing.assert_allclose(losses, alone, rtol=1e-14)

    def test_a_mean_gathers_nothing(self) -> None:
        x, y = self.spread(X, Y)
        step = jax.jit(jax.value_and_grad(lambda a, b: cl.binary_cross_entropy_with_logits(a, b)))
        program = step.lower(x, y).compile().as_text()
        assert "all-reduce" in program and "all-gather" not in program
        value, gradient = step(x, y)
        assert float(value) == pytest.approx(
            float(cl.binary_cross_entropy_with_logits(jnp.asarray(X), jnp.asarray(Y)))
        )
        assert gradient.sharding.is_equivalent_to(x.sharding, 2)


WITHOUT_X64 = """
import jax, jax.numpy as jnp, numpy as np, warnings
import compatlosses as cl
warnings.simplefilter("error")
assert not jax.config.jax_enable_x64
x, y = jnp.asarray([-100.0, -87.5, 0.5, 104.0]), jnp.asarray([0.0, 0.0, 0.25, 1.0])
def f(a): return cl.binary_cross_entropy_with_logits(a, y, reduction="none")
for call in (f, jax.jit(f)):
    got = np.asarray(call(x))
    assert got.dtype == np.float32
    assert got[0] == np.float32(3.720075976020836e-44)  # subnormal, kept
    np.testing.assert_allclose(got[2], 0.8490769841801067, rtol=1e-7)
mean = lambda a: cl.binary_cross_entropy_with_logits(a, y, ignore_index=0.25)
for grad in (jax.grad(mean), jax.jit(jax.grad(mean))):
    g = np.asarray(grad(x))
    assert g.dtype == np.float32 and g[0] == np.float32(3.720075976020836e-44 / 3) and g[2] == 0.0, g
assert jax.hessian(mean)(x).dtype == np.float32
assert np.isnan(cl.binary_cross_entropy_with_logits(x[:0], y[:0]))
print("fine")
"""


SECOND_ORDER = """
import sys, jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_enable_x64", sys.argv[1] == "x64")
import compatlosses as cl
x, y = jnp.asarray([0.5, -1.0, 2.0], "float32"), jnp.asarray([1.0, 0.0, 0.25], "float32")
def losses(a, b): return cl.binary_cross_entropy_with_logits(a, b, pos_weight=2.0, reduction="none")
def f(a): return losses(a, y).sum()
s = 1 / (1 + np.exp(-np.float64(x)))
curvature = (1 + np.float64(y)) * s * (1 - s)
jit, hessian, grad, each = jax.jit, jax.hessian, jax.grad, jnp.eye(3, dtype="float32")
matrices = {
    "hessian": lambda: hessian(f)(x),
    "jit(hessian)": lambda: jit(hessian(f))(x),
    "hessian(jit)": lambda: hessian(jit(f))(x),
    "hessian(jit inside)": lambda: hessian(lambda a: jit(losses)(a, y).sum())(x),
    "hessian(jit(vmap))": lambda: hessian(lambda a: jit(jax.vmap(losses))(a, y).sum())(x),
    "vmap(hessian(jit))": lambda: jax.vmap(hessian(jit(f)))(x[None])[0],
    "hessian(checkpoint)": lambda: hessian(jax.checkpoint(f))(x),
    "hessian(checkpoint(jit))": lambda: hessian(jax.checkpoint(jit(f)))(x),
    "hessian(cond)": lambda: hessian(lambda a: jax.lax.cond(a[0] > 0, f, lambda a: 0 * a.sum(), a))(x),
    "hessian(switch)": lambda: hessian(lambda a: jax.lax.switch(0, [f, f], a))(x),
    "hessian(map)": lambda: hessian(lambda a: jax.lax.map(lambda t: losses(*t), (a, y)).sum())(x),
    "hessian(scan)": lambda: hessian(lambda a: jax.lax.scan(lambda c, _: (c + f(a), None), 0 * a[0], None,
    1)[0])(x),
    "jacrev(jacrev(jit))": lambda: jax.jacrev(jax.jacrev(jit(f)))(x),
    "jacfwd(jacfwd(jit))": lambda: jax.jacfwd(jax.jacfwd(jit(f)))(x),
    "jacrev(jacfwd(jit))": lambda: jax.jacrev(jax.jacfwd(jit(f)))(x),
    "linearize(grad(jit))": lambda: jax.vmap(jax.linearize(grad(jit(f)), x)[1])(each),
    "vjp(grad(jit))": lambda: jax.vmap(lambda e: jax.vjp(grad(jit(f)), x)[1](e)[0])(each),
}
vectors = {
    "grad(grad(jit))": lambda: grad(lambda a: grad(jit(f))(a).sum())(x),
    "grad(jit(grad))": lambda: grad(lambda a: jit(grad(f))(a).sum())(x),
    "jvp(grad(jit))": lambda: jax.jvp(grad(jit(f)), (x,), (jnp.ones_like(x),))[1],
    "jvp(jit(grad))": lambda: jax.jvp(jit(grad(f)), (x,), (jnp.ones_like(x),))[1],
    "jit(jvp(jit(grad)))": lambda: jit(lambda a: jax.jvp(jit(grad(f)), (a,), (jnp.ones_like(a),))[1])(x),
    "hvp": lambda: grad(lambda a: jnp.vdot(grad(jit(f))(a), jnp.ones_like(a)))(x),
}
for expected, calls in ((np.diag(curvature), matrices), (curvature, vectors)):
    for name, call in calls.items():
        found = call()
        assert found.dtype == np.float32, name
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=name)
print("fine")
"""


@pytest.mark.parametrize("mode", ["x32", "x64"])
def test_second_derivatives_through_whatever_traces(mode: str) -> None:
    """Without x64 mode, float64 is at hand inside the loss alone: JAX must compute nothing of it outside."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SECOND_ORDER, mode], capture_output=True, text=True, timeout=300
    )
    assert done.stdout == "fine\n", done.stderr


def test_without_x64() -> None:
    """JAX's default: float32 in, float32 out, no warning, and no subnormal lost."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_X64], capture_output=True, text=True, timeout=300
    )
    assert done.stdout == "fine\n", done.stderr


def test_oracle_of_the_text_above() -> None:
    """The figures that the process compares with are the exact ones."""
    assert float(exact.loss(-100.0, 0.0).value) == pytest.approx(3.720075976020836e-44, rel=1e-15)
    assert float(exact.loss(0.5, 0.25).value) == pytest.approx(0.8490769841801067, rel=1e-15)

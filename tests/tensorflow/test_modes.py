"""Every way TensorFlow runs code: eager, graphs of known and unknown shapes, XLA, tapes, replicas, saved
models.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from entered import assert_paid_at_trace_time

import compatlosses as cl
import compatlosses.tensorflow as edition
import compatlosses.torch as torch_edition

X = tf.constant([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = tf.constant([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
W = tf.constant([[2.0], [0.5]])
P = tf.constant([1.0, 3.0, 0.5])
TENSORS = [X, Y, W, P]

Loss = Callable[..., Any]


def neutral(x: Any, y: Any, w: Any, p: Any) -> Any:
    return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, ignore_index=0.25)


def plain(x: Any, y: Any, w: Any, p: Any) -> Any:
    return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, reduction="none")


def of_tensorflow(x: Any, y: Any, w: Any, p: Any) -> Any:
    return edition.weighted_cross_entropy_with_logits(y, x, p) * w


def of_torch(x: Any, y: Any, w: Any, p: Any) -> Any:
    return torch_edition.binary_cross_entropy_with_logits(x, y, w, reduction="sum", pos_weight=p)


def derivatives(loss: Loss, *tensors: Any) -> list[Any]:
    """The loss, its gradients by all four, and a second derivative."""
    with tf.GradientTape() as outer:
        outer.watch(tensors)
        with tf.GradientTape() as inner:
            inner.watch(tensors)
            value = loss(*tensors)
        gradients = inner.gradient(value, tensors)
    return [value, *gradients, outer.gradient(gradients[0], tensors[0])]


def assert_same(mine: list[Any], theirs: list[Any]) -> None:
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("autograph", [True, False])
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("loss", [neutral, plain, of_tensorflow, of_torch])
def test_function(loss: Loss, jit_compile: bool, autograph: bool) -> None:
    traced = tf.function(lambda *t: derivatives(loss, *t), jit_compile=jit_compile, autograph=autograph)
    assert_same(traced(*TENSORS), derivatives(loss, *TENSORS))


@pytest.mark.parametrize(
    "shapes", [[(None, 3), (None, 3), (None, 1), (3,)], [(None, None)] * 3 + [(None,)], [None] * 4]
)
@pytest.mark.parametrize("loss", [neutral, plain, of_tensorflow, of_torch])
def test_unknown_shapes(loss: Loss, shapes: list[Any]) -> None:
    specs = [tf.TensorSpec(shape) for shape in shapes]
    traced = tf.function(lambda *t: derivatives(loss, *t), input_signature=specs)
    assert_same(traced(*TENSORS), derivatives(loss, *TENSORS))
    more = (tf.tile(X, (5, 1)), tf.tile(Y, (5, 1)), tf.ones((10, 1)), P)
    assert_same(traced(*more), derivatives(loss, *more))


def of_targets(**options: Any) -> Loss:
    return lambda x, y: cl.binary_cross_entropy_with_logits(x, y, **options)


def of_edition(x: Any, y: Any) -> Any:
    return edition.sigmoid_cross_entropy_with_logits(y, x)


def gradient_alone(x: Any, y: Any) -> Any:
    return cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y)[1]["logits"]


OF_TWO = [
    of_targets(),
    of_targets(reduction="none"),
    of_targets(ignore_index=1.0),
    of_edition,
    gradient_alone,
]


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("loss", OF_TWO)
def test_targets_of_another_shape_never_give_a_number(loss: Loss, jit_compile: bool) -> None:
    """What an eager call refuses, a graph that did not know the sizes refuses when it runs."""
    for shape, other in (
        ((4, 1), (4,)),
        ((4, 1), (1, 4)),
        ((4, 4), (4,)),
        ((2, 3), (2, 1)),
        ((0, 3), (0, 1)),
        ((), (1,)),
    ):
        x, y = tf.zeros(shape), tf.ones(other)
        for specs in (
            [tf.TensorSpec(None)] * 2,
            [tf.TensorSpec([None] * len(shape)), tf.TensorSpec([None] * len(other))],
        ):
            graph = tf.function(loss, input_signature=specs, jit_compile=jit_compile, autograph=False)
            with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
                graph(x, y)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", ["weight", "pos_weight"])
def test_weights_that_enlarge_never_give_a_number(name: str, jit_compile: bool) -> None:
    for shape, other in (
        ((2, 3), (2,)),
        ((2, 3), (4, 2, 3)),
        ((1, 3), (5, 3)),
        ((0, 3), (2, 3)),
        ((1, 0), (5, 0)),
        ((3,), (1, 3)),
    ):
        x, w = tf.zeros(shape), tf.ones(other)

        def loss(x: Any, w: Any) -> Any:
            return cl.binary_cross_entropy_with_logits(x, x, **{name: w})

        for specs in (
            [tf.TensorSpec(None)] * 2,
            [tf.TensorSpec([None] * len(shape)), tf.TensorSpec([None] * len(other))],
        ):
            with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
                tf.function(loss, input_signature=specs, jit_compile=jit_compile, autograph=False)(x, w)


def test_the_error_of_a_running_graph_says_what_is_wrong() -> None:
    graph = tf.function(of_targets(), input_signature=[tf.TensorSpec(None)] * 2, autograph=False)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="the shape of the targets differs from that of the logits"
    ):
        graph(tf.zeros((4, 1)), tf.ones(4))


@pytest.mark.parametrize(
    ("dtype", "value"), [("float32", 1e20), ("float16", 0.1), ("float32", np.nan), ("int64", 2**63 - 1)]
)
def test_ignored_values_in_a_graph(dtype: str, value: float) -> None:
    x, y = tf.constant([0.0, 5.0]), tf.stack([tf.constant(1, dtype), tf.constant(value, dtype)])
    loss = of_targets(ignore_index=value)
    for call in (
        loss,
        tf.function(loss, autograph=False),
        tf.function(loss, autograph=False, jit_compile=True),
    ):
        assert float(call(x, y)) == pytest.approx(0.6931472)


def by_hand(x: Any, y: Any, w: Any, p: Any) -> Any:
    """The loss and all four gradients without a tape."""
    names = ("logits", "targets", "weight", "pos_weight")
    return cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        x,
        y,
        wrt=names,
        weight=w,
        pos_weight=p,
        ignore_index=0.25,
    )


@pytest.mark.parametrize(
    "shapes", [[(2, 3), (2, 3), (2, 1), (3,)], [(None, 3), (None, 3), (None, 1), (3,)], [None] * 4]
)
def test_value_and_gradients_in_a_graph(shapes: list[Any]) -> None:
    traced = tf.function(by_hand, input_signature=[tf.TensorSpec(shape) for shape in shapes])
    (loss, gradients), (expected, eager) = traced(*TENSORS), by_hand(*TENSORS)
    assert set(gradients) == set(eager)
    assert_same([loss, *(gradients[name] for name in eager)], [expected, *eager.values()])


@pytest.mark.parametrize("loss", [neutral, of_tensorflow, of_torch, by_hand])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_shim_is_paid_for_when_a_graph_is_built(loss: Loss, jit_compile: bool) -> None:
    """A second call enters no Python of the package; the gradients are in the same graph."""

    def step(*tensors: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = loss(*tensors)
        return value if loss is by_hand else tape.gradient(value, tensors)

    assert_paid_at_trace_time(tf.function(step, jit_compile=jit_compile), step, *TENSORS)


def test_the_mean_of_nothing_in_a_graph() -> None:
    spec = tf.TensorSpec((None, 3))
    for reduction, expected in (("mean", np.nan), ("sum", 0.0)):

        def loss(x: Any, y: Any, reduction: str = reduction) -> Any:
            return cl.binary_cross_entropy_with_logits(x, y, reduction=reduction)

        empty = tf.zeros((0, 3))
        np.testing.assert_equal(
            tf.function(loss, input_signature=[spec, spec])(empty, empty).numpy(), np.float32(expected)
        )
    normalized = tf.function(lambda *t: neutral(*t, None, None), input_signature=[spec, spec])
    assert np.isnan(normalized(empty, empty).numpy())


def test_errors_in_a_graph() -> None:
    with pytest.raises(ValueError, match="labels has shape"):
        tf.function(edition.sigmoid_cross_entropy_with_logits)(Y[:1], X)
    with pytest.raises(TypeError, match="labels has dtype int32"):
        tf.function(edition.sigmoid_cross_entropy_with_logits)(tf.cast(Y, "int32"), X)
    with pytest.raises(ValueError, match="reduction is 'bad'"):
        tf.function(lambda x, y: cl.binary_cross_entropy_with_logits(x, y, reduction="bad"))(X, Y)


def test_a_graph_computes_from_its_inputs() -> None:
    """Eager tensors that a graph captures are no reason to leave it: the fused executor would bake its result
    in.
    """
    seen = []

    @tf.function
    def captured() -> Any:
        seen.append(cl.executor_of(cl.binary_cross_entropy_with_logits, X, Y))
        return cl.binary_cross_entropy_with_logits(X, Y)

    assert float(captured()) == pytest.approx(float(cl.binary_cross_entropy_with_logits(X, Y)))
    assert seen == ["formula: a graph is being built"]


def test_first_call_of_a_process_is_in_a_graph() -> None:
    program = """
import compatlosses as cl, tensorflow as tf
x, y = tf.constant([0.5, -1.0]), tf.constant([1.0, 0.0])
loss = tf.function(lambda x, y: cl.binary_cross_entropy_with_logits(x, y))(x, y)
assert abs(float(loss) - float(cl.binary_cross_entropy_with_logits(x, y))) < 1e-7
"""
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


class TestTapes:
    """The fused executor in eager tapes: asked once, again, for some, inside one another."""

    def test_persistent(self) -> None:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(TENSORS)
            assert (
                cl.executor_of(cl.binary_cross_entropy_with_logits, X, Y, weight=W, pos_weight=P) == "fused"
            )
            loss = neutral(*TENSORS)
            doubled = 2 * loss
        first = tape.gradient(loss, TENSORS)
        for _ in range(2):
            for a, b in zip(tape.gradient(loss, TENSORS), first, strict=True):
                assert np.array_equal(a, b)
        assert np.array_equal(tape.gradient(loss, P), first[3])
        assert_same([tape.gradient(doubled, X)], [2 * first[0]])

    @pytest.mark.parametrize("loss", [neutral, plain])
    def test_asked_twice_a_gradient_has_the_same_bits(self, loss: Loss) -> None:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(TENSORS)
            value = tf.reduce_sum(loss(*TENSORS)) / 3
        first, second = (tape.gradient(value, TENSORS) for _ in range(2))
        for a, b in zip(first, second, strict=True):
            assert np.array_equal(a, b)

    @pytest.mark.parametrize("read", [lambda v: v, lambda v: v.read_value()], ids=["variable", "value"])
    def test_a_variable_assigned_before_its_gradient_is_asked_for(self, read: Callable[..., Any]) -> None:
        """The gradient is that of the values that the loss was computed from."""
        expected = derivatives(plain, *TENSORS)[1]
        variable = tf.Variable(X)
        with tf.GradientTape(persistent=True) as tape:
            value = plain(read(variable), Y, W, P)
        for change in (variable.assign, variable.assign_add):
            change(tf.ones_like(X) * 9)
            assert_same([tape.gradient(value, variable)], [expected])

    def test_unwatched_arguments_have_no_gradient(self) -> None:
        with tf.GradientTape() as tape:
            tape.watch(X)
            loss = neutral(*TENSORS)
        by_x, by_y = tape.gradient(loss, [X, Y])
        assert by_x is not None and by_y is None

    def test_sliced_losses(self) -> None:
        """The cotangent of a gather comes as slices."""
        with tf.GradientTape() as tape:
            tape.watch(X)
            loss = tf.gather(plain(*TENSORS), [1, 1])
        by_x = tape.gradient(loss, X).numpy()
        assert (by_x[0] == 0).all() and (by_x[1] != 0).all()

    def test_jacobian_and_hessian(self) -> None:
        with tf.GradientTape() as outer:
            outer.watch(X)
            with tf.GradientTape() as inner:
                inner.watch(X)
                loss = plain(*TENSORS)
            gradient = inner.gradient(loss, X)
        hessian = outer.jacobian(gradient, X).numpy().reshape(6, 6)
        s = 1 / (1 + np.exp(-X.numpy()))
        spread = s * (1 - s) * W.numpy() * ((1 - Y.numpy()) + P.numpy() * Y.numpy())
        np.testing.assert_allclose(hessian, np.diag(spread.ravel()), rtol=1e-5)
        with tf.GradientTape() as tape:
            tape.watch(X)
            loss = plain(*TENSORS)
        np.testing.assert_allclose(
            tape.jacobian(loss, X).numpy().reshape(6, 6), np.diag(gradient.numpy().ravel()), rtol=1e-6
        )

    @pytest.mark.parametrize("loss", [neutral, plain])
    def test_forward_accumulators(self, loss: Loss) -> None:
        tangents = [tf.fill(t.shape, 0.5) for t in TENSORS]
        with tf.autodiff.ForwardAccumulator(TENSORS, tangents) as forward:
            assert "forward accumulator" in cl.executor_of(cl.binary_cross_entropy_with_logits, X, Y)
            with tf.GradientTape() as tape:
                tape.watch(X)
                value = loss(*TENSORS)
            gradient = tape.gradient(value, X)
        reverse = derivatives(loss, *TENSORS)[1:5]
        expected = sum(float(tf.reduce_sum(g * t)) for g, t in zip(reverse, tangents, strict=True))
        assert float(tf.reduce_sum(forward.jvp(value))) == pytest.approx(expected, rel=1e-5)
        along = [tf.reduce_sum(forward.jvp(gradient))]
        with tf.GradientTape() as outer:
            outer.watch(TENSORS)
            total = tf.reduce_sum(derivatives(loss, *TENSORS)[1])
        by_all = outer.gradient(total, TENSORS)
        assert_same(along, [tf.add_n([tf.reduce_sum(g * t) for g, t in zip(by_all, tangents, strict=True)])])

    def test_forward_over_a_fused_backward(self) -> None:
        """The accumulator starts after the fused call: its backward must notice."""
        with tf.GradientTape() as tape:
            tape.watch(X)
            loss = plain(*TENSORS)
        with tf.autodiff.ForwardAccumulator(X, tf.ones_like(X)) as forward:
            gradient = tape.gradient(loss, X)
        assert_same([forward.jvp(gradient)], [derivatives(plain, *TENSORS)[5]])

    def test_vectorized_map(self) -> None:
        rows = tf.vectorized_map(
            lambda t: cl.binary_cross_entropy_with_logits(t[0], t[1], pos_weight=P), (X, Y)
        )
        each = [cl.binary_cross_entropy_with_logits(X[i], Y[i], pos_weight=P) for i in range(2)]
        assert_same([tf.reshape(rows, (2,))], [tf.stack(each)])

    def test_variables_are_read(self) -> None:
        x, p = tf.Variable(X), tf.Variable(P)
        assert "ResourceVariable" in cl.executor_of(cl.binary_cross_entropy_with_logits, x, Y)
        with tf.GradientTape() as tape:
            loss = cl.binary_cross_entropy_with_logits(x, Y, weight=W, pos_weight=p, reduction="none")
        assert_same(tape.gradient(loss, [x, p]), [derivatives(plain, *TENSORS)[i] for i in (1, 4)])


def test_mirrored_strategy() -> None:
    """Two replicas on two virtual CPUs, in a graph and eagerly, train as one."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    rng = np.random.default_rng(0)
    features, labels = (
        tf.constant(rng.normal(size=(8, 4)), tf.float32),
        tf.constant(rng.uniform(size=(8, 3)), tf.float32),
    )
    start = rng.normal(size=(4, 3)).astype(np.float32)

    def gradient_of(matrix: Any, x: Any, y: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(edition.weighted_cross_entropy_with_logits(y, x @ matrix, P)) / 24
        return loss, tape.gradient(loss, matrix)

    whole = gradient_of(tf.Variable(start), features, labels)
    for traced in (True, False):
        with strategy.scope():
            matrix = tf.Variable(start)

        def step(x: Any, y: Any, matrix: Any = matrix) -> Any:
            loss, gradient = gradient_of(matrix, x, y)
            replica = tf.distribute.get_replica_context()
            total = replica.all_reduce("sum", gradient)
            matrix.assign_sub(total)
            return replica.all_reduce("sum", loss)

        def run(x: Any, y: Any, step: Any = step) -> Any:
            return strategy.run(step, args=(x, y))

        parts = [
            strategy.experimental_distribute_values_from_function(
                lambda c, t=t: t[c.replica_id_in_sync_group * 4 :][:4]
            )
            for t in (features, labels)
        ]
        losses = (tf.function(run) if traced else run)(*parts)
        assert strategy.num_replicas_in_sync == 2
        assert_same([strategy.experimental_local_results(losses)[1]], [whole[0]])
        assert_same([matrix], [start - whole[1]])


def test_other_devices_keep_their_tensors() -> None:
    with tf.device("CPU:1"):
        x, y = tf.identity(X), tf.identity(Y)
        assert "CPU:1" in cl.executor_of(cl.binary_cross_entropy_with_logits, x, y)
        loss = cl.binary_cross_entropy_with_logits(x, y)
    assert loss.device.endswith("CPU:1")
    assert_same([loss], [cl.binary_cross_entropy_with_logits(X, Y)])


def test_saved_model(tmp_path: Path) -> None:
    module = tf.Module()
    module.loss = tf.function(
        lambda y, x: edition.sigmoid_cross_entropy_with_logits(y, x),
        input_signature=[tf.TensorSpec((None, 3))] * 2,
    )
    tf.saved_model.save(module, str(tmp_path))
    program = """
import sys, tensorflow as tf
loss = tf.saved_model.load(sys.argv[1]).loss
print(float(loss(tf.ones((1, 3)), tf.zeros((1, 3)))[0, 0]))
assert "compatlosses" not in sys.modules
"""
    command = [sys.executable, "-P", "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) == pytest.approx(0.6931472)

"""The TensorFlow library: its vocabulary, and numbers that TensorFlow's kernels flush to zero."""

from __future__ import annotations

import math
from typing import Any

import exact
import numpy as np
import pytest
import tensorflow as tf

import compatlosses as cl
from compatlosses.tensorflow import host, library

SUBNORMALS = np.array([1, 2, 3, 0x400000, 0x7FFFFF, 0x800000], np.uint32).view(np.float32)


def test_tensorflow_flushes_subnormals() -> None:
    """The fault that the library works around. If TensorFlow mends it, the library can be simpler."""
    assert tf.cast(tf.constant(SUBNORMALS), "float64").numpy()[:5].tolist() == [0] * 5
    assert (tf.constant(SUBNORMALS) * 1).numpy()[:5].tolist() == [0] * 5


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_casts_keep_subnormals(sign: float) -> None:
    values = SUBNORMALS * np.float32(sign)
    wide = library.cast(tf.constant(values), "float64")
    assert wide.numpy().tolist() == values.astype(np.float64).tolist()
    assert library.cast(wide, "float32").numpy().tolist() == values.tolist()
    ties = tf.constant(values.astype(np.float64) * 0.5)
    assert library.cast(ties, "float32").numpy().tolist() == ties.numpy().astype(np.float32).tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_casts_round_once(dtype: str) -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [np.exp(rng.uniform(-110, 90, 20000)) * rng.choice([-1.0, 1.0], 20000), [math.inf, -math.inf, 0.0]]
    )
    got = library.cast(tf.constant(values), dtype)
    with np.errstate(over="ignore"):
        expected = values.astype(np.float32).astype(got.numpy().dtype)
    assert np.array_equal(got.numpy(), expected)
    assert np.isnan(library.cast(tf.constant(math.nan, tf.float64), dtype).numpy())


def test_casts_differentiate() -> None:
    x = tf.constant([0.5, 1e-40, -2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = library.cast(library.cast(x, "float64") * 3, "float32")
    assert tape.gradient(y, x).numpy().tolist() == [3, 3, 3]


@pytest.mark.parametrize("how", ["eager", "graph", "xla"])
def test_softplus_and_sigmoid(how: str) -> None:
    def both(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = library.softplus(x)
        return value, tape.gradient(value, x), library.sigmoid(x)

    function = both if how == "eager" else tf.function(both, jit_compile=how == "xla")
    edges = [0.0, 1e-45, 1e-30, 1e-3, 1.0, 14.0, 16.0, 40.0, 88.0, 95.0, 103.0, 104.0, 3e38, math.inf]
    points = np.float32([*edges, *(-x for x in edges), math.nan])
    value, slope, sigmoid = function(tf.constant(points))
    loss = [exact.loss(float(x), 0.0) for x in points]
    slopes = [exact.d_logits(float(x), 0.0) for x in points]
    for got, expected in ((value, loss), (slope, slopes), (sigmoid, slopes)):
        assert exact.worst(got.numpy().tolist(), expected, "float32")[0] <= 0.51


def test_float64_results_below_the_normal_range_are_zero() -> None:
    """The limit that docs/numerics.md states: TensorFlow has no subnormal float64 numbers to work with."""
    x, y = tf.constant([-700.0, -709.0], tf.float64), tf.zeros(2, tf.float64)
    assert cl.executor_of(cl.binary_cross_entropy_with_logits, x, y) == "fused"
    assert (cl.binary_cross_entropy_with_logits(x, y, reduction="none").numpy() > 0).all()
    graph = tf.function(lambda x, y: cl.binary_cross_entropy_with_logits(x, y, reduction="none"))
    assert (graph(x, y).numpy() > 0).tolist() == [True, False]


def test_equal_is_exact() -> None:
    near = tf.constant([0.0, -0.0, 1e-45, -1e-45, math.nan, 1.0])
    assert library.equal(near, 0).numpy().tolist() == [True, True, False, False, False, False]
    assert library.equal(tf.cast(tf.constant([0.1, 0.2]), "float16"), 0.1).numpy().tolist() == [True, False]
    assert library.equal(near, math.nan).numpy().tolist() == [False] * 4 + [True, False]
    for dtype, value in (
        ("int64", 2**63 - 1),
        ("uint64", 2**64 - 1),
        ("uint8", 255),
        ("int8", -1),
        ("bool", 1),
    ):
        found = library.equal(tf.constant(np.array([value, value - 1]).astype(dtype)), value)
        assert found.numpy().tolist() == [True, False]


def test_what_is_of_several_parts_is_refused_by_a_sentence() -> None:
    x = tf.constant([[0.5, -1.0]])
    for given in (
        tf.sparse.from_dense(x),
        tf.RaggedTensor.from_row_lengths(x[0], [1, 1]),
        tf.IndexedSlices(x, tf.constant([0])),
    ):
        with pytest.raises(
            TypeError, match=rf"^targets: a tf\.{type(given).__name__} was given; expected a dense tensor\."
        ):
            cl.binary_cross_entropy_with_logits(x, given)
        with pytest.raises(TypeError, match=r"^pos_weight: a tf\."):
            cl.binary_cross_entropy_with_logits(x, x, pos_weight=given)


def test_sums() -> None:
    assert float(library.sum(tf.constant([1e8, 1.0, -1e8, 1.0]))) == 2
    assert float(library.sum(tf.zeros((0, 3)))) == 0 and library.size(tf.zeros((0, 3))) == 0
    x = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    for shape in [(), (1,), (4,), (3, 1), (1, 3, 4), (2, 1, 1), (2, 3, 4)]:
        like = tf.zeros(shape)
        expected = np.broadcast_to(np.ones(shape), (2, 3, 4))
        total = library.sum_to(x, like)
        assert tuple(total.shape) == shape and float(tf.reduce_sum(total)) == float(
            (x.numpy() * expected).sum()
        )
        specs = [tf.TensorSpec(None), tf.TensorSpec(None)]
        assert np.array_equal(tf.function(library.sum_to, input_signature=specs)(x, like), total)


class TestHost:
    """Memory is shared with TensorFlow, and handed to it aligned as it needs it."""

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int32", "bool"])
    def test_views_share_memory(self, dtype: str) -> None:
        x = tf.cast(tf.constant([[1, 0, 1], [0, 1, 1]]), dtype)
        first, second = host.view(x), host.view(x)
        assert first.__array_interface__["data"][0] == second.__array_interface__["data"][0]
        assert first.shape == (2, 3) and first.flags.writeable and first.itemsize == x.dtype.size

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
    def test_numbers_without_dimensions(self, dtype: str) -> None:
        x, y, w = (tf.cast(tf.constant(v), dtype) for v in (0.0, 1.0, 3.0))
        assert cl.executor_of(cl.binary_cross_entropy_with_logits, x, y, weight=w) == "fused"
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            loss = cl.binary_cross_entropy_with_logits(x, y, weight=w)
        by_x, by_w = tape.gradient(loss, [x, w])
        assert loss.dtype == by_x.dtype == by_w.dtype == dtype
        assert float(by_x) == -1.5 and float(by_w) == pytest.approx(math.log(2), rel=4e-3)

    @pytest.mark.parametrize("offset", [0, 4, 16, 32])
    def test_arrays_of_any_alignment_become_tensors(self, offset: int) -> None:
        """TensorFlow itself ends the process over one that is not aligned to 64 bytes."""
        memory = np.zeros(4096, np.uint8)
        start = -memory.ctypes.data % 64 + offset
        array = memory[start : start + 400].view(np.float32)
        array[:] = np.arange(100)
        assert tf.reduce_sum(host.tensor(array, None)).numpy() == 4950

    def test_results_are_aligned(self) -> None:
        x = tf.random.normal((2**16,))
        array = np.asarray(cl.binary_cross_entropy_with_logits(x, tf.zeros_like(x), reduction="none"))
        assert array.ctypes.data % 64 == 0

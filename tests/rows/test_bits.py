"""Equal values give equal bits: for any layout of the logits, number of threads and size of tiles.

Rows in memory that is odd, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import compatlosses as cl
from compatlosses import rows, threads

Array = np.ndarray[Any, Any]


def result(x: Array, y: Array, axis: int, **options: Any) -> list[bytes]:
    """The bits of the loss, and of the gradient with its classes along the last axis."""
    assert cl.executor_of(cl.cross_entropy, x, y, axis=axis, **options) == "fused"
    value, slopes = cl.value_and_gradients(cl.cross_entropy, x, y, axis=axis, **options)
    slope = np.moveaxis(slopes["logits"], axis, -1)
    return [np.ascontiguousarray(value).tobytes(), np.ascontiguousarray(slope).tobytes()]


def strided(a: Array) -> Array:
    wide = np.empty((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


def reversed_rows(a: Array) -> Array:
    return np.ascontiguousarray(a[::-1])[::-1]


def reversed_classes(a: Array) -> Array:
    return np.ascontiguousarray(a[..., ::-1])[..., ::-1]


def unaligned(a: Array) -> Array:
    room = np.empty(a.nbytes + 1, np.uint8)
    out = room[1:].view(a.dtype).reshape(a.shape)
    out[...] = a
    return out


def big_endian(a: Array) -> Array:
    return a.astype(a.dtype.newbyteorder(">"))


LAYOUTS: list[Callable[[Array], Array]] = [
    strided, reversed_rows, reversed_classes, unaligned, big_endian, np.asfortranarray
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 21, 63, 64, 1000, 2100])
def test_any_layout(dtype: Any, classes: int) -> None:
    rng = np.random.default_rng(classes)
    x = rng.normal(0, 6, (5, 37, classes)).astype(dtype)
    y = rng.integers(0, classes, (5, 37))
    w = rng.random(classes).astype(dtype)
    for options in (
        {"weight": w, "ignore_index": 1, "divisor": "weights"},
        {"reduction": "none"},
        {"label_smoothing": 0.1, "weight": w, "weighting": "row"},
    ):
        expected = result(x, y, -1, **options)
        for layout in LAYOUTS:
            assert result(layout(x), layout(y), -1, **options) == expected, (layout, options)
        for axis in (0, 1):
            moved = np.ascontiguousarray(np.moveaxis(x, -1, axis))
            assert result(moved, y, axis, **options) == expected, (axis, options)


@pytest.mark.parametrize("shape", [(9000, 70), (40, 21, 500), (700, 1500), (3, 200000)])
def test_any_number_of_threads(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0, 6, shape).astype(np.float32)
    y = rng.integers(0, shape[1], (shape[0], *shape[2:]))
    expected = result(x, y, 1, ignore_index=3)
    for number in (2, 3, 8):
        threads.set_num_threads(number)
        assert result(x, y, 1, ignore_index=3) == expected


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("classes", [1, 5, 70, 1100])
def test_the_likelihood_of_any_layout(dtype: Any, classes: int) -> None:
    """From indices: that of one class, and a slope there alone, whatever the others hold."""
    rng = np.random.default_rng(classes)
    x, y = rng.normal(-3, 2, (5, 37, classes)).astype(dtype), rng.integers(0, classes, (5, 37))
    w, mask = rng.random(classes).astype(dtype), rng.random((5, 37)) < 0.8
    options: Any = {"weight": w, "mask": mask, "reduction": "sum"}
    chosen = np.take_along_axis(x, y[..., None], -1)
    slope = np.zeros_like(x)
    np.put_along_axis(slope, y[..., None], np.where(mask, -w[y], 0).astype(dtype)[..., None], -1)
    expected = -(w[y].astype(np.float64) * chosen[..., 0])[mask].sum()
    for axis in (-1, 0, 1):
        for layout in (np.ascontiguousarray, reversed_rows, unaligned):
            given = layout(np.moveaxis(np.where(chosen == x, x, np.nan).astype(dtype), -1, axis))
            assert cl.executor_of(cl.nll_loss, given, y, axis=axis, **options) == "fused"
            value, slopes = cl.value_and_gradients(cl.nll_loss, given, y, axis=axis, **options)
            np.testing.assert_allclose(value, expected, rtol=2 * np.finfo(dtype).eps)
            np.testing.assert_array_equal(np.moveaxis(slopes["log_probabilities"], axis, -1), slope)


def test_calls_side_by_side() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(0, 6, (4000, 70)).astype(np.float32)
    y = rng.integers(0, 70, 4000)
    expected = result(x, y, 1)
    threads.set_num_threads(2)
    found: list[list[bytes]] = []
    workers = [threading.Thread(target=lambda: found.append(result(x, y, 1))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 6


def test_backward_alone_has_the_bits_of_both_together() -> None:
    from compatlosses.definitions.cross_entropy import LOSS
    from compatlosses.request import Request

    rng = np.random.default_rng(4)
    for shape in ((50, 9), (50, 300)):
        x = rng.normal(0, 3, shape).astype(np.float32)
        y = rng.integers(0, shape[1], 50)
        request = Request(LOSS, (1, 0.0), ("mean", "counted", 2, 0.0, None), x.dtype)
        both = rows.evaluated(request, (x, y, None), (True, False, False), None, True)[1][0]
        alone = rows.evaluated(request, (x, y, None), (True, False, False), 1.0, False)[1][0]
        three = rows.evaluated(request, (x, y, None), (True, False, False), 3.0, False)[1][0]
        assert both is not None and alone is not None and three is not None
        assert (both == alone).all()
        np.testing.assert_allclose(three, 3.0 * both, rtol=2e-7)


def test_inputs_are_only_read() -> None:
    x, y = np.ones((4, 70), np.float32), np.zeros(4, np.int64)
    for a in (x, y):
        a.flags.writeable = False
    cl.value_and_gradients(cl.cross_entropy, x, y)


def test_no_rows() -> None:
    for shape, axis in (((0, 5), 1), ((3, 5, 0), 1)):
        x = np.empty(shape, np.float32)
        y = np.empty((shape[0], *shape[2:]), np.int64)
        value, slopes = cl.value_and_gradients(cl.cross_entropy, x, y, axis=axis)
        assert np.isnan(value) and slopes["logits"].shape == shape
        assert cl.cross_entropy(x, y, axis=axis, reduction="sum") == 0.0
        assert cl.cross_entropy(x, y, axis=axis, reduction="none").shape == y.shape
    with pytest.raises(ValueError, match="no class along axis 1"):
        cl.cross_entropy(np.empty((3, 0)), np.zeros(3, np.int64))


def test_the_gradient_by_weights_is_the_same_unreduced() -> None:
    """What counts rows must let go of its memory, where the gradient's sums may come to lie."""
    x, y = np.zeros((6, 2), np.float32), np.array([1, 0, 0, -1, -1, -1])
    weight = np.array([0.5, 2.0], np.float32)
    found = {}
    for reduction in ("none", "sum"):
        options: Any = {"reduction": reduction, "ignore_index": -1, "weight": weight}
        _, gradients = cl.value_and_gradients(cl.cross_entropy, x, y, wrt=("weight",), **options)
        found[reduction] = gradients["weight"].tolist()
    assert found["none"] == found["sum"] == pytest.approx([2 * np.log(2), np.log(2)])

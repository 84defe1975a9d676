"""Cross entropy of rows under MindSpore's compiler and transformations."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import Tensor

import compatlosses as cl

X = np.array([[0.5, -1.0, 2.0], [3.0, 3.0, -2.0], [0.0, -20.0, -30.0]], np.float32)
Y = np.array([0, 1, -100])
W = np.array([0.5, 1.0, 2.0], np.float32)


def loss(x: Any, y: Any, w: Any) -> Any:
    return cl.cross_entropy(x, y, weight=w, ignore_index=-100, label_smoothing=0.1, divisor="weights")


def expected() -> tuple[Any, dict[str, Any]]:
    return cl.value_and_gradients(
        cl.cross_entropy, X, Y, wrt=("logits", "weight"), weight=W, ignore_index=-100, label_smoothing=0.1,
        divisor="weights",
    )  # fmt: skip


@pytest.mark.parametrize("compiled", [False, True])
def test_jit(compiled: bool) -> None:
    step = mindspore.value_and_grad(loss, (0, 2))
    value, slopes = (mindspore.jit(step) if compiled else step)(Tensor(X), Tensor(Y), Tensor(W))
    wanted, by = expected()
    np.testing.assert_allclose(value.asnumpy(), wanted, rtol=3e-7)
    np.testing.assert_allclose(slopes[0].asnumpy(), by["logits"], rtol=3e-7, atol=1e-12)
    np.testing.assert_allclose(slopes[1].asnumpy(), by["weight"], rtol=3e-7, atol=1e-12)


def test_classes_along_another_axis() -> None:
    x, y = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32), np.array([[0, 1, 2, 0]] * 2)

    def of_axis(x: Any, y: Any) -> Any:
        return cl.cross_entropy(x, y, axis=1, reduction="sum")

    value, slope = mindspore.jit(mindspore.value_and_grad(of_axis, 0))(Tensor(x), Tensor(y))
    wanted, slopes = cl.value_and_gradients(cl.cross_entropy, x, y, axis=1, reduction="sum")
    np.testing.assert_allclose(value.asnumpy(), wanted, rtol=3e-7)
    np.testing.assert_allclose(slope.asnumpy(), slopes["logits"], rtol=3e-7)


def test_an_index_that_is_no_class_is_nan_in_a_program() -> None:
    def each(x: Any, y: Any) -> Any:
        return cl.cross_entropy(x, y, reduction="none")

    losses = mindspore.jit(each)(Tensor(X), Tensor([0, 3, -1]))
    assert np.isnan(losses.asnumpy()).tolist() == [False, True, True]


def test_second_derivatives_in_a_program() -> None:
    def slope(x: Any) -> Any:
        return mindspore.grad(lambda x: cl.cross_entropy(x, Tensor([0]), reduction="sum"))(x)[0, 0]

    x = Tensor(X[:1])
    p = np.exp(X[0].astype(float)) / np.exp(X[0].astype(float)).sum()
    row = p * np.array([1 - p[0], -p[0], -p[0]])
    row[1:] = -p[0] * p[1:]
    row[0] = p[0] * (1 - p[0])
    np.testing.assert_allclose(mindspore.grad(slope)(x).asnumpy()[0], row, rtol=1e-6)


class Program(mindspore.nn.Cell):  # type: ignore[misc]
    """A program with a weight and a mask."""

    def construct(self, x: Any, y: Any, w: Any, m: Any) -> Any:
        return cl.cross_entropy(x, y, weight=w, mask=m)


def test_a_program_checks_a_weight_and_a_mask_of_unknown_size() -> None:
    def run(*arrays: Any) -> Any:
        program = Program()  # after a refusal MindSpore's is dead
        tensors = [Tensor(array) for array in arrays]
        program.set_inputs(*(Tensor(shape=[None] * t.ndim, dtype=t.dtype) for t in tensors))
        return program(*tensors).asnumpy()

    y, m = np.array([0, 1, 2]), np.array([True, False, True])
    mindspore.set_context(mode=mindspore.GRAPH_MODE)
    try:
        np.testing.assert_allclose(run(X, y, W, m), cl.cross_entropy(X, y, weight=W, mask=m), rtol=3e-7)
        for wrong in ((X, y, W[:1], m), (X, y, W, m[:2]), (X[:1], y[:1], W, m)):
            with pytest.raises(ValueError, match="shape"):
                run(*wrong)
    finally:
        mindspore.set_context(mode=mindspore.PYNATIVE_MODE)

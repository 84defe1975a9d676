"""Cross entropy of rows in Paddle's programs, with known and unknown sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
import pytest

import compatlosses as cl

X = np.array([[0.5, -1.0, 2.0], [3.0, 3.0, -2.0], [0.0, -20.0, -30.0]], np.float32)
Y = np.array([0, 1, -100])
W = np.array([0.5, 1.0, 2.0], np.float32)
OPTIONS: dict[str, Any] = {"ignore_index": -100, "label_smoothing": 0.1, "divisor": "weights"}


def loss(x: Any, y: Any) -> Any:
    return cl.cross_entropy(x, y, weight=paddle.to_tensor(W), **OPTIONS)


@pytest.mark.parametrize("rows", [3, None])
def test_to_static(rows: int | None) -> None:
    spec = [paddle.static.InputSpec([rows, 3], "float32"), paddle.static.InputSpec([rows], "int64")]
    run = paddle.jit.to_static(loss, input_spec=spec, full_graph=True)
    x = paddle.to_tensor(X, stop_gradient=False)
    value = run(x, paddle.to_tensor(Y))
    value.backward()
    expected, slopes = cl.value_and_gradients(cl.cross_entropy, X, Y, weight=W, **OPTIONS)
    np.testing.assert_allclose(value.numpy(), expected, rtol=3e-7)
    np.testing.assert_allclose(x.grad.numpy(), slopes["logits"], rtol=3e-7, atol=1e-12)


def test_a_program_refuses_what_an_eager_call_refuses() -> None:
    spec = [paddle.static.InputSpec([None, 3], "float32"), paddle.static.InputSpec([None], "int64")]
    run = paddle.jit.to_static(loss, input_spec=spec, full_graph=True)
    with pytest.raises(ValueError):
        run(paddle.to_tensor(X), paddle.to_tensor([1]))


def test_an_index_that_is_no_class_is_nan_in_a_program() -> None:
    def each(x: Any, y: Any) -> Any:
        return cl.cross_entropy(x, y, reduction="none")

    run = paddle.jit.to_static(each, full_graph=True)
    losses = run(paddle.to_tensor(X), paddle.to_tensor([0, 3, -1]))
    assert np.isnan(losses.numpy()).tolist() == [False, True, True]


def test_a_backward_twice_is_the_same_bits() -> None:
    x = paddle.randn([40, 1000])
    x.stop_gradient = False
    y = paddle.randint(0, 1000, [40])
    value = cl.cross_entropy(x, y)
    (first,) = paddle.grad(value, x, retain_graph=True)
    (again,) = paddle.grad(value, x)
    assert (first.numpy() == again.numpy()).all()


def test_a_program_checks_a_weight_and_a_mask_of_unknown_size() -> None:
    def masked(x: Any, y: Any, w: Any, m: Any) -> Any:
        return cl.cross_entropy(x, y, weight=w, mask=m)

    shapes = (([None, None], "float32"), ([None], "int64"), ([None], "float32"), ([None], "bool"))
    specs = [paddle.static.InputSpec(*each) for each in shapes]
    program = paddle.jit.to_static(masked, input_spec=specs, full_graph=True)
    y, m = np.array([0, 1, 2]), np.array([True, False, True])

    def run(*arrays: Any) -> Any:
        return program(*(paddle.to_tensor(array) for array in arrays)).numpy()

    np.testing.assert_allclose(run(X, y, W, m), cl.cross_entropy(X, y, weight=W, mask=m), rtol=3e-7)
    for wrong in ((X, y, W[:1], m), (X, y, W, m[:2]), (X[:1], y[:1], W, m)):
        with pytest.raises(ValueError):
            run(*wrong)

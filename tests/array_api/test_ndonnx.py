"""ndonnx's arrays: a loss on them becomes a program in ONNX."""

from __future__ import annotations

from typing import Any

import ndonnx as ndx
import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator

import compatlosses as cl

X = np.float32([[1.0, -2.0], [np.inf, 0.5], [-40.0, 3.0]])
Y = np.float32([[1.0, 0.0], [1.0, 0.25], [0.0, 1.0]])


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_values_and_gradients(dtype: str, reduction: str) -> None:
    options: dict[str, Any] = {
        "reduction": reduction,
        "ignore_index": 0.25,
        "pos_weight": 2.0,
    }
    x, y = X.astype(dtype), Y.astype(dtype)
    loss, gradients = cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits, ndx.asarray(x), ndx.asarray(y), **options
    )
    expected, exactly = cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, **options)
    for mine, numpys in ((loss, expected), (gradients["logits"], exactly["logits"])):
        got = mine.unwrap_numpy()
        assert got.dtype == dtype
        np.testing.assert_allclose(got, numpys, rtol=2 * np.finfo(dtype).eps, atol=0)


def test_a_program_for_any_number_of_rows() -> None:
    x, y = (ndx.argument(shape=("N", 2), dtype=ndx.float32) for _ in range(2))
    program = ndx.build({"x": x, "y": y}, {"loss": cl.binary_cross_entropy_with_logits(x, y)})
    evaluator = ReferenceEvaluator(program)
    for rows in (1, 3):
        (loss,) = evaluator.run(None, {"x": X[:rows], "y": Y[:rows]})
        np.testing.assert_allclose(loss, cl.binary_cross_entropy_with_logits(X[:rows], Y[:rows]), rtol=1e-6)


def program(loss: Any, *shapes: tuple[Any, ...]) -> ReferenceEvaluator:
    """The ONNX program of a loss on arguments of these shapes."""
    arguments = [ndx.argument(shape=shape, dtype=ndx.float32) for shape in shapes]
    return ReferenceEvaluator(
        ndx.build(dict(zip("xyw", arguments, strict=False)), {"loss": loss(*arguments)})
    )


@pytest.mark.parametrize(("x", "y"), [((4, 1), (1, 4)), ((3, 1), (3, 2)), ((1, 2), (3, 2))])
def test_a_program_does_not_broadcast_targets(x: tuple[int, ...], y: tuple[int, ...]) -> None:
    """ONNX has no assertion: a concatenation fails."""
    evaluator = program(cl.binary_cross_entropy_with_logits, ("N", "K"), ("M", "L"))
    (loss,) = evaluator.run(None, {"x": np.zeros((3, 2), np.float32), "y": np.ones((3, 2), np.float32)})
    assert loss == pytest.approx(np.log(2))
    with pytest.raises(ValueError, match="must match exactly"):
        evaluator.run(None, {"x": np.zeros(x, np.float32), "y": np.ones(y, np.float32)})


def test_a_program_does_not_let_a_weight_enlarge_the_loss() -> None:
    def weighted(x: Any, y: Any, w: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, weight=w)

    evaluator = program(weighted, ("N", "K"), ("N", "K"), ("P", "Q"))
    x, y = np.zeros((3, 2), np.float32), np.ones((3, 2), np.float32)
    for shape in ((3, 2), (1, 2), (3, 1), (1, 1)):
        (loss,) = evaluator.run(None, {"x": x, "y": y, "w": np.full(shape, 2, np.float32)})
        assert loss == pytest.approx(2 * np.log(2))
    with pytest.raises(ValueError, match="must match exactly"):
        evaluator.run(None, {"x": x[:1], "y": y[:1], "w": np.ones((3, 2), np.float32)})

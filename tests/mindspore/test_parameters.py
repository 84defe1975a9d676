"""Numbers that shape a loss, under MindSpore's compiler."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import Tensor

import compatlosses as cl

PARAMETERS: list[tuple[Any, dict[str, Any]]] = [
    (cl.huber_loss, {"delta": 0.1}),
    (cl.smooth_l1_loss, {"beta": 0.1}),
    (cl.binary_cross_entropy_with_logits, {"label_smoothing": 0.1}),
    (cl.cross_entropy, {"label_smoothing": 0.1}),
]


@pytest.mark.parametrize(("of", "parameter"), PARAMETERS, ids=lambda p: getattr(p, "__name__", None))
def test_parameters_are_doubles_in_a_program(of: Any, parameter: dict[str, Any]) -> None:
    """MindSpore's compiler reads a Python number in single precision, which holds 0.1 to 1.5e-8."""
    x = np.array([[0.05, 0.3], [-1.0, 2.0]])
    y = np.zeros(2, np.int64) if of is cl.cross_entropy else np.zeros((2, 2))

    def total(x: Any, y: Any) -> Any:
        return of(x, y, reduction="sum", **parameter)

    value, slope = mindspore.jit(mindspore.value_and_grad(total, 0))(Tensor(x), Tensor(y))
    wanted, slopes = cl.value_and_gradients(of, x, y, reduction="sum", **parameter)
    np.testing.assert_allclose(value.asnumpy(), wanted, rtol=1e-15)
    np.testing.assert_allclose(slope.asnumpy(), next(iter(slopes.values())), rtol=1e-14)

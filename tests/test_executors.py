"""The two executors in every framework: which one runs, that both say the same, and the fused one's life in
an autograd.
"""

from __future__ import annotations

import itertools
from typing import Any

import frameworks
import numpy as np
import pytest
from frameworks import WITHOUT_AUTOGRAD, Framework

import compatlosses as cl

RNG = np.random.default_rng(11)
X = RNG.normal(size=(12, 33)) * 4
Y = RNG.uniform(size=(12, 33))
W = RNG.uniform(0.5, 2, size=(12, 1))
P = RNG.uniform(0.5, 2, size=(33,))
NAMES = ("logits", "targets", "weight", "pos_weight")
WITHOUT_EAGER_GRADIENTS = ("jax",)
"""Whose own gradients trace the call, which is then the formula's: their fused gradients come from
`value_and_gradients`.
"""


def all_of(framework: Framework, tensors: list[Any], **options: Any) -> list[np.ndarray[Any, Any]]:
    """The loss and the gradients of all four arguments, as arrays."""
    assert (
        cl.executor_of(
            cl.binary_cross_entropy_with_logits,
            tensors[0],
            tensors[1],
            weight=tensors[2],
            pos_weight=tensors[3],
        )
        == "fused"
    )

    def loss(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, **options)

    if framework.name in WITHOUT_AUTOGRAD or framework.name in WITHOUT_EAGER_GRADIENTS:
        value, by_name = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits,
            *tensors[:2],
            wrt=NAMES,
            weight=tensors[2],
            pos_weight=tensors[3],
            **options,
        )
        gradients = list(by_name.values())
    else:
        value, gradients = loss(*tensors), framework.gradients(loss, tensors)
    return [framework.array(t) for t in (value, *gradients)]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_same_bits_in_every_framework(dtype: str, reduction: str) -> None:
    options = {"reduction": reduction, "ignore_index": 0.5}
    having = [f for f in frameworks.FRAMEWORKS if dtype in f.dtypes]
    results = [all_of(f, [f.tensor(v, dtype) for v in (X, Y, W, P)], **options) for f in having]
    for framework, result in zip(having[1:], results[1:], strict=True):
        for mine, numpys in zip(result, results[0], strict=True):
            assert np.array_equal(mine, numpys), framework.name


def test_bfloat16_has_the_same_bits_where_there_is_bfloat16() -> None:
    results = [
        all_of(f, [f.tensor(v, "bfloat16") for v in (X, Y, W, P)])
        for f in frameworks.FRAMEWORKS
        if "bfloat16" in f.dtypes
    ]
    for result in results[1:]:
        for mine, first in zip(result, results[0], strict=True):
            assert np.array_equal(mine, first)


def test_views_have_the_bits_of_their_copies(framework: Framework) -> None:
    for view in framework.views(X.T.copy()):
        plain = framework.tensor(framework.array(view))
        rest = [framework.tensor(v) for v in (np.full(framework.array(view).shape, 0.25), 2.0, 3.0)]
        assert cl.executor_of(cl.binary_cross_entropy_with_logits, view, rest[0]) == "fused"
        for a, b in zip(all_of(framework, [view, *rest]), all_of(framework, [plain, *rest]), strict=True):
            assert np.array_equal(a, b)


def test_threads_do_not_change_the_bits(framework: Framework) -> None:
    n = 400_000
    tensors = [
        framework.tensor(RNG.normal(size=n)),
        framework.tensor(RNG.uniform(size=n)),
        framework.tensor(2.0),
    ]
    tensors.append(framework.tensor(3.0))
    before = cl.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 7):
            cl.set_num_threads(threads)
            results.append(all_of(framework, tensors))
    finally:
        cl.set_num_threads(before)
    for result in results[1:]:
        for mine, first in zip(result, results[0], strict=True):
            assert np.array_equal(mine, first)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_gradient_of_a_gradient(autograd: Framework, reduction: str) -> None:
    """Asked for with a graph, the gradient is the formula's, with the fused forward before it."""
    tensors = [autograd.tensor(v, "float64") for v in (X, Y, W, P)]

    def loss(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, reduction=reduction)

    second = autograd.array(autograd.second(loss, tensors, 0, 0))
    s = 1 / (1 + np.exp(-X))
    expected = W * ((1 - Y) + P * Y) * s * (1 - s)
    np.testing.assert_allclose(second, expected / X.size if reduction == "mean" else expected, rtol=1e-9)


def test_show_config() -> None:
    config = cl.show_config("dicts")
    assert config is not None and config["threads"] >= 1
    paths = list(config["eager calls on host memory"].values())
    assert paths.count("fused") == len(frameworks.FRAMEWORKS)
    assert set(paths) <= {"fused", "not imported"}
    with pytest.raises(ValueError, match="mode is 'json'"):
        cl.show_config("json")


@pytest.mark.parametrize(("w", "p"), list(itertools.product([0.0, 3.0], [0.0, 2.5])))
def test_zero_coefficients_at_infinity(framework: Framework, w: float, p: float) -> None:
    infinite = framework.tensor([np.inf, -np.inf, np.inf, -np.inf])
    labels = framework.tensor([1.0, 0.0, 0.0, 1.0])
    loss = cl.binary_cross_entropy_with_logits(infinite, labels, weight=w, pos_weight=p, reduction="none")
    assert framework.array(loss).tolist() == [0, 0, np.inf if w else 0, np.inf if w and p else 0]

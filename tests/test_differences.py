"""The losses of a difference against multiprecision, on every framework and by both executors, and what their
options mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from elements import BOUND, ulps, without_loops
from frameworks import Framework, rounded

import compatlosses as cl
from compatlosses.conformance.model.rounding import remainder as in_two
from compatlosses.conformance.oracle import textbook
from compatlosses.conformance.oracle.jets import arguments, fixed

Loss = Callable[..., Any]
LOSSES: dict[str, tuple[Loss, dict[str, float]]] = {
    "mse_loss": (cl.mse_loss, {}),
    "l1_loss": (cl.l1_loss, {}),
    "huber_loss": (cl.huber_loss, {"delta": 0.75}),
    "smooth_l1_loss": (cl.smooth_l1_loss, {"beta": 0.75}),
}


@pytest.fixture(params=list(LOSSES))
def loss(request: pytest.FixtureRequest) -> str:
    """Each loss."""
    return str(request.param)


@pytest.fixture(params=["fused", "formula"])
def executor(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each executor."""
    if request.param == "fused":
        yield "fused"
    else:
        with without_loops():
            yield "formula"


def points(dtype: str) -> list[tuple[float, float, float]]:
    """Predictions, targets and weights: equal, around the bend, tiny, huge, infinite, weights that bring a
    square back.
    """
    bend = 0.75
    ulp = float(np.spacing(np.float32(bend)))
    differences = [0.0, 1e-30, 1e-6, 0.3, bend - ulp, bend, bend + ulp, 1.0, 3.7, 88.0, 1e4]
    pairs = [
        (t + s * d, t, w)
        for t in (0.0, 1.5, -40.0)
        for d in differences
        for s in (1.0, -1.0)
        for w in (1.0, 0.3, 0.0, -2.0)
    ]
    large = (
        float(np.finfo(np.float64 if dtype == "float64" else np.float32).max)
        if dtype != "float16"
        else 65504.0
    )
    pairs += [
        (large, 0.0, 1.0),
        (large, 0.0, 1e-5),
        (math.inf, 0.0, 1.0),
        (math.inf, 1.0, 0.0),
        (0.0, -math.inf, 2.0),
    ]
    columns = [rounded(column, dtype).astype(float) for column in zip(*pairs, strict=True)]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def exact(loss: str, point: tuple[float, float, float], parameters: dict[str, float]) -> list[Any]:
    """The value and the three slopes of an element, as exact numbers."""
    (term,) = getattr(textbook, loss)(*arguments(point), **parameters)
    return [fixed(number) for number in (term.value, *term.slopes)]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_values(framework: Framework, loss: str, dtype: str, executor: str) -> None:
    if dtype not in framework.dtypes:
        pytest.skip(f"{framework.name} has no {dtype}")
    function, parameters = LOSSES[loss]
    chosen = points(dtype)
    x, y, w = (framework.tensor(list(column), dtype) for column in zip(*chosen, strict=True))
    result = function(x, y, weight=w, reduction="none", **parameters)
    assert framework.dtype(result) == dtype
    for point, got in zip(chosen, framework.array(result).tolist(), strict=True):
        truth = exact(loss, point, parameters)[0]
        assert ulps(got, truth, dtype) <= BOUND[dtype], (point, got, in_two(truth))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes(autograd: Framework, loss: str, dtype: str, executor: str) -> None:
    function, parameters = LOSSES[loss]
    chosen = points(dtype)
    tensors = [autograd.tensor(list(column), dtype) for column in zip(*chosen, strict=True)]

    def unreduced(x: Any, y: Any, w: Any) -> Any:
        return function(x, y, weight=w, reduction="none", **parameters)

    found = [autograd.array(gradient).tolist() for gradient in autograd.gradients(unreduced, tensors)]
    for i, point in enumerate(chosen):
        truths = exact(loss, point, parameters)[1:]
        for name, got, truth in zip(
            ("predictions", "targets", "weight"), (column[i] for column in found), truths, strict=True
        ):
            assert ulps(got, truth, dtype) <= BOUND[dtype], (name, point, got, in_two(truth))


def test_the_slope_where_they_are_equal_is_zero(autograd: Framework, executor: str) -> None:
    for function, parameters in ((cl.l1_loss, {}), (cl.smooth_l1_loss, {"beta": 0.0})):
        x, y = autograd.tensor([2.0, 0.0]), autograd.tensor([2.0, -0.0])
        found = autograd.gradients(lambda a, b, f=function, p=parameters: f(a, b, **p), [x, y])
        assert [autograd.array(gradient).tolist() for gradient in found] == [[0.0, 0.0]] * 2


def test_special_parameters(framework: Framework, executor: str) -> None:
    x, y = framework.tensor([3.0, -1.0, 0.25]), framework.tensor([1.0, 1.0, 0.0])
    half = framework.array(cl.mse_loss(x, y, reduction="none")) / 2
    assert framework.array(cl.huber_loss(x, y, delta=math.inf, reduction="none")).tolist() == half.tolist()
    beta_zero = cl.smooth_l1_loss(x, y, beta=0.0, reduction="none")
    assert framework.array(beta_zero).tolist() == framework.array(cl.l1_loss(x, y, reduction="none")).tolist()


class TestWhatCounts:
    """Masks, ignored targets, divisors, on every framework."""

    def test_weights_that_divide_have_slopes_through_the_divisor(
        self, framework: Framework, loss: str, executor: str
    ) -> None:
        """By differences of the value; `value_and_gradients` has no autograd to find them."""
        function, parameters = LOSSES[loss]
        x, y = np.array([[0.5, 3.0, 2.0], [-1.5, 9.0, 0.25]]), np.array([[1.0, 0.5, -1.0], [0.0, 7.0, 0.5]])
        weight = np.array([0.5, 1.5, 3.0])
        options = {"ignore_index": -1, "divisor": "weights", **parameters}
        x, y = (framework.tensor(each, "float64") for each in (x, y))

        def value(at: Any) -> float:
            return float(framework.array(function(x, y, weight=framework.tensor(at, "float64"), **options)))

        given = framework.tensor(weight, "float64")
        _, found = cl.value_and_gradients(function, x, y, weight=given, wrt=("weight",), **options)
        step = 1e-5 * np.eye(3)
        expected = [(value(weight + each) - value(weight - each)) / 2e-5 for each in step]
        np.testing.assert_allclose(framework.array(found["weight"]), expected, rtol=1e-6)

    def test_divisors(self, framework: Framework, loss: str, executor: str) -> None:
        function, parameters = LOSSES[loss]
        x, y = framework.tensor([3.0, 5.0, 7.0, 9.0]), framework.tensor([1.0, 1.0, 7.5, -1.0])
        weight = framework.tensor([1.0, 3.0, 2.0, 0.5])
        each = framework.array(function(x, y, reduction="none", **parameters)).tolist()
        counted = function(x, y, ignore_index=-1, weight=weight, **parameters)
        total = each[0] + 3 * each[1] + 2 * each[2]
        assert float(framework.array(counted)) == pytest.approx(total / 3, rel=1e-6)
        for divisor, number in (("all", 4), ("weights", 6.0), ("counted", 3)):
            result = function(x, y, ignore_index=-1, weight=weight, divisor=divisor, **parameters)
            assert float(framework.array(result)) == pytest.approx(total / number, rel=1e-6), divisor

    def test_what_does_not_count_may_hold_anything(
        self, framework: Framework, loss: str, executor: str
    ) -> None:
        function, parameters = LOSSES[loss]
        x, y = (
            framework.tensor([3.0, math.nan, math.inf, 9.0]),
            framework.tensor([1.0, math.nan, math.inf, -1.0]),
        )
        mask = framework.integers([True, False, False, True], "bool")
        result = function(x, y, mask=mask, ignore_index=-1, reduction="none", **parameters)
        assert framework.array(result).tolist()[1:] == [0.0, 0.0, 0.0]
        nan = function(
            x,
            y,
            mask=framework.integers([True, True, False, False], "bool"),
            ignore_index=math.nan,
            **parameters,
        )
        first = function(framework.tensor([3.0]), framework.tensor([1.0]), **parameters)
        assert float(framework.array(nan)) == float(framework.array(first))

    def test_the_mean_over_nothing_is_nan_and_the_sum_zero(
        self, framework: Framework, loss: str, executor: str
    ) -> None:
        function, parameters = LOSSES[loss]
        x, y = framework.tensor([3.0, 5.0]), framework.tensor([1.0, 1.0])
        assert math.isnan(float(framework.array(function(x, y, ignore_index=1, **parameters))))
        assert float(framework.array(function(x, y, ignore_index=1, reduction="sum", **parameters))) == 0.0

    def test_gradients_of_what_does_not_count_are_zero(
        self, autograd: Framework, loss: str, executor: str
    ) -> None:
        function, parameters = LOSSES[loss]
        x, y = autograd.tensor([3.0, math.nan, 9.0]), autograd.tensor([1.0, 2.0, -1.0])
        mask = autograd.integers([True, False, True], "bool")
        (gradient,) = autograd.gradients(
            lambda a: function(a, y, mask=mask, ignore_index=-1, **parameters), [x]
        )
        found = autograd.array(gradient).tolist()
        assert found[0] > 0 and found[1:] == [0.0, 0.0]


class TestRefusals:
    """What a neutral call refuses, and how."""

    @pytest.mark.parametrize("shape", [(4, 1), (1,), (), (5,)])
    def test_targets_of_another_shape(self, framework: Framework, loss: str, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="targets has shape"):
            LOSSES[loss][0](framework.tensor(np.ones(4)), framework.tensor(np.ones(shape)))

    def test_options(self, loss: str) -> None:
        function = LOSSES[loss][0]
        x = np.ones(3, np.float32)
        for options, error, words in (
            ({"reduction": "avg"}, ValueError, "reduction is 'avg'"),
            ({"divisor": "rows"}, ValueError, "divisor is 'rows'"),
            ({"divisor": "weights"}, ValueError, "no weight"),
            ({"mask": np.ones(3)}, TypeError, "mask has dtype float64"),
            ({"mask": np.ones(2, bool)}, ValueError, "mask has shape"),
            ({"ignore_index": "1"}, TypeError, "ignore_index is '1'"),
            ({"dtype": "int32"}, ValueError, "dtype is 'int32'"),
            ({"weight": np.ones((2, 3), np.float32)}, ValueError, "weight has shape"),
        ):
            with pytest.raises(error, match=words):
                function(x, x, **options)

    def test_parameters(self) -> None:
        x = np.ones(3, np.float32)
        for function, name, value in (
            (cl.huber_loss, "delta", 0.0),
            (cl.huber_loss, "delta", -1),
            (cl.huber_loss, "delta", math.nan),
            (cl.smooth_l1_loss, "beta", -0.5),
        ):
            with pytest.raises(ValueError, match=f"{name} is"):
                function(x, x, **{name: value})
        with pytest.raises(TypeError, match="delta is"):
            cl.huber_loss(x, x, delta="1")

    def test_integers_for_predictions(self, loss: str) -> None:
        with pytest.raises(TypeError, match="predictions has dtype int64"):
            LOSSES[loss][0](np.ones(3, np.int64), np.ones(3, np.float32))


def test_the_dtype_of_the_result(framework: Framework, loss: str) -> None:
    function, parameters = LOSSES[loss]
    x, y = framework.tensor([1.0, 2.0]), framework.tensor([0.0, 5.0])
    assert framework.dtype(function(x, y, dtype="float64", **parameters)) == "float64"


def test_every_definition_has_its_neutral_function() -> None:
    for name, function in cl.definitions.neutral_functions().items():
        assert getattr(cl, name) is function and name in cl.__all__


def test_executors_agree_to_the_bit(autograd: Framework, loss: str) -> None:
    """One text serves both: the compiled loops give what the formula gives."""
    function, parameters = LOSSES[loss]
    random = np.random.default_rng(5)
    x, y, w = (autograd.tensor(random.standard_normal((40, 70))) for _ in range(3))

    def gradients() -> list[Any]:
        found = autograd.gradients(lambda *t: function(t[0], t[1], weight=t[2], **parameters), [x, y, w])
        return [autograd.array(gradient) for gradient in found]

    assert cl.executor_of(function, x, y) == "fused"
    fused = gradients()
    with without_loops():
        assert "no compiled loops" in cl.executor_of(function, x, y)
        plain = gradients()
    assert all(np.array_equal(a, b) for a, b in zip(fused, plain, strict=True))

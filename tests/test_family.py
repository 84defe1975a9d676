"""The losses of probabilities, of densities and of one logit against multiprecision, on every framework and
by both executors; their clamps; what their options mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from elements import BOUND, ulps, without_loops
from frameworks import Framework, rounded

import compatlosses as cl
from compatlosses.conformance.model.rounding import last_place
from compatlosses.conformance.oracle import textbook
from compatlosses.conformance.oracle.jets import ENDLESS, arguments, fixed, mp

Point = tuple[float, ...]
INF = math.inf


class Kind(NamedTuple):
    """A loss with some of its parameters, and elements where something happens, without the weight."""

    function: Callable[..., Any]
    parameters: dict[str, Any]
    points: list[Point]


def grid(*axes: list[float]) -> list[Point]:
    """Every combination."""
    found: list[Point] = [()]
    for axis in axes:
        found = [(*point, value) for point in found for value in axis]
    return found


LOGITS = [0.0, 1e-30, -1e-4, 0.3, -0.7, 2.0, -5.0, 17.0, -30.0, 60.0, -95.0, 1e4, INF, -INF]
SOFT = [0.0, 1.0, 0.3, 1e-6]
CHANCES = [0.0, 1.0, 1e-30, 1e-7, 0.25, 0.5, 0.49999997, 0.50000006, 0.75, 0.9999999, 0.99999994]
LOGARITHMS = [0.0, -1e-30, -0.1, -0.6931472, -1.2039728, -5.0, -88.0, -1e4, -INF]
COUNTS = [0.0, 0.5, 1.0, 1.0000001, 2.0, 7.0, 3e4]
RATES = [1e-30, 1e-8, 0.3, 1.0, 7.0, 3e4]
NORMAL = [
    (x, y, v)
    for x, y in ((0.0, 0.0), (1.0, 1.0000001), (3.0, -1.0), (1e-20, 0.0), (1e4, 1.0), (INF, 0.0))
    for v in (0.0, 1e-7, 0.3, 1.0, 2.0, 3e4, -1.0)
]
KINDS = {
    "kl_div": Kind(cl.kl_div, {}, grid(LOGARITHMS, [*SOFT, 1e-30, 0.5])),
    "kl_div of logarithms": Kind(cl.kl_div, {"log_targets": True}, grid(LOGARITHMS, LOGARITHMS)),
    "binary_cross_entropy": Kind(cl.binary_cross_entropy, {}, grid(CHANCES, [*SOFT, 0.25])),
    "binary_cross_entropy with a floor": Kind(
        cl.binary_cross_entropy, {"floor": -5.0, "label_smoothing": 0.125}, grid(CHANCES, SOFT)
    ),
    "binary_cross_entropy with a clip": Kind(
        cl.binary_cross_entropy, {"clip": 2.0**-10}, grid(CHANCES, SOFT)
    ),
    "binary_cross_entropy with an epsilon": Kind(
        cl.binary_cross_entropy, {"epsilon": 2.0**-13}, grid(CHANCES, SOFT)
    ),
    "sigmoid_focal_loss": Kind(cl.sigmoid_focal_loss, {}, grid(LOGITS, SOFT, [1.0, 3.0])),
    "sigmoid_focal_loss with alpha": Kind(
        cl.sigmoid_focal_loss, {"alpha": 0.25, "gamma": 1.5}, grid(LOGITS, SOFT, [0.75])
    ),
    "sigmoid_focal_loss of a small gamma": Kind(
        cl.sigmoid_focal_loss, {"alpha": 0.5, "gamma": 0.25}, grid(LOGITS, SOFT, [1.0])
    ),
    "soft_margin_loss": Kind(cl.soft_margin_loss, {}, grid(LOGITS, [1.0, -1.0, 0.0, 0.3, 2.0])),
    "poisson_nll_loss": Kind(cl.poisson_nll_loss, {}, grid([*LOGARITHMS, 2.0, 60.0, INF], COUNTS)),
    "poisson_nll_loss in full": Kind(
        cl.poisson_nll_loss, {"full": True, "log_input": False, "epsilon": 2.0**-26}, grid(RATES, COUNTS)
    ),
    "poisson_nll_loss of rates": Kind(
        cl.poisson_nll_loss, {"log_input": False, "epsilon": 0.0}, grid([0.0, *RATES, INF], COUNTS)
    ),
    "gaussian_nll_loss": Kind(cl.gaussian_nll_loss, {"epsilon": 2.0**-20}, NORMAL),
    "gaussian_nll_loss with a dead clamp": Kind(
        cl.gaussian_nll_loss, {"epsilon": 2.0**-20, "clamp_gradient": "zero", "full": True}, NORMAL
    ),
}
WEIGHTS = (1.0, 0.3, 0.0, -2.0)

DOUBLE = 8.0
"""ULP of one element in double, where the formula has many operations that each round."""


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each loss with its parameters."""
    return KINDS[request.param]


@pytest.fixture(params=["fused", "formula"])
def executor(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each executor."""
    if request.param == "fused":
        yield "fused"
    else:
        with without_loops():
            yield "formula"


def names(kind: Kind) -> tuple[str, ...]:
    """The names of the inputs and of the weight."""
    loss = cl.definitions.loss_of(kind.function)
    assert loss is not None
    return loss.names


def called(kind: Kind, tensors: Any, **options: Any) -> Any:
    """The loss of tensors in the definition's order, the weight last."""
    x, y, *others = tensors
    given = dict(zip(names(kind)[2:], others, strict=True))
    return kind.function(x, y, **given, **kind.parameters, **options)


def elements(kind: Kind, dtype: str) -> list[Point]:
    """The points and weights, as numbers of a dtype."""
    chosen = [(*point, WEIGHTS[i % 4]) for i, point in enumerate(kind.points)]
    chosen += [(*point, 1.0) for i, point in enumerate(kind.points) if i % 4]
    columns = [rounded(column, dtype).astype(float).tolist() for column in zip(*chosen, strict=True)]
    return list(zip(*columns, strict=True))


def exact(kind: Kind, point: Point) -> list[tuple[Any, float]]:
    """The value and the slopes of an element as exact numbers, each with the size of its largest term."""
    name = kind.function.__name__
    terms = getattr(textbook, name)(*arguments(point), **kind.parameters)
    columns = [[term.value for term in terms], *([t.slopes[i] for t in terms] for i in range(len(point)))]
    return [(total(column), max(abs(number) for number in column)) for column in columns]


def total(numbers: list[Any]) -> Any:
    """The sum of exact numbers; NaN where two of equal rank are endless and opposite."""
    if max(numbers) > ENDLESS and min(numbers) < -ENDLESS and abs(sum(numbers)) < max(numbers) / 2:
        return math.nan
    return fixed(mp.fsum(numbers))


def far_off(got: float, truth: Any, largest: Any, dtype: str) -> bool:
    """Whether a number is farther from the exact one than it may be. In double the last place is that of the
    largest term.
    """
    off = ulps(got, truth, dtype)
    if dtype != "float64" or off == 0.0 or math.isinf(off):
        return off > BOUND[dtype]
    places = last_place(fixed(largest), dtype) - last_place(truth, dtype)
    return off / 2.0**places > DOUBLE


def shown(truth: Any, got: float, dtype: str) -> str:
    """How far a result is off, in words."""
    return f"expected {truth}" if isinstance(truth, float) else f"{ulps(got, truth, dtype)} ULP"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_values(framework: Framework, kind: Kind, dtype: str, executor: str) -> None:
    if dtype not in framework.dtypes:
        pytest.skip(f"{framework.name} has no {dtype}")
    chosen = elements(kind, dtype)
    tensors = [framework.tensor(list(column), dtype) for column in zip(*chosen, strict=True)]
    result = called(kind, tensors, reduction="none")
    assert framework.dtype(result) == dtype
    wrong = []
    for point, got in zip(chosen, framework.array(result).tolist(), strict=True):
        truth, largest = exact(kind, point)[0]
        if far_off(got, truth, largest, dtype):
            wrong.append(
                (point, got, float(truth) * 2.0**-0 if isinstance(truth, float) else ulps(got, truth, dtype))
            )
    assert wrong == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes(autograd: Framework, kind: Kind, dtype: str, executor: str) -> None:
    chosen = elements(kind, dtype)
    tensors = [autograd.tensor(list(column), dtype) for column in zip(*chosen, strict=True)]
    found = autograd.gradients(lambda *given: called(kind, given, reduction="none"), tensors)
    wrong = []
    for i, name in enumerate(names(kind)):
        for point, got in zip(chosen, autograd.array(found[i]).tolist(), strict=True):
            truth, largest = exact(kind, point)[1 + i]
            if far_off(got, truth, largest, dtype):
                wrong.append(
                    (name, point, got, truth if isinstance(truth, float) else ulps(got, truth, dtype))
                )
    assert wrong == []


SIMPLE: dict[str, tuple[list[float], list[float]]] = {
    "kl_div": ([-0.5, -1.0, -3.0, -2.0], [0.25, 0.5, 0.125, -1.0]),
    "binary_cross_entropy": ([0.25, 0.625, 0.875, 0.75], [1.0, 0.0, 0.5, -1.0]),
    "sigmoid_focal_loss": ([0.5, -2.0, 3.0, 1.0], [1.0, 0.0, 0.5, -1.0]),
    "soft_margin_loss": ([0.5, -2.0, 3.0, 1.0], [1.0, 2.0, 0.5, -1.0]),
    "poisson_nll_loss": ([0.5, -2.0, 3.0, 1.0], [1.0, 0.0, 5.0, -1.0]),
    "gaussian_nll_loss": ([0.5, -2.0, 3.0, 1.0], [1.0, 0.0, 5.0, -1.0]),
}
"""Inputs and targets of four elements; -1 is a target to ignore."""


@pytest.fixture(params=list(SIMPLE))
def name(request: pytest.FixtureRequest) -> str:
    """Each loss."""
    return str(request.param)


def plain(name: str, x: Any, y: Any, **options: Any) -> Any:
    """The loss, with variances of 2 where it has some."""
    given = (2.0,) if name == "gaussian_nll_loss" else ()
    return getattr(cl, name)(x, y, *given, **options)


class TestWhatCounts:
    """Masks, ignored targets, divisors."""

    def test_divisors(self, framework: Framework, name: str, executor: str) -> None:
        x, y = (framework.tensor(each) for each in SIMPLE[name])
        weight = framework.tensor([1.0, 3.0, 2.0, 0.5])
        each = framework.array(plain(name, x, y, reduction="none")).tolist()
        total = each[0] + 3 * each[1] + 2 * each[2]
        for divisor, number in (("counted", 3), ("all", 4), ("weights", 6.0)):
            result = plain(name, x, y, ignore_index=-1, weight=weight, divisor=divisor)
            assert float(framework.array(result)) == pytest.approx(total / number, rel=1e-6), divisor

    def test_what_does_not_count_may_hold_anything(
        self, framework: Framework, name: str, executor: str
    ) -> None:
        (a, b, *_), (c, *_) = SIMPLE[name]
        x, y = framework.tensor([a, math.nan, math.inf, b]), framework.tensor([c, math.nan, math.inf, -1.0])
        mask = framework.integers([True, False, False, True], "bool")
        result = framework.array(plain(name, x, y, mask=mask, ignore_index=-1, reduction="none"))
        first = framework.array(plain(name, framework.tensor([a]), framework.tensor([c]), reduction="none"))
        assert result.tolist() == [first[0], 0.0, 0.0, 0.0]

    def test_gradients_of_what_does_not_count_are_zero(
        self, autograd: Framework, name: str, executor: str
    ) -> None:
        x, y = ([*each[:2], math.nan, each[3]] for each in SIMPLE[name])
        mask = autograd.integers([True, True, False, True], "bool")
        found = autograd.gradients(
            lambda *given: plain(name, *given, mask=mask, ignore_index=-1),
            [autograd.tensor(x), autograd.tensor(y)],
        )
        for gradient in map(autograd.array, found):
            assert gradient[:2].all() and gradient[2:].tolist() == [0.0, 0.0]

    def test_nothing(self, framework: Framework, name: str, executor: str) -> None:
        x, y = framework.tensor(SIMPLE[name][0][:2]), framework.tensor([0.5, 0.5])
        assert math.isnan(float(framework.array(plain(name, x, y, ignore_index=0.5))))
        assert float(framework.array(plain(name, x, y, ignore_index=0.5, reduction="sum"))) == 0.0


def test_second_derivatives(autograd: Framework, kind: Kind) -> None:
    if kind.function is cl.kl_div:
        pytest.skip("the slope by log-probabilities does not depend on them; the next test has the other one")
    inner = [p for p in kind.points if all(math.isfinite(v) and v not in (0.0, 1.0) for v in p[:2])][:6]
    points = [(*point, 1.0) for point in inner]
    tensors = [autograd.tensor(list(column), "float64") for column in zip(*points, strict=True)]
    found = autograd.second(lambda *given: called(kind, given, reduction="sum"), tensors, 0, 0)
    function = getattr(textbook, kind.function.__name__)
    bends = [[t.bend for t in function(*arguments(point), **kind.parameters)] for point in points]
    scale = max(1e-300, *(float(max(abs(b) for b in bend)) for bend in bends))
    exact = [float(mp.fsum(bend)) for bend in bends]
    np.testing.assert_allclose(autograd.array(found), exact, rtol=1e-9, atol=1e-12 * scale)


def test_second_derivatives_by_targets(autograd: Framework) -> None:
    x, y = autograd.tensor([-1.0, -2.0, 0.0], "float64"), autograd.tensor([0.25, 0.5, 3.0], "float64")
    found = autograd.second(lambda *given: cl.kl_div(*given, reduction="sum"), [x, y], 1, 1)
    np.testing.assert_allclose(autograd.array(found), [4.0, 2.0, 1 / 3], rtol=1e-12)
    found = autograd.second(lambda *t: cl.kl_div(*t, log_targets=True, reduction="sum"), [x, y], 1, 1)
    t, s = np.array([0.25, 0.5, 3.0]), np.array([-1.0, -2.0, 0.0])
    np.testing.assert_allclose(autograd.array(found), np.exp(t) * (t - s + 2), rtol=1e-12)


def test_curvature(kind: Kind) -> None:
    inner = [p for p in kind.points if all(math.isfinite(v) and v not in (0.0, 1.0) for v in p[:2])][:6]
    columns = [np.array(column) for column in zip(*inner, strict=True)]
    given = dict(zip(names(kind)[2:], columns[2:], strict=False))
    *_, second = cl.value_and_gradients(
        kind.function, *columns[:2], **given, **kind.parameters, reduction="sum", curvature=True
    )
    function = getattr(textbook, kind.function.__name__)
    bends = [[t.bend for t in function(*arguments((*p, 1.0)), **kind.parameters)] for p in inner]
    scale = max(1e-300, *(float(max(abs(b) for b in bend)) for bend in bends))
    exact = [float(mp.fsum(bend)) for bend in bends]
    np.testing.assert_allclose(second[names(kind)[0]], exact, rtol=1e-9, atol=1e-12 * scale)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gamma", [0.25, 1.0, 2.0])
def test_an_error_whose_inverse_is_infinite(
    autograd: Framework, executor: str, dtype: str, gamma: float
) -> None:
    """1 - p_t is subnormal in double from a logit of 710 on, and 0 from 746 on."""
    x, y = autograd.tensor([710.0, -726.0, 745.0], dtype), autograd.tensor([1.0, 0.0, 1.0], dtype)
    found = autograd.gradients(lambda *t: cl.sigmoid_focal_loss(*t, gamma=gamma, reduction="sum"), [x, y])
    for gradient in map(autograd.array, found):
        np.testing.assert_allclose(gradient, 0.0, atol=1e-70)


class TestOptions:
    """What shapes these losses, and what is refused."""

    def test_batchmean(self, framework: Framework, executor: str) -> None:
        x, y = framework.tensor(np.full((2, 3), -1.5)), framework.tensor(np.full((2, 3), 0.5))
        total = float(framework.array(cl.kl_div(x, y, reduction="sum")))
        assert float(framework.array(cl.kl_div(x, y, reduction="batchmean"))) == pytest.approx(total / 2)
        value, _ = cl.value_and_gradients(cl.kl_div, x, y, reduction="batchmean")
        assert float(framework.array(value)) == pytest.approx(total / 2)
        with pytest.raises(ValueError, match="'batchmean'"):
            cl.kl_div(framework.tensor(0.5), framework.tensor(0.5), reduction="batchmean")
        with pytest.raises(ValueError, match="reduction is 'batchmean'"):
            cl.soft_margin_loss(x, y, reduction="batchmean")

    @pytest.mark.parametrize("options", [{}, {"ignore_index": 1}, {"weight": 0.5, "reduction": "none"}])
    def test_gamma_0_is_binary_cross_entropy_to_the_bit(
        self, framework: Framework, options: dict[str, Any]
    ) -> None:
        random = np.random.default_rng(3)
        x, y = framework.tensor(4 * random.standard_normal(3000)), framework.tensor(random.random(3000))
        focal = cl.sigmoid_focal_loss(x, y, gamma=0.0, **options)
        plain = cl.binary_cross_entropy_with_logits(x, y, **options)
        assert np.array_equal(framework.array(focal), framework.array(plain))

    def test_a_normalizer_is_a_number_or_a_tensor(self, framework: Framework, executor: str) -> None:
        x, y = framework.tensor([0.5, -2.0]), framework.tensor([1.0, 0.0])
        half = framework.array(cl.sigmoid_focal_loss(x, y, reduction="none")) / 2
        for normalizer in (2.0, framework.tensor([2.0]), framework.tensor(2.0)):
            found = cl.sigmoid_focal_loss(x, y, normalizer=normalizer, reduction="none")
            np.testing.assert_allclose(framework.array(found), half, rtol=1e-6)

    def test_probabilities_outside_are_nan_unless_clipped(self, framework: Framework, executor: str) -> None:
        p, y = framework.tensor([-0.5, 1.5, 0.5]), framework.tensor([0.0, 1.0, 1.0])
        found = framework.array(cl.binary_cross_entropy(p, y, reduction="none"))
        assert np.isnan(found).tolist() == [True, True, False]
        clipped = framework.array(cl.binary_cross_entropy(p, y, clip=0.25, reduction="none"))
        np.testing.assert_allclose(clipped, -np.log([0.75, 0.75, 0.5]), rtol=1e-6)

    def test_refusals(self) -> None:
        x = np.full(3, 0.5, np.float32)
        for function, options, error, words in (
            (cl.binary_cross_entropy, {"floor": 1.0}, ValueError, "floor is 1"),
            (cl.binary_cross_entropy, {"clip": 0.75}, ValueError, "clip is 0.75"),
            (cl.binary_cross_entropy, {"clip": None}, TypeError, "clip is None"),
            (cl.kl_div, {"log_targets": 1}, TypeError, "log_targets is 1; expected False or True"),
            (cl.sigmoid_focal_loss, {"alpha": 1.5}, ValueError, "alpha is 1.5"),
            (cl.sigmoid_focal_loss, {"gamma": -1}, ValueError, "gamma is -1"),
            (cl.poisson_nll_loss, {"full": "yes"}, TypeError, "full is 'yes'"),
        ):
            with pytest.raises(error, match=words):
                function(x, x, **options)
        for options, error, words in (
            ({"epsilon": 0.0}, ValueError, "epsilon is 0"),
            (
                {"clamp_gradient": "dead"},
                ValueError,
                "clamp_gradient is 'dead'; expected 'through' or 'zero'",
            ),
        ):
            with pytest.raises(error, match=words):
                cl.gaussian_nll_loss(x, x, x, **options)
        with pytest.raises(TypeError, match="variances is None"):
            cl.gaussian_nll_loss(x, x, None)  # type: ignore[type-var]
        with pytest.raises(ValueError, match="variances has shape"):
            cl.gaussian_nll_loss(x, x, np.ones(2, np.float32))

    def test_three_tensors_by_place(self) -> None:
        x = np.full(3, 0.5, np.float32)
        value, _ = cl.value_and_gradients(cl.gaussian_nll_loss, x, x, x)
        named, _ = cl.value_and_gradients(cl.gaussian_nll_loss, x, x, variances=x)
        assert value == named and cl.executor_of(cl.gaussian_nll_loss, x, x, x) == "fused"
        with pytest.raises(TypeError, match="4 tensors by place; expected three"):
            cl.value_and_gradients(cl.gaussian_nll_loss, x, x, x, x)


class TestMultilabelSoftMargin:
    """Binary cross entropy with logits averaged over an axis."""

    X = np.array([[0.5, -2.0, 30.0], [1.0, 0.0, -100.0]])
    Y = np.array([[1.0, 0.0, 0.25], [-1.0, 1.0, 0.0]])

    @pytest.mark.parametrize("axis", [-1, 0, 1])
    def test_reductions(self, framework: Framework, axis: int, executor: str) -> None:
        x, y = framework.tensor(self.X), framework.tensor(self.Y)
        each = framework.array(cl.binary_cross_entropy_with_logits(x, y, ignore_index=-1, reduction="none"))
        options = {"axis": axis, "ignore_index": -1}
        rows = cl.multilabel_soft_margin_loss(x, y, reduction="none", **options)
        np.testing.assert_allclose(framework.array(rows), each.mean(axis), rtol=1e-6)
        total = cl.multilabel_soft_margin_loss(x, y, reduction="sum", **options)
        assert float(framework.array(total)) == pytest.approx(each.mean(axis).sum(), rel=1e-6)
        mean = cl.multilabel_soft_margin_loss(x, y, **options)
        assert float(framework.array(mean)) == pytest.approx(each.sum() / 5, rel=1e-6)

    def test_gradients(self, autograd: Framework, executor: str) -> None:
        x, y = autograd.tensor(self.X), autograd.tensor(np.abs(self.Y))
        (rows,) = autograd.gradients(lambda x: cl.multilabel_soft_margin_loss(x, y, reduction="none"), [x])
        (each,) = autograd.gradients(
            lambda x: cl.binary_cross_entropy_with_logits(x, y, reduction="sum"), [x]
        )
        np.testing.assert_allclose(autograd.array(rows), autograd.array(each) / 3, rtol=1e-6)

    def test_refusals(self) -> None:
        with pytest.raises(ValueError, match="axis is 2"):
            cl.multilabel_soft_margin_loss(self.X, self.Y, axis=2)
        with pytest.raises(ValueError, match="no dimension"):
            cl.multilabel_soft_margin_loss(np.float64(1.0), np.float64(1.0))
        with pytest.raises(ValueError, match="wrt names 'pos_weight'; expected names among logits, targets"):
            cl.value_and_gradients(cl.multilabel_soft_margin_loss, self.X, self.Y, wrt=("pos_weight",))
        with pytest.raises(TypeError, match="has no option 'pos_weight'"):
            cl.executor_of(cl.multilabel_soft_margin_loss, self.X, self.Y, pos_weight=2.0)

    @pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
    def test_gradients_without_an_autograd(self, framework: Framework, reduction: str, executor: str) -> None:
        x, y, w = (framework.tensor(values) for values in (self.X.clip(-20), np.abs(self.Y), [0.5, 1.0, 2.0]))
        options = {"reduction": reduction, "weight": w}
        value, slopes, second = cl.value_and_gradients(
            cl.multilabel_soft_margin_loss, x, y, wrt=("logits", "weight"), curvature=True, **options
        )
        expected = cl.multilabel_soft_margin_loss(x, y, **options)
        assert framework.array(value).tolist() == framework.array(expected).tolist()
        scale = 6 if reduction == "mean" else 3
        _, summed, curved = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits,
            x, y, wrt=("logits", "weight"), curvature=True, reduction="sum", weight=w,
        )  # fmt: skip
        for found, whole in ((slopes, summed), (second, curved)):
            for name in ("logits", "weight"):
                assert framework.dtype(found[name]) == "float32"
                np.testing.assert_allclose(
                    framework.array(found[name]), framework.array(whole[name]) / scale, rtol=1e-6
                )


class TestDivergencesOfDistributions:
    """`kl_div` along an axis: one loss a distribution."""

    X = np.log([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]])
    Y = np.array([[0.25, 0.25, 0.5], [0.0, 0.5, 0.5]])
    EACH = np.where(Y > 0, Y * (np.log(np.where(Y > 0, Y, 1.0)) - X), 0.0)

    @pytest.mark.parametrize("axis", [-1, 0, 1])
    def test_reductions(self, framework: Framework, axis: int, executor: str) -> None:
        x, y, rows = framework.tensor(self.X), framework.tensor(self.Y), self.EACH.sum(axis)
        whole = {"none": rows, "sum": rows.sum(), "mean": rows.mean(), "batchmean": rows.sum() / 2}
        for reduction, expected in whole.items():
            found = cl.kl_div(x, y, axis=axis, reduction=reduction)  # type: ignore[call-overload]
            np.testing.assert_allclose(framework.array(found), expected, rtol=2e-6)
            value, slopes = cl.value_and_gradients(cl.kl_div, x, y, axis=axis, reduction=reduction)
            np.testing.assert_allclose(framework.array(value), expected, rtol=2e-6)
            divisor = {"mean": rows.size, "batchmean": 2}.get(reduction, 1)
            np.testing.assert_allclose(
                framework.array(slopes["log_probabilities"]), -self.Y / divisor, rtol=1e-6
            )

    def test_the_mean_is_over_distributions_that_count(self, framework: Framework) -> None:
        x, y = framework.tensor(self.X), framework.tensor(self.Y)
        rows = self.EACH.sum(1)
        mask = framework.tensor([[True, True, True], [False, False, False]], "bool")
        for divisor, count in (("counted", 1), ("all", 2)):
            found = cl.kl_div(x, y, axis=1, mask=mask, divisor=divisor)  # type: ignore[arg-type]
            assert float(framework.array(found)) == pytest.approx(rows[0] / count, rel=1e-6)
        found = cl.kl_div(x, y, axis=1, ignore_index=0.0)  # of an element: its distribution counts
        assert float(framework.array(found)) == pytest.approx(rows.mean(), rel=1e-6)
        nowhere = framework.tensor([[False] * 3] * 2, "bool")
        assert math.isnan(float(framework.array(cl.kl_div(x, y, axis=1, mask=nowhere))))

    def test_gradients(self, autograd: Framework, executor: str) -> None:
        x, y = autograd.tensor(self.X), autograd.tensor(self.Y)
        (found,) = autograd.gradients(lambda x: cl.kl_div(x, y, axis=1, weight=0.5), [x])
        np.testing.assert_allclose(autograd.array(found), -self.Y / 4, rtol=1e-6)

    def test_the_executor(self) -> None:
        assert cl.executor_of(cl.kl_div, self.X, self.Y, axis=1) == "fused"

    def test_refusals(self) -> None:
        with pytest.raises(ValueError, match="divisor is 'weights' and axis is 1; expected 'counted'"):
            cl.kl_div(self.X, self.Y, axis=1, divisor="weights", weight=np.ones((2, 1)))
        with pytest.raises(ValueError, match="axis is 2"):
            cl.kl_div(self.X, self.Y, axis=2)
        with pytest.raises(TypeError, match=r"axis is 0\.5; expected an int"):
            cl.kl_div(self.X, self.Y, axis=0.5)  # type: ignore[arg-type]

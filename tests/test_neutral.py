"""The unified import: its rules, on every framework's tensors."""

from __future__ import annotations

import inspect
import math
from fractions import Fraction
from typing import Any

import exact
import frameworks
import numpy as np
import pytest
from frameworks import WITHOUT_AUTOGRAD, Framework, forget_plans
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import compatlosses as cl
from compatlosses import libraries, rules

X = [[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]]
Y = [[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]]


def reference(
    x: Any,
    y: Any,
    w: Any = 1.0,
    p: Any = 1.0,
    reduction: str = "mean",
    ignored: float | None = None,
    divisor: str = "counted",
) -> Any:
    """The rules written plainly in NumPy, for ordinary values."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    elements = w * ((1 - y) * np.logaddexp(0, x) + p * y * np.logaddexp(0, -x))
    counts = np.ones(x.shape, bool) if ignored is None else y != ignored
    elements = np.where(counts, elements, 0.0)
    if reduction == "none":
        return elements
    if reduction == "sum":
        return elements.sum()
    weights = np.where(counts, np.broadcast_to(w, x.shape), 0.0).sum()
    number = {"counted": counts.sum(), "all": x.size, "weights": weights}[divisor]
    return elements.sum() / number if number else math.nan


def test_signature_is_keyword_only_after_the_tensors() -> None:
    signature = inspect.signature(cl.binary_cross_entropy_with_logits)
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    assert list(kinds) == [
        "logits",
        "targets",
        "weight",
        "pos_weight",
        "label_smoothing",
        "reduction",
        "divisor",
        "ignore_index",
        "mask",
        "dtype",
        "normalize",
    ]
    assert all(kinds[name] is inspect.Parameter.KEYWORD_ONLY for name in list(kinds)[2:])
    with pytest.raises(TypeError, match="positional"):
        cl.binary_cross_entropy_with_logits(np.ones(2), np.ones(2), np.ones(2))  # type: ignore[misc]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("divisor", ["counted", "all", "weights"])
@pytest.mark.parametrize("ignore_index", [None, 1, 0.25, 7])
def test_reductions(framework: Framework, reduction: str, divisor: str, ignore_index: float | None) -> None:
    loss = cl.binary_cross_entropy_with_logits(
        framework.tensor(X),
        framework.tensor(Y),
        weight=framework.tensor([[2.0], [0.5]]),
        pos_weight=framework.tensor([1.0, 3.0, 0.5]),
        reduction=reduction,
        ignore_index=ignore_index,
        divisor=divisor,
    )
    w, p = np.array([[2.0], [0.5]]), np.array([1.0, 3.0, 0.5])
    expected = reference(X, Y, w, p, reduction, ignore_index, divisor)
    assert framework.dtype(loss) == "float32"
    assert framework.array(loss).shape == np.shape(expected)
    np.testing.assert_allclose(framework.array(loss), expected, rtol=1e-6)


def test_python_numbers_are_weights(framework: Framework) -> None:
    loss = cl.binary_cross_entropy_with_logits(
        framework.tensor(X), framework.tensor(Y), weight=2, pos_weight=0.5
    )
    np.testing.assert_allclose(framework.array(loss), reference(X, Y, 2.0, 0.5), rtol=1e-6)


@pytest.mark.parametrize("kind", ["bool", "int32", "int64", "uint8"])
def test_integer_and_bool_targets_are_numbers(framework: Framework, kind: str) -> None:
    labels = framework.integers([1, 0, 1], kind)
    loss = cl.binary_cross_entropy_with_logits(framework.tensor([0.5, 2.0, -1.0]), labels, reduction="sum")
    np.testing.assert_allclose(
        framework.array(loss), reference([0.5, 2.0, -1.0], [1, 0, 1], reduction="sum"), rtol=1e-6
    )


@pytest.mark.parametrize("wide", ["weight", "pos_weight", "targets"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_result_has_the_dtype_of_the_logits(framework: Framework, wide: str, dtype: str) -> None:
    if dtype not in framework.dtypes:
        pytest.skip(f"{framework.name} has no {dtype}")
    arguments = {"targets": framework.tensor(Y, dtype), "weight": None, "pos_weight": None}
    arguments[wide] = framework.tensor(Y, "float64")
    for reduction in ("none", "mean", "sum"):
        loss = cl.binary_cross_entropy_with_logits(
            framework.tensor(X, dtype), reduction=reduction, **arguments
        )
        assert framework.dtype(loss) == dtype


def test_reduced_numpy_results_are_scalars() -> None:
    x = np.float32(X)
    assert type(cl.binary_cross_entropy_with_logits(x, np.float32(Y))) is np.float32
    assert type(cl.binary_cross_entropy_with_logits(x, np.float32(Y), reduction="sum")) is np.float32


@pytest.mark.parametrize(
    "shape", [(), (0,), (3, 0, 2), (1,), (7,), (2, 3), (2, 3, 4), (2, 1, 3, 2), (2, 1, 2, 3, 2)]
)
def test_shapes(framework: Framework, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=shape), rng.uniform(size=shape)
    tensors = framework.tensor(x), framework.tensor(y)
    for reduction in ("none", "mean", "sum"):
        loss = cl.binary_cross_entropy_with_logits(*tensors, reduction=reduction)
        expected = reference(x, y, reduction=reduction)
        assert framework.array(loss).shape == np.shape(expected)
        np.testing.assert_allclose(framework.array(loss), expected, rtol=1e-5)


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_weights_broadcast_as_numpys(framework: Framework, data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=3))
    x = np.linspace(-3, 3, math.prod(shape)).reshape(shape)
    y = np.linspace(0, 1, math.prod(shape)).reshape(shape)
    factors = []
    for _ in range(2):
        kept = data.draw(st.integers(0, len(shape)))
        sides = tuple(side if data.draw(st.booleans()) else 1 for side in shape[len(shape) - kept :])
        factors.append(np.linspace(0.5, 2, math.prod(sides)).reshape(sides))
    loss = cl.binary_cross_entropy_with_logits(
        framework.tensor(x, "float64"),
        framework.tensor(y, "float64"),
        weight=framework.tensor(factors[0], "float64"),
        pos_weight=framework.tensor(factors[1], "float64"),
        reduction="none",
    )
    np.testing.assert_allclose(framework.array(loss), reference(x, y, *factors, reduction="none"), rtol=1e-12)


def test_gradients_of_broadcast_weights_have_their_shape(autograd: Framework) -> None:
    tensors = [autograd.tensor(v) for v in (X, Y, [[2.0], [0.5]], [1.0, 3.0, 0.5])]
    gradients = autograd.gradients(
        lambda x, y, w, p: cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p), tensors
    )
    _, expected = cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        np.float64(X),
        np.float64(Y),
        wrt=("logits", "targets", "weight", "pos_weight"),
        weight=np.array([[2.0], [0.5]]),
        pos_weight=np.array([1.0, 3.0, 0.5]),
    )
    for gradient, true in zip(gradients, expected.values(), strict=True):
        assert autograd.array(gradient).shape == true.shape
        np.testing.assert_allclose(autograd.array(gradient), true, rtol=1e-5)


def test_value_and_gradients_agrees_with_autograd(autograd: Framework) -> None:
    arguments = {"ignore_index": 1.0, "reduction": "mean"}
    x, y, p = autograd.tensor(X), autograd.tensor(Y), autograd.tensor([1.0, 3.0, 0.5])
    loss, gradients = cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits, x, y, wrt=("logits", "pos_weight"), pos_weight=p, **arguments
    )
    by_autograd = autograd.gradients(
        lambda a, b: cl.binary_cross_entropy_with_logits(a, y, pos_weight=b, **arguments), [x, p]
    )
    assert list(gradients) == ["logits", "pos_weight"]
    np.testing.assert_allclose(
        autograd.array(loss), reference(X, Y, 1.0, [1.0, 3.0, 0.5], "mean", 1.0), rtol=1e-6
    )
    for mine, theirs in zip(gradients.values(), by_autograd, strict=True):
        np.testing.assert_allclose(autograd.array(mine), autograd.array(theirs), rtol=1e-6)


class TestIgnored:
    """Elements whose target is ignore_index: replaced before the formula, not masked after it."""

    x = (math.nan, 1.0, -math.inf, 2.0)
    y = (-100.0, 1.0, -100.0, 0.0)
    w = (math.nan, 2.0, math.inf, 1.0)

    def test_nothing_of_them_reaches_loss_or_gradients(self, autograd: Framework) -> None:
        tensors = [autograd.tensor(v) for v in (self.x, self.y, self.w, self.w)]

        def loss(a: Any, b: Any, c: Any, d: Any) -> Any:
            return cl.binary_cross_entropy_with_logits(
                a, b, weight=c, pos_weight=d, ignore_index=-100, reduction="sum"
            )

        value = autograd.array(loss(*tensors))
        w = np.array([2.0, 1.0])
        np.testing.assert_allclose(value, reference([1.0, 2.0], [1.0, 0.0], w, w, "sum"), rtol=1e-6)
        for gradient in autograd.gradients(loss, tensors):
            array = autograd.array(gradient)
            assert array[0] == 0 and array[2] == 0
            assert np.isfinite(array).all()

    def test_numpy(self) -> None:
        x, y, w = np.float32(self.x), np.float32(self.y), np.float32(self.w)
        loss, gradients = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits,
            x,
            y,
            wrt=("logits", "targets", "weight"),
            weight=w,
            ignore_index=-100,
            reduction="none",
        )
        assert loss[0] == 0 and loss[2] == 0
        for gradient in gradients.values():
            assert gradient[0] == 0 and gradient[2] == 0 and np.isfinite(gradient).all()

    @pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
    @pytest.mark.parametrize("divisor", ["counted", "all"])
    def test_all_ignored(self, framework: Framework, reduction: str, divisor: str) -> None:
        """A mean over nothing is no number; all else is 0."""
        x, y = framework.tensor([math.nan, 3.0]), framework.tensor([-1.0, -1.0])
        loss = cl.binary_cross_entropy_with_logits(
            x, y, ignore_index=-1, divisor=divisor, reduction=reduction
        )
        if reduction == "mean" and divisor == "counted":
            assert math.isnan(framework.array(loss))
        else:
            assert not framework.array(loss).any()

    def test_integer_labels_are_compared_as_values(self, framework: Framework) -> None:
        labels = framework.integers([1, -1, 0], "int64")
        loss = cl.binary_cross_entropy_with_logits(
            framework.tensor([1.0, 9.0, 1.0]), labels, ignore_index=-1.0
        )
        np.testing.assert_allclose(framework.array(loss), reference([1.0, 1.0], [1.0, 0.0]), rtol=1e-6)


@pytest.fixture(params=["as it comes", "formula"])
def executor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The executor that a call chooses, and the formula."""
    if request.param == "formula":
        forget_plans(monkeypatch)
        for framework in frameworks.FRAMEWORKS:
            library = libraries.library_of(framework.tensor(X), framework.tensor(Y))
            monkeypatch.setattr(library.host, "why_formula", lambda *arguments: "a test wants it")


@pytest.mark.usefixtures("executor")
class TestSentinels:
    """ignore_index is compared in the targets' dtype, on either executor."""

    right = math.log1p(math.exp(-0.5)) * 2 + math.log1p(math.exp(2.0))

    def total(self, framework: Framework, targets: Any, ignore_index: float) -> float:
        """The loss of the logits 0.5, 0.5, 0.5, 2 whose third target is to be ignored; `right`
        where it is.
        """
        x = framework.tensor([0.5, 0.5, 0.5, 2.0])
        loss = cl.binary_cross_entropy_with_logits(x, targets, ignore_index=ignore_index, reduction="sum")
        return float(framework.array(loss))

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
    @pytest.mark.parametrize("value", [0.1, -100.1, 1e20, 1e-7, -math.inf, math.nan])
    def test_floats_are_rounded(self, framework: Framework, value: float, dtype: str) -> None:
        if dtype not in framework.dtypes:
            pytest.skip(f"{framework.name} has no {dtype}")
        targets = framework.tensor([1.0, 1.0, value, 0.0], dtype)
        if dtype == "float16" and value == 1e20:
            with pytest.raises(
                ValueError, match=r"targets has dtype float16, which cannot hold it.*within the range"
            ):
                self.total(framework, targets, value)
        else:
            assert self.total(framework, targets, value) == pytest.approx(self.right, rel=1e-6)

    @pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64"])
    def test_integers_are_exact(self, framework: Framework, dtype: str) -> None:
        if dtype == "bool":
            labels = framework.integers([False, False, True, False], dtype)
            x = framework.tensor([0.5, 0.5, 0.5, 2.0])
            loss = cl.binary_cross_entropy_with_logits(
                x, labels, ignore_index=np.bool_(True), reduction="sum"
            )
            assert float(framework.array(loss)) == pytest.approx(
                2 * math.log1p(math.exp(0.5)) + math.log1p(math.exp(2.0))
            )
            return
        largest = np.iinfo(dtype).max
        labels = framework.integers(np.array([1, 1, largest, 0], dtype), dtype)
        assert self.total(framework, labels, int(largest)) == pytest.approx(self.right, rel=1e-6)
        if dtype == "int64":
            # In float64 these two are the same number.
            assert self.total(framework, labels, int(largest) - 1) != pytest.approx(self.right, rel=1e-6)

    @pytest.mark.parametrize(
        ("dtype", "value", "expected"),
        [
            ("uint8", -1, r"from 0 to 255 \(-1 stored in uint8 is 255\)"),
            ("uint8", 256, "from 0 to 255"),
            ("int64", 0.5, "a whole number"),
            ("int64", math.nan, "a whole number"),
            ("int64", 2.0**63, "a whole number"),
            ("bool", -100, "False or True"),
        ],
    )
    def test_what_integers_cannot_hold(
        self, framework: Framework, dtype: str, value: float, expected: str
    ) -> None:
        labels = framework.integers([1, 1, 1, 0], dtype)
        with pytest.raises(ValueError, match=rf"targets has dtype {dtype}, which cannot hold it.*{expected}"):
            self.total(framework, labels, value)
        with pytest.raises(ValueError, match="cannot hold it"):
            cl.value_and_gradients(
                cl.binary_cross_entropy_with_logits,
                framework.tensor([0.5, 0.5, 0.5, 2.0]),
                labels,
                ignore_index=value,
            )
        with pytest.raises(ValueError, match="cannot hold it"):
            cl.executor_of(
                cl.binary_cross_entropy_with_logits,
                framework.tensor([0.5, 0.5, 0.5, 2.0]),
                labels,
                ignore_index=value,
            )


@given(value=st.floats(allow_nan=False, width=64), dtype=st.sampled_from(["float16", "float32"]))
@example(value=65519.99, dtype="float16")
@example(value=65520.0, dtype="float16")
@example(value=2.0**-150, dtype="float32")
@example(value=1.5 * 2.0**-149, dtype="float32")
@example(value=1 + 2.0**-24, dtype="float32")
@settings(max_examples=300)
def test_sentinels_are_rounded_as_numpy_rounds(value: float, dtype: str) -> None:
    with np.errstate(all="ignore"):
        rounded = float(np.float64(value).astype(dtype))
    if math.isfinite(value) and (math.isinf(rounded) or (rounded == 0) != (value == 0)):
        with pytest.raises(ValueError, match="cannot hold it"):
            rules.sentinel(dtype, value)
    else:
        assert rules.sentinel(dtype, value) == rounded


@pytest.mark.parametrize("value", [1.00390625, 1.01171875, 3.3895313892515355e38, 2.0**-133, 3 * 2.0**-134])
def test_bfloat16_sentinels_are_rounded_to_even(value: float) -> None:
    assert rules.sentinel("bfloat16", value) == float(frameworks.rounded(value, "bfloat16"))


NUMBERS = [
    2,
    2.0,
    np.float64(2),
    np.float32(2),
    np.float16(2),
    np.int64(2),
    np.uint8(2),
    np.array(2.0),
    Fraction(2),
]


@pytest.mark.parametrize("k", range(len(NUMBERS)))
def test_numbers_of_any_kind_are_weights(framework: Framework, k: int) -> None:
    x, y = framework.tensor(X), framework.tensor(Y)
    for name in ("weight", "pos_weight"):
        loss = cl.binary_cross_entropy_with_logits(x, y, **{name: NUMBERS[k]})
        expected = reference(X, Y, **{name[0]: 2.0})
        np.testing.assert_allclose(framework.array(loss), expected, rtol=1e-6)
        value, _ = cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, **{name: NUMBERS[k]})
        np.testing.assert_allclose(framework.array(value), expected, rtol=1e-6)
        assert cl.executor_of(cl.binary_cross_entropy_with_logits, x, y, **{name: NUMBERS[k]})


@pytest.mark.parametrize("kind", ["bool", "uint8", "int32", "int64"])
def test_integer_and_bool_tensors_are_weights(framework: Framework, kind: str) -> None:
    mask = [[1, 0, 1], [0, 1, 1]]
    x, y, w = framework.tensor(X), framework.tensor(Y), framework.integers(mask, kind)
    loss = cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=w, reduction="sum")
    np.testing.assert_allclose(
        framework.array(loss), reference(X, Y, np.array(mask), np.array(mask), "sum"), rtol=1e-6
    )
    with pytest.raises(TypeError, match="weight has dtype"):
        cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, y, wrt=("weight",), weight=w)


def test_numpy_scalars_are_options(framework: Framework) -> None:
    x, y = framework.tensor(X), framework.tensor(Y)
    loss = cl.binary_cross_entropy_with_logits(x, y, ignore_index=np.int64(1))
    np.testing.assert_allclose(framework.array(loss), reference(X, Y, ignored=1), rtol=1e-6)


@pytest.mark.usefixtures("executor")
@pytest.mark.parametrize(
    "options", [{}, {"ignore_index": 1}, {"divisor": "all"}, {"ignore_index": 1, "divisor": "all"}]
)
def test_the_gradient_of_an_empty_mean_by_a_weight_is_0(
    framework: Framework, options: dict[str, Any]
) -> None:
    x, w, p = framework.tensor(np.zeros((0, 3))), framework.tensor(np.ones((1, 3))), framework.tensor(2.0)
    _, gradients = cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        x,
        x,
        wrt=("logits", "weight", "pos_weight"),
        weight=w,
        pos_weight=p,
        **options,
    )
    found = [framework.array(gradient) for gradient in gradients.values()]
    if framework.name not in WITHOUT_AUTOGRAD:

        def loss(x: Any, w: Any, p: Any) -> Any:
            return cl.binary_cross_entropy_with_logits(x, x, weight=w, pos_weight=p, **options)

        found += [framework.array(gradient) for gradient in framework.gradients(loss, [x, w, p])]
    for gradient in found:
        assert gradient.shape in ((0, 3), (1, 3), ()) and not gradient.any()


@pytest.mark.usefixtures("executor")
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_an_incoming_nan_gives_ignored_elements_no_gradient(autograd: Framework, reduction: str) -> None:
    x, y = autograd.tensor([0.5, math.nan, 2.0]), autograd.tensor([1.0, -100.0, 0.0])

    def loss(x: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, ignore_index=-100, reduction=reduction) * math.nan

    gradient = autograd.array(autograd.gradients(loss, [x])[0])
    assert gradient[1] == 0 and np.isnan(gradient[[0, 2]]).all()


@pytest.mark.parametrize("ignore_index", [None, 5])
def test_empty(framework: Framework, ignore_index: int | None) -> None:
    x, y = framework.tensor(np.zeros((0, 3))), framework.tensor(np.zeros((0, 3)))
    for divisor in ("counted", "all"):
        options = {"ignore_index": ignore_index, "divisor": divisor}
        assert math.isnan(framework.array(cl.binary_cross_entropy_with_logits(x, y, **options)))
        assert framework.array(cl.binary_cross_entropy_with_logits(x, y, reduction="sum", **options)) == 0
        assert framework.array(
            cl.binary_cross_entropy_with_logits(x, y, reduction="none", **options)
        ).shape == (0, 3)


def test_half_precision_sums_are_rounded_once(framework: Framework) -> None:
    """A float16 sum that its own accumulator could not reach, and a mean whose sum overflows."""
    if "float16" not in framework.dtypes:
        pytest.skip(f"{framework.name} has no float16")
    x = framework.tensor(np.full(5000, 20.0), "float16")
    y = framework.tensor(np.zeros(5000), "float16")
    assert framework.array(cl.binary_cross_entropy_with_logits(x, y)) == 20.0
    total = cl.binary_cross_entropy_with_logits(
        framework.tensor(np.full(5000, 2.0), "float16"), y, reduction="sum"
    )
    exactly = 5000 * exact.loss(2.0, 0.0).value
    assert framework.array(total) == np.float16(float(exactly))


def test_single_precision_means_are_rounded_once(framework: Framework) -> None:
    x = np.full(10**6, 0.1, np.float32)
    loss = cl.binary_cross_entropy_with_logits(framework.tensor(x), framework.tensor(np.zeros(10**6)))
    true = exact.loss(float(np.float32(0.1)), 0.0)
    assert exact.ulps(float(framework.array(loss)), true, "float32") <= 2


def test_inputs_are_not_modified(framework: Framework) -> None:
    tensors = [framework.tensor(v) for v in (X, Y, [[2.0], [0.5]], [1.0, 3.0, 0.5])]
    before = [framework.array(t).copy() for t in tensors]

    def loss(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, ignore_index=1)

    loss(*tensors)
    cl.value_and_gradients(
        cl.binary_cross_entropy_with_logits,
        tensors[0],
        tensors[1],
        weight=tensors[2],
        pos_weight=tensors[3],
        wrt=("logits", "weight"),
    )
    if framework.name not in WITHOUT_AUTOGRAD:
        framework.gradients(loss, tensors)
    for tensor, values in zip(tensors, before, strict=True):
        np.testing.assert_array_equal(framework.array(tensor), values)


def test_views(framework: Framework) -> None:
    """Strided and transposed views give what their contiguous copies give."""
    for view in framework.views(np.linspace(-3, 3, 24).reshape(4, 6)):
        plain = framework.tensor(framework.array(view))
        zeros = framework.tensor(np.full(framework.array(view).shape, 0.25))
        mine = framework.array(cl.binary_cross_entropy_with_logits(view, zeros, reduction="none"))
        assert (
            mine == framework.array(cl.binary_cross_entropy_with_logits(plain, zeros, reduction="none"))
        ).all()


class TestErrors:
    """Each error is of the promised class and says what was given and what was expected."""

    def raises(self, kind: type[Exception], words: str, *tensors: Any, **options: Any) -> None:
        with pytest.raises(kind, match=words):
            cl.binary_cross_entropy_with_logits(*tensors, **options)
        with pytest.raises(kind, match=words):
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, *tensors, **options)

    def test_no_tensor(self, framework: Framework) -> None:
        x = framework.tensor(X)
        self.raises(TypeError, "logits is of type list; expected a tensor", X, x)
        self.raises(TypeError, "targets is of type list; expected a", x, Y)
        self.raises(TypeError, "targets is None; expected a", x, None)
        self.raises(TypeError, "weight is of type str", x, x, weight="2")

    def test_two_frameworks(self, autograd: Framework) -> None:
        x, y = autograd.tensor(X), np.float32(Y)
        self.raises(TypeError, "NumPy tensor.*one framework", x, y)
        self.raises(TypeError, "NumPy tensor.*one framework", x, x, weight=y)

    def test_shapes(self, framework: Framework) -> None:
        x = framework.tensor(X)
        self.raises(
            ValueError, r"targets has shape \(3,\); expected \(2, 3\)", x, framework.tensor([1.0, 0.0, 1.0])
        )
        self.raises(
            ValueError, r"weight has shape \(2,\).*broadcast", x, x, weight=framework.tensor([1.0, 2.0])
        )
        enlarging = framework.tensor(np.ones((4, 2, 3)))
        self.raises(ValueError, r"pos_weight has shape \(4, 2, 3\).*broadcast", x, x, pos_weight=enlarging)

    def test_dtypes(self, framework: Framework) -> None:
        x, integers = framework.tensor(X), framework.integers(np.ones((2, 3)), "int32")
        self.raises(TypeError, "logits has dtype int32; expected float16", integers, x)

    def test_a_weight_that_lacks_axes(self, framework: Framework) -> None:
        x = framework.tensor(np.zeros((2, 3, 4, 5)))
        per_class, per_example = framework.tensor(np.ones(3)), framework.tensor(np.ones(2))
        self.raises(
            ValueError,
            r"one weight per class \(axis 1\), reshape weight to \(3, 1, 1\)",
            x,
            x,
            weight=per_class,
        )
        self.raises(
            ValueError,
            r"per example \(axis 0\), reshape pos_weight to \(2, 1, 1, 1\)",
            x,
            x,
            pos_weight=per_example,
        )
        self.raises(ValueError, "Reshape weight first", x, x, weight=framework.tensor(np.ones(7)))

    def test_swapped_arguments(self, framework: Framework) -> None:
        x, labels = framework.tensor([0.5, 2.0]), framework.integers([1, 0], "int64")
        self.raises(TypeError, r"logits has dtype int64.*Are logits and targets in this order\?", labels, x)

    def test_no_tensor_is_printed(self, framework: Framework) -> None:
        x = framework.tensor(np.full((2, 3), 0.1234567))
        for error, options in (
            (ValueError, {"reduction": x}),
            (TypeError, {"ignore_index": x}),
            (TypeError, {"ignore_index": np.ones(3)}),
            (ValueError, {"divisor": x}),
            (TypeError, {"label_smoothing": x}),
            (TypeError, {"weight": [0.1234567]}),
            (TypeError, {"weight": 1j}),
            (TypeError, {"weight": np.timedelta64(2)}),
        ):
            with pytest.raises(error) as caught:
                cl.binary_cross_entropy_with_logits(x, x, **options)
            assert "expected" in str(caught.value)
            assert "0.123" not in str(caught.value) and len(str(caught.value)) < 240

    def test_a_number_beyond_every_float(self, framework: Framework) -> None:
        x = framework.tensor(X)
        self.raises(ValueError, "beyond the range of float64", x, x, weight=10**400)
        self.raises(ValueError, "cannot hold it", x, x, ignore_index=10**400)

    def test_options(self, framework: Framework) -> None:
        x = framework.tensor(X)
        self.raises(
            ValueError, "reduction is 'MEAN'; expected 'none', 'mean' or 'sum'", x, x, reduction="MEAN"
        )
        self.raises(TypeError, "ignore_index is '1'; expected a number", x, x, ignore_index="1")
        self.raises(
            ValueError, "divisor is 'yes'; expected 'counted', 'all' or 'weights'", x, x, divisor="yes"
        )
        self.raises(ValueError, "there is no weight", x, x, divisor="weights")
        self.raises(ValueError, "label_smoothing is 1.5; expected .* at most 1", x, x, label_smoothing=1.5)
        self.raises(ValueError, "label_smoothing is nan; expected", x, x, label_smoothing=math.nan)
        self.raises(TypeError, "mask is 3; expected a .* tensor of bool", x, x, mask=3)
        self.raises(ValueError, "dtype is 'int8'; expected float16", x, x, dtype="int8")

    def test_wrt(self, framework: Framework) -> None:
        x = framework.tensor(X)
        with pytest.raises(ValueError, match="wrt names 'logit'; expected names among logits, targets"):
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, x, wrt=("logit",))
        with pytest.raises(TypeError, match="wrt is the string"):
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, x, wrt="logits")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="wrt names weight, which is None"):
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, x, wrt=("weight",))
        with pytest.raises(TypeError, match="targets has dtype int64"):
            cl.value_and_gradients(
                cl.binary_cross_entropy_with_logits,
                x,
                framework.integers(np.ones((2, 3)), "int64"),
                wrt=("targets",),
            )
        with pytest.raises(TypeError, match="wrt is 3; expected a tuple of names"):
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, x, wrt=3)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"wrt names of type .*; expected names among logits, targets"):
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, x, x, wrt=(x,))  # type: ignore[arg-type]

    def test_an_iterator_of_names_is_read_once(self, framework: Framework) -> None:
        x = framework.tensor(X)
        _, gradients = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits, x, x, wrt=iter(("logits", "targets"))
        )  # type: ignore[arg-type]
        assert list(gradients) == ["logits", "targets"]


class TestNumpy:
    """What NumPy alone has."""

    def test_masked_arrays_are_refused(self) -> None:
        masked = np.ma.masked_array([1.0, 2.0], mask=[True, False])
        plain = np.ones(2)
        for arguments in ((masked, plain), (plain, masked), (plain, plain, masked)):
            with pytest.raises(TypeError, match=r"masked array was given.*ignore_index=-1.0"):
                cl.binary_cross_entropy_with_logits(
                    *arguments[:2], weight=arguments[2] if len(arguments) == 3 else None
                )

    def test_what_the_refusal_of_masked_arrays_advises(self) -> None:
        logits = np.ma.masked_array([1.0, math.nan, 2.0], mask=[False, True, False])
        targets = np.ma.masked_array([1.0, 1.0, 0.0], mask=logits.mask)
        loss = cl.binary_cross_entropy_with_logits(
            logits.filled(0.0), targets.filled(-1.0), ignore_index=-1.0
        )
        np.testing.assert_allclose(loss, reference([1.0, 2.0], [1.0, 0.0]), rtol=1e-12)

    def test_foreign_byte_order_and_read_only(self) -> None:
        x, y, w = (
            np.array([0.5, 1.0, -3.0], np.float32),
            np.array([1.0, 0.0, 0.5], np.float32),
            np.float32([2, 1, 3]),
        )
        foreign = [a.astype(a.dtype.newbyteorder()) for a in (x, y, w)]
        for array in foreign:
            array.flags.writeable = False
        for weights in ({}, {"weight": 2}, {"pos_weight": 2}, {"weight": 2, "pos_weight": 2}):
            for reduction in ("none", "mean"):
                values, there = [], []
                for arrays, found in (((x, y, w), values), (foreign, there)):
                    options = {name: arrays[place] for name, place in weights.items()}
                    found.append(
                        cl.binary_cross_entropy_with_logits(
                            arrays[0], arrays[1], reduction=reduction, **options
                        )
                    )
                    wrt = ("logits", "targets", *weights)
                    value, gradients = cl.value_and_gradients(
                        cl.binary_cross_entropy_with_logits,
                        arrays[0],
                        arrays[1],
                        wrt=wrt,
                        reduction=reduction,
                        **options,
                    )
                    found += [value, *gradients.values()]
                for got, expected in zip(there, values, strict=True):
                    assert got.dtype == np.float32 and got.dtype.isnative
                    np.testing.assert_array_equal(got, expected)

    def test_numpy_scalars(self) -> None:
        loss = cl.binary_cross_entropy_with_logits(np.float32(0.5), np.float32(1.0))
        np.testing.assert_allclose(loss, reference(0.5, 1.0), rtol=1e-6)
        assert loss.dtype == np.float32
        assert cl.binary_cross_entropy_with_logits(np.float64(0.5), np.float64(1.0)).dtype == np.float64

    def test_subclasses_keep_their_values(self) -> None:
        class Tagged(np.ndarray[Any, Any]):
            pass

        x = np.float32(X).view(Tagged)
        np.testing.assert_allclose(
            cl.binary_cross_entropy_with_logits(x, np.float32(Y)), reference(X, Y), rtol=1e-6
        )

    def test_no_warning_whatever_numpys_error_state(self) -> None:
        x = np.array([-np.inf, np.inf, 3e38, -1e-40, np.nan], np.float32)
        with np.errstate(all="raise"):
            cl.binary_cross_entropy_with_logits(x, np.float32([0, 1, 2, 0.5, 1]), weight=np.float32(3e38))
            cl.value_and_gradients(
                cl.binary_cross_entropy_with_logits,
                x,
                np.float32([0, 1, 2, 0.5, 1]),
                wrt=("logits", "targets"),
            )

    def test_a_division_that_underflows_raises_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        forget_plans(monkeypatch)
        monkeypatch.setattr(
            libraries.find(np.zeros(1)).host, "why_formula", lambda *_: "the formula is under test"
        )
        x, y = np.full(3, 100.0, np.float32), np.ones(3, np.float32)
        with np.errstate(all="raise"):
            loss, gradients = cl.value_and_gradients(
                cl.binary_cross_entropy_with_logits, x, y, weight=1 / 3, reduction="none"
            )
        expected, smallest = math.exp(-100) / 3, 2.0**-149
        np.testing.assert_allclose(loss, expected, rtol=0, atol=smallest)
        np.testing.assert_allclose(gradients["logits"], -expected, rtol=0, atol=smallest)

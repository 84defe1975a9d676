"""The unified import: its rules, on every framework's tensors."""

from __future__ import annotations

import inspect
import math
from typing import Any

import exact
import frameworks
import numpy as np
import pytest
from frameworks import WITHOUT_AUTOGRAD, Framework
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import compatlosses as cl

X = [[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]]
Y = [[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]]


def reference(
    x: Any,
    y: Any,
    w: Any = 1.0,
    p: Any = 1.0,
    reduction: str = "mean",
    ignored: float | None = None,
    norm: bool = False,
) -> Any:
    """The rules written plainly in NumPy, for ordinary values."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    elements = w * ((1 - y) * np.logaddexp(0, x) + p * y * np.logaddexp(0, -x))
    counts = np.ones(x.shape, bool) if ignored is None else y != ignored
    elements = np.where(counts, elements, 0.0)
    number = max(int(counts.sum()), 1)
    if reduction == "mean":
        return math.nan if x.size == 0 else elements.sum() / (number if norm else x.size)
    total = elements if reduction == "none" else elements.sum()
    return total / number if norm else total


def test_signature_is_keyword_only_after_the_tensors() -> None:
    signature = inspect.signature(cl.binary_cross_entropy_with_logits)
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    assert list(kinds) == ["logits", "targets", "weight", "pos_weight", "reduction", "ignore_index", "normalize"]
    assert all(kinds[name] is inspect.Parameter.KEYWORD_ONLY for name in list(kinds)[2:])
    with pytest.raises(TypeError, match="positional"):
        cl.binary_cross_entropy_with_logits(np.ones(2), np.ones(2), np.ones(2))  # type: ignore[misc]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("ignore_index", [None, 1, 0.25, 7])
def test_reductions(framework: Framework, reduction: str, normalize: bool, ignore_index: float | None) -> None:
    loss = cl.binary_cross_entropy_with_logits(
        framework.tensor(X),
        framework.tensor(Y),
        weight=framework.tensor([[2.0], [0.5]]),
        pos_weight=framework.tensor([1.0, 3.0, 0.5]),
        reduction=reduction,
        ignore_index=ignore_index,
        normalize=normalize,
    )
    w, p = np.array([[2.0], [0.5]]), np.array([1.0, 3.0, 0.5])
    expected = reference(X, Y, w, p, reduction, ignore_index, normalize)
    assert framework.dtype(loss) == "float32"
    assert framework.array(loss).shape == np.shape(expected)
    np.testing.assert_allclose(framework.array(loss), expected, rtol=1e-6)


def test_python_numbers_are_weights(framework: Framework) -> None:
    loss = cl.binary_cross_entropy_with_logits(framework.tensor(X), framework.tensor(Y), weight=2, pos_weight=0.5)
    np.testing.assert_allclose(framework.array(loss), reference(X, Y, 2.0, 0.5), rtol=1e-6)


@pytest.mark.parametrize("kind", ["bool", "int32", "int64", "uint8"])
def test_integer_and_bool_targets_are_numbers(framework: Framework, kind: str) -> None:
    labels = framework.integers([1, 0, 1], kind)
    loss = cl.binary_cross_entropy_with_logits(framework.tensor([0.5, 2.0, -1.0]), labels, reduction="sum")
    np.testing.assert_allclose(framework.array(loss), reference([0.5, 2.0, -1.0], [1, 0, 1], reduction="sum"), rtol=1e-6)


@pytest.mark.parametrize("wide", ["weight", "pos_weight", "targets"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_result_has_the_dtype_of_the_logits(framework: Framework, wide: str, dtype: str) -> None:
    if dtype not in framework.dtypes:
        pytest.skip(f"{framework.name} has no {dtype}")
    arguments = {"targets": framework.tensor(Y, dtype), "weight": None, "pos_weight": None}
    arguments[wide] = framework.tensor(Y, "float64")
    for reduction in ("none", "mean", "sum"):
        loss = cl.binary_cross_entropy_with_logits(framework.tensor(X, dtype), reduction=reduction, **arguments)
        assert framework.dtype(loss) == dtype


def test_reduced_numpy_results_are_scalars() -> None:
    x = np.float32(X)
    assert type(cl.binary_cross_entropy_with_logits(x, np.float32(Y))) is np.float32
    assert type(cl.binary_cross_entropy_with_logits(x, np.float32(Y), reduction="sum")) is np.float32


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (7,), (2, 3), (2, 3, 4), (2, 1, 3, 2), (2, 1, 2, 3, 2)])
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
    arguments = {"ignore_index": 1.0, "normalize": True, "reduction": "mean"}
    x, y, p = autograd.tensor(X), autograd.tensor(Y), autograd.tensor([1.0, 3.0, 0.5])
    loss, gradients = cl.value_and_gradients(x, y, wrt=("logits", "pos_weight"), pos_weight=p, **arguments)
    by_autograd = autograd.gradients(lambda a, b: cl.binary_cross_entropy_with_logits(a, y, pos_weight=b, **arguments), [x, p])
    assert list(gradients) == ["logits", "pos_weight"]
    np.testing.assert_allclose(autograd.array(loss), reference(X, Y, 1.0, [1.0, 3.0, 0.5], "mean", 1.0, True), rtol=1e-6)
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
                a, b, weight=c, pos_weight=d, ignore_index=-100, normalize=True, reduction="sum"
            )

        value = autograd.array(loss(*tensors))
        np.testing.assert_allclose(
            value, reference([1.0, 2.0], [1.0, 0.0], np.array([2.0, 1.0]), np.array([2.0, 1.0])), rtol=1e-6
        )
        for gradient in autograd.gradients(loss, tensors):
            array = autograd.array(gradient)
            assert array[0] == 0 and array[2] == 0
            assert np.isfinite(array).all()

    def test_numpy(self) -> None:
        x, y, w = np.float32(self.x), np.float32(self.y), np.float32(self.w)
        loss, gradients = cl.value_and_gradients(
            x, y, wrt=("logits", "targets", "weight"), weight=w, ignore_index=-100, reduction="none"
        )
        assert loss[0] == 0 and loss[2] == 0
        for gradient in gradients.values():
            assert gradient[0] == 0 and gradient[2] == 0 and np.isfinite(gradient).all()

    @pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
    @pytest.mark.parametrize("normalize", [False, True])
    def test_all_ignored_is_zero(self, framework: Framework, reduction: str, normalize: bool) -> None:
        y = framework.tensor([-1.0, -1.0])
        loss = cl.binary_cross_entropy_with_logits(
            framework.tensor([math.nan, 3.0]), y, ignore_index=-1, normalize=normalize, reduction=reduction
        )
        assert not framework.array(loss).any()

    def test_integer_labels_are_compared_as_values(self, framework: Framework) -> None:
        labels = framework.integers([1, -1, 0], "int64")
        loss = cl.binary_cross_entropy_with_logits(framework.tensor([1.0, 9.0, 1.0]), labels, ignore_index=-1.0, normalize=True)
        np.testing.assert_allclose(framework.array(loss), reference([1.0, 1.0], [1.0, 0.0]), rtol=1e-6)


@pytest.mark.parametrize("ignore_index", [None, 5])
def test_empty(framework: Framework, ignore_index: int | None) -> None:
    x, y = framework.tensor(np.zeros((0, 3))), framework.tensor(np.zeros((0, 3)))
    for normalize in (False, True):
        options = {"ignore_index": ignore_index, "normalize": normalize}
        assert math.isnan(framework.array(cl.binary_cross_entropy_with_logits(x, y, **options)))
        assert framework.array(cl.binary_cross_entropy_with_logits(x, y, reduction="sum", **options)) == 0
        assert framework.array(cl.binary_cross_entropy_with_logits(x, y, reduction="none", **options)).shape == (0, 3)


def test_half_precision_sums_are_rounded_once(framework: Framework) -> None:
    """A float16 sum that its own accumulator could not reach, and a mean whose sum overflows."""
    if "float16" not in framework.dtypes:
        pytest.skip(f"{framework.name} has no float16")
    x = framework.tensor(np.full(5000, 20.0), "float16")
    y = framework.tensor(np.zeros(5000), "float16")
    assert framework.array(cl.binary_cross_entropy_with_logits(x, y)) == 20.0
    total = cl.binary_cross_entropy_with_logits(framework.tensor(np.full(5000, 2.0), "float16"), y, reduction="sum")
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
    cl.value_and_gradients(tensors[0], tensors[1], weight=tensors[2], pos_weight=tensors[3], wrt=("logits", "weight"))
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
        assert (mine == framework.array(cl.binary_cross_entropy_with_logits(plain, zeros, reduction="none"))).all()


class TestErrors:
    """Each error is of the promised class and says what was given and what was expected."""

    def raises(self, kind: type[Exception], words: str, *tensors: Any, **options: Any) -> None:
        with pytest.raises(kind, match=words):
            cl.binary_cross_entropy_with_logits(*tensors, **options)
        with pytest.raises(kind, match=words):
            cl.value_and_gradients(*tensors, **options)

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
        self.raises(ValueError, r"targets has shape \(3,\); expected \(2, 3\)", x, framework.tensor([1.0, 0.0, 1.0]))
        self.raises(ValueError, r"weight has shape \(2,\).*broadcast", x, x, weight=framework.tensor([1.0, 2.0]))
        enlarging = framework.tensor(np.ones((4, 2, 3)))
        self.raises(ValueError, r"pos_weight has shape \(4, 2, 3\).*broadcast", x, x, pos_weight=enlarging)

    def test_dtypes(self, framework: Framework) -> None:
        x, integers = framework.tensor(X), framework.integers(np.ones((2, 3)), "int32")
        self.raises(TypeError, "logits has dtype int32; expected float16", integers, x)

    def test_options(self, framework: Framework) -> None:
        x = framework.tensor(X)
        self.raises(ValueError, "reduction is 'MEAN'; expected 'none', 'mean' or 'sum'", x, x, reduction="MEAN")
        self.raises(TypeError, "ignore_index is '1'; expected a number", x, x, ignore_index="1")
        self.raises(TypeError, "normalize is 'yes'; expected True or False", x, x, normalize="yes")

    def test_wrt(self, framework: Framework) -> None:
        x = framework.tensor(X)
        with pytest.raises(ValueError, match="wrt names 'logit'; expected names among logits, targets"):
            cl.value_and_gradients(x, x, wrt=("logit",))
        with pytest.raises(TypeError, match="wrt is the string"):
            cl.value_and_gradients(x, x, wrt="logits")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="wrt names weight, which is None"):
            cl.value_and_gradients(x, x, wrt=("weight",))
        with pytest.raises(TypeError, match="targets has dtype int64"):
            cl.value_and_gradients(x, framework.integers(np.ones((2, 3)), "int64"), wrt=("targets",))


class TestNumpy:
    """What NumPy alone has."""

    def test_masked_arrays_are_refused(self) -> None:
        masked = np.ma.masked_array([1.0, 2.0], mask=[True, False])
        with pytest.raises(TypeError, match=r"masked array.*ignore_index"):
            cl.binary_cross_entropy_with_logits(masked, masked)

    def test_foreign_byte_order_and_read_only(self) -> None:
        x, y, w = np.array([0.5, 1.0, -3.0], np.float32), np.array([1.0, 0.0, 0.5], np.float32), np.float32([2, 1, 3])
        foreign = [a.astype(a.dtype.newbyteorder()) for a in (x, y, w)]
        for array in foreign:
            array.flags.writeable = False
        for weights in ({}, {"weight": 2}, {"pos_weight": 2}, {"weight": 2, "pos_weight": 2}):
            for reduction in ("none", "mean"):
                values, there = [], []
                for arrays, found in (((x, y, w), values), (foreign, there)):
                    options = {name: arrays[place] for name, place in weights.items()}
                    found.append(cl.binary_cross_entropy_with_logits(arrays[0], arrays[1], reduction=reduction, **options))
                    wrt = ("logits", "targets", *weights)
                    value, gradients = cl.value_and_gradients(arrays[0], arrays[1], wrt=wrt, reduction=reduction, **options)
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
        np.testing.assert_allclose(cl.binary_cross_entropy_with_logits(x, np.float32(Y)), reference(X, Y), rtol=1e-6)

    def test_no_warning_whatever_numpys_error_state(self) -> None:
        x = np.array([-np.inf, np.inf, 3e38, -1e-40, np.nan], np.float32)
        with np.errstate(all="raise"):
            cl.binary_cross_entropy_with_logits(x, np.float32([0, 1, 2, 0.5, 1]), weight=np.float32(3e38))
            cl.value_and_gradients(x, np.float32([0, 1, 2, 0.5, 1]), wrt=("logits", "targets"))


def test_every_framework_is_under_test() -> None:
    named = [name for name in frameworks.UNDER_TEST if name not in frameworks.WITHOUT_TENSORS]
    assert [framework.name for framework in frameworks.FRAMEWORKS] == ["numpy", *named]
    assert frameworks.UNDER_TEST

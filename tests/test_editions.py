"""Every edition on every framework's tensors: its value, and its gradient through that framework's
autograd.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import frameworks
import numpy as np
import pytest
from frameworks import Framework

import compatlosses.keras
import compatlosses.mindspore
import compatlosses.mindspore.mint
import compatlosses.mindspore.v2_0
import compatlosses.mindspore.v2_7
import compatlosses.optax
import compatlosses.paddle
import compatlosses.paddle.fluid
import compatlosses.paddle.v2_0
import compatlosses.paddle.v2_6
import compatlosses.tensorflow
import compatlosses.torch

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
W = np.array([[2.0], [0.5]])
P = np.array([1.0, 3.0, 0.5])

Edition = Callable[..., Any]

# Each is called by position, in its own API's order of (logits, targets, weight, pos_weight, reduction).
ORDERED: dict[str, Edition] = {
    "torch": lambda x, y, w, p: compatlosses.torch.binary_cross_entropy_with_logits(
        x, y, w, None, None, "none", p
    ),
    "paddle": lambda x, y, w, p: compatlosses.paddle.binary_cross_entropy_with_logits(
        x, y, w, "none", p, None
    ),
    "paddle 2.0": lambda x, y, w, p: compatlosses.paddle.v2_0.binary_cross_entropy_with_logits(
        x, y, w, "none", p, None
    ),
    "mindspore": lambda x, y, w, p: compatlosses.mindspore.binary_cross_entropy_with_logits(
        x, y, w, p, "none"
    ),
    "mindspore 2.0": lambda x, y, w, p: compatlosses.mindspore.v2_0.binary_cross_entropy_with_logits(
        x, y, w, p, "none"
    ),
    "mindspore 2.7": lambda x, y, w, p: compatlosses.mindspore.v2_7.binary_cross_entropy_with_logits(
        x, y, w, p, "NONE"
    ),
    "tensorflow": lambda x, y, w, p: compatlosses.tensorflow.weighted_cross_entropy_with_logits(y, x, p) * w,
    "optax": lambda x, y, w, p: compatlosses.optax.sigmoid_binary_cross_entropy(x, y) * w,
    "mint": lambda x, y, w, p: compatlosses.mindspore.mint.binary_cross_entropy_with_logits(
        x, y, w, "none", p
    ),
}


def expected(edition: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The loss of each element and its derivative by the logit, plainly in NumPy."""
    s = 1 / (1 + np.exp(-X))
    if edition == "optax":  # which has no pos_weight
        return W * -(Y * np.log(s) + (1 - Y) * np.log(1 - s)), W * (s - Y)
    if edition == "paddle 2.0":
        factor = W * ((P - 1) * Y + 1)
        return factor * -(Y * np.log(s) + (1 - Y) * np.log(1 - s)), factor * (s - Y)
    return W * -(P * Y * np.log(s) + (1 - Y) * np.log(1 - s)), W * ((1 - Y) * s - P * Y * (1 - s))


@pytest.mark.parametrize("edition", ORDERED)
def test_values(framework: Framework, edition: str) -> None:
    x, y, w, p = (framework.tensor(v) for v in (X, Y, W, P))
    loss = ORDERED[edition](x, y, w, p)
    assert type(loss) is type(x)
    assert framework.dtype(loss) == "float32"
    np.testing.assert_allclose(framework.array(loss), expected(edition)[0], rtol=1e-6)


@pytest.mark.parametrize("edition", ORDERED)
def test_gradients(autograd: Framework, edition: str) -> None:
    x, y, w, p = (autograd.tensor(v) for v in (X, Y, W, P))
    gradient = autograd.gradients(lambda a: ORDERED[edition](a, y, w, p), [x])[0]
    np.testing.assert_allclose(autograd.array(gradient), expected(edition)[1], rtol=1e-5, atol=1e-7)


def indices_of_torch(y: Any) -> Any:
    """torch takes no int32 of its own tensors; other frameworks' it does, as JAX has no int64 by default."""
    return y.long() if type(y).__module__ == "torch" else y


OF_INDICES: dict[str, Edition] = {
    "paddle": lambda x, y: compatlosses.paddle.cross_entropy(x, y, None, -100, "none"),
    "paddle 2.6": lambda x, y: compatlosses.paddle.v2_6.cross_entropy(x, y, None, -100, "none"),
    "paddle 2.0": lambda x, y: compatlosses.paddle.v2_0.cross_entropy(x, y, None, -100, "none"),
    "torch": lambda x, y: compatlosses.torch.cross_entropy(x, indices_of_torch(y), None, reduction="none"),
    "mindspore": lambda x, y: compatlosses.mindspore.cross_entropy(x, y, None, -100, "none"),
    "mint": lambda x, y: compatlosses.mindspore.mint.cross_entropy(x, y, None, -100, "none"),
    "tensorflow": lambda x, y: compatlosses.tensorflow.sparse_softmax_cross_entropy_with_logits(y, x),
    "tensorflow 1": lambda x, y: compatlosses.tensorflow.compat.v1.losses.sparse_softmax_cross_entropy(
        y, x, reduction="none"
    ),
    "keras": lambda x, y: compatlosses.keras.losses.sparse_categorical_crossentropy(y, x, True),
    "optax": compatlosses.optax.softmax_cross_entropy_with_integer_labels,
}
OF_EACH_CLASS: dict[str, Edition] = {
    "paddle": lambda x, q: compatlosses.paddle.cross_entropy(x, q, None, -100, "none", True)[:, 0],
    "paddle 2.6": lambda x, q: compatlosses.paddle.v2_6.cross_entropy(x, q, None, -100, "none", True)[:, 0],
    "paddle 2.0": lambda x, q: compatlosses.paddle.v2_0.cross_entropy(x, q, None, -100, "none", True)[:, 0],
    "torch": lambda x, q: compatlosses.torch.cross_entropy(x, q, None, reduction="none"),
    "mindspore": lambda x, q: compatlosses.mindspore.cross_entropy(x, q, None, -100, "none"),
    "mint": lambda x, q: compatlosses.mindspore.mint.cross_entropy(x, q, None, -100, "none"),
    "tensorflow": lambda x, q: compatlosses.tensorflow.softmax_cross_entropy_with_logits(q, x),
    "tensorflow 1": lambda x, q: compatlosses.tensorflow.compat.v1.losses.softmax_cross_entropy(
        q, x, reduction="none"
    ),
    "keras": lambda x, q: compatlosses.keras.losses.categorical_crossentropy(q, x, True),
    "optax": compatlosses.optax.softmax_cross_entropy,
}
SOFTMAX = np.exp(X) / np.exp(X).sum(1, keepdims=True)


@pytest.mark.parametrize("edition", OF_INDICES)
def test_rows(framework: Framework, edition: str) -> None:
    x, y, q = framework.tensor(X), framework.integers([2, 0], "int32"), framework.tensor(Y)
    for loss, result in (
        (OF_INDICES[edition](x, y), -np.log(SOFTMAX[[0, 1], [2, 0]])),
        (OF_EACH_CLASS[edition](x, q), -(Y * np.log(SOFTMAX)).sum(1)),
    ):
        if edition != "keras" or framework.name != "numpy":  # imported, Keras makes tensors of NumPy's arrays
            assert type(loss) is type(x) and framework.dtype(loss) == "float32"
        np.testing.assert_allclose(framework.array(loss), result, rtol=1e-6)


@pytest.mark.parametrize("edition", OF_INDICES)
def test_gradients_of_rows(autograd: Framework, edition: str) -> None:
    x, y, q = autograd.tensor(X), autograd.integers([2, 0], "int32"), autograd.tensor(Y)
    (found,) = autograd.gradients(lambda x: OF_INDICES[edition](x, y), [x])
    np.testing.assert_allclose(
        autograd.array(found), SOFTMAX - np.array([[0, 0, 1], [1, 0, 0]]), rtol=1e-5, atol=1e-7
    )
    (found,) = autograd.gradients(lambda x: OF_EACH_CLASS[edition](x, q), [x])
    np.testing.assert_allclose(
        autograd.array(found), SOFTMAX * Y.sum(1, keepdims=True) - Y, rtol=1e-5, atol=1e-6
    )


def test_probabilities_of_rows(framework: Framework) -> None:
    """Keras divides them by their sum."""
    p, y, q = framework.tensor(np.exp(X)), framework.integers([2, 0], "int32"), framework.tensor(Y)
    losses = compatlosses.keras.losses
    for loss, result in (
        (losses.sparse_categorical_crossentropy(y, p), -np.log(SOFTMAX[[0, 1], [2, 0]])),
        (losses.categorical_crossentropy(q, p), -(Y * np.log(SOFTMAX)).sum(1)),
    ):
        assert framework.name == "numpy" or type(loss) is type(p)  # see `test_rows`
        np.testing.assert_allclose(framework.array(loss), result, rtol=1e-6)


def test_gradients_of_probabilities_of_rows(autograd: Framework) -> None:
    p, q = autograd.tensor(np.exp(X)), autograd.tensor(Y)
    (found,) = autograd.gradients(lambda p: compatlosses.keras.losses.categorical_crossentropy(q, p), [p])
    total = np.exp(X).sum(1, keepdims=True)
    expected_slope = Y.sum(1, keepdims=True) / total - Y / np.exp(X)
    np.testing.assert_allclose(autograd.array(found), expected_slope, rtol=1e-5, atol=1e-6)


def test_slopes_of_keras_mean_of_squares_overflow_only_where_the_means_do(autograd: Framework) -> None:
    x, y = (autograd.tensor(values, "float64") for values in ([[1.5e308, 1.0, 0.0, 0.0]], [[0.0] * 4]))
    if autograd.dtype(x) != "float64":
        pytest.skip("there is no float64")
    (found,) = autograd.gradients(lambda x: compatlosses.keras.losses.mean_squared_error(y, x), [x])
    np.testing.assert_allclose(autograd.array(found), [[0.75e308, 0.5, 0.0, 0.0]], rtol=1e-15)


def test_keras_clips_probabilities_of_any_framework(autograd: Framework) -> None:
    y, p = autograd.tensor([[1.0, 0.0, 1.0]]), autograd.tensor([[0.0, 0.25, 0.5]])
    loss = compatlosses.keras.losses.binary_crossentropy(y, p)
    expected = -(np.log(1e-7) + np.log(0.75) + np.log(0.5)) / 3
    np.testing.assert_allclose(autograd.array(loss), [expected], rtol=1e-6)
    (found,) = autograd.gradients(lambda p: compatlosses.keras.losses.binary_crossentropy(y, p), [p])
    np.testing.assert_allclose(autograd.array(found), [[0.0, 4 / 9, -2 / 3]], rtol=1e-6)


def test_fluid_of_rows(framework: Framework) -> None:
    """Of probabilities; the other one of logits, with the softmax. Indices may be floating."""
    layers = compatlosses.paddle.fluid.layers
    x, p, y = framework.tensor(X), framework.tensor(SOFTMAX), framework.tensor(np.array([2.0, 0.0]))
    result = -np.log(SOFTMAX[[0, 1], [2, 0]])
    np.testing.assert_allclose(framework.array(layers.cross_entropy(p, y)), result, rtol=1e-6)
    loss, softmax = layers.softmax_with_cross_entropy(x, y[:, None], return_softmax=True)
    np.testing.assert_allclose(framework.array(loss)[:, 0], result, rtol=1e-6)
    np.testing.assert_allclose(framework.array(softmax), SOFTMAX, rtol=1e-6)
    assert framework.dtype(softmax) == "float32"


def test_nll_of_rows(framework: Framework) -> None:
    x, y = framework.tensor(np.log(SOFTMAX)), framework.integers([2, 0], "int32")
    for loss in (
        compatlosses.torch.nll_loss(x, indices_of_torch(y), reduction="none"),
        compatlosses.paddle.nll_loss(x, y, None, -100, "none"),
        compatlosses.mindspore.nll_loss(x, y, None, -100, "none"),
        compatlosses.mindspore.mint.nll_loss(x, y, None, -100, "none"),
    ):
        assert type(loss) is type(x)
        np.testing.assert_allclose(framework.array(loss), -np.log(SOFTMAX[[0, 1], [2, 0]]), rtol=1e-6)


def test_places_of_rows(framework: Framework) -> None:
    """optax' where, of classes and of rows."""
    x, y, q = framework.tensor(X), framework.integers([2, 0], "int32"), framework.tensor(Y)
    rows = framework.integers([True, False], "bool")
    places = framework.integers([[False, True, True], [True, True, True]], "bool")
    optax = compatlosses.optax
    shares = np.exp(X[0, 1:]) / np.exp(X[0, 1:]).sum()
    kept = framework.array(optax.softmax_cross_entropy_with_integer_labels(x, y, where=rows))
    np.testing.assert_allclose(kept, [-np.log(SOFTMAX[0, 2]), 0], rtol=1e-6)
    kept = framework.array(optax.softmax_cross_entropy(x, q, where=places))
    np.testing.assert_allclose(kept[0], -(Y[0, 1:] * np.log(shares)).sum(), rtol=1e-6)
    kept = framework.array(optax.softmax_cross_entropy(x, q, axis=None))
    np.testing.assert_allclose(kept, -(Y * np.log(np.exp(X) / np.exp(X).sum())).sum(), rtol=1e-6)


def test_fluid(framework: Framework) -> None:
    x, y = framework.tensor(X), framework.tensor(Y)
    loss = compatlosses.paddle.fluid.layers.sigmoid_cross_entropy_with_logits(x, y, 0, None, True)
    s = 1 / (1 + np.exp(-X))
    plain = -(Y * np.log(s) + (1 - Y) * np.log(1 - s))
    np.testing.assert_allclose(framework.array(loss), np.where(Y == 0, 0, plain) / 4, rtol=1e-6)
    assert (
        compatlosses.paddle.sigmoid_cross_entropy_with_logits
        is compatlosses.paddle.fluid.layers.sigmoid_cross_entropy_with_logits
    )


def test_reduced_shapes(framework: Framework) -> None:
    """Paddle 2.0 alone gives its reduced results the shape [1]."""
    x, y, w, p = (framework.tensor(v) for v in (X, Y, W, P))
    assert framework.array(compatlosses.torch.binary_cross_entropy_with_logits(x, y)).shape == ()
    assert framework.array(compatlosses.paddle.binary_cross_entropy_with_logits(x, y)).shape == ()
    assert framework.array(compatlosses.paddle.v2_0.binary_cross_entropy_with_logits(x, y)).shape == (1,)
    assert framework.array(
        compatlosses.paddle.v2_0.binary_cross_entropy_with_logits(x, y, reduction="sum")
    ).shape == (1,)
    assert (
        framework.array(compatlosses.mindspore.v2_0.binary_cross_entropy_with_logits(x, y, w, p)).shape == ()
    )


PACKAGES = (
    "keras", "keras.losses", "mindspore", "mindspore.mint", "mindspore.mint.nn", "mindspore.nn",
    "mindspore.ops", "optax", "paddle", "paddle.fluid", "paddle.nn", "tensorflow", "torch", "torch.nn",
)  # fmt: skip


@pytest.mark.parametrize("name", PACKAGES)
def test_dir_shows_the_api(name: str) -> None:
    """Classes too, which are imported when they are first used."""
    package = importlib.import_module(f"compatlosses.{name}")
    assert set(package.__all__) <= set(dir(package))
    for each in package.__all__:
        getattr(package, each)


@pytest.mark.parametrize(
    ("name", "module"), [("optax", "losses"), ("tensorflow", "losses"), ("keras", "losses")]
)
def test_no_module_of_a_framework_is_one_of_the_core(name: str, module: str) -> None:
    package = importlib.import_module(f"compatlosses.{name}")
    if hasattr(package, module):
        assert getattr(package, module).__name__ == f"compatlosses.{name}.{module}"


def test_optax_losses() -> None:
    assert (
        compatlosses.optax.losses.sigmoid_binary_cross_entropy
        is compatlosses.optax.sigmoid_binary_cross_entropy
    )


DIFFERENCES = ("MSELoss", "L1Loss", "SmoothL1Loss")
ROWS = ("CrossEntropyLoss", "NLLLoss")
CLASSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "torch": ("torch.nn.Module", ("BCEWithLogitsLoss", *DIFFERENCES, "HuberLoss", *ROWS)),
    "paddle": ("paddle.nn.Layer", ("BCEWithLogitsLoss", *DIFFERENCES, "HuberLoss", *ROWS)),
    "mindspore": (
        "mindspore.nn.Cell",
        ("BCEWithLogitsLoss", *DIFFERENCES, "HuberLoss", *ROWS, "SoftmaxCrossEntropyWithLogits"),
    ),
    "mindspore.mint": ("mindspore.nn.Cell", ("BCEWithLogitsLoss", *DIFFERENCES, *ROWS)),
    "keras": (
        "keras.losses.Loss",
        (
            "BinaryCrossentropy",
            "MeanSquaredError",
            "MeanAbsoluteError",
            "Huber",
            "CategoricalCrossentropy",
            "SparseCategoricalCrossentropy",
        ),
    ),
}
"""The package of each, the class that all its classes are, and their names."""

OF_TWO = ("BCELoss", "KLDivLoss", "SoftMarginLoss")
FAMILY: dict[str, tuple[str, ...]] = {
    "torch": (*OF_TWO, "MultiLabelSoftMarginLoss", "PoissonNLLLoss", "GaussianNLLLoss"),
    "paddle": (*OF_TWO, "MultiLabelSoftMarginLoss", "PoissonNLLLoss", "GaussianNLLLoss"),
    "mindspore": (*OF_TWO, "MultiLabelSoftMarginLoss", "PoissonNLLLoss", "GaussianNLLLoss"),
    "mindspore.mint": OF_TWO,
}
"""The classes of probabilities, of one logit and of densities of each package."""

IMPORTED_EARLY = """
import importlib, inspect, pickle, sys
package = importlib.import_module("compatlosses.{package}")
LOSSES = [getattr(package, name) for name in {names}]

before = []
for Loss in LOSSES:
    class Before(Loss):
        pass

    before.append(Loss())
    assert isinstance(before[-1], Loss) and isinstance(Before(), Loss) and not isinstance(1, Loss)
    assert pickle.loads(pickle.dumps(Loss)) is Loss
assert "{framework}" not in sys.modules
plain = [inspect.signature(Loss) for Loss in LOSSES]

import {framework}

for Loss, early, signature, name in zip(LOSSES, before, plain, {names}):
    class After(Loss):
        def __init__(self):
            super().__init__()

    class Mixed(object if False else Loss):
        pass

    for loss in (Loss(), After(), Mixed()):
        assert isinstance(loss, {base}) and isinstance(loss, Loss)
    assert issubclass(After, Loss) and isinstance(early, Loss)
    settled = getattr(package, name)
    assert issubclass(settled, Loss) and issubclass(settled, {base})
    assert list(inspect.signature(settled).parameters) == list(signature.parameters)
    assert repr(early).endswith("()")
"""


@pytest.mark.parametrize(
    "name", [name for name in CLASSES if name.partition(".")[0] in frameworks.UNDER_TEST]
)
def test_a_class_imported_above_its_framework_is_a_module_all_the_same(name: str) -> None:
    """Import sorters put compatlosses first.

    The class itself imports nothing, and is settled when an object is made.
    """
    base, names = CLASSES[name]
    names = (*names, *FAMILY.get(name, ()))
    framework = name.partition(".")[0]
    program = IMPORTED_EARLY.format(package=name, framework=framework, names=names, base=base)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


R = X - Y
SQUARED, ABSOLUTE = np.mean(R * R), np.mean(np.abs(R))
SMOOTH = np.mean(np.where(np.abs(R) < 1, R * R / 2, np.abs(R) - 0.5))
PLAIN = {
    "MSELoss": SQUARED, "L1Loss": ABSOLUTE, "SmoothL1Loss": SMOOTH, "HuberLoss": SMOOTH,
    "MeanSquaredError": SQUARED, "MeanAbsoluteError": ABSOLUTE, "Huber": SMOOTH,
}  # fmt: skip
"""The mean losses of X and Y."""


SINGLE = X.astype(np.float32)
OF_INDEX = -np.log(np.exp(X) / np.exp(X).sum(1, keepdims=True))[[0, 1], [2, 0]]
OF_NUMBERS = -(Y * np.log(np.exp(X) / np.exp(X).sum(1, keepdims=True))).sum(1)
INDICES, NUMBERS = np.array([2, 0], np.int32), Y.astype(np.float32)
PLAIN_ROWS: dict[str, Any] = {
    "CrossEntropyLoss": (INDICES, OF_INDEX, {}),
    "NLLLoss": (INDICES, -X[[0, 1], [2, 0]], {}),
    "SoftmaxCrossEntropyWithLogits": (NUMBERS, OF_NUMBERS, {}),
    "CategoricalCrossentropy": (NUMBERS, OF_NUMBERS, {"from_logits": True}),
    "SparseCategoricalCrossentropy": (INDICES, OF_INDEX, {"from_logits": True}),
}
"""Of each class of rows targets, the losses of X, and the options that they take."""


@pytest.mark.parametrize("name", CLASSES)
def test_a_plain_class_keeps_its_options(name: str) -> None:
    """Where the framework has not been imported: on the tensors of another one, here NumPy's."""
    plain = importlib.import_module(f"compatlosses.{name}.plain")
    targets_first = name == "keras"
    for each in CLASSES[name][1][1:]:
        if each in PLAIN_ROWS:
            y, losses, options = PLAIN_ROWS[each]
            for reduction, result in (("mean", losses.mean()), ("sum", losses.sum()), ("none", losses)):
                row_loss = getattr(plain, each)(reduction=reduction, **options)
                found = row_loss(y, SINGLE) if targets_first else row_loss(SINGLE, y)
                np.testing.assert_allclose(found, result, rtol=1e-6)
            continue
        loss = getattr(plain, each)(reduction="mean")
        assert float(loss(Y, X) if targets_first else loss(X, Y)) == pytest.approx(PLAIN[each], rel=1e-12)
        summed = getattr(plain, each)(reduction="sum")
        count = 2 if targets_first else 6  # Keras sums the means of rows
        assert float(summed(Y, X) if targets_first else summed(X, Y)) == pytest.approx(
            PLAIN[each] * count, rel=1e-12
        )


P = np.array([[0.25, 0.5, 0.875], [0.125, 0.75, 1.0]], np.float32)
Q = np.array([[1.0, 0.0, 0.5], [0.25, 1.0, 1.0]], np.float32)
ENTROPY = -np.where(Q > 0, Q * np.log(P), 0) - np.where(Q < 1, (1 - Q) * np.log1p(-np.minimum(P, 0.999)), 0)
PLAIN_FAMILY: dict[str, tuple[Any, int]] = {
    "BCELoss": (ENTROPY, 6),
    "KLDivLoss": (np.where(Q > 0, Q * (np.log(np.where(Q > 0, Q, 1)) - P), 0), 6),
    "SoftMarginLoss": (np.logaddexp(0, -Q * P), 6),
    "MultiLabelSoftMarginLoss": ((np.logaddexp(0, P) - Q * P).mean(1), 2),
    "PoissonNLLLoss": (np.exp(P) - Q * P, 6),
    "GaussianNLLLoss": ((np.log(Q + 0.5) + (P - Q) ** 2 / (Q + 0.5)) / 2, 6),
}
"""The losses of P and Q by each class, and how many its mean is over. The variances are Q + 1/2."""


@pytest.mark.parametrize("name", FAMILY)
def test_a_plain_class_of_the_family_keeps_its_options(name: str) -> None:
    plain = importlib.import_module(f"compatlosses.{name}.plain")
    for each in FAMILY[name]:
        losses, count = PLAIN_FAMILY[each]
        more = (Q + np.float32(0.5),) if each == "GaussianNLLLoss" else ()
        for reduction, result in (("sum", losses.sum()), ("mean", losses.sum() / count), ("none", losses)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the mean of a divergence
                found = getattr(plain, each)(reduction=reduction)(P, Q, *more)
            np.testing.assert_allclose(found, result, rtol=2e-6, err_msg=each)


FOREIGN = """
import sys, warnings
import torch
from compatlosses.paddle import BCELoss, BCEWithLogitsLoss, MultiLabelSoftMarginLoss

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    assert abs(float(BCEWithLogitsLoss()(torch.zeros(2), torch.ones(2))) - 0.6931472) < 1e-6
assert not said and "paddle" not in sys.modules
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    BCELoss(torch.ones(2))
    MultiLabelSoftMarginLoss(torch.ones(2))
assert ["weight of compatlosses.paddle" in str(each.message) for each in said] == [True, True]
assert {each.filename for each in said} == {"<string>"}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    BCEWithLogitsLoss(pos_weight=torch.ones(2))
(warning,) = said
assert "pos_weight" in str(warning.message) and "compatlosses.torch.BCEWithLogitsLoss" in str(warning.message)
assert warning.filename == "<string>" and "paddle" not in sys.modules
"""


@pytest.mark.skipif("torch" not in frameworks.UNDER_TEST, reason="torch is not under test here")
def test_a_class_on_the_tensors_of_another_framework() -> None:
    """It works, imports nothing, and says that a torch model would leave its weight behind."""
    done = subprocess.run([sys.executable, "-c", FOREIGN], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr

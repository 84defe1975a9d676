"""Softmax cross entropy of rows in every library: both executors, all options, first and second derivatives.

What is expected is NumPy's, which `test_numbers` holds to multiprecision.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import exact_rows
import numpy as np
import pytest
from exact import worst
from frameworks import Framework

import compatlosses as cl
from compatlosses import calls, evaluate, plans
from compatlosses.definitions import cross_entropy, nll

SHAPE, AXIS = (3, 4, 5), 1
RNG = np.random.default_rng(1)
X, Q, W = RNG.normal(0, 3, SHAPE), RNG.random(SHAPE), RNG.uniform(0.5, 2, SHAPE[AXIS])
Y, M = RNG.integers(0, SHAPE[AXIS], (3, 5)), RNG.random((3, 5)) < 0.7


@pytest.fixture(params=["fused", "formula"])
def executor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both executors."""
    for module in (cross_entropy, nll):
        monkeypatch.setattr(module, "PLANS", plans.Plans())
    if request.param == "formula":
        for module in (evaluate, calls):
            monkeypatch.setattr(module, "why_formula", lambda *_: "a test wants the formula")
        monkeypatch.setattr(evaluate, "check_classes", lambda *_: None)  # as where values cannot be seen
    yield request.param


def combinations() -> list[dict[str, Any]]:
    """Options that go together."""
    names = ("soft", "weight", "weighting", "ignore_index", "mask", "label_smoothing", "reduction", "divisor")
    values = (
        (False, True), (False, True), ("class", "row"), (None, 1), (False, True), (0.0, 0.2),
        ("none", "sum", "mean"), ("counted", "all", "weights"),
    )  # fmt: skip
    found = [dict(zip(names, each, strict=True)) for each in itertools.product(*values)]
    return [
        o
        for o in found
        if (o["reduction"] == "mean" or o["divisor"] == "counted")
        and (o["weight"] or o["divisor"] != "weights")
        and (o["weight"] or o["weighting"] == "class")
        and not (o["soft"] and o["ignore_index"] is not None)
    ]


def test_every_combination(executor: str, autograd: Framework) -> None:
    for i, o in enumerate(combinations()):
        if i % 5 != len(autograd.name) % 5:  # a fifth of them is enough for one library
            continue
        options = {k: o[k] for k in ("weighting", "ignore_index", "label_smoothing", "reduction", "divisor")}
        options["axis"] = AXIS
        targets = autograd.tensor(Q, "float64") if o["soft"] else autograd.integers(Y, "int64")
        tensors, names = [autograd.tensor(X, "float64")], ["logits"]
        if o["soft"]:
            tensors, names = [*tensors, targets], [*names, "targets"]
        if o["weight"]:
            tensors, names = [*tensors, autograd.tensor(W, "float64")], [*names, "weight"]
        mask = autograd.integers(M, "bool") if o["mask"] else None

        def loss(*tensors: Any) -> Any:
            given = dict(zip(names, tensors, strict=True))  # noqa: B023
            return cl.cross_entropy(
                given["logits"],
                given.get("targets", targets),  # noqa: B023
                weight=given.get("weight"),
                mask=mask,  # noqa: B023
                **options,  # noqa: B023
            )

        expected, slopes = cl.value_and_gradients(
            cl.cross_entropy, X, Q if o["soft"] else Y, wrt=tuple(names), weight=W if o["weight"] else None,
            mask=M if o["mask"] else None, **options,
        )  # fmt: skip
        np.testing.assert_allclose(autograd.array(loss(*tensors)), expected, rtol=1e-12, err_msg=str(o))
        for name, slope in zip(names, autograd.gradients(loss, tensors), strict=True):
            np.testing.assert_allclose(
                autograd.array(slope), slopes[name], rtol=1e-11, atol=1e-13, err_msg=f"{name}, {o}"
            )


def test_nll_of_log_probabilities(executor: str, framework: Framework) -> None:
    logs = np.log(Q / Q.sum(AXIS, keepdims=True))
    for o in combinations():
        if o["label_smoothing"] or o["weighting"] == "row":
            continue
        options = {k: o[k] for k in ("ignore_index", "reduction", "divisor")}
        targets = framework.tensor(Q, "float64") if o["soft"] else framework.integers(Y, "int64")
        weight = framework.tensor(W, "float64") if o["weight"] else None
        mask = framework.integers(M, "bool") if o["mask"] else None
        x = framework.tensor(logs, "float64")
        got = cl.nll_loss(x, targets, axis=AXIS, weight=weight, mask=mask, **options)
        same = cl.cross_entropy(x, targets, axis=AXIS, weight=weight, mask=mask, **options)
        np.testing.assert_allclose(framework.array(got), framework.array(same), rtol=1e-12, err_msg=str(o))


def test_second_derivatives(executor: str, autograd: Framework) -> None:
    rows = [[0.5, -1.0, 2.0], [3.0, 3.0, -2.0], [0.0, -20.0, -30.0]]
    x, y = autograd.tensor(rows, "float64"), autograd.integers([0, 1, 0], "int64")
    for a in range(3):
        pick = np.zeros((3, 3))
        pick[:, a] = 1.0

        direction = autograd.tensor(pick, "float64")
        found = autograd.array(second_along(autograd, x, y, direction))
        for r, row in enumerate(rows):
            expected = exact_rows.d2_logits(row, 0, a)
            distance, at = worst(found[r], expected, "float64")
            assert distance <= 8.0, (row, a, at, distance)


def second_along(autograd: Framework, x: Any, y: Any, direction: Any) -> Any:
    """The derivative by the logits of their gradient along a direction."""

    def moved(x: Any, t: Any) -> Any:
        return cl.cross_entropy(x + t * direction, y, reduction="sum")

    if autograd.name != "mindspore":
        return autograd.second(moved, [x, autograd.tensor(np.zeros((3, 3)), "float64")], 1, 0)
    from mindspore import grad

    # MindSpore 2.10 differentiates a product's gradient by the one factor to 0 by what is added to it.
    return grad(lambda x: (grad(lambda x: cl.cross_entropy(x, y, reduction="sum"))(x) * direction).sum())(x)


def test_an_index_that_is_no_class(executor: str, framework: Framework) -> None:
    x = framework.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 5.0]])
    for bad in (2, -1, -100, 2**40):
        y = framework.integers([1, bad, 0], "int64")
        if executor == "fused":
            with pytest.raises(
                IndexError, match=f"targets holds {bad} at \\[1\\]; expected the index of a class"
            ):
                cl.cross_entropy(x, y, reduction="none")
            continue
        losses = framework.array(cl.cross_entropy(x, y, reduction="none"))
        assert np.isnan(losses[1]) and np.isfinite(losses[[0, 2]]).all()
        assert (framework.array(cl.cross_entropy(x, y, reduction="none", ignore_index=bad)) >= 0).all()


def test_the_formula_refuses_an_index_that_it_can_see(framework: Framework) -> None:
    """Of a loss without compiled loops, and of a divisor that is differentiated."""
    x = framework.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 5.0]])
    mask = framework.integers([True, False, True], "bool")
    for bad in (2, -1, -100, 2**40):
        y = framework.integers([1, bad, 0], "int64")
        with pytest.raises(
            IndexError, match=f"targets holds {bad} at \\[1\\]; expected the index of a class"
        ):
            cl.nll_loss(x, y)
        for options in ({"ignore_index": bad}, {"mask": mask}):
            losses = framework.array(cl.nll_loss(x, y, reduction="none", **options))  # type: ignore[arg-type]
            assert losses.tolist() == [-2.0, 0.0, -5.0]
    with pytest.raises(IndexError, match="targets holds 2"):
        cl.value_and_gradients(
            cl.cross_entropy, np.zeros((2, 2)), np.array([0, 2]), wrt=("weight",), weight=np.ones(2),
            divisor="weights",
        )  # fmt: skip

"""torch's edition against the real torch: signature, warning, errors, dtypes, values."""

from __future__ import annotations

import inspect
import itertools
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from frameworks import Framework
from hypothesis import given, settings
from hypothesis import strategies as st

from compatlosses.torch import binary_cross_entropy_with_logits

native = torch.nn.functional.binary_cross_entropy_with_logits

X = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = torch.tensor([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])


def outcome(function: Any, *args: Any, **options: Any) -> tuple[Any, list[str]]:
    """What a call returns or the class of what it raises, and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*args, **options)
        except Exception as error:
            result = type(error)
    return result, [f"{w.category.__name__}: {w.message}" for w in caught]


def test_signature() -> None:
    mine, theirs = inspect.signature(binary_cross_entropy_with_logits), inspect.signature(native)
    assert [(p.name, p.default, p.kind) for p in mine.parameters.values()] == [
        (p.name, p.default, p.kind) for p in theirs.parameters.values()
    ]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "nonsense", None])
@pytest.mark.parametrize(("size_average", "reduce"), itertools.product([None, True, False], repeat=2))
def test_the_legacy_pair_overrides_reduction(
    size_average: bool | None, reduce: bool | None, reduction: str | None
) -> None:
    arguments = (X, Y, None, size_average, reduce, reduction)
    (mine, my_warnings), (theirs, their_warnings) = (
        outcome(binary_cross_entropy_with_logits, *arguments),
        outcome(native, *arguments),
    )
    assert my_warnings == their_warnings
    if isinstance(theirs, torch.Tensor):
        torch.testing.assert_close(mine, theirs)
    else:
        assert mine is theirs


def test_the_warning_points_at_the_caller() -> None:
    with pytest.warns(UserWarning, match="reduction='sum' instead") as caught:
        binary_cross_entropy_with_logits(X, Y, size_average=False)
    assert caught[0].filename == __file__


def test_the_fourth_position_is_size_average() -> None:
    """The porting accident: 'none' in the fourth position is a true size_average, so the result is a mean."""
    with pytest.warns(UserWarning):
        assert binary_cross_entropy_with_logits(X, Y, None, "none").shape == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("input", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("target", ["float16", "bfloat16", "float32", "float64"])
def test_the_result_has_torchs_dtype(input: str, target: str) -> None:
    x, y = X.to(getattr(torch, input)), Y.to(getattr(torch, target))
    for reduction in ("none", "mean"):
        assert (
            binary_cross_entropy_with_logits(x, y, reduction=reduction).dtype
            == native(x, y, reduction=reduction).dtype
        )


WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "target of another size": ((X, Y[:1]), {}),
    "scalar target": ((X, torch.tensor(1.0)), {}),
    "reduction in capitals": ((X, Y), {"reduction": "MEAN"}),
    "reduction None": ((X, Y), {"reduction": None}),
    "weight does not broadcast": ((X, Y, torch.ones(2)), {}),
    "weight enlarges": ((X, Y, torch.ones(1, 2, 3)), {}),
    "pos_weight does not broadcast": ((X, Y), {"pos_weight": torch.ones(2)}),
    "pos_weight enlarges": ((X, Y), {"pos_weight": torch.ones(4, 2, 3)}),
    "weight is a float": ((X, Y, 2.0), {}),
    "pos_weight is a float": ((X, Y), {"pos_weight": 2.0}),
    "weight is a list": ((X, Y, [2.0]), {}),
    "integer target": ((X, Y.long()), {}),
    "bool target": ((X, Y.bool()), {}),
    "integer input": ((X.long(), Y), {}),
    "unknown keyword": ((X, Y), {"logits": X}),
    "doubled keyword": ((X, Y), {"input": X}),
    "missing target": ((X,), {}),
}


@pytest.mark.parametrize("what", WRONG)
def test_errors_are_of_torchs_class(what: str) -> None:
    args, options = WRONG[what]
    theirs, _ = outcome(native, *args, **options)
    mine, _ = outcome(binary_cross_entropy_with_logits, *args, **options)
    assert inspect.isclass(theirs) and mine is theirs


@pytest.mark.parametrize("wrong", [[1.0], None, "x", 1.0])
def test_no_tensor_is_a_type_error(wrong: Any) -> None:
    """torch itself trips over the missing attribute; the contract is a TypeError that says so."""
    with pytest.raises(TypeError, match="input is"):
        binary_cross_entropy_with_logits(wrong, Y)
    with pytest.raises(TypeError, match="target is"):
        binary_cross_entropy_with_logits(X, wrong)


def test_integer_weights_are_taken_as_torch_takes_them() -> None:
    w = torch.tensor([1, 2, 3])
    torch.testing.assert_close(binary_cross_entropy_with_logits(X, Y, w), native(X, Y, w))
    torch.testing.assert_close(
        binary_cross_entropy_with_logits(X, Y, pos_weight=w), native(X, Y, pos_weight=w)
    )


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_ordinary_values_and_gradients_are_torchs(data: st.DataObject) -> None:
    """float64, so that torch's own errors stay far below the comparison."""
    shape = tuple(data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    x, y = torch.tensor(rng.normal(size=shape) * 3), torch.tensor(rng.uniform(size=shape))
    weights = [
        torch.tensor(rng.uniform(0.1, 3, size=shape[data.draw(st.integers(0, len(shape))) :]))
        if data.draw(st.booleans())
        else None
        for _ in range(2)
    ]
    reduction = data.draw(st.sampled_from(["none", "mean", "sum"]))
    results = []
    for function in (binary_cross_entropy_with_logits, native):
        # Not by the weights: torch refuses that (test_weights_have_gradients_here).
        leaves = [x.clone().requires_grad_(), y.clone().requires_grad_()]
        loss = function(*leaves, weights[0], reduction=reduction, pos_weight=weights[1])
        results.append([loss, *torch.autograd.grad(loss.sum(), leaves)])
    for mine, theirs in zip(*results, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
def test_weights_have_gradients_here(name: str) -> None:
    p = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="not differentiable"):
        native(X, Y, **{name: p})
    assert torch.autograd.grad(binary_cross_entropy_with_logits(X, Y, **{name: p}), p)[0].shape == (3,)


def test_any_frameworks_tensors(framework: Framework) -> None:
    x, y = framework.tensor(X.numpy()), framework.tensor(Y.numpy())
    loss = binary_cross_entropy_with_logits(
        x, y, pos_weight=framework.tensor([1.0, 2.0, 3.0]), reduction="none"
    )
    assert type(loss) is type(x)
    expected = native(X, Y, pos_weight=torch.tensor([1.0, 2.0, 3.0]), reduction="none")
    np.testing.assert_allclose(framework.array(loss), expected.numpy(), rtol=1e-5)
    with pytest.raises(RuntimeError, match=r"weight has shape \(2,\)"):
        binary_cross_entropy_with_logits(x, y, framework.tensor([1.0, 2.0]))

"""MindSpore's editions by their documents, beside the real MindSpore where that is right."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import mindspore
import numpy as np
import pytest
import torch
from mindspore import nn, ops

import compatlosses.mindspore as edition
from compatlosses.mindspore import mint, plain, v2_0, v2_7

Loss = Callable[..., Any]

loss_of_2_6 = edition.binary_cross_entropy_with_logits
loss_of_2_0 = v2_0.binary_cross_entropy_with_logits
loss_of_2_7 = v2_7.binary_cross_entropy_with_logits
loss_of_mint = mint.binary_cross_entropy_with_logits
EVERY = (loss_of_2_6, loss_of_2_0, loss_of_2_7, loss_of_mint)


def tensor(values: Any, dtype: Any = mindspore.float32) -> mindspore.Tensor:
    """A MindSpore tensor."""
    return mindspore.Tensor(np.array(values, np.float32)).astype(dtype)


X = tensor([[0.5, -1.0], [2.0, 0.0]])
Y = tensor([[1.0, 0.0], [0.5, 1.0]])
W = tensor([1.0, 2.0])
P = tensor([3.0, 0.5])


def signature(loss: Loss) -> dict[str, Any]:
    """The positional arguments of a function and their defaults."""
    parameters = inspect.signature(loss).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}


def close(mine: Any, theirs: Any) -> None:
    """The same dtype and shape, and values as near as MindSpore's are."""
    assert mine.dtype == theirs.dtype and mine.shape == theirs.shape
    np.testing.assert_allclose(mine.astype(mindspore.float32).asnumpy(), theirs.astype(mindspore.float32).asnumpy(), 1e-2)


def test_signatures() -> None:
    empty = inspect.Parameter.empty
    weights = {"weight": None, "pos_weight": None, "reduction": "mean"}
    assert list(signature(loss_of_2_6).items()) == list({"logits": None, "label": None, **weights}.items())
    required = {"logits": empty, "label": empty, "weight": empty, "pos_weight": empty, "reduction": "mean"}
    assert list(signature(loss_of_2_0).items()) == list(required.items())
    assert list(signature(loss_of_2_7).items()) == list(signature(ops.binary_cross_entropy_with_logits).items())
    native = mindspore.mint.nn.functional.binary_cross_entropy_with_logits
    assert list(signature(loss_of_mint).items()) == list(signature(native).items())
    native = nn.BCEWithLogitsLoss.__init__
    assert signature(edition.BCEWithLogitsLoss.__init__) == signature(native) == signature(plain.BCEWithLogitsLoss.__init__)


@pytest.mark.parametrize("dtype", [mindspore.float16, mindspore.float32])
def test_as_the_real_one(dtype: Any) -> None:
    x, y, w, p = (t.astype(dtype) for t in (X, Y, W, P))
    for reduction in ("none", "mean", "sum"):
        native = ops.binary_cross_entropy_with_logits(x, y, w, p, reduction)
        for loss in (loss_of_2_6, loss_of_2_0, loss_of_2_7):
            close(loss(x, y, w, p, reduction), native)
        close(loss_of_mint(x, y, w, reduction, p), native)
    close(loss_of_2_6(input=x, target=y), ops.binary_cross_entropy_with_logits(x, y))
    close(loss_of_2_6(logits=x, label=y), loss_of_2_7(input=x, target=y))


def test_bfloat16_and_letter_case_since_2_7() -> None:
    x, y = X.astype(mindspore.bfloat16), Y.astype(mindspore.bfloat16)
    close(loss_of_2_7(x, y, reduction="SUM"), ops.binary_cross_entropy_with_logits(x, y, reduction="SUM"))
    close(loss_of_mint(x, y, None, "Sum"), loss_of_2_7(x, y, reduction="sum"))
    with pytest.raises(TypeError, match="logits has dtype bfloat16; expected float16, float32"):
        loss_of_2_6(x, y)
    with pytest.raises(ValueError, match="reduction is 'SUM'; expected 'none', 'mean' or 'sum'"):
        loss_of_2_6(X, Y, reduction="SUM")


def test_the_result_has_the_logits_dtype() -> None:
    assert loss_of_2_6(X.astype(mindspore.float16), Y, W).dtype == mindspore.float16
    assert loss_of_2_6(X, Y.astype(mindspore.float16)).dtype == mindspore.float32


@pytest.mark.parametrize("loss", EVERY)
def test_errors(loss: Loss) -> None:
    a, b = list(signature(loss))[:2]
    good = {a: X, b: Y, "weight": W, "pos_weight": P}

    def refused(kind: type[Exception], words: str, **changes: Any) -> None:
        with pytest.raises(kind, match=words):
            loss(**{**good, **changes})

    for name in (a, b, "weight", "pos_weight"):
        refused(TypeError, f"{name} is of type list; expected a", **{name: [[1.0, 2.0], [3.0, 4.0]]})
        refused(TypeError, f"{name} has dtype float64; expected float16, float32", **{name: X.astype(mindspore.float64)})
        refused(TypeError, f"{name} has dtype int32", **{name: X.astype(mindspore.int32)})
    for name in ("weight", "pos_weight"):
        refused(TypeError, f"{name} is 2.0; expected a MindSpore tensor", **{name: 2.0})
        refused(
            ValueError, rf"{name} has shape \(3,\), which does not broadcast to \(2, 2\)", **{name: tensor([1.0, 2.0, 3.0])}
        )
        refused(ValueError, rf"{name} has shape \(3, 2, 2\), which does not", **{name: tensor(np.ones((3, 2, 2)))})
    refused(ValueError, rf"{b} has shape \(2,\); expected \(2, 2\), the shape of {a}", **{b: tensor([1.0, 0.0])})
    refused(TypeError, "reduction is 1; expected a string", reduction=1)
    refused(TypeError, "reduction is None; expected a string", reduction=None)
    refused(ValueError, "reduction is 'average'; expected 'none', 'mean' or 'sum'", reduction="average")
    refused(TypeError, "unexpected keyword argument 'size_average'", size_average=True)
    refused(TypeError, "one framework", **{b: torch.ones(2, 2)})


def test_names_missing_or_doubled() -> None:
    with pytest.raises(TypeError, match="got both logits and input"):
        loss_of_2_6(X, Y, input=X)
    with pytest.raises(TypeError, match="got both label and target"):
        loss_of_2_6(X, Y, target=Y)
    with pytest.raises(TypeError, match="got neither label and target"):
        loss_of_2_6(X)
    with pytest.raises(TypeError, match="weight is None; expected a tensor"):
        loss_of_2_0(X, Y, None, P)
    with pytest.raises(TypeError, match="pos_weight is None; expected a tensor"):
        loss_of_2_0(X, Y, W, None)
    with pytest.raises(TypeError, match="unexpected keyword argument 'logits'"):
        loss_of_2_7(logits=X, label=Y)  # type: ignore[call-arg]


@pytest.mark.parametrize("loss", EVERY)
def test_other_frameworks_tensors(loss: Loss) -> None:
    x = torch.tensor([[0.5, -1.0]], requires_grad=True)
    y = torch.tensor([[1.0, 0.0]])
    found = loss(x, y, weight=torch.ones(2), pos_weight=torch.ones(2))
    torch.testing.assert_close(found, torch.nn.functional.binary_cross_entropy_with_logits(x, y))
    found.backward()
    assert x.grad is not None
    ones = np.ones((1, 2), np.float32)
    assert isinstance(loss(ones, ones, weight=ones, pos_weight=ones), np.generic)


class TestClass:
    """`BCEWithLogitsLoss`, a real cell."""

    def test_as_the_native_cell(self) -> None:
        mine, native = edition.BCEWithLogitsLoss("mean", W, P), nn.BCEWithLogitsLoss("mean", W, P)
        assert isinstance(mine, nn.Cell) and repr(mine) == repr(native)
        assert list(mine.parameters_dict()) == list(native.parameters_dict())
        close(mine(X, Y), native(X, Y))
        close(copy.deepcopy(mine)(X, Y), native(X, Y))
        close(plain.BCEWithLogitsLoss("mean", W, P)(X, Y), native(X, Y))
        assert repr(plain.BCEWithLogitsLoss()) == repr(native)

    def test_errors_are_the_functions(self) -> None:
        for kind in (edition.BCEWithLogitsLoss, plain.BCEWithLogitsLoss):
            with pytest.raises(TypeError, match="reduction is 1; expected a string"):
                kind(1)(X, Y)  # type: ignore[arg-type]
            with pytest.raises(ValueError, match="does not broadcast"):
                kind("mean", tensor([1.0, 2.0, 3.0]))(X, Y)

    def test_other_frameworks_tensors(self) -> None:
        x = torch.tensor([0.5, -1.0])
        mine = edition.BCEWithLogitsLoss("sum", torch.tensor([2.0, 1.0]))(x, x)
        torch.testing.assert_close(mine, plain.BCEWithLogitsLoss("sum", torch.tensor([2.0, 1.0]))(x, x))

    def test_a_parameter_is_refused_as_natively(self) -> None:
        for kind in (edition.BCEWithLogitsLoss, nn.BCEWithLogitsLoss):
            with pytest.raises(TypeError, match="can not be a Parameter"):
                kind("mean", mindspore.Parameter(W, name="w"))

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

import compatlosses as cl
import compatlosses.mindspore as edition
from compatlosses.mindspore import mint, plain, v2_0, v2_7
from compatlosses.mindspore.mint import plain as plain_mint
from compatlosses.mindspore.ops import plain as plain_ops
from compatlosses.mindspore.v2_7 import plain as plain_v2_7

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
    np.testing.assert_allclose(
        mine.astype(mindspore.float32).asnumpy(), theirs.astype(mindspore.float32).asnumpy(), 1e-2
    )


def test_signatures() -> None:
    empty = inspect.Parameter.empty
    weights = {"weight": None, "pos_weight": None, "reduction": "mean"}
    assert list(signature(loss_of_2_6).items()) == list({"logits": None, "label": None, **weights}.items())
    required = {"logits": empty, "label": empty, "weight": empty, "pos_weight": empty, "reduction": "mean"}
    assert list(signature(loss_of_2_0).items()) == list(required.items())
    assert list(signature(loss_of_2_7).items()) == list(
        signature(ops.binary_cross_entropy_with_logits).items()
    )
    native = mindspore.mint.nn.functional.binary_cross_entropy_with_logits
    assert list(signature(loss_of_mint).items()) == list(signature(native).items())
    for native, classes in (
        (nn.BCEWithLogitsLoss, (edition.BCEWithLogitsLoss, v2_7.BCEWithLogitsLoss, plain.BCEWithLogitsLoss)),
        (mindspore.mint.nn.BCEWithLogitsLoss, (mint.BCEWithLogitsLoss, plain_mint.BCEWithLogitsLoss)),
        (ops.BCEWithLogitsLoss, (edition.ops.BCEWithLogitsLoss, plain_ops.BCEWithLogitsLoss)),
    ):
        for mine in classes:
            assert list(signature(mine.__init__).items()) == list(signature(native.__init__).items())
    call = list(signature(ops.BCEWithLogitsLoss.__call__).items())
    assert list(signature(edition.ops.BCEWithLogitsLoss.construct).items()) == call
    assert list(signature(plain_ops.BCEWithLogitsLoss.__call__).items()) == call


def test_where_things_are() -> None:
    assert edition.ops.binary_cross_entropy_with_logits is loss_of_2_6
    assert mint.nn.functional.binary_cross_entropy_with_logits is loss_of_mint
    assert edition.nn.BCEWithLogitsLoss is edition.BCEWithLogitsLoss
    assert mint.nn.BCEWithLogitsLoss is mint.BCEWithLogitsLoss
    assert (
        len(
            {
                edition.BCEWithLogitsLoss,
                v2_7.BCEWithLogitsLoss,
                mint.BCEWithLogitsLoss,
                edition.ops.BCEWithLogitsLoss,
            }
        )
        == 4
    )
    for module in (edition, edition.nn, edition.ops, v2_7, mint, mint.nn):
        assert "BCEWithLogitsLoss" in dir(module)
        with pytest.raises(AttributeError, match="has no attribute 'NoLoss'"):
            module.NoLoss  # noqa: B018


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
        refused(
            TypeError,
            f"{name} has dtype float64; expected float16, float32",
            **{name: X.astype(mindspore.float64)},
        )
        refused(TypeError, f"{name} has dtype int32", **{name: X.astype(mindspore.int32)})
    for name in ("weight", "pos_weight"):
        refused(TypeError, f"{name} is 2.0; expected a MindSpore tensor", **{name: 2.0})
        refused(
            ValueError,
            rf"{name} has shape \(3,\), which does not broadcast to \(2, 2\)",
            **{name: tensor([1.0, 2.0, 3.0])},
        )
        refused(
            ValueError, rf"{name} has shape \(3, 2, 2\), which does not", **{name: tensor(np.ones((3, 2, 2)))}
        )
    refused(
        ValueError, rf"{b} has shape \(2,\); expected \(2, 2\), the shape of {a}", **{b: tensor([1.0, 0.0])}
    )
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


@pytest.mark.parametrize("make", [mindspore.CSRTensor, mindspore.COOTensor])
def test_sparse_tensors_are_refused(make: Any) -> None:
    rows, indices = (
        mindspore.Tensor([0, 1, 2], mindspore.int32),
        mindspore.Tensor([[0, 0], [1, 1]], mindspore.int32),
    )
    values = tensor([1.0, 2.0])
    where = (rows, mindspore.Tensor([0, 1], mindspore.int32)) if make is mindspore.CSRTensor else (indices,)
    sparse = make(*where, values, (2, 2))
    for loss in EVERY:
        a, b = list(signature(loss))[:2]
        for name in (a, b, "weight", "pos_weight"):
            with pytest.raises(
                TypeError, match=f"{name}: a sparse MindSpore tensor was given; expected a dense one"
            ):
                loss(**{a: X, b: Y, "weight": W, "pos_weight": P, name: sparse})
    with pytest.raises(TypeError, match="targets: a sparse MindSpore tensor"):
        cl.binary_cross_entropy_with_logits(X, sparse)


NN = {
    "2.3 to 2.6": lambda reduction, w=None, p=None: edition.nn.BCEWithLogitsLoss(reduction, w, p),
    "2.7": lambda reduction, w=None, p=None: v2_7.BCEWithLogitsLoss(reduction, w, p),
    "mint": lambda reduction, w=None, p=None: mint.nn.BCEWithLogitsLoss(w, reduction, p),
    "plain": lambda reduction, w=None, p=None: plain.BCEWithLogitsLoss(reduction, w, p),
    "plain 2.7": lambda reduction, w=None, p=None: plain_v2_7.BCEWithLogitsLoss(reduction, w, p),
    "plain mint": lambda reduction, w=None, p=None: plain_mint.BCEWithLogitsLoss(w, reduction, p),
}
OPS = (edition.ops.BCEWithLogitsLoss, plain_ops.BCEWithLogitsLoss)


class TestClass:
    """The loss classes: real cells, and the plain callables for where MindSpore has not been imported."""

    @pytest.mark.parametrize("make", NN.values(), ids=NN)
    def test_as_the_native_cell(self, make: Loss) -> None:
        mine, native = make("mean", W, P), nn.BCEWithLogitsLoss("mean", W, P)
        assert repr(mine) == repr(native)
        close(mine(X, Y), native(X, Y))
        close(copy.deepcopy(mine)(X, Y), native(X, Y))
        if isinstance(mine, nn.Cell):
            assert list(mine.parameters_dict()) == list(native.parameters_dict())

    @pytest.mark.parametrize("make", OPS)
    def test_the_primitive_takes_its_weights_in_the_call(self, make: Any) -> None:
        native = ops.BCEWithLogitsLoss("sum")
        close(make("sum")(X, Y), native(X, Y))
        close(make("sum")(X, Y, W, P), native(X, Y, W, P))
        close(make("sum")(X, Y, posWeight=P), native(X, Y, posWeight=P))
        with pytest.raises(ValueError, match="reduction is 'average'"):
            make("average")
        with pytest.raises(ValueError, match="posWeight has shape"):
            make()(X, Y, posWeight=tensor([1.0, 2.0, 3.0]))

    def test_each_keeps_the_rules_of_its_document(self) -> None:
        x, y = X.astype(mindspore.bfloat16), Y.astype(mindspore.bfloat16)
        for name in ("2.7", "mint", "plain 2.7", "plain mint"):
            close(NN[name]("SUM")(x, y), loss_of_2_7(x, y, reduction="sum"))
        for make in (NN["2.3 to 2.6"], NN["plain"], *OPS):
            with pytest.raises(TypeError, match="has dtype bfloat16; expected float16, float32"):
                make("sum")(x, y)
            with pytest.raises(ValueError, match="reduction is 'SUM'; expected 'none', 'mean' or 'sum'"):
                make("SUM")(X, Y)

    @pytest.mark.parametrize("make", NN.values(), ids=NN)
    def test_errors_are_the_functions(self, make: Loss) -> None:
        with pytest.raises(TypeError, match="reduction is 1; expected a string"):
            make(1)(X, Y)
        with pytest.raises(ValueError, match="does not broadcast"):
            make("mean", tensor([1.0, 2.0, 3.0]))(X, Y)
        for wrong in (2.0, [1.0, 2.0]):
            with pytest.raises(TypeError, match="expected a MindSpore tensor"):
                make("mean", wrong)(X, Y)

    @pytest.mark.parametrize("make", NN.values(), ids=NN)
    def test_other_frameworks_tensors(self, make: Loss) -> None:
        x, y, w = np.float32([0.5, -1.0]), np.float32([1.0, 0.0]), np.float32([2.0, 1.0])
        np.testing.assert_allclose(
            make("sum", w)(x, y), loss_of_2_7(X[0], Y[0], tensor(w), reduction="sum").asnumpy(), 1e-6
        )

    def test_a_parameter_is_refused_as_natively(self) -> None:
        for kind in (edition.BCEWithLogitsLoss, v2_7.BCEWithLogitsLoss, nn.BCEWithLogitsLoss):
            with pytest.raises(TypeError, match="can not be a Parameter"):
                kind("mean", mindspore.Parameter(W, name="w"))

    def test_a_parameter_of_mints_class_is_not_trained(self) -> None:
        mine = mint.BCEWithLogitsLoss(mindspore.Parameter(W, name="w"))
        theirs = mindspore.mint.nn.BCEWithLogitsLoss(mindspore.Parameter(W, name="w"))
        assert [p.name for p in mine.get_parameters()] == [p.name for p in theirs.get_parameters()] == ["w"]
        close(mine(X, Y), theirs(X, Y))
        (slope,) = mindspore.grad(mine, None, tuple(mine.get_parameters()))(X, Y)
        assert not slope.asnumpy().any()

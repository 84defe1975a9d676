"""Calls that come again skip the checks: the second one gives what the first gave, and refuses what the
first refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from entered import entered
from frameworks import FRAMEWORKS, Framework, forget_plans

from compatlosses import paddle, torch
from compatlosses.paddle import v2_0
from compatlosses.paddle.fluid import layers

X = [[1.0, 5.0, -2.0], [0.3, 0.0, 7.0]]
Y = [[0.0, 1.0, 0.25], [1.0, 0.0, 0.5]]

Edition = Callable[..., Any]

REDUCED = [
    torch.mse_loss, torch.l1_loss, torch.smooth_l1_loss, torch.huber_loss,
    torch.binary_cross_entropy_with_logits, paddle.mse_loss, paddle.l1_loss, paddle.smooth_l1_loss,
    paddle.binary_cross_entropy_with_logits, v2_0.mse_loss, v2_0.l1_loss, v2_0.smooth_l1_loss,
    v2_0.binary_cross_entropy_with_logits,
]  # fmt: skip
"""Editions that keep plans and reduce."""

ELEMENTS = [
    paddle.square_error_cost, layers.mse_loss, layers.square_error_cost,
    layers.sigmoid_cross_entropy_with_logits,
]  # fmt: skip
"""Editions that keep plans and have no reduction."""


def name_of(edition: Edition) -> str:
    """The edition's path."""
    return f"{edition.__module__.removeprefix('compatlosses.')}.{edition.__name__}"


every = pytest.mark.parametrize("edition", [*REDUCED, *ELEMENTS], ids=name_of)
reduced = pytest.mark.parametrize("edition", REDUCED, ids=name_of)
factual = pytest.mark.parametrize(
    "tensors",
    [each for each in FRAMEWORKS if each.name in ("numpy", "torch", "paddle")],
    ids=lambda f: f.name,
)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_plans(monkeypatch)


def frames(edition: Edition, *arguments: Any, **options: Any) -> list[str]:
    """The functions of the package that a call enters."""
    return entered(lambda: edition(*arguments, **options))


@factual
@every
def test_a_second_call_is_the_first_one(edition: Edition, tensors: Framework) -> None:
    x, y = tensors.tensor(X), tensors.tensor(Y)
    first = tensors.array(edition(x, y))
    assert "compatlosses.evaluate.evaluate" not in frames(edition, x, y)
    np.testing.assert_array_equal(tensors.array(edition(x, y)), first)
    other, target = tensors.tensor(Y), tensors.tensor(X)
    again = tensors.array(edition(other, target))
    with pytest.MonkeyPatch.context() as patch:
        forget_plans(patch)
        np.testing.assert_array_equal(tensors.array(edition(other, target)), again)


@factual
@every
def test_gradients_of_a_second_call(edition: Edition, tensors: Framework) -> None:
    if tensors.name == "numpy":
        pytest.skip("NumPy does not differentiate")
    x, y = tensors.tensor(X), tensors.tensor(Y)
    edition(x, y)  # a plan without gradients
    found = [[tensors.array(g) for g in tensors.gradients(edition, (x, y))] for _ in range(3)]
    for gradients in found[1:]:
        np.testing.assert_array_equal(gradients, found[0])


@factual
@reduced
def test_other_options_are_other_calls(edition: Edition, tensors: Framework) -> None:
    x, y = tensors.tensor(X), tensors.tensor(Y)
    each = tensors.array(edition(x, y, reduction="none"))
    for _ in range(2):
        assert tensors.array(edition(x, y, reduction="sum")).ravel() == pytest.approx(each.sum(), rel=1e-6)
        assert tensors.array(edition(x, y)).ravel() == pytest.approx(each.mean(), rel=1e-6)


@factual
@reduced
@pytest.mark.parametrize("reduction", ["maximum", None, 1, ["mean"]], ids=str)
def test_a_wrong_reduction_is_refused_after_a_good_call(
    edition: Edition, tensors: Framework, reduction: Any
) -> None:
    x, y = tensors.tensor(X), tensors.tensor(Y)
    for _ in range(2):
        edition(x, y)
    with pytest.raises(ValueError, match="reduction is"):
        edition(x, y, reduction=reduction)


@factual
@every
def test_a_wrong_dtype_or_shape_is_refused_after_a_good_call(edition: Edition, tensors: Framework) -> None:
    x, y = tensors.tensor(X), tensors.tensor(Y)
    wrong = [
        (tensors.integers(X, "int32"), tensors.integers(Y, "int32")),
        (x, tensors.tensor([[0.0, 1.0]])),
    ]
    for _ in range(2):
        edition(x, y)
    for arguments in wrong:
        with pytest.raises((TypeError, ValueError, RuntimeError)):
            edition(*arguments)


@factual
@pytest.mark.parametrize("edition", [paddle.nll_loss, v2_0.nll_loss, torch.nll_loss], ids=name_of)
def test_a_second_likelihood_of_indices(edition: Edition, tensors: Framework) -> None:
    x, y = tensors.tensor(X), tensors.integers([2, 0], "int64")
    for options, expected in (({}, 0.85), ({"ignore_index": 0}, 2.0), ({"reduction": "sum"}, 1.7)):
        for _ in range(2):
            found = tensors.array(edition(x, y, **options)).ravel()
            np.testing.assert_allclose(found, [expected], rtol=1e-6)
        assert "compatlosses.evaluate.evaluate" not in frames(edition, x, y, **options)
    for wrong, error in (({"ignore_index": 0.0}, TypeError), ({"reduction": "max"}, ValueError)):
        with pytest.raises(error):
            edition(x, y, **wrong)
    with pytest.raises(IndexError, match="targets holds 3"):
        edition(x, tensors.integers([3, 0], "int64"))


@factual
@pytest.mark.parametrize(
    ("edition", "option", "bad"),
    [
        (torch.smooth_l1_loss, "beta", -1.0),
        (torch.huber_loss, "delta", 0.0),
        (paddle.smooth_l1_loss, "delta", -1.0),
        (v2_0.smooth_l1_loss, "delta", -1.0),
    ],
)
def test_parameters_are_part_of_a_plan(edition: Edition, tensors: Framework, option: str, bad: float) -> None:
    x, y = tensors.tensor(X), tensors.tensor(Y)
    found = [
        float(tensors.array(edition(x, y, **{option: bend})).ravel()[0]) for bend in (0.5, 2.0, 0.5, 2.0)
    ]
    assert found[:2] == found[2:] and found[0] != found[1]
    with pytest.raises((ValueError, RuntimeError), match=option):
        edition(x, y, **{option: bad})


@factual
def test_the_two_losses_of_paddle_s_smooth_l1_are_two_plans(tensors: Framework) -> None:
    x, y = tensors.tensor(X), tensors.tensor(Y)
    found = [float(paddle.smooth_l1_loss(x, y, delta=0.5, is_huber=h)) for h in (True, False, True, False)]
    assert found[1] == pytest.approx(2 * found[0]) and found[:2] == found[2:]


@factual
def test_broadcasting_is_no_plan_of_the_wider_call(tensors: Framework) -> None:
    """torch warns at each call; a plan of the tensors after broadcasting is none of those before it."""
    x, y = tensors.tensor(X), tensors.tensor([Y[0]])
    for edition in (torch.mse_loss, torch.l1_loss, torch.smooth_l1_loss, torch.huber_loss):
        edition(x, tensors.tensor(Y))
        for _ in range(2):
            with pytest.warns(UserWarning, match="broadcasting"):
                edition(x, y)
    for edition in (paddle.mse_loss, paddle.l1_loss):
        first = tensors.array(edition(x, y))
        np.testing.assert_array_equal(tensors.array(edition(x, y)), first)


@factual
@pytest.mark.parametrize(
    "options",
    [{"size_average": True}, {"reduce": True}, {"reduction": "elementwise_mean"}, {"size_average": False}],
    ids=str,
)
@pytest.mark.parametrize(
    "edition",
    [torch.mse_loss, torch.l1_loss, torch.smooth_l1_loss, torch.binary_cross_entropy_with_logits],
    ids=name_of,
)
def test_deprecated_options_warn_at_each_call(
    edition: Edition, tensors: Framework, options: dict[str, Any]
) -> None:
    x, y = tensors.tensor(X), tensors.tensor(Y)
    edition(x, y)
    for _ in range(3):
        with pytest.warns(UserWarning, match="deprecated") as caught:
            edition(x, y, **options)
        assert caught[0].filename == __file__


@factual
@pytest.mark.parametrize(
    "edition", [paddle.binary_cross_entropy_with_logits, v2_0.binary_cross_entropy_with_logits], ids=name_of
)
def test_padding_is_seen_in_a_call_that_comes_again(edition: Edition, tensors: Framework) -> None:
    from compatlosses.paddle import checks

    checks._warn.cache_clear()
    x, y = tensors.tensor(X), tensors.tensor(Y)
    for _ in range(2):
        edition(x, y)
    with pytest.warns(UserWarning, match="a label is -100") as caught:
        edition(x, tensors.tensor([[0.0, 1.0, -100.0], [0.0, 0.0, 1.0]]))
    assert caught[0].filename == __file__


EXECUTORS = {
    "compatlosses.executors.FusedCall.__init__",
    "compatlosses.elementwise.direct.<locals>.compute",
    "compatlosses.elementwise.direct_contiguous.<locals>.compute",
}
"""Where a call's numbers are computed."""


@factual
def test_few_frames(tensors: Framework) -> None:
    """What a small call costs is calls: of one that comes again, few lie before the executor."""
    x, y = tensors.tensor(X), tensors.tensor(Y)
    for edition, most in (
        (torch.mse_loss, 11),
        (torch.binary_cross_entropy_with_logits, 11),
        (paddle.mse_loss, 12),
        (paddle.binary_cross_entropy_with_logits, 14),
    ):
        edition(x, y)
        assert min(map(frames(edition, x, y).index, EXECUTORS & {*frames(edition, x, y)})) <= most


@factual
def test_few_frames_in_all(tensors: Framework) -> None:
    """At most half of those before calls had plans, 33 and 85."""
    x, y, w, p = (tensors.tensor(values) for values in (X, Y, Y, X))
    edition = torch.binary_cross_entropy_with_logits
    for arguments, most in (({}, 16), ({"weight": w, "pos_weight": p}, 42)):
        edition(x, y, **arguments)
        assert 0 < len(frames(edition, x, y, **arguments)) <= most

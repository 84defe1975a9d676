"""The kernels for a GPU under Triton's interpreter, on tensors of the CPU: `test_device` runs this file in a
process of its own, with TRITON_INTERPRET set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import exact
import pytest
import torch
from frameworks import forget_plans

import compatlosses as cl
from compatlosses.torch import device, host
from compatlosses.torch.device import launches

BCE = cl.binary_cross_entropy_with_logits
HALF = (torch.float16, torch.bfloat16)
INF = float("inf")


@contextmanager
def kernels() -> Iterator[pytest.MonkeyPatch]:
    """Tensors of the CPU count as a GPU's. Elsewhere they are computed by the fused executor."""
    with pytest.MonkeyPatch.context() as patch:
        forget_plans(patch)
        patch.setattr(device, "DEVICES", ("cpu",))
        patch.setattr(host, "why_formula", lambda inputs: "a test of the kernels")
        patch.setattr(host, "facts", lambda inputs: None)
        yield patch


@pytest.fixture
def on_device() -> Iterator[pytest.MonkeyPatch]:
    """`kernels` for a whole test."""
    with kernels() as patch:
        yield patch


def numbers(dtype: torch.dtype, size: int = 1500) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of all magnitudes, zeros of both signs and infinities; targets 0, 1 and between."""
    generator = torch.Generator().manual_seed(7)
    x = 10.0 ** (8.0 * torch.rand(size, generator=generator, dtype=torch.float64) - 6.0)
    x = torch.where(torch.rand(size, generator=generator) < 0.5, -x, x)
    y = torch.rand(size, generator=generator, dtype=torch.float64)
    y[::3], y[1::3] = 1.0, 0.0
    x[:6] = torch.tensor([INF, -INF, 0.0, -0.0, -87.58122, -7.277932], dtype=torch.float64)
    return x.to(dtype), y.to(dtype)


def value_and_gradients(function: Any, x: torch.Tensor, *others: Any, **options: Any) -> list[torch.Tensor]:
    """The loss, and its gradients by ``x`` for the cotangents 1 and 3."""
    x = x.clone().requires_grad_()
    loss = function(x, *others, **options)
    ones = torch.ones_like(loss)
    (once,) = torch.autograd.grad(loss, x, ones, retain_graph=True)
    (thrice,) = torch.autograd.grad(loss, x, 3.0 * ones)
    return [loss.detach(), once, thrice]


def within_one_place(got: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether two numbers, each within 0.51 ULP of the truth, can be of one truth."""
    one_up = torch.nextafter(expected, torch.full_like(expected, INF))
    one_down = torch.nextafter(expected, torch.full_like(expected, -INF))
    near = (got == expected) | (got == one_up) | (got == one_down) | (got.isnan() & expected.isnan())
    return bool(near.all())


@pytest.mark.usefixtures("on_device")
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 0.51), (torch.float64, 4.0)])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.3, 2.5)])
def test_against_multiprecision(dtype: torch.dtype, bound: float, weights: tuple[float, float]) -> None:
    x, y = numbers(dtype, 240)
    w, p = (torch.full((), weight, dtype=dtype) for weight in weights)
    options = {} if weights == (1.0, 1.0) else {"weight": w, "pos_weight": p}
    loss, gradient, _ = value_and_gradients(BCE, x, y, reduction="none", **options)
    pairs = [(a, b, float(w), float(p)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    name = str(dtype).removeprefix("torch.")
    assert exact.worst(loss.tolist(), [exact.loss(*pair) for pair in pairs], name)[0] <= bound
    assert exact.worst(gradient.tolist(), [exact.slope(0, *pair) for pair in pairs], name)[0] <= bound


OPTIONS: list[dict[str, Any]] = [
    {},
    {"weight": "rows", "reduction": "sum"},
    {"weight": 0.5, "pos_weight": "classes"},
    {"label_smoothing": 0.1, "reduction": "none"},
    {"ignore_index": 1.0},
    {"mask": "mask", "divisor": "all"},
    {"weight": "rows", "divisor": "weights"},
]


@pytest.mark.parametrize(
    ("dtype", "options"),
    [(torch.float32, options) for options in OPTIONS]
    + [(half, options) for half in HALF for options in OPTIONS[2:4]],
    ids=str,
)
def test_as_the_fused_executor(dtype: torch.dtype, options: dict[str, Any]) -> None:
    """In half precision the bits are those of the fused executor, in single all but a few."""
    x, y = (tensor.reshape(-1, 4) for tensor in numbers(dtype))
    x[0, :2] = 1.0  # an infinite loss would hide the others
    named = {
        "rows": torch.linspace(0.1, 3.0, len(x)).to(dtype).reshape(-1, 1),
        "classes": torch.tensor([0.5, 0.0, 2.0, 7.0]).to(dtype),
        "mask": x > 0.0,
    }
    given = {name: named.get(str(option), option) for name, option in options.items()}
    with kernels():
        assert cl.executor_of(BCE, x, y, **given) == "device"
        got = value_and_gradients(BCE, x, y, **given)
    if options.get("divisor") == "weights":  # the formula's, in single
        given |= {"dtype": "float64"}
        x, y = x.double(), y.double()
        expected = [tensor.to(dtype) for tensor in value_and_gradients(BCE, x, y, **given)]
    else:
        expected = value_and_gradients(BCE, x, y, **given)
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == b.dtype == dtype and a.shape == b.shape
        assert within_one_place(a, b) if dtype is torch.float32 else torch.equal(a, b)


LOSSES: list[tuple[Any, dict[str, Any]]] = [
    (cl.mse_loss, {}),
    (cl.l1_loss, {}),
    (cl.huber_loss, {"delta": 0.3}),
    (cl.smooth_l1_loss, {"beta": 0.3}),
    (cl.smooth_l1_loss, {"beta": 0.0}),
    (cl.soft_margin_loss, {}),
    (cl.sigmoid_focal_loss, {"alpha": 0.25}),
    (cl.poisson_nll_loss, {"full": True}),
    (cl.poisson_nll_loss, {"log_input": False}),
    (cl.gaussian_nll_loss, {"full": True}),
    (cl.binary_cross_entropy, {}),
    (cl.kl_div, {"log_targets": True}),
    (cl.kl_div, {"reduction": "batchmean"}),
]


@pytest.mark.parametrize(
    ("loss", "options"), LOSSES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_every_loss(loss: Any, options: dict[str, Any]) -> None:
    generator = torch.Generator().manual_seed(3)
    x, y, v = (torch.rand(1500, generator=generator) for _ in range(3))
    others = (y, v + 0.1) if loss is cl.gaussian_nll_loss else (y,)
    for reduction in ("none", options.get("reduction", "mean")):
        given = options | {"reduction": reduction}
        with kernels():
            assert cl.executor_of(loss, x, *others, **given) == "device"
            got = value_and_gradients(loss, x, *others, **given)
        expected = value_and_gradients(loss, x, *others, **given)
        for a, b in zip(got, expected, strict=True):
            assert within_one_place(a, b)


@pytest.mark.usefixtures("on_device")
def test_a_loss_whose_words_are_missing_is_the_formulas() -> None:
    x = torch.zeros(3, dtype=torch.float64)
    assert cl.executor_of(cl.sigmoid_focal_loss, x, x).startswith("formula")
    assert cl.executor_of(cl.sigmoid_focal_loss, x.float(), x.float()) == "device"


def test_two_launches_forward_and_one_backward_read_each_array_once(on_device: Any) -> None:
    """3 passes: the logits and targets are read, the gradient is written; a cotangent of 1 costs a look."""
    launched: list[str] = []

    def counted(name: str) -> Any:
        kernel = getattr(launches, name)

        class Counted:
            def __class_getitem__(cls, grid: tuple[int]) -> Any:
                def launch(*arguments: Any, **options: Any) -> None:
                    launched.append(name)
                    with torch.utils._python_dispatch._disable_current_modes():
                        kernel[grid](*arguments, **options)

                return launch

        return Counted

    on_device.setattr(launches, "elements", counted("elements"))
    on_device.setattr(launches, "total", counted("total"))
    x, y = numbers(torch.float32)
    x.requires_grad_()
    operations: list[str] = []

    class Watched(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            operations.append(str(function))
            return function(*args, **(kwargs or {}))

    on_device.setattr("compatlosses.torch.device.calls.why_not_plain", lambda: None)
    with Watched():
        loss = BCE(x, y)
        assert launched == ["elements", "total"]
        loss.backward()
    assert launched == ["elements", "total", "elements"]
    assert {name.split(".")[1] for name in operations} <= {
        "new_empty", "empty", "empty_like", "detach", "ones_like"
    }  # fmt: skip


@pytest.mark.usefixtures("on_device")
class TestAutograd:
    def test_backward_again_and_what_it_was_given_before(self) -> None:
        x, y = numbers(torch.float32)
        x[:2] = 0.5
        x.requires_grad_()
        loss = BCE(x, y)
        (first,) = torch.autograd.grad(loss, x, retain_graph=True)
        kept = first.clone()
        first.zero_()
        assert torch.equal(torch.autograd.grad(loss, x)[0], kept)

    def test_a_scaler_saves_gradients_in_half_precision(self) -> None:
        """The factor is applied before the one rounding: unscaled, these gradients are all 0."""
        x = torch.full((1 << 12,), -14.0, dtype=torch.float16, requires_grad=True)
        loss = BCE(x, torch.zeros_like(x))
        (gradient,) = torch.autograd.grad(loss * 60000.0, x, retain_graph=True)
        expected = (torch.sigmoid(torch.tensor(-14.0, dtype=torch.float64)) * 60000.0 / x.numel()).half()
        assert gradient.tolist() == [expected.item()] * x.numel()
        assert not torch.autograd.grad(loss, x)[0].any()

    @pytest.mark.parametrize("reduction", ["mean", "none"])
    def test_all_four_gradients_and_second_derivatives(self, reduction: str) -> None:
        x, y, w, p = (torch.rand(2, dtype=torch.float64, requires_grad=True) for _ in range(4))

        def loss(*inputs: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = BCE(
                inputs[0], inputs[1], weight=inputs[2], pos_weight=inputs[3], reduction=reduction
            )
            return result

        assert torch.autograd.gradcheck(loss, (x, y, w, p))
        assert torch.autograd.gradgradcheck(loss, (x, y, w, p))

    def test_a_copy_that_a_hook_has_made_is_what_counts(self) -> None:
        x = torch.zeros(4, requires_grad=True)
        z = x * 1
        with torch.autograd.graph.saved_tensors_hooks(torch.clone, lambda kept: kept):
            loss = BCE(z, torch.ones(4), reduction="sum")
        with torch.no_grad():
            z.fill_(100.0)
        assert torch.autograd.grad(loss, x)[0].tolist() == [-0.5] * 4

    def test_an_input_changed_in_place_is_noticed(self) -> None:
        x = torch.zeros(4, requires_grad=True)
        z = x * 1
        loss = BCE(z, torch.ones(4))
        with torch.no_grad():
            z.fill_(100.0)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()

    def test_memory_formats(self) -> None:
        x = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()
        y = torch.rand(2, 3, 4, 5)
        loss = BCE(x, y, reduction="none")
        (gradient,) = torch.autograd.grad(loss.sum(), x)
        assert loss.stride() == y.stride() and gradient.stride() == x.stride()
        expected = torch.sigmoid(x.detach()) - y
        torch.testing.assert_close(gradient, expected)


@pytest.mark.usefixtures("on_device")
def test_whatever_is_not_plain_takes_the_formula() -> None:
    x, y = torch.zeros(3, 2), torch.ones(3, 2)
    torch.testing.assert_close(torch.func.vmap(torch.func.grad(BCE))(x, y), torch.full((3, 2), -0.25))
    compiled = torch.compile(BCE, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, y), BCE(x, y))
    with torch.autocast("cpu"):
        assert BCE(x.bfloat16(), y.bfloat16()).dtype == torch.float32
    assert torch.isnan(BCE(torch.empty(0), torch.empty(0)))
    _, tangent = torch.func.jvp(lambda a: BCE(a, y), (x,), (torch.ones_like(x),))
    assert tangent.item() == -0.5


@pytest.mark.parametrize("failing", ["losses", "gradient"])
def test_a_kernel_that_fails_gives_way_to_the_formula(
    failing: str, on_device: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A compiler or a driver that refuses: the numbers are the formula's, and a warning says why."""

    def refuse(*arguments: Any) -> Any:
        raise ValueError("no such instruction\nat line 3")

    x, y = numbers(torch.float32, 64)
    on_device.setattr(device, "FAILED", {})
    on_device.setattr(launches, failing, refuse)
    got = value_and_gradients(BCE, x, y)
    why = f"the kernel of {BCE.__name__} failed: ValueError: no such instruction"
    assert caplog.messages == [f"{why}. Its calls on a GPU take the formula."]
    assert why in cl.executor_of(BCE, x, y)
    on_device.setattr(device, "DEVICES", ())
    expected = value_and_gradients(BCE, x, y)
    assert all(map(within_one_place, got, expected))

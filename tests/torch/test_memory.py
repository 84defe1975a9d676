"""Whose memory it is: what backward needs lies in torch's saved tensors, and results are torch's own, of the
inputs' format.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from frameworks import forget_plans

import compatlosses as cl
import compatlosses.torch as edition
from compatlosses.torch import host

native = torch.nn.functional.binary_cross_entropy_with_logits
shim = edition.binary_cross_entropy_with_logits

REDUCTIONS = ["none", "mean", "sum"]


class TestSavedTensors:
    @pytest.mark.parametrize("reduction", REDUCTIONS)
    def test_a_copy_that_a_hook_has_made_is_what_counts(self, reduction: str) -> None:
        x = torch.zeros(4, requires_grad=True)
        z = x * 1
        with torch.autograd.graph.saved_tensors_hooks(torch.clone, lambda kept: kept):
            loss = shim(z, torch.ones(4), reduction=reduction).sum()
        with torch.no_grad():
            z.fill_(100.0)
        for _ in range(2):
            (gradient,) = torch.autograd.grad(loss, x, retain_graph=True)
            assert gradient.tolist() == [-0.125 if reduction == "mean" else -0.5] * 4

    @pytest.mark.parametrize("reduction", REDUCTIONS)
    def test_hooks_see_what_they_see_of_torchs_own(self, reduction: str) -> None:
        """As many tensors packed and unpacked; and a value that they change is the value."""
        seen: list[list[Any]] = []
        for function in (shim, native):
            packed: list[torch.Size] = []

            def pack(t: torch.Tensor, packed: list[torch.Size] = packed) -> torch.Tensor:
                packed.append(t.shape)
                return t + 1

            x = torch.zeros(4, requires_grad=True)
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept):
                loss = function(x, torch.zeros(4), reduction=reduction).sum()
            loss.backward()
            assert x.grad is not None
            seen.append([packed, x.grad])
        assert seen[0][0] == seen[1][0]
        torch.testing.assert_close(seen[0][1], seen[1][1])

    def test_a_hook_may_unpack_what_is_no_plain_tensor(self) -> None:
        x = torch.zeros(4, requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t, torch._neg_view):
            loss = shim(x, torch.zeros(4), reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x)
        assert gradient.tolist() == [0.5] * 4

    @pytest.mark.parametrize("reduction", REDUCTIONS)
    @pytest.mark.parametrize("way", ["backward", "checkpoint"])
    def test_memory_is_freed_as_torch_frees_it(self, way: str, reduction: str) -> None:
        """The logits, by the time backward is over; under checkpoint, by the time the call is."""

        def is_alive(function: Any) -> bool:
            seen: list[weakref.ref[torch.Tensor]] = []

            def block(x: torch.Tensor) -> Any:
                z = x * 2
                seen.append(weakref.ref(z))
                return function(z, torch.ones(4), reduction=reduction).sum()

            x = torch.zeros(4, requires_grad=True)
            if way == "checkpoint":
                loss = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=False)
                alive = seen[0]() is not None
                loss.backward()
                assert x.grad is not None and x.grad[0] < 0
                return alive
            loss = block(x)
            loss.backward()
            gc.collect()
            return seen[0]() is not None

        assert not is_alive(shim)
        assert not is_alive(native)

    def test_a_kept_gradient_that_nobody_asked_for_is_freed(self) -> None:
        x, y = (torch.zeros(100_000, requires_grad=True) for _ in range(2))
        loss = shim(x, y)
        call = loss.grad_fn.call  # type: ignore[union-attr]
        assert set(call._kept) == {0, 1}
        torch.autograd.grad(loss, x)
        assert not call._kept

    def test_a_gradient_does_not_depend_on_what_was_asked_before(self) -> None:
        x, y = (torch.randn(10_000) * 3).requires_grad_(), torch.rand(10_000)
        loss = shim(x, y) / 3
        first, second = (torch.autograd.grad(loss, x, retain_graph=True)[0] for _ in range(2))
        assert torch.equal(first, second)

    def test_an_incoming_nan_leaves_an_ignored_element_alone(self) -> None:
        y = torch.tensor([-1.0, 1.0])
        for function in (
            cl.binary_cross_entropy_with_logits,
            torch.func.functionalize(cl.binary_cross_entropy_with_logits),
        ):
            x = torch.zeros(2, requires_grad=True)
            loss = function(x, y, ignore_index=-1) * float("nan")
            for _ in range(2):
                (gradient,) = torch.autograd.grad(loss, x, retain_graph=True)
                assert gradient[0] == 0 and gradient[1].isnan()


class ToMeta(torch.overrides.TorchFunctionMode):
    """A mode that moves whatever is made elsewhere."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        return result.to("meta") if isinstance(result, torch.Tensor) else result


class TestStorage:
    def test_inputs_can_be_resized_and_freed_afterwards(self) -> None:
        x, y, w = torch.zeros(4, requires_grad=True), torch.ones(4), torch.ones(4)
        shim(x, y, w).backward()
        torch.cat([torch.ones(9)], out=y.resize_(0))
        w.resize_(8)
        x.untyped_storage().resize_(0)

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
    @pytest.mark.parametrize("reduction", REDUCTIONS)
    def test_results_can_be_resized_and_freed(self, reduction: str, dtype: str) -> None:
        x = torch.zeros(4, dtype=getattr(torch, dtype), requires_grad=True)
        y = torch.ones(4, dtype=x.dtype)
        loss = shim(x, y, reduction=reduction)
        loss.sum().backward()
        _, gradients = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits, x, y, wrt=("logits", "targets"), reduction=reduction
        )
        assert x.grad is not None
        for result in (loss.detach(), shim(x.detach(), y, reduction=reduction), x.grad, *gradients.values()):
            result.resize_(100)
            result.untyped_storage().resize_(0)

    @pytest.mark.parametrize("bytes_left", [0, 16])
    @pytest.mark.parametrize("freed", [0, 1, 2, 3])
    def test_freed_memory_is_not_read(self, freed: int, bytes_left: int) -> None:
        tensors = [torch.full((1000,), 0.5) for _ in range(4)]
        tensors[freed].untyped_storage().resize_(bytes_left)
        with pytest.raises(RuntimeError, match="storage has been freed or made smaller"):
            shim(tensors[0], tensors[1], tensors[2], pos_weight=tensors[3])

    def test_memory_that_is_freed_before_backward_is_not_read(self) -> None:
        x = torch.zeros(1000, requires_grad=True)
        z = x * 1
        loss = shim(z, torch.ones(1000), reduction="none").sum()
        z.untyped_storage().resize_(0)
        with pytest.raises(RuntimeError, match="storage has been freed"):
            loss.backward()

    def test_inputs_without_elements(self) -> None:
        x = torch.zeros(0, 3, requires_grad=True)
        w = torch.ones(3, requires_grad=True)
        for reduction in REDUCTIONS:
            gradients = torch.autograd.grad(shim(x, torch.zeros(0, 3), w, reduction=reduction).sum(), (x, w))
            assert gradients[0].shape == (0, 3) and gradients[1].tolist() == [0.0] * 3

    def test_new_memory_is_in_huge_pages_where_numpys_is(self) -> None:
        array = host.empty((2 << 20,), np.dtype(np.float32))
        array[:] = 1.0
        assert torch.equal(host.tensor(array, torch.empty(0)), torch.ones(2 << 20))

    @pytest.mark.parametrize("mode", [torch.device("meta"), ToMeta()])
    def test_a_mode_during_backward_does_not_reach_the_gradients(self, mode: Any) -> None:
        x = torch.zeros(3, requires_grad=True)
        loss = shim(x, torch.ones(3), reduction="none").sum()
        with mode:
            loss.backward()
        assert x.grad is not None and x.grad.tolist() == [-0.5] * 3


BASE, BASE3 = torch.rand(3, 2, 5, 4), torch.rand(2, 3, 4, 5, 6)
FORMATS: dict[str, Callable[[], torch.Tensor]] = {
    "contiguous": lambda: BASE.clone(),
    "channels last": lambda: BASE.clone(memory_format=torch.channels_last),
    "transposed": lambda: BASE.transpose(0, 3).contiguous().transpose(0, 3),
    "permuted": lambda: BASE.permute(3, 1, 0, 2).contiguous().permute(2, 1, 3, 0),
    "a slice": lambda: torch.cat([BASE, BASE], -1)[..., ::2],
    "expanded": lambda: BASE[:, :1].expand(3, 2, 5, 4),
    "channels last in 3-D": lambda: BASE3.clone(memory_format=torch.channels_last_3d),
}


class TestFormat:
    @pytest.mark.parametrize("by_formula", [False, True])
    @pytest.mark.parametrize("reduction", REDUCTIONS)
    @pytest.mark.parametrize("memory_format", FORMATS)
    def test_results_are_laid_out_as_torchs(
        self, memory_format: str, reduction: str, by_formula: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if by_formula:
            from compatlosses.torch import library

            forget_plans(monkeypatch)
            monkeypatch.setattr(library, "host", None)
        results = []
        for function in (shim, native):
            x, y = (FORMATS[memory_format]().detach().requires_grad_() for _ in range(2))
            loss = function(x, y, reduction=reduction)
            results.append([loss, *torch.autograd.grad(loss.sum(), (x, y))])
        torch.testing.assert_close(*results, check_stride=True)

    @pytest.mark.parametrize("targets", FORMATS)
    @pytest.mark.parametrize("logits", FORMATS)
    def test_inputs_of_two_formats(self, logits: str, targets: str) -> None:
        """The loss goes by the targets, both gradients by the logits."""
        if FORMATS[logits]().shape != FORMATS[targets]().shape:
            return
        results = []
        for function in (shim, native):
            x, y = (FORMATS[name]().detach().requires_grad_() for name in (logits, targets))
            loss = function(x, y, reduction="none")
            results.append([loss, *torch.autograd.grad(loss.sum(), (x, y))])
        torch.testing.assert_close(*results, check_stride=True)

"""torch's own tests of its loss, run on ours: the generators of inputs and the checks that the installed
torch ships.

The samples are those of torch's OpInfo and ModuleInfo databases; what the native loss passes on them, ours
passes.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch._subclasses.fake_utils import CrossRefFakeMode
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.fx.experimental.proxy_tensor import make_fx
from torch.testing._internal import composite_compliance
from torch_generators import MODULES, OPERATIONS

import compatlosses.torch as edition

native = torch.nn.functional.binary_cross_entropy_with_logits
shim = edition.binary_cross_entropy_with_logits

OPERATION = OPERATIONS["nn.functional.binary_cross_entropy_with_logits"]
MODULE = MODULES[torch.nn.BCEWithLogitsLoss]
DTYPES = sorted(OPERATION.dtypes, key=str)
WIDE = [torch.float32, torch.float64]


def samples(dtype: torch.dtype = torch.float64, requires_grad: bool = True) -> Iterator[Any]:
    """torch's sample inputs of the function: all shapes, reductions and weights that it tries itself."""
    torch.manual_seed(0)
    yield from OPERATION.sample_inputs("cpu", dtype, requires_grad=requires_grad)


def module_inputs(
    dtype: torch.dtype = torch.float64, requires_grad: bool = True
) -> Iterator[tuple[Any, Any, Any]]:
    """Our module, torch's and the inputs of a call, for each of torch's samples of the module."""
    torch.manual_seed(0)
    for sample in MODULE.module_inputs_func(MODULE, "cpu", dtype, requires_grad, training=True):
        made = sample.constructor_input
        arguments = [sample.forward_input.args[0], sample.forward_input.args[1]]
        yield (
            edition.BCEWithLogitsLoss(*made.args, **made.kwargs),
            torch.nn.BCEWithLogitsLoss(*made.args, **made.kwargs),
            arguments,
        )


def close(mine: Any, theirs: Any, dtype: torch.dtype) -> None:
    """Equal but for the native loss's own rounding, and laid out alike."""
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(mine, theirs, rtol=16 * eps, atol=16 * eps, check_stride=True)


def with_gradients(function: Any, sample: Any) -> list[torch.Tensor]:
    """The loss of a sample and its gradients by input and target."""
    leaves = [sample.input, *sample.args]
    loss = function(*leaves, **sample.kwargs)
    return [loss.detach(), *torch.autograd.grad(loss.sum(), leaves)]


def call(function: Callable[..., Any], sample: Any) -> Callable[[Any, Any], Any]:
    """A function of input and target alone."""
    return lambda x, y: function(x, y, **sample.kwargs)


class TestFunction:
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_values_and_gradients(self, dtype: torch.dtype) -> None:
        """Against the native loss in float64: in half precision its own error exceeds any tolerance worth the
        name.
        """
        for sample in samples(dtype):
            wide = sample.transform(lambda t: t.detach().double().requires_grad_(t.requires_grad))
            for mine, theirs in zip(with_gradients(shim, sample), with_gradients(native, wide), strict=True):
                close(mine, theirs.to(dtype), dtype)

    @pytest.mark.parametrize("dtype", WIDE)
    def test_inputs_that_are_not_contiguous(self, dtype: torch.dtype) -> None:
        for sample in samples(dtype):
            scattered = sample.noncontiguous()
            for mine, theirs in zip(
                with_gradients(shim, scattered), with_gradients(native, scattered), strict=True
            ):
                close(mine, theirs, dtype)

    def test_gradcheck(self) -> None:
        """Backward, forward mode, batched in both, undefined gradients: by finite differences."""
        for sample in samples():
            assert gradcheck(
                call(shim, sample),
                (sample.input, *sample.args),
                check_batched_grad=True,
                check_forward_ad=True,
                check_batched_forward_grad=True,
                fast_mode=True,
            )

    def test_gradgradcheck(self) -> None:
        for sample in samples():
            assert gradgradcheck(
                call(shim, sample),
                (sample.input, *sample.args),
                check_batched_grad=True,
                check_fwd_over_rev=True,
                check_rev_over_rev=True,
                fast_mode=True,
            )

    def test_composite_compliance(self) -> None:
        """Tensor subclasses in every place, cotangents and tangents too: no storage is read, nothing is
        written unseen.
        """

        equal = torch.testing.assert_close
        for sample in list(samples())[::4]:
            arguments, options = [sample.input, *sample.args], sample.kwargs
            composite_compliance.check_with_mode(shim, arguments, options, equal)
            composite_compliance.check_all_permutations(shim, arguments, options, equal)
            composite_compliance.check_backward_formula(shim, arguments, options, assert_equal_fn=equal)
            composite_compliance.check_forward_ad_formula(shim, arguments, options, assert_equal_fn=equal)

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_meta_tensors(self, dtype: torch.dtype) -> None:
        """Shape, dtype and strides are known without a number, those of gradients too."""
        for sample in samples(dtype):
            meta = sample.transform(lambda t: t.detach().to("meta").requires_grad_(t.requires_grad))
            for mine, theirs in zip(with_gradients(shim, meta), with_gradients(native, meta), strict=True):
                assert mine.device.type == "meta"
                assert (mine.shape, mine.dtype, mine.stride()) == (
                    theirs.shape,
                    theirs.dtype,
                    theirs.stride(),
                )

    def test_fake_tensors(self) -> None:
        """Each operation of forward and backward says beforehand what it will give."""
        for sample in samples(torch.float32):
            with CrossRefFakeMode(ignore_op_fn=lambda function: False):
                with_gradients(shim, sample)
            with FakeTensorMode() as mode:
                fake = sample.transform(lambda t, mode=mode: mode.from_tensor(t))
                for mine, theirs in zip(
                    with_gradients(shim, fake), with_gradients(native, fake), strict=True
                ):
                    assert (mine.shape, mine.dtype, mine.stride()) == (
                        theirs.shape,
                        theirs.dtype,
                        theirs.stride(),
                    )

    def test_autocast(self) -> None:
        for dtype in (torch.bfloat16, torch.float32):
            for sample in samples(dtype):
                with torch.autocast("cpu", torch.bfloat16):
                    mine, theirs = (call(f, sample)(sample.input, *sample.args) for f in (shim, native))
                close(mine, theirs, torch.float32)

    def test_batched_cotangents(self) -> None:
        for sample in samples():
            leaves = [sample.input, *sample.args]
            both = [call(f, sample)(*leaves) for f in (shim, native)]
            batch = torch.randn(3, *both[0].shape, dtype=torch.float64)
            mine, theirs = (
                torch.autograd.grad(f, leaves, batch, is_grads_batched=True, retain_graph=True) for f in both
            )
            close(mine, theirs, torch.float64)
            loss = both[0]
            mapped = torch.vmap(
                lambda v, loss=loss, leaves=leaves: torch.autograd.grad(loss, leaves, v, retain_graph=True)
            )(batch)
            close(mapped, theirs, torch.float64)

    @pytest.mark.parametrize("strategy", ["forward-mode", "reverse-mode"])
    def test_jacobians(self, strategy: str) -> None:
        for sample in list(samples())[::3]:
            mine, theirs = (
                torch.autograd.functional.jacobian(
                    call(f, sample), (sample.input, *sample.args), vectorize=True, strategy=strategy
                )
                for f in (shim, native)
            )
            close(mine, theirs, torch.float64)

    def test_transformations(self) -> None:
        """vjp, jvp, vmap of each, and the Hessian."""
        for sample in list(samples(requires_grad=False))[::2]:
            primals = (sample.input, *sample.args)
            batch = tuple(torch.stack([t, t.flip(0) if t.ndim else t]) for t in primals)
            results = []
            for f in (shim, native):
                function = call(f, sample)
                value, pull = torch.func.vjp(function, *primals)

                def push(x: Any, y: Any, function: Any = function) -> Any:
                    return torch.func.jvp(function, (x, y), (torch.ones_like(x), y))

                def slope(x: Any, y: Any, function: Any = function) -> Any:
                    return torch.func.grad(lambda x, y: function(x, y).sum(), argnums=(0, 1))(x, y)

                results.append(
                    [
                        value,
                        pull(torch.ones_like(value)),
                        push(*primals),
                        torch.vmap(function)(*batch),
                        torch.vmap(push)(*batch),
                        torch.vmap(slope)(*batch),
                        torch.func.hessian(lambda x, y, function=function: function(x, y).sum())(*primals),
                        torch.func.functionalize(function)(*primals),
                        torch.func.functionalize(slope)(*primals),
                    ]
                )
            torch.testing.assert_close(*results)

    def test_dual_cotangents(self) -> None:
        """The tangent of a cotangent is not lost."""
        for sample in samples():
            loss = call(shim, sample)(sample.input, *sample.args)
            with forward_ad.dual_level():
                cotangent = forward_ad.make_dual(torch.ones_like(loss), torch.full_like(loss, 2.0))
                (gradient,) = torch.autograd.grad(loss, sample.input, cotangent)
                primal, tangent = forward_ad.unpack_dual(gradient)
                torch.testing.assert_close(tangent, 2 * primal)

    def test_recordings(self) -> None:
        """make_fx, jit.trace and jit.script compute the native loss, gradients included."""
        scripted = torch.jit.script(shim)
        for sample in list(samples())[::3]:
            arguments = (sample.input, *sample.args)
            expected = with_gradients(native, sample)
            function = call(shim, sample)
            for recorded in (
                make_fx(function)(*arguments),
                torch.jit.trace(function, arguments),
                call(scripted, sample),
            ):
                loss = recorded(*arguments)
                close([loss, *torch.autograd.grad(loss.sum(), arguments)], expected, torch.float64)

    def test_views_without_memory_of_their_own(self) -> None:
        """Lazily negated tensors, and zeros that have no storage."""
        for sample in samples():
            x, y = sample.input.detach(), sample.args[0].detach()
            for a in (torch._neg_view(x), torch._efficientzerotensor(tuple(x.shape), dtype=x.dtype)):
                close(call(shim, sample)(a, y), call(native, sample)(a, y), torch.float64)


class TestModule:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_forward(self, dtype: torch.dtype) -> None:
        for mine, theirs, (x, y) in module_inputs(dtype):
            close(mine(x, y), theirs(x, y), dtype)
            assert repr(mine) == repr(theirs)
            assert list(mine.state_dict()) == list(theirs.state_dict())
            assert list(dict(mine.named_buffers())) == list(dict(theirs.named_buffers()))
            assert not list(mine.parameters())

    def test_gradcheck(self) -> None:
        for mine, _, (x, y) in module_inputs():
            assert gradcheck(mine, (x, y), check_batched_grad=True, check_forward_ad=True, fast_mode=True)
            assert gradgradcheck(mine, (x, y), check_batched_grad=True, fast_mode=True)

    def test_copies_move_with_their_weights(self) -> None:
        for mine, theirs, (x, y) in module_inputs():
            expected = theirs(x, y)
            for copied in (copy.deepcopy(mine), pickle.loads(pickle.dumps(mine))):
                close(copied(x, y), expected, torch.float64)
            close(mine.float()(x.float(), y.float()), theirs.float()(x.float(), y.float()), torch.float32)
            assert all(buffer.device.type == "meta" for buffer in mine.to("meta").buffers())

    def test_it_is_made_on_the_device_of_the_moment(self) -> None:
        with torch.device("meta"):
            module = edition.BCEWithLogitsLoss(pos_weight=torch.ones(3))
            assert module(torch.ones(2, 3), torch.ones(2, 3)).device.type == "meta"

    def test_recordings(self) -> None:
        for mine, theirs, (x, y) in module_inputs():
            expected = theirs(x, y)
            for recorded in (
                torch.jit.script(mine),
                torch.jit.trace(mine, (x, y)),
                torch.fx.symbolic_trace(mine),
            ):
                close(recorded(x, y), expected, torch.float64)

    @pytest.mark.parametrize("wrong", [2.0, [1.0, 2.0], "x"])
    @pytest.mark.parametrize("name", ["weight", "pos_weight"])
    def test_what_is_no_tensor_is_refused_when_it_is_made(self, name: str, wrong: Any) -> None:
        for module in (edition.BCEWithLogitsLoss, torch.nn.BCEWithLogitsLoss):
            with pytest.raises(TypeError):
                module(**{name: wrong})

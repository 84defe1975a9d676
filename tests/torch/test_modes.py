"""How torch runs code, apart from compilers (test_compile.py) and autocast: transformed, traced, distributed,
in modules.
"""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

import compatlosses as cl
import compatlosses.torch as edition

X = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.0, -4.0]])
Y = torch.tensor([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0]])
W = torch.tensor([[2.0], [0.5]])
P = torch.tensor([1.0, 3.0, 0.5])
NAMES = ("logits", "targets", "weight", "pos_weight")


def weighted(x: Any, y: Any, w: Any = W, p: Any = P) -> Any:
    return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p)


def value_and_gradients(function: Any, *tensors: torch.Tensor) -> list[torch.Tensor]:
    leaves = [t.clone().requires_grad_() for t in tensors]
    loss = function(*leaves)
    return [loss.detach(), *torch.autograd.grad(loss, leaves)]


class TestFunctorch:
    tensors = (X.double(), Y.double(), W.double(), P.double())

    def test_grad(self) -> None:
        gradients = torch.func.grad(weighted, argnums=(0, 1, 2, 3))(*self.tensors)
        torch.testing.assert_close(list(gradients), value_and_gradients(weighted, *self.tensors)[1:])

    def test_vmap(self) -> None:
        x, y, w, p = self.tensors
        rows = torch.func.vmap(weighted, in_dims=(0, 0, 0, None))(x, y, w, p)
        torch.testing.assert_close(rows, torch.stack([weighted(x[i], y[i], w[i], p) for i in range(2)]))

    def test_gradients_of_each_sample(self) -> None:
        x, y, w, p = self.tensors
        each = torch.func.vmap(torch.func.grad(weighted), in_dims=(0, 0, 0, None))(x, y, w, p)
        torch.testing.assert_close(
            each, torch.stack([torch.func.grad(weighted)(x[i], y[i], w[i], p) for i in range(2)])
        )

    def test_jvp(self) -> None:
        tangents = tuple(torch.full_like(t, 0.5) for t in self.tensors)
        value, derivative = torch.func.jvp(weighted, self.tensors, tangents)
        gradients = torch.func.grad(weighted, argnums=(0, 1, 2, 3))(*self.tensors)
        torch.testing.assert_close(value, weighted(*self.tensors))
        torch.testing.assert_close(
            derivative, sum((g * t).sum() for g, t in zip(gradients, tangents, strict=True))
        )

    def test_hessian(self) -> None:
        x, y, w, p = self.tensors
        forward_over_reverse = torch.func.hessian(weighted)(x, y, w, p)
        reverse_over_reverse = torch.func.jacrev(torch.func.grad(weighted))(x, y, w, p)
        spread = torch.sigmoid(x) * torch.sigmoid(-x) * w * ((1 - y) + p * y) / 6
        torch.testing.assert_close(forward_over_reverse.reshape(6, 6), torch.diag(spread.reshape(6)))
        torch.testing.assert_close(forward_over_reverse, reverse_over_reverse)

    def test_ignored_elements_have_no_tangent(self) -> None:
        x = torch.tensor([float("nan"), 1.0])
        y = torch.tensor([-100.0, 1.0])
        value, derivative = torch.func.jvp(
            lambda a: cl.binary_cross_entropy_with_logits(a, y, ignore_index=-100), (x,), (torch.ones(2),)
        )
        assert torch.isfinite(value) and torch.isfinite(derivative)


@pytest.mark.parametrize("ignore_index", [None, 0.25])
def test_gradcheck_and_gradgradcheck(ignore_index: float | None) -> None:
    def loss(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, reduction="none")

    def ignoring(x: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(
            x, Y.double(), weight=w, pos_weight=p, reduction="none", ignore_index=ignore_index
        )

    leaves = [t.double().requires_grad_() for t in (X, Y, W, P)]
    function, arguments = (loss, leaves) if ignore_index is None else (ignoring, [leaves[0], *leaves[2:]])
    assert torch.autograd.gradcheck(function, arguments, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(function, arguments)


def test_backward_twice_over_a_kept_graph() -> None:
    x = X.clone().requires_grad_()
    loss = weighted(x, Y)
    first = torch.autograd.grad(loss, x, retain_graph=True)[0]
    kept = first.clone()
    first.mul_(0)
    torch.testing.assert_close(torch.autograd.grad(loss, x)[0], kept)


def test_inference_mode_and_no_grad() -> None:
    x = X.clone().requires_grad_()
    for mode in (torch.inference_mode, torch.no_grad):
        with mode():
            assert not weighted(x, Y).requires_grad
            torch.testing.assert_close(weighted(x, Y), weighted(X, Y))


def test_meta_and_fake_tensors_stay_what_they_are() -> None:
    meta = weighted(X.to("meta"), Y.to("meta"), W.to("meta"), P.to("meta"))
    assert meta.device.type == "meta" and meta.shape == () and meta.dtype == torch.float32
    with FakeTensorMode() as mode:
        fake = [mode.from_tensor(t) for t in (X, Y, W, P)]
        loss = cl.binary_cross_entropy_with_logits(fake[0], fake[1], weight=fake[2], reduction="none")
        assert type(loss) is type(fake[0]) and loss.shape == (2, 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_accelerators_tensors_stay_there(dtype: torch.dtype) -> None:
    """Fake tensors of a GPU, and meta tensors: no operation brings one to the host, reads a value, or mixes
    two devices.

    A torch built without CUDA knows a fake GPU outside autograd alone, and no ~ there: meta tensors have the
    rest.
    """
    with FakeTensorMode():
        x, y, w, p = (torch.empty(t.shape, dtype=dtype, device="cuda") for t in (X, Y, W, P))
        loss, gradients = cl.value_and_gradients(
            cl.binary_cross_entropy_with_logits, x, y, wrt=NAMES, weight=w, pos_weight=p
        )
        numbers = cl.binary_cross_entropy_with_logits(x, y, weight=2.0, pos_weight=3.0, reduction="none")
        for result in (weighted(x, y, w, p), loss, *gradients.values(), numbers):
            assert result.device.type == "cuda" and result.dtype == dtype
    leaves = [torch.empty(t.shape, dtype=dtype, device="meta", requires_grad=True) for t in (X, Y, W, P)]
    loss = cl.binary_cross_entropy_with_logits(
        *leaves[:2], weight=leaves[2], pos_weight=leaves[3], ignore_index=1
    )
    for result, like in zip(torch.autograd.grad(loss, leaves, create_graph=True), leaves, strict=True):
        assert result.device.type == "meta" and result.dtype == dtype and result.shape == like.shape


def test_make_fx_and_jit_trace_compute_from_their_inputs() -> None:
    """Both record operations: the recording must use the tensors of the later call."""
    traced = make_fx(lambda x, y, w, p: weighted(x, y, w, p))(X, Y, W, P)
    torch.testing.assert_close(traced(Y, X, W, P), weighted(Y, X))
    scripted = torch.jit.trace(lambda x, y: cl.binary_cross_entropy_with_logits(x, y), (X, Y))
    torch.testing.assert_close(scripted(Y, X), cl.binary_cross_entropy_with_logits(Y, X))


def test_torch_function_subclasses_see_the_operations() -> None:
    class Logged(torch.Tensor):
        seen: list[str] = []  # noqa: RUF012 - one list for the test

        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            cls.seen.append(getattr(func, "__name__", str(func)))
            return super().__torch_function__(func, types, args, kwargs or {})

    loss = weighted(X.as_subclass(Logged), Y)
    assert isinstance(loss, Logged)
    assert Logged.seen
    torch.testing.assert_close(loss.as_subclass(torch.Tensor), weighted(X, Y))


class TestModule:
    """The module class is torch's own, with this loss in it."""

    def make(self) -> Any:
        return edition.BCEWithLogitsLoss(weight=W, reduction="sum", pos_weight=P)

    def test_it_is_a_module_of_torch(self) -> None:
        mine, theirs = self.make(), torch.nn.BCEWithLogitsLoss(weight=W, reduction="sum", pos_weight=P)
        assert isinstance(mine, torch.nn.Module)
        assert mine.state_dict().keys() == theirs.state_dict().keys() == {"weight", "pos_weight"}
        assert repr(mine) == repr(theirs)
        torch.testing.assert_close(mine(X, Y), theirs(X, Y))
        assert mine.to(torch.float64).pos_weight.dtype == torch.float64

    def test_copies(self) -> None:
        module = self.make()
        saved = io.BytesIO()
        torch.save(module.state_dict(), saved)
        saved.seek(0)
        restored = edition.BCEWithLogitsLoss(torch.zeros(2, 1), reduction="sum", pos_weight=torch.zeros(3))
        restored.load_state_dict(torch.load(saved))
        for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module)), restored):
            torch.testing.assert_close(copied(X, Y), module(X, Y))

    def test_weights_of_another_framework(self) -> None:
        module = edition.BCEWithLogitsLoss(pos_weight=P.numpy())
        assert float(module(X.numpy(), Y.numpy())) == pytest.approx(float(weighted(X, Y, None)))
        assert not module.state_dict()

    def test_legacy_arguments_warn(self) -> None:
        with pytest.warns(UserWarning, match="reduction='none'"):
            assert edition.BCEWithLogitsLoss(None, None, False)(X, Y).shape == (2, 3)

    def test_where_torch_is_not_installed(self) -> None:
        """A plain callable with the same rules; torch is hidden, as if it were not there."""
        program = """
import sys
sys.modules["torch"] = None
import numpy as np, warnings
from compatlosses.torch import BCEWithLogitsLoss
loss = BCEWithLogitsLoss(pos_weight=np.float32([2, 3]), reduction="sum")
print(loss, float(loss(np.float32([0, 0]), np.float32([1, 1]))))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert BCEWithLogitsLoss(None, False).reduction == "sum" and "reduction='sum'" in str(caught[0].message)
"""
        done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("BCEWithLogitsLoss() 3.46573")


DISTRIBUTED = """
import os, sys, torch, torch.distributed as dist, torch.multiprocessing as mp
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
import compatlosses as cl

def loss_of(model, x, y):
    return cl.binary_cross_entropy_with_logits(model(x), y, pos_weight=torch.tensor([1.0, 3.0, 0.5]))

def work(rank, port, folder):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    dist.init_process_group("gloo", rank=rank, world_size=2)
    torch.manual_seed(0)
    model, x, y = torch.nn.Linear(4, 3), torch.randn(8, 4), torch.rand(8, 3)
    loss_of(model, x, y).backward()
    whole = model.weight.grad.clone()
    model.zero_grad()
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    loss_of(parallel, x[rank * 4 : rank * 4 + 4], y[rank * 4 : rank * 4 + 4]).backward()
    torch.testing.assert_close(model.weight.grad, whole)

    mesh = init_device_mesh("cpu", (2,))
    logits = torch.randn(8, 3)
    leaf = logits.clone().requires_grad_()
    expected = cl.binary_cross_entropy_with_logits(leaf, y)
    expected.backward()
    sharded = distribute_tensor(logits, mesh, [Shard(0)]).requires_grad_()
    targets = distribute_tensor(y, mesh, [Shard(0)])
    loss = cl.binary_cross_entropy_with_logits(sharded, targets)
    assert isinstance(loss, DTensor), type(loss)
    loss.backward()
    torch.testing.assert_close(loss.full_tensor(), expected)
    assert sharded.grad.placements == (Shard(0),), sharded.grad.placements
    torch.testing.assert_close(sharded.grad.full_tensor(), leaf.grad)
    dist.destroy_process_group()

if __name__ == "__main__":
    mp.spawn(work, args=(int(sys.argv[1]), ""), nprocs=2)
"""


def test_data_parallel_and_dtensor_on_two_processes(tmp_path: Path, free_port: int) -> None:
    script = tmp_path / "distributed.py"
    script.write_text(DISTRIBUTED)
    done = subprocess.run(
        [sys.executable, str(script), str(free_port)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]

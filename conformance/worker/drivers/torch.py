"""torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..driver import Eager, Unsupported, in_phase, no_device, viewed
from ..traced import one_of_a_batch, over_tensors


class Torch(Eager):
    """torch tensors, in eager mode."""

    def __init__(self):
        import torch

        self.torch = torch
        self.version = torch.__version__
        self.device, self.threads = "cpu", 1
        torch.set_num_threads(1)

    def use_device(self, device):
        try:
            self.torch.empty(1, device=device).cpu()
        except Exception as error:
            raise no_device("torch", device, error) from error
        self.device = device

    def use_threads(self, count):
        if count != self.threads:
            self.torch.set_num_threads(count)
            self.threads = count

    def tensor(self, values, dtype, view):
        plain = values.astype(dtype) if dtype in ("bool", "int32", "int64") else values
        kind = getattr(self.torch, dtype)
        return viewed(plain, view, lambda array: self.torch.tensor(array).to(kind).to(self.device))

    def array(self, x):
        dtype = str(x.dtype).replace("torch.", "")
        return x.detach().cpu().to(self.torch.float64).numpy(), dtype

    def differentiate(self, call, tensors, wrt, cotangent, second):
        leaves = {name: x.detach().requires_grad_(name in wrt) for name, x in tensors.items()}
        value = in_phase("call", call, leaves)
        gradients, twice = in_phase("gradient", self.gradients, value, leaves, wrt, cotangent, second)
        return value, gradients, twice

    def gradients(self, value, leaves, wrt, cotangent, second):
        grad = self.torch.autograd.grad
        incoming = self.torch.full_like(value, 1.0 if cotangent is None else cotangent)
        inputs = [leaves[name] for name in wrt]
        found = dict(zip(wrt, grad(value, inputs, incoming, create_graph=bool(second), allow_unused=True)))
        if not second:
            return found, None
        return found, grad(second(found[wrt[0]]).sum(), leaves[wrt[0]], allow_unused=True)[0]


class Compiled(Torch):
    """torch.compile with the default backend; a break of the graph is an error."""

    dynamic = False

    def settle(self):
        self.torch._dynamo.reset()

    def through(self, call):
        return self.torch.compile(lambda *a, **k: call(*a, **k), fullgraph=True, dynamic=self.dynamic)


class CompiledDynamic(Compiled):
    """The same with sizes that are not known."""

    dynamic = True


class Exported(Torch):
    """torch.export, and the program that it gives."""

    def execute(self, function):
        module = self.module(function)
        return lambda *tensors: self.torch.export.export(module, tensors).module()(*tensors)

    def through(self, call):
        return over_tensors(call, self.torch.Tensor, self.execute)

    def module(self, function):
        class Module(self.torch.nn.Module):  # type: ignore[name-defined]
            def forward(self, *tensors):
                return function(*tensors)

        return Module()


class Onnx(Exported):
    """torch.onnx.export, and what ONNX's own reference computes from the file."""

    values_alone = True

    def __init__(self):
        super().__init__()
        import onnx.reference

        self.reference = onnx.reference.ReferenceEvaluator

    def execute(self, function):
        def run(*tensors):
            program = self.torch.onnx.export(
                self.module(function), tensors, dynamo=True, verbose=False
            ).model_proto
            names = [given.name for given in program.graph.input]
            arrays = [x.detach().numpy() for x in tensors]
            results: Any = self.reference(program).run(None, dict(zip(names, arrays)))
            return self.torch.from_numpy(np.array(results[0]))

        return run


class Functional(Torch):
    """torch.func's transformations: vjp for the gradients, grad of them for the second derivative."""

    def differentiate(self, call, tensors, wrt, cotangent, second):
        def pulled(names, *given):
            value, pull = in_phase(
                "call", self.torch.func.vjp, lambda *new: call(dict(tensors, **dict(zip(names, new)))), *given
            )
            return value, in_phase(
                "gradient", pull, self.torch.full_like(value, 1.0 if cotangent is None else cotangent)
            )

        value, found = pulled(wrt, *[tensors[name] for name in wrt])
        found = dict(zip(wrt, found))
        if not second:
            return value, found, None
        twice = self.torch.func.grad(lambda x: second(pulled(wrt[:1], x)[1][0]).sum())
        return value, found, in_phase("gradient", twice, tensors[wrt[0]])


class Vectorised(Torch):
    """torch.func.vmap over a batch of one."""

    def through(self, call):
        return over_tensors(call, self.torch.Tensor, one_of_a_batch(self.torch.func.vmap, lambda x: x[None]))


class Autocast(Torch):
    """Under autocast to bfloat16."""

    def tensor(self, values, dtype, view):
        if dtype in ("float16", "bfloat16"):
            raise Unsupported("under autocast the loss of half precision is float32")
        return super().tensor(values, dtype, view)

    def through(self, call):
        def cast(*arguments, **keywords):
            with self.torch.autocast("cpu", self.torch.bfloat16):
                return call(*arguments, **keywords)

        return cast


class Inference(Torch):
    """In inference mode."""

    values_alone = True

    def evaluate(self, call, tensors):
        with self.torch.inference_mode():
            return call(tensors)


class Subclass(Torch):
    """With tensors of a subclass that sees each operation by __torch_function__."""

    def __init__(self):
        super().__init__()

        class Seen(self.torch.Tensor):  # type: ignore[name-defined]
            pass

        self.seen = Seen

    def tensor(self, values, dtype, view):
        return super().tensor(values, dtype, view).as_subclass(self.seen)

    def array(self, x):
        if not isinstance(x, self.seen):
            raise TypeError("the result is of another class than the arguments")
        return super().array(x.as_subclass(self.torch.Tensor))


class Distributed(Torch):
    """With DTensors that are sharded along their first axis, on a mesh of this one process."""

    def __init__(self):
        super().__init__()
        import torch.distributed
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.tensor import Replicate, Shard, distribute_tensor

        store = getattr(torch.distributed, "HashStore")()  # noqa: B009 -- its types lack it
        torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
        self.mesh = init_device_mesh("cpu", (1,))
        self.distribute, self.shard, self.replicate = distribute_tensor, Shard, Replicate

    def tensor(self, values, dtype, view):
        x = super().tensor(values, dtype, view)
        return self.distribute(x, self.mesh, [self.shard(0) if x.ndim else self.replicate()])

    def array(self, x):
        return super().array(x.full_tensor())


MODES = {
    "eager": Torch,
    "compile": Compiled,
    "compile-dynamic": CompiledDynamic,
    "export": Exported,
    "onnx": Onnx,
    "func": Functional,
    "vmap": Vectorised,
    "autocast": Autocast,
    "inference": Inference,
    "subclass": Subclass,
    "dtensor": Distributed,
}

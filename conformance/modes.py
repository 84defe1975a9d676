# ruff: noqa: B905 -- Python 3.7 has no strict zip
# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls, allow-subclassing-any
"""The modes in which the worker runs calls other than eagerly: compiled, exported, transformed, traced,
distributed.

Plain Python 3.7 and NumPy like the worker, which loads this file beside it when a mode is asked for.
"""

from __future__ import annotations

import os
import tempfile
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from compatlosses.conformance.worker import (
    Jax,
    MindSpore,
    NumPy,
    Paddle,
    TensorFlow,
    Torch,
    Unsupported,
    in_phase,
)


def over_tensors(call, kind, execute):
    """The call as `execute` makes it of a function of its tensors alone; all else is constant in that
    function.
    """

    def run(*arguments, **keywords):
        given, names = [*arguments, *keywords.values()], list(keywords)
        places = [place for place, x in enumerate(given) if isinstance(x, kind)]

        def of_tensors(*tensors):
            full = list(given)
            for place, x in zip(places, tensors):
                full[place] = x
            return call(*full[: len(arguments)], **dict(zip(names, full[len(arguments) :])))

        return execute(of_tensors)(*[given[place] for place in places])

    return run


def one_of_a_batch(vmap, expand):
    """For `over_tensors`: vectorised over a batch of one, and that one's result."""

    def execute(function):
        return lambda *tensors: vmap(function)(*[expand(x) for x in tensors])[0]

    return execute


# --------------------------------------------- torch


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
        twice = self.torch.func.grad(lambda x: pulled(["logits"], x)[1][0].sum())
        return value, found, in_phase("gradient", twice, tensors["logits"])


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

        store = getattr(torch.distributed, "HashStore")()  # noqa: B009 -- torch's types lack it
        torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
        self.mesh = init_device_mesh("cpu", (1,))
        self.distribute, self.shard, self.replicate = distribute_tensor, Shard, Replicate

    def tensor(self, values, dtype, view):
        x = super().tensor(values, dtype, view)
        return self.distribute(x, self.mesh, [self.shard(0) if x.ndim else self.replicate()])

    def array(self, x):
        return super().array(x.full_tensor())


# --------------------------------------------- Paddle


class ToStatic(Paddle):
    """paddle.jit.to_static of the whole call."""

    def through(self, call):
        def run(logits, label, *constants, **keywords):
            weights = {name: x for name, x in keywords.items() if isinstance(x, self.paddle.Tensor)}
            options = {name: x for name, x in keywords.items() if name not in weights}

            # Without * and **, which Paddle's programs do not take.
            def program(logits, label, weights):
                return call(logits, label, *constants, **weights, **options)

            return self.execute(program)(logits, label, weights)

        return run

    def execute(self, program):
        """What runs the program, a function of logits, label and weights."""
        return self.paddle.jit.to_static(program, full_graph=True)


class AutoCast(ToStatic):
    """The same under paddle.amp.auto_cast to bfloat16, which does nothing in eager calls on the CPU."""

    def tensor(self, values, dtype, view):
        if dtype in ("float16", "bfloat16"):
            raise Unsupported("under auto_cast the loss of half precision is float32")
        return super().tensor(values, dtype, view)

    def execute(self, program):
        def cast(logits, label, weights):
            with self.paddle.amp.auto_cast(True, level="O1", dtype="bfloat16"):
                return program(logits, label, weights)

        return super().execute(cast)


class Saved(ToStatic):
    """A program that is saved and loaded again."""

    values_alone = True

    def execute(self, program):
        class Layer(self.paddle.nn.Layer):  # type: ignore[name-defined]
            def forward(self, logits, label, weights):
                return program(logits, label, weights)

        def spec(x):
            return self.paddle.static.InputSpec(x.shape, x.dtype, stop_gradient=x.stop_gradient)

        def run(logits, label, weights):
            specs = [spec(logits), spec(label), {name: spec(x) for name, x in weights.items()}]
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "program")
                self.paddle.jit.save(
                    self.paddle.jit.to_static(Layer(), input_spec=specs, full_graph=True), path
                )
                return self.paddle.jit.load(path)(logits, label, *(weights[name] for name in sorted(weights)))

        return run


class Static(Paddle):
    """Static graph mode: each call builds a program and an executor runs it; what is fed and fetched are
    arrays.
    """

    def __init__(self):
        super().__init__()
        self.paddle.enable_static()
        self.executor = self.paddle.static.Executor(self.paddle.CPUPlace())

    def tensor(self, values, dtype, view):
        if dtype == "bfloat16":
            raise Unsupported("NumPy, which feeds a program, has no bfloat16")
        return np.array(values, dtype)

    def array(self, x):
        return x, x.dtype.name

    def evaluate(self, call, tensors):
        return self.differentiate(call, tensors, [], None, False)[0]

    def differentiate(self, call, tensors, wrt, cotangent, second):
        static = self.paddle.static
        program = static.Program()
        with static.program_guard(program, static.Program()):
            leaves = {name: static.data(name, list(x.shape), x.dtype.name) for name, x in tensors.items()}
            for leaf in leaves.values():
                leaf.stop_gradient = False
            value = in_phase("call", call, leaves)

            def slopes():
                incoming = self.paddle.full_like(value, 1.0 if cotangent is None else cotangent)
                found = static.gradients([value], [leaves[name] for name in wrt], [incoming])
                if second:
                    found += static.gradients([found[wrt.index("logits")].sum()], [leaves["logits"]])
                return found

            wanted = [value, *(in_phase("gradient", slopes) if wrt else [])]
            fetched = [x for x in wanted if x is not None]
            run = self.executor.run
            arrays = iter(
                in_phase(
                    "gradient" if wrt else "call", lambda: run(program, feed=tensors, fetch_list=fetched)
                )
            )
        results = [None if x is None else next(arrays) for x in wanted]
        return results[0], dict(zip(wrt, results[1:])), results[-1] if second else None


# --------------------------------------------- MindSpore


class Jit(MindSpore):
    """mindspore.jit of the call.

    Values alone: gradients are in the tests, written as MindSpore's compiler reads them.
    """

    values_alone = True

    def through(self, call):
        def program(*arguments, **keywords):
            return call(*arguments, **keywords)

        return self.ms.jit(program)


class Graph(MindSpore):
    """GRAPH_MODE: what a cell constructs is one program. Values alone, as with jit."""

    values_alone = True

    def __init__(self):
        super().__init__()
        self.ms.set_context(mode=self.ms.GRAPH_MODE)

    def through(self, call):
        class Net(self.ms.nn.Cell):  # type: ignore[name-defined]
            def construct(self, *arguments, **keywords):
                return call(*arguments, **keywords)

        return Net()


# --------------------------------------------- JAX and others


class JaxJit(Jax):
    """jax.jit, with its gradients."""

    def through(self, call):
        return over_tensors(call, self.jax.Array, self.jax.jit)


class JaxVectorised(Jax):
    """jax.vmap over a batch of one."""

    def through(self, call):
        return over_tensors(call, self.jax.Array, one_of_a_batch(self.jax.vmap, lambda x: x[None]))


class GraphFunction(TensorFlow):
    """tf.function."""

    def through(self, call):
        return over_tensors(call, self.tf.Tensor, self.tf.function)


class ReadOnly(NumPy):
    """With arrays that may not be written."""

    def tensor(self, values, dtype, view):
        array = super().tensor(values, dtype, view)
        array.flags.writeable = False
        return array


class BigEndian(NumPy):
    """With arrays whose bytes stand the other way round."""

    def tensor(self, values, dtype, view):
        array = super().tensor(values, dtype, view)
        return array.astype(array.dtype.newbyteorder(">"))


CASES = (
    "bend/float32/both",
    "broadcast/mean/both",
    "broadcast/mean/pos-channel",
    "broadcast/mean/weight-0-D",
    "broadcast/mean/weight-column",
    "cells/float32/both",
    "cells/float32/plain",
    "cells/float64/both",
    "corner/float64/mean/*",
    "documents/*",
    "ignoring/some/*/mean",
    "incoming/mean",
    "incoming/none",
    "reduction/float16/mean/2-D",
    "reduction/float32/*/2-D",
    "second/float32/+ordinary/labels-all/both",
)
"""What a mode runs: it compiles or traces each call anew, so every element of the strata once in the formulas
of the value, the gradients and the second derivative, and one of each thing that shapes a program.
"""


def run(case: str) -> bool:
    """Whether a mode runs the case of this id."""
    return any(fnmatchcase(case, pattern) for pattern in CASES)


MODES = {
    ("torch", "compile"): Compiled,
    ("torch", "compile-dynamic"): CompiledDynamic,
    ("torch", "export"): Exported,
    ("torch", "onnx"): Onnx,
    ("torch", "func"): Functional,
    ("torch", "vmap"): Vectorised,
    ("torch", "autocast"): Autocast,
    ("torch", "inference"): Inference,
    ("torch", "subclass"): Subclass,
    ("torch", "dtensor"): Distributed,
    ("paddle", "to_static"): ToStatic,
    ("paddle", "auto_cast"): AutoCast,
    ("paddle", "saved"): Saved,
    ("paddle", "static"): Static,
    ("mindspore", "jit"): Jit,
    ("mindspore", "graph"): Graph,
    ("tensorflow", "function"): GraphFunction,
    ("jax", "jit"): JaxJit,
    ("jax", "vmap"): JaxVectorised,
    ("numpy", "read-only"): ReadOnly,
    ("numpy", "big-endian"): BigEndian,
}

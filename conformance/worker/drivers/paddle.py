"""Paddle 2 and later."""

from __future__ import annotations

import os
import tempfile

import numpy as np

from ..driver import Eager, Unsupported, in_phase, no_device, viewed


class Paddle(Eager):
    """Paddle tensors, in dynamic mode."""

    def __init__(self):
        import paddle

        self.paddle = paddle
        self.version = str(getattr(paddle, "__version__"))  # noqa: B009 -- its types lack it
        self.threads = 1

    def use_device(self, device):
        try:
            self.paddle.set_device({"cuda": "gpu"}.get(device, device))
        except Exception as error:
            raise no_device("paddle", device, error) from error

    def use_threads(self, count):
        core = getattr(getattr(self.paddle, "base", None), "core", None)
        if count != self.threads and core is not None:
            core.set_num_threads(count)
            self.threads = count

    def tensor(self, values, dtype, view):
        if dtype in ("float16", "bfloat16"):
            # Through float32, which holds both exactly; the constructor takes no bfloat16.
            return viewed(
                values.astype("float32"), view, lambda array: self.paddle.to_tensor(array).astype(dtype)
            )
        return viewed(values.astype(dtype), view, self.paddle.to_tensor)

    def array(self, x):
        dtype = str(x.dtype).replace("paddle.", "")
        if dtype == "bfloat16":
            x = x.astype("float32")
        return np.asarray(x.numpy()), dtype

    def differentiate(self, call, tensors, wrt, cotangent, second):
        leaves = {name: x.detach() for name, x in tensors.items()}
        for name in wrt:
            leaves[name].stop_gradient = False
        value = in_phase("call", call, leaves)
        gradients, twice = in_phase("gradient", self.gradients, value, leaves, wrt, cotangent, second)
        return value, gradients, twice

    def gradients(self, value, leaves, wrt, cotangent, second):
        incoming = self.paddle.full_like(value, 1.0 if cotangent is None else cotangent)
        inputs = [leaves[name] for name in wrt]
        found = self.paddle.grad([value], inputs, [incoming], create_graph=bool(second), allow_unused=True)
        found = dict(zip(wrt, found))
        if not second:
            return found, None
        return found, self.paddle.grad([second(found[wrt[0]]).sum()], [leaves[wrt[0]]], allow_unused=True)[0]


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
                    found += static.gradients([second(found[0]).sum()], [leaves[wrt[0]]])
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


MODES = {
    "eager": Paddle,
    "to_static": ToStatic,
    "auto_cast": AutoCast,
    "saved": Saved,
    "static": Static,
}

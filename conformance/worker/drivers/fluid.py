"""Paddle 1."""

from __future__ import annotations

import numpy as np

from ..driver import Eager, Unsupported, in_phase, viewed

FLUID_DTYPES = {
    "BOOL": "bool",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}


class Fluid(Eager):
    """Paddle 1's tensors, in dynamic mode."""

    def __init__(self):
        import paddle
        import paddle.fluid

        self.fluid = paddle.fluid
        self.version = str(getattr(paddle, "__version__"))  # noqa: B009 -- its types lack it
        self.fluid.enable_dygraph()

    def tensor(self, values, dtype, view):
        if dtype == "bfloat16":
            raise Unsupported("Paddle 1 has no bfloat16")
        return viewed(values.astype(dtype), view, self.fluid.dygraph.to_variable)

    def array(self, x):
        name = str(x.dtype).replace("VarType.", "")
        return np.asarray(x.numpy()), FLUID_DTYPES.get(name, name)

    def differentiate(self, call, tensors, wrt, cotangent, second):
        leaves = {name: x.detach() for name, x in tensors.items()}
        for name in wrt:
            leaves[name].stop_gradient = False
        value = in_phase("call", call, leaves)
        gradients, twice = in_phase("gradient", self.gradients, value, leaves, wrt, cotangent, second)
        return value, gradients, twice

    def gradients(self, value, leaves, wrt, cotangent, second):
        # A tensor of its own: fill_constant takes no empty shape.
        incoming = np.full(value.shape, 1.0 if cotangent is None else cotangent, self.array(value)[1])
        grad, inputs = self.fluid.dygraph.grad, [leaves[name] for name in wrt]
        incoming = self.fluid.dygraph.to_variable(incoming)
        found = dict(
            zip(wrt, grad([value], inputs, [incoming], create_graph=bool(second), allow_unused=True))
        )
        if not second:
            return found, None
        total = self.fluid.layers.reduce_sum(second(found[wrt[0]]))
        return found, grad([total], [leaves[wrt[0]]], allow_unused=True)[0]


class FluidStatic(Fluid):
    """Paddle 1's static graph: each call builds a program and runs it once; what is fed and fetched are
    arrays.
    """

    def __init__(self):
        super().__init__()
        self.fluid.disable_dygraph()
        self.executor = self.fluid.Executor(self.fluid.CPUPlace())

    def tensor(self, values, dtype, view):
        if dtype == "bfloat16":
            raise Unsupported("Paddle 1 has no bfloat16")
        return viewed(values.astype(dtype), view, lambda array: array)

    def array(self, x):
        return np.asarray(x), np.asarray(x).dtype.name

    def evaluate(self, call, tensors):
        return self.differentiate(call, tensors, [], None, False)[0]

    def differentiate(self, call, tensors, wrt, cotangent, second):
        layers = self.fluid.layers
        program = self.fluid.Program()
        with self.fluid.program_guard(program, self.fluid.Program()), self.fluid.unique_name.guard():
            leaves = {name: self.leaf(name, x) for name, x in tensors.items()}
            value = in_phase("call", call, leaves)

            def slopes():
                scaled = value if cotangent is None else layers.scale(value, scale=cotangent)
                found = self.fluid.gradients([scaled], [leaves[name] for name in wrt])
                if second:
                    found += self.fluid.gradients([second(found[0])], [leaves[wrt[0]]])
                return found

            wanted = [value, *(in_phase("gradient", slopes) if wrt else [])]
            fed = {name: x for name, x in tensors.items() if isinstance(x, np.ndarray)}
            fetched = [x for x in wanted if x is not None]
            arrays = iter(in_phase("gradient" if wrt else "call", self.executor.run, program, fed, fetched))
        results = [None if x is None else next(arrays) for x in wanted]
        return results[0], dict(zip(wrt, results[1:])), results[-1] if second else None

    def leaf(self, name, x):
        """The program's variable that is fed with this array; what is no array goes to the call as it is."""
        if not isinstance(x, np.ndarray):
            return x
        variable = in_phase("inputs", self.fluid.data, name, list(x.shape), x.dtype.name)
        variable.stop_gradient = False
        return variable


MODES = {
    "eager": Fluid,
    "static": FluidStatic,
}

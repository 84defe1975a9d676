"""MindSpore."""

from __future__ import annotations

import importlib
import sys

import numpy as np

from ..driver import Eager, Refused, message_of, viewed


class MindSpore(Eager):
    """MindSpore tensors, in eager (PyNative) mode."""

    def __init__(self):
        import mindspore

        self.ms = mindspore
        self.version = mindspore.__version__
        # Else a call's error is raised later, by whatever looks at a tensor next.
        mindspore.set_context(mode=mindspore.PYNATIVE_MODE, pynative_synchronize=True)
        home = "mindspore.graph.api" if hasattr(mindspore, "graph") else "mindspore.common.api"
        self.executor = getattr(importlib.import_module(home), "_pynative_executor", None)

    def tensor(self, values, dtype, view):
        kind = getattr(self.ms, "bool_" if dtype == "bool" else dtype)
        plain = "float32" if dtype == "bfloat16" else dtype
        return viewed(
            values.astype(plain), view, lambda array: self.ms.Tensor(np.array(array, order="C"), kind)
        )

    def array(self, x):
        if not isinstance(x, self.ms.Tensor):
            return np.asarray(x), "python " + type(x).__name__
        dtype = str(x.dtype).lower()
        if dtype == "bfloat16":
            x = x.astype(self.ms.float32)
        return np.asarray(x.asnumpy()), dtype

    def differentiate(self, call, tensors, wrt, cotangent, second):
        names = list(tensors)
        places = tuple(names.index(name) for name in wrt)
        values, slopes = [], []

        def total(*arguments):
            values.append(call(dict(zip(names, arguments))))
            return values[0] if cotangent is None else values[0] * cotangent

        def slope(*arguments):
            slopes.append(self.ms.grad(total, places[0])(*arguments))
            return second(slopes[0])

        try:
            # One pass forward for all: each costs milliseconds.
            found = self.ms.grad(slope if second else total, places)(*(tensors[name] for name in names))
            # One place gives a tensor, several a tuple.
            found = list(found if isinstance(found, tuple) else (found,))
            for x in [*values, *slopes, *found]:
                self.array(x)  # An error that was put off is raised now.
        except Exception as error:
            raise Refused("gradient" if values else "call", error) from error
        if second:
            return values[0], {wrt[0]: slopes[0]}, found[0]
        return values[0], dict(zip(wrt, found)), None

    def settle(self):
        try:
            self.ms.runtime.synchronize()
        except AttributeError:
            pass
        except Exception as error:
            sys.stderr.write("left over from an earlier call: " + message_of(error) + "\n")
        # What a gradient keeps of the shapes of an earlier one would make results depend on the order of the
        # cases.
        if self.executor is not None:
            self.executor.clear_res()


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


MODES = {
    "eager": MindSpore,
    "jit": Jit,
    "graph": Graph,
}

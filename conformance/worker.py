# ruff: noqa: B905 -- Python 3.7 has no strict zip
# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""The worker: runs calls inside one framework's environment. One file, plain Python 3.7 and NumPy.

It reads one request a line on standard input and writes one answer a line on standard output, both JSON; an
answer has the id of its request. Before a framework is imported, both are moved out of its reach. Arrays
travel as base64 of little-endian float64 with the name of their dtype beside them: every float dtype fits
into float64 exactly. Nothing in a request is evaluated or imported; a request names an implementation of the
table below.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import json
import os
import platform
import sys
import warnings
from typing import Any

import numpy as np

NAMES = ("logits", "targets", "weight", "pos_weight")
LARGEST_LINE = 2**26
"""Bytes of a request or an answer."""


class Unsupported(Exception):
    """What is asked for cannot be expressed with this implementation."""


class Refused(Exception):
    """The framework raised an error; `phase` says whether in making the inputs, in the call or in the
    gradient.
    """

    def __init__(self, phase, error):
        super().__init__(phase)
        self.phase = phase
        self.error = error


# --------------------------------------------- the frameworks


class Eager:
    """A framework whose calls are done when they return."""

    values_alone = False
    """Whether there is nothing to differentiate in this mode."""

    def settle(self):
        """Let nothing of an earlier call come up in the next."""

    def through(self, call):
        """What is tested, a function or a module, in the form in which this mode executes it."""
        return call

    def evaluate(self, call, tensors):
        """The call's value."""
        return call(tensors)

    def tensor(self, values, dtype, view):
        """A tensor of these values, laid out in memory as `view` says."""
        raise NotImplementedError

    def array(self, x):
        """The tensor as an array, and the name of its dtype."""
        raise NotImplementedError

    def differentiate(self, call, tensors, wrt, cotangent, second):
        """The call's value, its gradients by name, and the second derivative or None."""
        raise NotImplementedError


class NumPy(Eager):
    """NumPy arrays. They have no autograd; `compatlosses.value_and_gradients` stands in for it."""

    def __init__(self):
        self.version = np.__version__

    def tensor(self, values, dtype, view):
        if dtype == "bfloat16":
            raise Unsupported("NumPy has no bfloat16")
        return viewed(values.astype(dtype), view, lambda array: array)

    def array(self, x):
        return np.asarray(x), np.asarray(x).dtype.name

    def differentiate(self, call, tensors, wrt, cotangent, second):
        options = getattr(call, "neutral_options", None)
        if options is None or cotangent is not None or second:
            raise Unsupported("NumPy has no autograd, and value_and_gradients takes no incoming gradient")
        import compatlosses

        value, gradients = compatlosses.value_and_gradients(
            compatlosses.binary_cross_entropy_with_logits,
            tensors["logits"],
            tensors["targets"],
            wrt=tuple(wrt),
            weight=tensors.get("weight"),
            pos_weight=tensors.get("pos_weight"),
            **options,
        )
        return value, gradients, None


class ArrayApi(NumPy):
    """Arrays of array-api-strict, which has what the array API standard asks for and nothing else."""

    def __init__(self):
        import array_api_strict

        self.strict = array_api_strict
        self.version = array_api_strict.__version__

    def tensor(self, values, dtype, view):
        if dtype in ("float16", "bfloat16"):
            raise Unsupported("the standard has no " + dtype)
        return viewed(values.astype(dtype), view, self.strict.asarray)

    def array(self, x):
        array = np.from_dlpack(x)
        return array, array.dtype.name


class Torch(Eager):
    """torch tensors, in eager mode."""

    def __init__(self):
        import torch

        self.torch = torch
        self.version = torch.__version__
        torch.set_num_threads(1)

    def tensor(self, values, dtype, view):
        if dtype not in ("bool", "int32", "int64"):
            return viewed(values, view, lambda array: self.torch.tensor(array).to(getattr(self.torch, dtype)))
        return viewed(values.astype(dtype), view, self.torch.tensor)

    def array(self, x):
        dtype = str(x.dtype).replace("torch.", "")
        return x.detach().to(self.torch.float64).numpy(), dtype

    def differentiate(self, call, tensors, wrt, cotangent, second):
        leaves = {name: x.detach().requires_grad_(name in wrt) for name, x in tensors.items()}
        value = in_phase("call", call, leaves)
        gradients, twice = in_phase("gradient", self.gradients, value, leaves, wrt, cotangent, second)
        return value, gradients, twice

    def gradients(self, value, leaves, wrt, cotangent, second):
        grad = self.torch.autograd.grad
        incoming = self.torch.full_like(value, 1.0 if cotangent is None else cotangent)
        inputs = [leaves[name] for name in wrt]
        found = dict(zip(wrt, grad(value, inputs, incoming, create_graph=second, allow_unused=True)))
        if not second:
            return found, None
        return found, grad(found["logits"].sum(), leaves["logits"], allow_unused=True)[0]


class Paddle(Eager):
    """Paddle tensors, in dynamic mode."""

    def __init__(self):
        import paddle

        self.paddle = paddle
        self.version = str(getattr(paddle, "__version__"))  # noqa: B009

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
        found = self.paddle.grad([value], inputs, [incoming], create_graph=second, allow_unused=True)
        found = dict(zip(wrt, found))
        if not second:
            return found, None
        return found, self.paddle.grad([found["logits"].sum()], [leaves["logits"]], allow_unused=True)[0]


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
        self.version = str(getattr(paddle, "__version__"))  # noqa: B009
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
        found = dict(zip(wrt, grad([value], inputs, [incoming], create_graph=second, allow_unused=True)))
        if not second:
            return found, None
        total = self.fluid.layers.reduce_sum(found["logits"])
        return found, grad([total], [leaves["logits"]], allow_unused=True)[0]


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
                    found += self.fluid.gradients([found[wrt.index("logits")]], [leaves["logits"]])
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
        names = [name for name in NAMES if name in tensors]
        places = tuple(names.index(name) for name in wrt)
        values, slopes = [], []

        def total(*arguments):
            values.append(call(dict(zip(names, arguments))))
            return values[0] if cotangent is None else values[0] * cotangent

        def slope(*arguments):
            slopes.append(self.ms.grad(total, places[0])(*arguments))
            return slopes[0]

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


class TensorFlow(Eager):
    """TensorFlow tensors, in eager mode."""

    def __init__(self):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import tensorflow

        self.tf = tensorflow
        self.version = tensorflow.__version__
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)

    def tensor(self, values, dtype, view):
        # By way of NumPy's float32: TensorFlow's cast from float64 loses what is subnormal there.
        plain = "float32" if dtype in ("float16", "bfloat16") else dtype
        return viewed(values.astype(plain), view, lambda array: self.tf.cast(self.tf.constant(array), dtype))

    def array(self, x):
        return np.asarray(x.numpy()), x.dtype.name

    def differentiate(self, call, tensors, wrt, cotangent, second):
        with self.tf.GradientTape() as outer:
            outer.watch(tensors["logits"])
            with self.tf.GradientTape() as inner:
                inner.watch([tensors[name] for name in wrt])
                value = in_phase("call", call, tensors)
                incoming = self.tf.fill(
                    self.tf.shape(value), self.tf.cast(1.0 if cotangent is None else cotangent, value.dtype)
                )
            found = in_phase("gradient", inner.gradient, value, [tensors[name] for name in wrt], incoming)
            found = dict(zip(wrt, found))
        if not second:
            return value, found, None
        return value, found, in_phase("gradient", outer.gradient, found["logits"], tensors["logits"])


class Keras(TensorFlow):
    """Keras 3 on TensorFlow, in eager mode."""

    def __init__(self):
        os.environ["KERAS_BACKEND"] = "tensorflow"
        super().__init__()
        import keras

        self.version = keras.__version__


class Jax(Eager):
    """JAX arrays, not compiled, with float64 at hand."""

    def __init__(self):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.version = jax.__version__

    def tensor(self, values, dtype, view):
        # NumPy rounds: what JAX casts loses what is subnormal.
        return viewed(values.astype(self.jax.numpy.dtype(dtype)), view, self.jax.numpy.asarray)

    def array(self, x):
        return np.asarray(x), x.dtype.name

    def differentiate(self, call, tensors, wrt, cotangent, second):
        def pulled(names, *given):
            value, pull = in_phase(
                "call", self.jax.vjp, lambda *new: call(dict(tensors, **dict(zip(names, new)))), *given
            )
            incoming = self.jax.numpy.full(value.shape, 1.0 if cotangent is None else cotangent, value.dtype)
            return value, in_phase("gradient", pull, incoming)

        value, found = pulled(wrt, *[tensors[name] for name in wrt])
        found = dict(zip(wrt, found))
        if not second:
            return value, found, None
        twice = self.jax.grad(lambda x: pulled(["logits"], x)[1][0].sum())
        return value, found, in_phase("gradient", twice, tensors["logits"])


FRAMEWORKS = {
    "numpy": NumPy,
    "torch": Torch,
    "paddle": Paddle,
    "mindspore": MindSpore,
    "tensorflow": TensorFlow,
    "keras": Keras,
    "jax": Jax,
    "array_api": ArrayApi,
}
PADDLE_1 = {"eager": Fluid, "static": FluidStatic}


def framework_of(name, mode):
    """The framework, ready to execute calls in this mode."""
    if name == "paddle" and not hasattr(importlib.import_module("paddle"), "to_tensor"):
        return PADDLE_1[mode]()
    if mode != "eager":
        return modes()[name, mode]()
    return FRAMEWORKS[name]() if name in FRAMEWORKS else outside(name)


def modes():
    """The classes of the file beside this one, by framework and mode."""
    importable()
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "modes.py")
    spec: Any = importlib.util.spec_from_file_location("compatlosses.conformance.modes", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(spec.name, module)  # MindSpore's compiler asks for it by name
    spec.loader.exec_module(module)
    return module.MODES


def outside(name):
    """A framework that another package brings, by the entry point of that name: a subclass of `Eager`."""
    from importlib.metadata import entry_points

    importable()
    (point,) = entry_points(group="compatlosses.conformance", name=name)
    return point.load()()


def importable():
    """Make what others import from here this very module, which a process of its own runs as a script."""
    sys.modules.setdefault("compatlosses.conformance.worker", sys.modules[__name__])


def viewed(values, view, make):
    """A tensor of these values by way of `make`, laid out in memory as `view` says."""
    if view == "strided":
        spread = np.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
        spread[..., ::2] = values
        return make(spread)[..., ::2]
    if view == "transposed":
        return make(np.ascontiguousarray(values.T)).T
    if view == "offset":
        return make(np.concatenate([np.zeros_like(values[:1]), values]))[1:]
    return make(values)


def told(error):
    """An error as data: the names of its class and of that one's bases, and its message."""
    # Paddle's messages begin with a stack and end with what is wrong.
    return {
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "message": message_of(error).strip()[-600:],
    }


def message_of(error):
    """An error's or a warning's message, also where making it is an error of its own."""
    try:
        return str(error)
    except Exception as another:
        return "its message cannot be made: " + type(another).__name__


def in_phase(phase, function, *arguments):
    """The result of the function; its error as one of this phase."""
    try:
        return function(*arguments)
    except (Unsupported, Refused):
        raise
    except Exception as error:
        raise Refused(phase, error) from error


# --------------------------------------------- the implementations


class Function:
    """An implementation that is a function: where it is found, and its own names for the neutral
    arguments.
    """

    order = ("logits", "targets")
    """How tensors that are given by position stand, unless a request says otherwise."""
    fixed: dict[str, Any] = {}  # noqa: RUF012 -- nobody writes there
    """What every call is given besides."""

    def __init__(self, module, name, names, options=("reduction",), required=()):
        self.module, self.name, self.names, self.options, self.required = (
            module,
            name,
            names,
            options,
            required,
        )

    def find(self):
        return getattr(importlib.import_module(self.module), self.name)

    def bind(self, function, request, through):
        """A callable that takes a dict of tensors by neutral name; `through` is the mode's way to execute."""
        options = dict(request.get("options", {}))
        renamed = request.get("rename", {})
        free = request.get("free", False)
        check_options(options, self.options, free)
        positional = request.get("positional", self.order)

        def call(tensors):
            given = self.complete(tensors)
            arguments = [given.pop(name) for name in positional]
            keywords = {renamed.get(name) or self.names[name]: x for name, x in given.items()}
            if request.get("twice"):
                keywords[request["twice"]] = arguments[0]
            keywords.update(options, **self.fixed)
            return through(function)(*arguments, **keywords)

        if self.module == "compatlosses":
            setattr(call, "neutral_options", options)  # noqa: B010
        return call

    def complete(self, tensors):
        for name in tensors:
            if name not in self.names:
                raise Unsupported("this API has no " + name)
        given = dict(tensors)
        for name in self.required:
            # Where a version demands weights, ones are the only way to call it without.
            if name not in given:
                given[name] = ones_like(
                    given["targets"] if isinstance(given["logits"], list) else given["logits"]
                )
        return given


class Module(Function):
    """An implementation that is a module class: made with weights and options, called with logits and
    targets.
    """

    def bind(self, function, request, through):
        options = dict(request.get("options", {}))
        check_options(options, self.options, request.get("free", False))
        if request.get("twice"):
            raise Unsupported("a module takes its tensors by position")

        def call(tensors):
            given = self.complete(tensors)
            logits, targets = given.pop("logits"), given.pop("targets")
            module = function(**{self.names[name]: x for name, x in given.items()}, **options)
            return through(module)(logits, targets)

        return call


class LabelsFirst(Function):
    """A function of TensorFlow's order."""

    order = ("targets", "logits")


class FromLogits(LabelsFirst):
    """Keras' function, which takes probabilities unless it is told."""

    fixed = {"from_logits": True}  # noqa: RUF012 -- one value for all


class RawPaddle(Function):
    """Paddle's raw operator: positional alone; pos_weight is a factor of each element and not offered as the
    argument.
    """

    def bind(self, function, request, through):
        options = dict(request.get("options", {}))
        check_options(options, self.options, False)
        if options.pop("reduction", "none") != "none":
            raise Unsupported("this API has no reduction")

        def call(tensors):
            given = self.complete(tensors)
            normalize, ignore_index = options.get("normalize", False), options.get("ignore_index", -100)
            return through(function)(given["logits"], given["targets"], None, normalize, ignore_index)

        return call


def check_options(options, known, free):
    """Refuse, as unsupported, an option that the API does not have; the reduction 'none' is what such an API
    does.
    """
    if "reduction" not in known and options.get("reduction") == "none":
        del options["reduction"]
    for name in options:
        if name not in known and not free:
            raise Unsupported("this API has no " + name)


def numbers(version):
    """The first two numbers of a version."""
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in version.split(".")[:2])


def ones_like(x):
    """A tensor of ones of the shape and dtype of `x`, by way of the framework that it comes from."""
    module = type(x).__module__.partition(".")[0]
    if module == "numpy":
        return np.ones_like(x)
    if module == "torch":
        return importlib.import_module("torch").ones_like(x)
    if module == "paddle":
        return importlib.import_module("paddle").ones_like(x)
    if module == "tensorflow":
        return importlib.import_module("tensorflow").ones_like(x)
    if module.startswith("jax"):
        return importlib.import_module("jax.numpy").ones_like(x)
    if module == "mindspore":
        return importlib.import_module("mindspore").ops.ones_like(x)
    raise Unsupported("a " + module + " tensor of ones is not known here")


BCE = "binary_cross_entropy_with_logits"
WEIGHTS = {"weight": "weight", "pos_weight": "pos_weight"}
INPUT = dict(WEIGHTS, logits="input", targets="target")
LOGIT = dict(WEIGHTS, logits="logit", targets="label")
LOGITS = dict(WEIGHTS, logits="logits", targets="label")
FLUID = {"logits": "x", "targets": "label"}
LABELS = {"logits": "logits", "targets": "labels"}
KERAS = {"logits": "output", "targets": "target"}
SIGMOID, WEIGHTED = "sigmoid_cross_entropy_with_logits", "weighted_cross_entropy_with_logits"
LEGACY = ("reduction", "size_average", "reduce")
BOTH = ("weight", "pos_weight")
IGNORING = ("ignore_index", "normalize")

NATIVE: dict[str, dict[str, Any]] = {
    "torch": {
        "torch.nn.functional." + BCE: Function("torch.nn.functional", BCE, INPUT, LEGACY),
        "torch.nn.BCEWithLogitsLoss": Module("torch.nn", "BCEWithLogitsLoss", INPUT, LEGACY),
    },
    "paddle": {
        "paddle.nn.functional." + BCE: Function("paddle.nn.functional", BCE, LOGIT, ("reduction", "name")),
        "paddle.nn.BCEWithLogitsLoss": Module("paddle.nn", "BCEWithLogitsLoss", LOGIT, ("reduction", "name")),
        "paddle._C_ops.sigmoid_cross_entropy_with_logits": RawPaddle(
            "paddle._C_ops", "sigmoid_cross_entropy_with_logits", FLUID, IGNORING
        ),
        "paddle.fluid.layers.sigmoid_cross_entropy_with_logits": Function(
            "paddle.fluid.layers", "sigmoid_cross_entropy_with_logits", FLUID, (*IGNORING, "name")
        ),
    },
    "mindspore": {
        "mindspore.ops." + BCE: Function("mindspore.ops", BCE, INPUT),
        "mindspore.mint.nn.functional." + BCE: Function("mindspore.mint.nn.functional", BCE, INPUT),
        "mindspore.nn.BCEWithLogitsLoss": Module("mindspore.nn", "BCEWithLogitsLoss", INPUT),
    },
    "tensorflow": {
        "tf.nn." + SIGMOID: LabelsFirst("tensorflow.nn", SIGMOID, LABELS, ("name",)),
        "tf.nn." + WEIGHTED: LabelsFirst(
            "tensorflow.nn", WEIGHTED, dict(LABELS, pos_weight="pos_weight"), ("name",), ("pos_weight",)
        ),
    },
    "keras": {"keras.ops.binary_crossentropy": FromLogits("keras.ops", "binary_crossentropy", KERAS, ())},
    "jax": {
        "optax.sigmoid_binary_cross_entropy": Function("optax", "sigmoid_binary_cross_entropy", LABELS, ())
    },
}
RENAMED = {
    (2, 7): {"mindspore.ops." + BCE: Function("mindspore.ops", BCE, LOGITS)},
    (2, 3): {"mindspore.ops." + BCE: Function("mindspore.ops", BCE, LOGITS, ("reduction",), BOTH)},
}
"""MindSpore's own functions as spoken before a version: a later table's entries are of earlier versions."""
SHIM = {
    "compatlosses": Function(
        "compatlosses", BCE, dict(WEIGHTS, logits="logits", targets="targets"), ("reduction", *IGNORING)
    ),
    "compatlosses.torch": Function("compatlosses.torch", BCE, INPUT, LEGACY),
    "compatlosses.paddle": Function("compatlosses.paddle", BCE, LOGIT, ("reduction", "name")),
    "compatlosses.paddle.v2_0": Function("compatlosses.paddle.v2_0", BCE, LOGIT, ("reduction", "name")),
    "compatlosses.paddle.fluid.layers": Function(
        "compatlosses.paddle.fluid.layers", "sigmoid_cross_entropy_with_logits", FLUID, (*IGNORING, "name")
    ),
    "compatlosses.mindspore": Function("compatlosses.mindspore", BCE, LOGITS),
    "compatlosses.mindspore.v2_0": Function("compatlosses.mindspore.v2_0", BCE, LOGITS, ("reduction",), BOTH),
    "compatlosses.mindspore.v2_7": Function("compatlosses.mindspore.v2_7", BCE, INPUT),
    "compatlosses.mindspore.mint": Function("compatlosses.mindspore.mint", BCE, INPUT),
    "compatlosses.tensorflow." + SIGMOID: LabelsFirst("compatlosses.tensorflow", SIGMOID, LABELS, ("name",)),
    "compatlosses.tensorflow." + WEIGHTED: LabelsFirst(
        "compatlosses.tensorflow", WEIGHTED, dict(LABELS, pos_weight="pos_weight"), ("name",), ("pos_weight",)
    ),
    "compatlosses.keras": FromLogits("compatlosses.keras", "binary_crossentropy", KERAS, ()),
    "compatlosses.optax": Function("compatlosses.optax", "sigmoid_binary_cross_entropy", LABELS, ()),
}
# The editions' module classes are real modules of their framework, and tested in it.
SHIM_MODULES = {
    "torch": Module("compatlosses.torch", "BCEWithLogitsLoss", INPUT, LEGACY),
    "paddle": Module("compatlosses.paddle", "BCEWithLogitsLoss", LOGIT, ("reduction", "name")),
    "mindspore": Module("compatlosses.mindspore", "BCEWithLogitsLoss", INPUT),
}


def implementations(framework: str, kind: str) -> dict[str, Any]:
    """What is tested in a framework's environment, by name."""
    if kind == "native":
        return NATIVE.get(framework, {})
    if framework == "keras":
        # Its tensors are TensorFlow's, which run all editions.
        return {"compatlosses.keras": SHIM["compatlosses.keras"]}
    if framework not in SHIM_MODULES:
        return SHIM
    module = SHIM_MODULES[framework]
    return dict(SHIM, **{module.module + "." + module.name: module})


# --------------------------------------------- one request


class Session:
    """A framework and the implementations under test in it, by name.

    The seam for a test that brings wrong ones.
    """

    def __init__(self, framework, implementations, mode="eager"):
        self.framework = framework_of(framework, mode)
        # MindSpore renamed its arguments in 2.7 and made the weights optional between 2.0 and 2.3.
        self.implementations = dict(implementations)
        for earliest, renamed in RENAMED.items():
            if framework == "mindspore" and numbers(self.framework.version) < earliest:
                self.implementations.update(
                    (name, renamed[name]) for name in renamed if name in implementations
                )
        self.functions = {}

    def available(self):
        """By name, None for an implementation that can be called, else why not."""
        reasons: dict[str, str | None] = {}
        for name, implementation in self.implementations.items():
            try:
                self.functions[name] = implementation.find()
                reasons[name] = None
            except (ImportError, AttributeError) as error:
                reasons[name] = type(error).__name__ + ": " + message_of(error)[-600:]
        return reasons

    def answer(self, request):
        """What came of one request, as data for JSON."""
        self.framework.settle()
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
            warnings.simplefilter("always")
            try:
                found = self.run(request)
            except Unsupported as why:
                found = {"outcome": "unsupported", "message": str(why)}
            except Refused as refusal:
                found = dict(told(refusal.error), outcome="error", phase=refusal.phase)
        found["warnings"] = [[w.category.__name__, message_of(w.message)[:300]] for w in caught][:5]
        return found

    def run(self, request):
        repeat = request.get("repeat")
        tensors, before = {}, {}
        for name, spec in request["tensors"].items():
            tensors[name] = in_phase("inputs", self.made, spec, repeat)
            if repeat is None and spec.get("as", "tensor") == "tensor":
                before[name] = self.framework.array(tensors[name])[0].tobytes()
        name = request["implementation"]
        call = self.implementations[name].bind(self.functions[name], request, self.framework.through)
        wrt = request.get("differentiate", [])
        gradients, twice = {}, None
        if request.get("before"):
            earlier = {
                name: self.made(resized(spec, request["before"]), None)
                for name, spec in request["tensors"].items()
            }
            self.differentiate(call, earlier, wrt, request.get("cotangent"), False)
        if wrt and not self.framework.values_alone:
            how = (request.get("cotangent"), request.get("second", False))
            value, gradients, twice = in_phase("call", self.differentiate, call, tensors, wrt, *how)
        else:
            value = in_phase("call", self.framework.evaluate, call, tensors)
        answer = {"outcome": "value", "value": in_phase("call", self.packed, value, repeat)}
        if self.framework.values_alone:
            return dict(answer, gradients={}, second=None, values_alone=True)
        for name, x in gradients.items():
            gradients[name] = x if isinstance(x, dict) else in_phase("gradient", self.packed, x, repeat)
        answer["gradients"] = gradients
        if request.get("second"):
            answer["second"] = (
                twice if isinstance(twice, dict) else in_phase("gradient", self.packed, twice, repeat)
            )
        answer["modified"] = [
            n for n, old in before.items() if self.framework.array(tensors[n])[0].tobytes() != old
        ]
        return answer

    def differentiate(self, call, tensors, wrt, cotangent, second):
        """Value and gradients; where a framework refuses some of them, the others and what it said
        of those.
        """
        try:
            return self.framework.differentiate(call, tensors, wrt, cotangent, second)
        except Refused as refusal:
            said = dict(told(refusal.error), refused=True)
        # The call itself may be what is wrong: its own error then speaks for itself.
        value = in_phase("call", self.framework.evaluate, call, tensors)
        gradients = {}
        if second and wrt == ["logits"]:
            return value, self.differentiate(call, tensors, wrt, cotangent, False)[1], said
        for name in wrt:
            gradients[name] = said
            if len(wrt) > 1:
                gradients.update(self.differentiate(call, tensors, [name], cotangent, False)[1])
        return value, gradients, said

    def made(self, spec, repeat):
        values = decoded(spec["data"]).reshape(spec["shape"])
        kind = spec.get("as", "tensor")
        if kind == "list":
            return values.tolist()
        if kind == "foreign":
            return Foreign()
        if repeat is not None and values.size == repeat["distinct"]:
            values = values[permutation(repeat) % repeat["distinct"]]
        return self.framework.tensor(values, spec["dtype"], spec.get("view"))

    def packed(self, x, repeat):
        """A result for the wire; of a repeated input, the least and the greatest result of each distinct
        pair.
        """
        if x is None:
            return None
        array, dtype = self.framework.array(x)
        shape = list(array.shape)
        wide = array.astype(np.float64)
        if repeat is not None and wide.ndim == 1 and wide.size == repeat["distinct"] * repeat["times"]:
            rows = np.empty_like(wide)
            rows[permutation(repeat)] = wide
            rows = rows.reshape(repeat["times"], repeat["distinct"])
            wide = np.stack([rows.min(axis=0), rows.max(axis=0)])
        return {"dtype": dtype, "shape": shape, "data": encoded(wide)}


def resized(spec, length):
    """A one-dimensional tensor of the same values, repeated or cut to another length."""
    values = np.resize(decoded(spec["data"]), length)
    return dict(spec, shape=[length], data=encoded(values))


class Foreign:
    """What is no tensor of any framework."""


_LAST: dict[tuple[int, int, int], Any] = {}


def permutation(repeat):
    """The order in which the repeated pairs stand: from the old generator, whose stream is the same in every
    NumPy.
    """
    key = (repeat["distinct"], repeat["times"], repeat["seed"])
    if key not in _LAST:
        if sum(len(order) for order in _LAST.values()) + key[0] * key[1] > 2 * 10**6:
            _LAST.clear()
        _LAST[key] = np.random.RandomState(key[2]).permutation(key[0] * key[1])
    return _LAST[key]


def encoded(array):
    """Base64 of little-endian float64."""
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f8").tobytes()).decode("ascii")


def decoded(text):
    """The flat float64 array that `encoded` wrote."""
    return np.frombuffer(base64.b64decode(text), dtype="<f8").copy()


def serve(session):
    """Answer requests until the input ends.

    The channel is kept on descriptors of its own: what a framework reads, prints or hands to programs that it
    starts are others. Frameworks that print do so on standard error, and read nothing.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    this = os.getpid()

    def send(message):
        line = json.dumps(message).encode("ascii")
        if len(line) >= LARGEST_LINE:
            error = ValueError(f"the answer has {len(line)} bytes, more than the {LARGEST_LINE} of a line")
            line = json.dumps(dict(told(error), outcome="error", phase="call", id=message["id"])).encode(
                "ascii"
            )
        if os.getpid() != this:
            os._exit(0)  # A copy of this process that a framework has made is nobody's worker.
        answers.write(line + b"\n")
        answers.flush()

    made = session()
    send(
        {
            "ready": True,
            "framework": made.framework.version,
            "available": made.available(),
            "python": platform.python_version(),
            "numpy": np.__version__,
        }
    )
    while True:
        line = requests.readline(LARGEST_LINE)
        if not line:
            return
        if not line.endswith(b"\n"):
            raise SystemExit(f"a request is cut off, or has more than {LARGEST_LINE} bytes")
        request = json.loads(line.decode("ascii"))
        answer = made.answer(request)
        answer["id"] = request["id"]
        send(answer)


def stay(kind):
    """Keep this process on one core, native and shim each on its own, where the system knows of such a thing.

    MindSpore hands every operation from thread to thread. The shim's cases took it 26 s of processor time on
    one core and 46 s spread over two; beside other targets 30 s and 65 s. The other targets give way to it
    for the same reason.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[0] if kind == "native" else cores[-1]})


if __name__ == "__main__":
    FRAMEWORK, KIND = sys.argv[1:3]
    MODE = sys.argv[3] if len(sys.argv) > 3 else "eager"
    if FRAMEWORK == "mindspore":
        stay(KIND)
    else:
        os.nice(10)
    serve(lambda: Session(FRAMEWORK, implementations(FRAMEWORK, KIND), MODE))

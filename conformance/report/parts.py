"""What a script for a bug report needs of each framework, as source text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A framework in a script. Gradients and second derivatives are bodies of functions of ``arguments``,
    ``wrt`` or ``name``, and ``incoming``, the factor that comes in. What is differentiated again is
    ``{slope}``.
    """

    load: str
    tensor: str
    """A tensor of ``{array}``, an array of NumPy's, in ``{dtype}``."""
    gradients: str
    second: str
    array: str
    """A result ``x`` as an array of float64."""
    version: str
    modes: dict[str, str] = field(default_factory=dict)
    """By mode, the lines that make ``call`` what is called in it."""
    modes_of_modules: dict[str, str] = field(default_factory=dict)
    """The same where a module is called, if that differs: they make ``through``, which takes the module."""
    values_alone: tuple[str, ...] = ()
    """The modes in which there is nothing to differentiate."""
    wide: bool = True
    """Whether tensors are made of arrays of float64, and rounded by the framework."""


TENSORFLOW_SLOPES = (
    "    leaves = [arguments[name] for name in wrt]\n"
    "    with tensorflow.GradientTape() as tape:\n"
    "        tape.watch(leaves)\n"
    "        loss = call(**arguments)\n"
    "        factor = tensorflow.fill(tensorflow.shape(loss), tensorflow.cast(incoming, loss.dtype))\n"
    "    return tape.gradient(loss, leaves, factor)"
)
TENSORFLOW_SECOND = (
    "    with tensorflow.GradientTape() as outer:\n"
    "        outer.watch(arguments[name])\n"
    "        (slope,) = gradients(arguments, [name], incoming)\n"
    "        slope = {slope}\n"
    "    return outer.gradient(slope, arguments[name])"
)
TENSORFLOW = Part(
    "import tensorflow",
    # By way of float32, which holds half precision exactly: TensorFlow's cast from float64 loses what is
    # subnormal there.
    "tensorflow.cast(tensorflow.constant({array}), {dtype!r})",
    TENSORFLOW_SLOPES,
    TENSORFLOW_SECOND,
    "x.numpy().astype(numpy.float64)",
    "tensorflow.__version__",
    {"function": "call = tensorflow.function(call)"},
    wide=False,
)
KERAS = Part(
    'import os\n\nos.environ["KERAS_BACKEND"] = "tensorflow"\nimport keras\nimport tensorflow',
    TENSORFLOW.tensor,
    TENSORFLOW_SLOPES,
    TENSORFLOW_SECOND,
    TENSORFLOW.array,
    'keras.__version__, "tensorflow", tensorflow.__version__',
    wide=False,
)
VMAP = """inner = call


def call(**arguments):
    names, batch = list(arguments), [x[None] for x in arguments.values()]
    return torch.func.vmap(lambda *tensors: inner(**dict(zip(names, tensors))))(*batch)[0]"""
ONNX = """import onnx.reference

inner = call


class Module(torch.nn.Module):
    def forward(self, *tensors):
        return inner(**dict(zip(self.names, tensors)))


def call(**arguments):
    module, tensors = Module(), tuple(arguments.values())
    module.names = list(arguments)
    program = torch.onnx.export(module, tensors, dynamo=True, verbose=False).model_proto
    given = dict(zip([x.name for x in program.graph.input], [x.detach().numpy() for x in tensors]))
    return torch.tensor(numpy.array(onnx.reference.ReferenceEvaluator(program).run(None, given)[0]))"""
EXPORT_OF_MODULES = """def through(module):
    return lambda *tensors: torch.export.export(module, tensors).module()(*tensors)"""
EXPORT = """inner = call


class Module(torch.nn.Module):
    def forward(self, *tensors):
        return inner(**dict(zip(self.names, tensors)))


def call(**arguments):
    module, tensors = Module(), tuple(arguments.values())
    module.names = list(arguments)
    return torch.export.export(module, tensors).module()(*tensors)"""
DTENSOR = """import torch.distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard

torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
mesh, inner = init_device_mesh("cpu", (1,)), call


def sharded(x):
    return DTensor.from_local(x, mesh, [Shard(0) if x.ndim else Replicate()])


def call(**arguments):
    return inner(**{name: sharded(x) for name, x in arguments.items()}).full_tensor()"""
TORCH = Part(
    "import torch",
    "torch.tensor({array}).to(torch.{dtype})",
    "    leaves = [arguments[name].detach().requires_grad_() for name in wrt]\n"
    "    loss = call(**dict(arguments, **dict(zip(wrt, leaves))))\n"
    "    factor = torch.full_like(loss, incoming)\n"
    "    return torch.autograd.grad(loss, leaves, factor, allow_unused=True)",
    "    leaf = arguments[name].detach().requires_grad_()\n"
    "    loss = call(**dict(arguments, **{{name: leaf}}))\n"
    "    factor = torch.full_like(loss, incoming)\n"
    "    (slope,) = torch.autograd.grad(loss, [leaf], factor, create_graph=True)\n"
    "    return torch.autograd.grad(({slope}).sum(), leaf, allow_unused=True)[0]",
    "x.detach().to(torch.float64).numpy()",
    "torch.__version__",
    {
        "compile": "call = torch.compile(call, fullgraph=True)",
        "compile-dynamic": "call = torch.compile(call, fullgraph=True, dynamic=True)",
        "autocast": 'call = torch.autocast("cpu", torch.bfloat16)(call)',
        "inference": "call = torch.inference_mode()(call)",
        "vmap": VMAP,
        "onnx": ONNX,
        "export": EXPORT,
        "dtensor": DTENSOR,
    },
    {"export": EXPORT_OF_MODULES},
)
TO_STATIC = """inner = call


def program(arguments):
    return inner(**arguments)


program = paddle.jit.to_static(program, full_graph=True)


def call(**arguments):
    return program(arguments)"""
AUTO_CAST = TO_STATIC.replace(
    "    return inner(**arguments)",
    '    with paddle.amp.auto_cast(True, level="O1", dtype="bfloat16"):\n        return inner(**arguments)',
)
SAVED = """import tempfile

inner = call


class Layer(paddle.nn.Layer):
    def forward(self, arguments):
        return inner(**arguments)


def spec(x):
    return paddle.static.InputSpec(x.shape, x.dtype, stop_gradient=x.stop_gradient)


def call(**arguments):
    specs = {name: spec(x) for name, x in arguments.items()}
    with tempfile.TemporaryDirectory() as folder:
        program = paddle.jit.to_static(Layer(), input_spec=[specs], full_graph=True)
        paddle.jit.save(program, folder + "/program")
        return paddle.jit.load(folder + "/program")(*(arguments[name] for name in sorted(arguments)))"""
PADDLE = Part(
    "import paddle",
    'paddle.to_tensor({array}).astype("{dtype}")',
    "    leaves = [arguments[name].detach() for name in wrt]\n"
    "    for leaf in leaves:\n"
    "        leaf.stop_gradient = False\n"
    "    loss = call(**dict(arguments, **dict(zip(wrt, leaves))))\n"
    "    factor = paddle.full_like(loss, incoming)\n"
    "    return paddle.grad([loss], leaves, [factor], allow_unused=True)",
    "    leaf = arguments[name].detach()\n"
    "    leaf.stop_gradient = False\n"
    "    loss = call(**dict(arguments, **{{name: leaf}}))\n"
    "    factor = paddle.full_like(loss, incoming)\n"
    "    (slope,) = paddle.grad([loss], [leaf], [factor], create_graph=True)\n"
    "    return paddle.grad([({slope}).sum()], [leaf], allow_unused=True)[0]",
    'x.astype("float64").numpy()',
    "paddle.__version__",
    {"to_static": TO_STATIC, "auto_cast": AUTO_CAST, "saved": SAVED},
    values_alone=("saved",),
)
MINDSPORE = Part(
    "import mindspore",
    "mindspore.Tensor({array}, mindspore.{dtype})",
    "    names = list(arguments)\n"
    "    places = tuple(names.index(name) for name in wrt)\n"
    "    found = mindspore.grad(lambda *values: call(**dict(zip(names, values))) * incoming, places)(\n"
    "        *arguments.values()\n"
    "    )\n"
    "    return found if isinstance(found, tuple) else (found,)",
    "    names = list(arguments)\n"
    "    place = names.index(name)\n"
    "    total = lambda *values: call(**dict(zip(names, values))) * incoming\n"
    "\n"
    "    def first(*values):\n"
    "        slope = mindspore.grad(total, place)(*values)\n"
    "        return {slope}\n\n"
    "    return mindspore.grad(first, place)(*arguments.values())",
    "x.astype(mindspore.float32 if x.dtype == mindspore.bfloat16 else x.dtype)"
    ".asnumpy().astype(numpy.float64)",
    "mindspore.__version__",
    {"jit": "call = mindspore.jit(call)"},
)
JAX = Part(
    'import jax\n\njax.config.update("jax_enable_x64", True)',
    "jax.numpy.asarray({array}.astype(jax.numpy.dtype({dtype!r})))",
    "    def loss(*values):\n"
    "        return call(**dict(arguments, **dict(zip(wrt, values))))\n\n"
    "    value, pull = jax.vjp(loss, *[arguments[name] for name in wrt])\n"
    "    return pull(jax.numpy.full(value.shape, incoming, value.dtype))",
    "    def total(x):\n"
    "        (slope,) = gradients(dict(arguments, **{{name: x}}), [name], incoming)\n"
    "        return ({slope}).sum()\n\n"
    "    return jax.grad(total)(arguments[name])",
    "numpy.asarray(x).astype(numpy.float64)",
    "jax.__version__",
    {"jit": "call = jax.jit(call)"},
)
PARTS = {
    "torch": TORCH,
    "paddle": PADDLE,
    "mindspore": MINDSPORE,
    "tensorflow": TENSORFLOW,
    "keras": KERAS,
    "jax": JAX,
}
VIEWED = '''

def viewed(values, view, make):
    """A tensor of these values that is a view of a larger or transposed one."""
    if view == "strided":
        spread = numpy.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
        spread[..., ::2] = values
        return make(spread)[..., ::2]
    if view == "transposed":
        return make(numpy.ascontiguousarray(values.T)).T
    return make(numpy.concatenate([numpy.zeros_like(values[:1]), values]))[1:]
'''
TEMPLATE = '''"""{id} on {name}{mode}

{clause}
Exits 1 while the result is not as expected, 0 when it is. Expected values are exact, rounded once.
"""

import platform
import sys

import numpy
{load}

inf, nan = numpy.inf, numpy.nan
print({framework!r}, {version}, "numpy", numpy.__version__)
print("Python", platform.python_version(), "on", platform.platform())


def call(**arguments):
{call}

{through}
def gradients(arguments, wrt, incoming):
{gradients}
{second}{viewed}

def array(x):
    return {array}

{order}
arguments = {{
{arguments}
}}
{before}expected = {{
{expected}
}}
{body}
'''
SECOND = """

def second(arguments, name, incoming):
{second}
"""
VALUES = """wrong = False
found = {{"loss": call(**arguments)}}
for name in {wrt!r}:
    try:
        (found[name],) = gradients(arguments, [name], {incoming!r})
    except Exception as error:  # a framework need not have every gradient, if it says so
        print("the gradient by", name, "is refused:", type(error).__name__, str(error)[:300])
{again}for name, (values, allowed) in expected.items():
    if name not in found:
        continue
    actual = None if found[name] is None else array(found[name]).ravel()
    exact, allowed = numpy.array(values, numpy.float64), numpy.array(allowed, numpy.float64)
    if actual is None or actual.size != exact.size:
        print(name, "NOT as expected:", "None" if actual is None else actual.shape)
        wrong = True
        continue
    with numpy.errstate(all="ignore"):
        off = numpy.abs(actual - exact)
        near = (actual == exact) | (off <= allowed) | numpy.isnan(actual) & numpy.isnan(exact)
    print(name, "as expected" if near.all() else "NOT as expected")
    first = numpy.flatnonzero(~near)[:1] if exact.size > 20 else slice(None)
    print("  expected", exact[first].tolist())
    print("  actual  ", actual[first].tolist())
    wrong |= not near.all()
sys.exit(wrong)"""
AGAIN = """try:
    found["second"] = second(arguments, {first!r}, {incoming!r})
except Exception as error:
    print("the second derivative is refused:", type(error).__name__, str(error)[:300])
"""
ERROR = """try:
    actual = array(call(**arguments))
except ({kinds}) as error:
    print("raised as expected:", type(error).__name__)
    sys.exit(0)
except Exception as error:
    print("expected {kinds}; raised", type(error).__name__, str(error)[:300])
    sys.exit(1)
print("expected {kinds}; actual", actual.tolist())
sys.exit(1)"""

"""A case as a standalone script for a bug report: it needs the framework and NumPy, and nothing of ours."""

from __future__ import annotations

from typing import Any

from ..errors import SuiteError
from ..judging.judge import exact_outcome, tolerances
from ..model.case import Case, Tensor
from ..model.implementations import APIS, HALVES, Api, Row, rows
from ..model.rows import fits, kind_of
from ..running.request import tensors_of
from ..worker.calls import spelled
from ..worker.driver import Unsupported

NEWEST = "99999"
"""A version after all others: scripts are for the newest."""


MOST_VALUES = 1000
"""Of the logits in a script."""


class ReproError(SuiteError):
    """A case that no script can show on this framework."""


TENSORFLOW = (
    # By way of float32, which holds half precision exactly: TensorFlow's cast from float64 loses what is
    # subnormal there.
    "tensorflow.cast(tensorflow.constant(numpy.array({values}, dtype=numpy.{plain}).reshape({shape})), "
    "{dtype!r})",
    "    leaves = [arguments[name] for name in wrt]\n"
    "    with tensorflow.GradientTape() as tape:\n"
    "        tape.watch(leaves)\n"
    "        loss = call(**arguments)\n"
    "    return tape.gradient(loss, leaves)",
    "x.numpy().astype(numpy.float64)",
)
PARTS = {
    "torch": (
        "import torch",
        "torch.tensor(numpy.array({values}, dtype=numpy.float64)).reshape({shape}).to(torch.{dtype})",
        "    leaves = [arguments[name].requires_grad_() for name in wrt]\n"
        "    return torch.autograd.grad(call(**arguments).sum(), leaves, allow_unused=True)",
        "x.detach().to(torch.float64).numpy()",
    ),
    "paddle": (
        "import paddle",
        'paddle.to_tensor(numpy.array({values}, dtype=numpy.float64).reshape({shape})).astype("{dtype}")',
        "    leaves = [arguments[name] for name in wrt]\n"
        "    for leaf in leaves:\n"
        "        leaf.stop_gradient = False\n"
        "    return paddle.grad([call(**arguments).sum()], leaves, allow_unused=True)",
        'x.astype("float64").numpy()',
    ),
    "mindspore": (
        "import mindspore",
        "mindspore.Tensor(numpy.array({values}, dtype=numpy.float64).reshape({shape}), mindspore.{dtype})",
        "    names = list(arguments)\n"
        "    places = tuple(names.index(name) for name in wrt)\n"
        "    found = mindspore.grad(lambda *values: call(**dict(zip(names, values))).sum(), "
        "places)(*arguments.values())\n"
        "    return found if isinstance(found, tuple) else (found,)",
        "x.astype(mindspore.float32).asnumpy().astype(numpy.float64)",
    ),
    "tensorflow": ("import tensorflow", *TENSORFLOW),
    "keras": (
        'import os\n\nos.environ["KERAS_BACKEND"] = "tensorflow"\nimport keras\nimport tensorflow',
        *TENSORFLOW,
    ),
    "jax": (
        'import jax\n\njax.config.update("jax_enable_x64", True)',
        "jax.numpy.asarray(numpy.array({values}, "
        "dtype=numpy.float64).reshape({shape}).astype(jax.numpy.dtype({dtype!r})))",
        "    def total(*values):\n"
        "        return call(**dict(arguments, **dict(zip(wrt, values)))).sum()\n\n"
        "    return jax.grad(total, tuple(range(len(wrt))))(*[arguments[name] for name in wrt])",
        "numpy.asarray(x).astype(numpy.float64)",
    ),
}
"""By framework: its import, a tensor, the gradients of the result's sum, a result as an array of float64."""
TEMPLATE = '''"""{id} on {name}

{clause}
Exits 1 while the result is not as expected, 0 when it is. Expected values are exact, rounded once.
"""

import sys

import numpy
{load}

inf, nan = numpy.inf, numpy.nan


def call(**arguments):
    return {function}(**arguments, **{options!r})


def gradients(arguments, wrt):
{gradients}


def array(x):
    return {array}


arguments = {{
{arguments}
}}
expected = {{
{expected}
}}
{body}
'''
VALUES = """wrong = False
found = {{"loss": call(**arguments)}}
wrt = {wrt!r}
if wrt:
    found.update(zip(wrt, gradients(arguments, wrt)))
for name, (values, allowed) in expected.items():
    actual = None if found[name] is None else array(found[name]).ravel()
    exact = numpy.array(values)
    with numpy.errstate(all="ignore"):
        same = actual is not None and actual.shape == exact.shape
        if same:
            near = (actual == exact) | (numpy.abs(actual - exact) <= allowed)
            same = bool(numpy.all(near | numpy.isnan(actual) & numpy.isnan(exact)))
    print(name, "as expected" if same else "NOT as expected")
    print("  expected", exact.tolist())
    print("  actual  ", None if actual is None else actual.tolist())
    wrong |= not same
sys.exit(wrong)"""
ERROR = """try:
    actual = array(call(**arguments))
except ({kinds}) as error:
    print("raised as expected:", type(error).__name__)
    sys.exit(0)
print("expected {kinds}; actual", actual.tolist())
sys.exit(1)"""


def native_rows(framework: str, loss: str) -> list[Row]:
    """A framework's own implementations of a loss."""
    return [row for row in rows(framework, "native") if row.loss == loss]


def script(case: Case, framework: str, implementation: str | None) -> str:
    """The script's text.

    Raises:
        ReproError: the framework has no native function of that name, or the case's call is not one for it.
    """
    known = native_rows(framework, case.loss) if framework in PARTS else []
    if not known:
        having = [name for name in PARTS if native_rows(name, case.loss)]
        raise ReproError(
            f"{case.id}: there is no native function of {framework!r} for {case.loss}; expected "
            f"{', '.join(having)}"
        )
    functions = {row.name: row.at(NEWEST) for row in known if row.shape == "function"}
    name = implementation or main_function(case, functions)
    function = functions.get(name)
    if function is None:
        raise ReproError(
            f"{name!r} is no function of {framework} that a script can call; expected {', '.join(functions)}"
        )
    if not takes(function, case):
        raise ReproError(
            f"{case.id} cannot be put to {name}: it has no such argument or option, or demands another"
        )
    if (
        case.repeat
        or len(case.first.values) > MOST_VALUES
        or case.second
        or case.cotangent is not None
        or set(case.call) - {"free"}
        or any(t.kind != "tensor" for t in case.tensors.values())
    ):
        raise ReproError(
            f"{case.id} is long, of second order, called in a way of its own, or with what is no tensor: "
            "a script cannot show it"
        )
    load, tensor, gradients, array = PARTS[framework]
    own, api = function.arguments, function.api
    if case.errors:
        if api not in case.errors:
            raise ReproError(f"{case.id} says nothing of {name}")
        body, wanted = ERROR.format(kinds=", ".join(case.errors[api])), ""
    else:
        promised = APIS[case.loss][api]
        wrt = [own[argument] for argument in case.differentiate if argument not in promised.constant]
        body, wanted = VALUES.format(wrt=wrt), "\n".join(expected_lines(case, own, promised))
    return TEMPLATE.format(
        id=case.id,
        name=name,
        clause=case.clause.replace('"""', "'''"),
        function=f"{function.module}.{function.attribute}",
        load=f"{load}\nimport {function.module}" if function.module != framework else load,
        options=given_options(function, case),
        gradients=gradients,
        array=array,
        arguments="\n".join(
            f"    {own[key]!r}: {literal(tensor, value)},"
            for key, value in tensors_of(case, function).items()
        ),
        expected=wanted,
        body=body,
    )


def main_function(case: Case, functions: dict[str, Row]) -> str:
    """The framework's main function; where it has several, the first that takes the case."""
    main = [name for name in functions if functions[name].primary]
    return next((name for name in main if takes(functions[name], case)), main[0])


def own_options(function: Row, case: Case) -> dict[str, Any]:
    """The case's options as the function is given them: one without reductions is not told to make none."""
    without = "reduction" not in function.options and case.options.get("reduction") == "none"
    return {name: value for name, value in case.options.items() if not (without and name == "reduction")}


def given_options(function: Row, case: Case) -> dict[str, Any]:
    """The options of the call, by the function's names."""
    options = {
        function.renamed.get(option, option): value
        for option, value in spelled(own_options(function, case), function.spelled).items()
    }
    of_targets = function.of_targets.get(kind_of(case), {}) if case.of.rows else {}
    return {**options, **of_targets, **function.fixed}


def takes(function: Row, case: Case) -> bool:
    """Whether the case can be put to the function: it has the arguments and options, and demands
    no others.
    """
    if not set(case.tensors) <= set(function.arguments) or not set(function.required) <= set(case.tensors):
        return False
    if case.of.rows and not case.errors and not fits(case, APIS[case.loss][function.api]):
        return False
    try:
        spelled(own_options(function, case), function.spelled)
    except Unsupported:
        return False
    return bool(case.call.get("free")) or set(own_options(function, case)) <= set(function.options)


def literal(template: str, tensor: Tensor) -> str:
    """A tensor as source text; floats are written so that they read back the same."""
    plain = "float32" if tensor.dtype in HALVES else tensor.dtype
    return template.format(values=list(tensor.values), shape=tensor.shape, dtype=tensor.dtype, plain=plain)


def expected_lines(case: Case, own: dict[str, str], api: Api) -> list[str]:
    """The exact outcomes, and how far from them a result may be."""
    lines = []
    for quantity, outcome in exact_outcome(case, api).items():
        kind = "value" if quantity == "value" else "gradient"
        limit = tolerances()["exact"][kind][case.dtype]
        allowed = [limit * ulp for ulp in outcome.ulp.tolist()]
        if quantity in api.constant:
            continue
        name = "loss" if quantity == "value" else own[quantity]
        lines.append(f"    {name!r}: ({outcome.rounded.tolist()}, numpy.array({allowed})),")
    return lines

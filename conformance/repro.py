"""A case as a standalone script for a bug report: it needs the framework and NumPy, and nothing of ours."""

from __future__ import annotations

from .cases import Case, Tensor
from .implementations import APIS, PRIMARY, Api, Implementation
from .judge import exact_outcome, tolerances


class ReproError(ValueError):
    """A case that no script can show on this framework."""


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
        "    found = mindspore.grad(lambda *values: call(**dict(zip(names, values))).sum(), places)(*arguments.values())\n"
        "    return found if isinstance(found, tuple) else (found,)",
        "x.astype(mindspore.float32).asnumpy().astype(numpy.float64)",
    ),
}
TEMPLATE = '''"""{id} on {name}

{clause}
Exits 1 while the result is not as expected, 0 when it is. Expected values are exact, rounded once.
"""

import sys

import numpy
{load}

inf, nan = numpy.inf, numpy.nan


def call(**arguments):
    return {name}(**arguments, **{options!r})


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
        same = actual is not None and actual.shape == exact.shape and bool(
            numpy.all((actual == exact) | (numpy.abs(actual - exact) <= allowed) | numpy.isnan(actual) & numpy.isnan(exact))
        )
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


def script(case: Case, framework: str, implementation: str | None) -> str:
    """The script's text.

    Raises:
        ReproError: the framework has no native function of that name, or the case's call is not one for it.
    """
    from . import worker

    names = worker.NATIVE.get(framework)
    if names is None:
        raise ReproError(f"there is no native function of {framework!r}; expected {', '.join(worker.NATIVE)}")
    name = implementation or next(known for known in names if known in PRIMARY)
    function = names.get(name)
    if function is None or type(function) is not worker.Function:
        raise ReproError(f"{name!r} is no function of {framework} that a script can call; expected {next(iter(names))}")
    if (
        case.repeat
        or case.second
        or case.cotangent is not None
        or "before" in case.call
        or any(t.kind != "tensor" for t in case.tensors.values())
    ):
        raise ReproError(f"{case.id} is long, of second order or with what is no tensor: a script cannot show it")
    load, tensor, gradients, array = PARTS[framework]
    own = function.names
    api = Implementation(name, framework, "native", "99999").api_name
    if case.errors:
        if api not in case.errors:
            raise ReproError(f"{case.id} says nothing of {name}")
        body, wanted = ERROR.format(kinds=", ".join(case.errors[api])), ""
    else:
        body = VALUES.format(wrt=[own[argument] for argument in case.differentiate])
        wanted = "\n".join(expected_lines(case, own, APIS[api]))
    return TEMPLATE.format(
        id=case.id,
        name=name,
        clause=case.clause.replace('"""', "'''"),
        load=f"{load}\n{'' if name.split('.')[0] == name.rpartition('.')[0] else 'import ' + name.rpartition('.')[0]}".rstrip(),
        options=case.options,
        gradients=gradients,
        array=array,
        arguments="\n".join(f"    {own[key]!r}: {literal(tensor, value)}," for key, value in case.tensors.items()),
        expected=wanted,
        body=body,
    )


def literal(template: str, tensor: Tensor) -> str:
    """A tensor as source text; floats are written so that they read back the same."""
    return template.format(values=list(tensor.values), shape=tensor.shape, dtype=tensor.dtype)


def expected_lines(case: Case, own: dict[str, str], api: Api) -> list[str]:
    """The exact outcomes, and how far from them a result may be."""
    lines = []
    for quantity, outcome in exact_outcome(case, api).items():
        kind = "value" if quantity == "value" else "gradient"
        limit = tolerances()["exact"][kind][case.dtype]
        allowed = [limit * ulp for ulp in outcome.ulp.tolist()]
        name = "loss" if quantity == "value" else own[quantity]
        lines.append(f"    {name!r}: ({outcome.rounded.tolist()}, numpy.array({allowed})),")
    return lines

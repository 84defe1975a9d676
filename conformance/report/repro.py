"""A case as a standalone script for a bug report: it needs the framework and NumPy, and nothing of ours but
for a function of ours.
"""

from __future__ import annotations

from typing import Any

from ..errors import SuiteError
from ..judging.judge import exact_outcome, tolerances
from ..model.case import Case, Tensor
from ..model.implementations import APIS, HALVES, TABLE, Api, Row, rows
from ..model.rows import fits, kind_of
from ..running.request import direction_of, tensors_of
from ..worker.calls import spelled
from ..worker.driver import Unsupported
from .parts import AGAIN, ERROR, PARTS, SECOND, TEMPLATE, VALUES, VIEWED, Part

NEWEST = "99999"
"""A version after all others: scripts are for the newest."""
MOST_VALUES = 1000
"""Of the logits in a script."""


class ReproError(SuiteError):
    """A case that no script can show on this framework."""


def native_rows(framework: str, loss: str) -> list[Row]:
    """A framework's own implementations of a loss."""
    return [row for row in rows(framework, "native") if row.loss == loss]


def script(case: Case, framework: str, implementation: str | None, mode: str = "eager") -> str:
    """The script's text.

    Raises:
        ReproError: the framework has no function of that name, or the case's call is not one for it.
    """
    name, function = function_of(case, framework, implementation)
    part = PARTS[framework]
    check_shown(case, name, function)
    if mode != "eager" and mode not in part.modes:
        shown = ", ".join(part.modes) or "none"
        raise ReproError(f"{case.id}: no script shows the mode {mode!r} of {framework}; expected {shown}")
    through = part.modes.get(mode, "")
    of_module = function.shape == "module" and mode in part.modes_of_modules
    own = {
        neutral: case.call.get("rename", {}).get(neutral) or its
        for neutral, its in function.arguments.items()
    }
    tensors = tensors_of(case, function)
    viewed = any(tensor.view for tensor in tensors.values())
    return TEMPLATE.format(
        id=case.id,
        name=name,
        mode="" if mode == "eager" else f", {mode}",
        clause=case.clause.replace('"""', "'''"),
        load=load_of(part, framework, function),
        framework=framework,
        version=part.version,
        call=call_text(case, function, own, "through" if of_module else ""),
        through=f"\n{part.modes_of_modules[mode] if of_module else through}\n\n" if through else "",
        gradients=part.gradients,
        second=second_text(part, case, function),
        viewed=VIEWED if viewed else "",
        array=part.array,
        order=order_text(case),
        arguments="\n".join(
            f"    {own[key]!r}: {literal(part, value, case)}," for key, value in tensors.items()
        ),
        before=before_text(part, case, own, tensors),
        expected="" if case.errors else "\n".join(expected_lines(case, own, APIS[case.loss][function.api])),
        body=body_text(case, own, function, mode not in part.values_alone),
    )


def second_text(part: Part, case: Case, function: Row) -> str:
    """The second derivative; that of rows is of the first class's column."""
    if not case.second:
        return ""
    if not case.of.rows:
        return SECOND.format(second=part.second.format(slope="slope"))
    direction = f"\n\ndirection = {literal(part, direction_of(case, function), case)}"
    return direction + SECOND.format(second=part.second.format(slope="slope * direction"))


def function_of(case: Case, framework: str, implementation: str | None) -> tuple[str, Row]:
    """The function of that name, or the framework's main one."""
    known = native_rows(framework, case.loss) if framework in PARTS else []
    if not known:
        having = [name for name in PARTS if native_rows(name, case.loss)]
        raise ReproError(
            f"{case.id}: there is no native function of {framework!r} for {case.loss}; expected "
            f"{', '.join(having)}"
        )
    functions = {row.name: row.at(NEWEST) for row in known}
    name = implementation or main_function(case, functions)
    function = functions.get(name)
    if function is None and name in TABLE and TABLE[name] in rows(framework, "shim"):
        function = TABLE[name] if TABLE[name].loss == case.loss else None
    if function is None:
        raise ReproError(
            f"{name!r} is no function of {framework} that a script can call; expected {', '.join(functions)}"
        )
    return name, function


def check_shown(case: Case, name: str, function: Row) -> None:
    """Refuse what cannot be put to a function, or not be shown."""
    if not takes(function, case):
        raise ReproError(
            f"{case.id} cannot be put to {name}: it has no such argument or option, or demands another"
        )
    if len(case.first.values) > MOST_VALUES:
        raise ReproError(
            f"{case.id} has {len(case.first.values)} numbers; a script has at most {MOST_VALUES}"
        )
    if case.errors and function.api not in case.errors:
        raise ReproError(f"{case.id} says nothing of {name}")


def load_of(part: Part, framework: str, function: Row) -> str:
    """The imports."""
    return f"{part.load}\nimport {function.module}" if function.module != framework else part.load


def call_text(case: Case, function: Row, own: dict[str, str], through: str = "") -> str:
    """The body of `call`: a function, a module that is made first, by way of what a mode makes of it, or an
    operator that takes places alone.
    """
    called = f"{function.module}.{function.attribute}"
    options = given_options(function, case)
    if function.shape == "raw-paddle":
        rest = (None, options.get("normalize", False), options.get("ignore_index", -100))
        return f"    return {called}(*arguments.values(), {', '.join(map(repr, rest))})"
    named = f"**arguments, **{options!r}" if options else "**arguments"
    module = function.shape == "module"
    positional = case.call.get(
        "positional", [] if not module else list(function.arguments)[: function.called]
    )
    places = [own[neutral] for neutral in positional]
    if "twice" in case.call:
        places = places or [own[neutral] for neutral in list(function.arguments)[:2]]
    if not places:
        return f"    return {called}({named})"
    taken = f"    given = [arguments.pop(name) for name in {places!r}]\n"
    twice = f"{case.call['twice']}=given[0], " if "twice" in case.call else ""
    if module:
        made = f"{called}({named})"
        return f"{taken}    return {f'{through}({made})' if through else made}(*given)"
    return f"{taken}    return {called}(*given, {twice}{named})"


def order_text(case: Case) -> str:
    """The order in which the pairs of a long input stand."""
    if not case.repeat:
        return ""
    size, times = case.first.shape[0], case.repeat.times
    return f"\norder = numpy.random.RandomState({case.repeat.seed}).permutation({size * times}) % {size}\n"


def before_text(part: Part, case: Case, own: dict[str, str], tensors: dict[str, Tensor]) -> str:
    """The call of another length that comes first, where that is the point."""
    length = case.call.get("before")
    if not length:
        return ""
    earlier = "\n".join(
        f"    {own[key]!r}: {literal(part, value, case, f'numpy.resize({{}}, {length})')},"
        for key, value in tensors.items()
    )
    wrt = [own[argument] for argument in case.differentiate]
    incoming = 1.0 if case.cotangent is None else case.cotangent
    return f"gradients({{\n{earlier}\n}}, {wrt!r}, {incoming!r})  # an earlier call, of another length\n"


def body_text(case: Case, own: dict[str, str], function: Row, differentiated: bool) -> str:
    """What is done with the call: its error, or its numbers."""
    if case.errors:
        return ERROR.format(kinds=", ".join(case.errors[function.api]))
    constant = APIS[case.loss][function.api].constant
    wrt = [own[argument] for argument in case.differentiate if differentiated and argument not in constant]
    incoming = 1.0 if case.cotangent is None else case.cotangent
    first = own[case.of.arguments[0]]
    again = AGAIN.format(first=first, incoming=incoming) if case.second and differentiated else ""
    return VALUES.format(wrt=wrt, incoming=incoming, again=again)


def main_function(case: Case, functions: dict[str, Row]) -> str:
    """The framework's main function; where it has several, the first that takes the case."""
    main = [name for name in functions if functions[name].primary]
    return next((name for name in main if takes(functions[name], case)), main[0])


def own_options(function: Row, case: Case) -> dict[str, Any]:
    """The case's options as the function is given them: one without reductions is not told to make none."""
    without = "reduction" not in function.options and case.options.get("reduction") == "none"
    options = {name: x for name, x in case.options.items() if not (without and name == "reduction")}
    return {**function.usual, **options}


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
    if function.shape == "raw-paddle" and case.options.get("reduction", "none") != "none":
        return False
    try:
        spelled(own_options(function, case), function.spelled)
    except Unsupported:
        return False
    known = {*function.options, *function.usual}
    return bool(case.call.get("free")) or set(own_options(function, case)) <= known


def literal(part: Part, tensor: Tensor, case: Case, shaped: str = "") -> str:
    """A tensor as source text; floats are written so that they read back the same."""
    if tensor.kind == "foreign":
        return "object()"
    plain = "float32" if tensor.dtype in HALVES else tensor.dtype
    kind = "float64" if part.wide else plain
    array = f"numpy.array({list(tensor.values)}, dtype=numpy.{kind})"
    if shaped:
        array = shaped.format(array)
    elif tensor.shape != (len(tensor.values),):
        array += f".reshape({tensor.shape})"
    if case.repeat and tensor.shape[:1] == case.first.shape[:1]:
        array += "[order]"
    if tensor.kind == "list":
        return f"{array}.tolist()"
    if tensor.view:
        made = part.tensor.format(array="x", dtype=tensor.dtype)
        return f"viewed({array}, {tensor.view!r}, lambda x: {made})"
    return part.tensor.format(array=array, dtype=tensor.dtype)


def expected_lines(case: Case, own: dict[str, str], api: Api) -> list[str]:
    """The exact outcomes, and how far from them a result may be."""
    lines = []
    for quantity, outcome in exact_outcome(case, api).items():
        kind = quantity if quantity in ("value", "second") else "gradient"
        limit = tolerances()["exact"][kind][case.dtype]
        names = {"value": "loss", "second": "second"}
        values, allowed = outcome.rounded.tolist(), [limit * ulp for ulp in outcome.ulp.tolist()]
        name = names.get(quantity) or own[quantity]
        if (
            case.repeat
            and outcome.shape[:1] == case.first.shape[:1]
            and not (case.of.rows and name == "weight")
        ):
            shaped = [
                f"numpy.array({each}).reshape({outcome.shape})[order].ravel()" for each in (values, allowed)
            ]
            lines.append(f"    {name!r}: ({', '.join(shaped)}),")
        else:
            lines.append(f"    {name!r}: ({values}, {allowed}),")
    return lines

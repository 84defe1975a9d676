"""Write docs/api.md from the definitions and the editions: every loss, its formula and arguments, and what
each API has for it, with the differences.

    python tools/api.py            write the page
    python tools/api.py --check    end with 1 where the page is out of date

No framework is imported. How the editions differ is observed: each is called with NumPy arrays.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import re
import sys
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from compatlosses import definitions
from compatlosses.neutral import SHARED
from compatlosses.protocols import Parameter

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "api.md"

HEAD = """\
# API

Every loss, its formula and arguments, and the functions and classes of each API that compute it.
`tools/api.py` makes this page from the definitions (`compatlosses/definitions/`) and the editions
(`adapters/`); a test holds it to them. Where an edition differs from the real framework on purpose,
[deviations.md](deviations.md) says so.

What the tables say of shapes and dtypes was observed, with NumPy arrays: the shape of the result by
default, of arguments of shape (2, 3), or of two rows of three classes, and its dtype, or the exception
that the edition raises.
"""

TARGETS = ("target", "targets", "label", "labels", "y", "y_true", "multi_class_labels", "onehot_labels")
"""The names that editions have for the targets. The predictions are the other one of the first two."""


@dataclass(frozen=True)
class Edition:
    """A function or class of an API, and the paths that lead to it."""

    paths: tuple[str, ...]
    value: Any

    @property
    def name(self) -> str:
        """Its own name."""
        return self.paths[0].rpartition(".")[2]


def public_modules() -> list[str]:
    """The modules of the editions: those of the adapters that say what they offer. None is imported."""
    found = []
    for path in sorted((ROOT / "adapters").rglob("*.py")):
        nodes = ast.parse(path.read_text()).body
        if any(isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__" for node in nodes):
            parts = path.relative_to(ROOT / "adapters").with_suffix("").parts
            found.append(".".join(("compatlosses", *(part for part in parts if part != "__init__"))))
    return found


def editions() -> list[Edition]:
    """Every function and class that the editions offer, each once."""
    paths: dict[int, list[str]] = {}
    values: dict[int, Any] = {}
    for module in public_modules():
        edition = importlib.import_module(module)
        for name in edition.__all__:
            value = getattr(edition, name)
            if computes(value):
                paths.setdefault(id(value), []).append(f"{module}.{name}")
                values[id(value)] = value
    ordered = [
        Edition(tuple(sorted(paths[key], key=lambda path: (-path.count("."), path))), values[key])
        for key in values
    ]
    return sorted(ordered, key=lambda one: one.paths[0])


def page() -> str:
    """The whole page."""
    offered = editions()
    named = {name: module for module in definitions.MODULES for name in getattr(module, "SYNONYMS", ())}
    strangers = [one.paths[0] for one in offered if one.name not in named]
    if strangers:
        raise SystemExit(
            f"{', '.join(strangers)}: no definition has this name among its SYNONYMS; expected each edition's"
            f" name in the definition of the loss that it computes"
        )
    neutral = definitions.neutral_functions()
    losses = [module for module in definitions.MODULES if module.LOSS.name in neutral]
    without = [module for module in definitions.MODULES if module.LOSS.name not in neutral]
    parts = [HEAD, shared(neutral[losses[0].LOSS.name])]
    for module in losses:
        own = [one for one in offered if named.get(one.name) is module]
        parts.append(loss(module, neutral[module.LOSS.name], own))
    if without:
        parts.append("## Definitions without a function of their own\n")
        parts += [f"### {module.LOSS.name}\n\n{prose(module.__doc__)}" for module in without]
    return "\n".join(parts)


def computes(value: object) -> bool:
    """Whether an edition's member computes something: a function, or a class with objects that are called."""
    return "__call__" in dir(value) if inspect.isclass(value) else callable(value)


def shared(function: Callable[..., Any]) -> str:
    """The options that all losses share."""
    parameters, said = inspect.signature(function).parameters, arguments_of(function)
    rows = [f"| `{name}` | {said[name]} | `{parameters[name].default!r}` |" for name in ("weight", *SHARED)]
    table = "\n".join(["| option | meaning | default |", "|---|---|---|", *rows])
    table = table.replace("the logits'", "the first tensor's")
    return f"## What all losses share\n\n{table}\n"


def loss(module: ModuleType, function: Callable[..., Any], own: list[Edition]) -> str:
    """The section of one loss."""
    definition, said = module.LOSS, arguments_of(function)
    bounds = {parameter.name: bounded(parameter) for parameter in definition.parameters}
    names = [name for name in said if name not in SHARED and name != "weight"]
    rows = [f"| `{name}` | {said[name]} | {bounds.get(name, '')} |" for name in names]
    lines = [
        f"## {definition.name}\n",
        prose(module.__doc__),
        code(f"compatlosses.{definition.name}", function),
        "| argument | meaning | range |\n|---|---|---|",
        *rows,
        "",
        f"### Editions of {definition.name}\n",
        differences(own, bool(definition.rows)),
    ]
    return "\n".join([*lines, *(described(edition) for edition in own)])


def bounded(parameter: Parameter) -> str:
    """The range of a parameter, in words."""
    if parameter.choices:
        return " or ".join([repr(choice) for choice in parameter.choices])
    said = [
        f"{word} {limit:g}"
        for word, limit in (
            ("above", parameter.above),
            ("at least", parameter.least),
            ("at most", parameter.most),
        )
        if limit is not None
    ]
    return ", ".join(said) + (", or None" if parameter.absent is not None else "")


def described(edition: Edition) -> str:
    """An edition: its paths, signature, and the document that it follows."""
    also = ", ".join(f"`{path}`" for path in edition.paths[1:])
    document = inspect.getdoc(edition.value) or ""
    about = document.partition("\n\nArgs:")[0]
    source = re.search(r"^Source: .*(?:\n(?!\n|>>>).*)*", document, re.MULTILINE)
    if source and source[0] not in about:
        about += f"\n\n{source[0]}"
    heading = f"#### `{edition.paths[0]}`\n"
    return "\n".join(
        [
            heading,
            *([wrapped(f"Also {also}.")] if also else []),
            code(edition.name, edition.value),
            prose(about),
        ]
    )


def differences(own: list[Edition], of_rows: bool) -> str:
    """A table of what the functions do with the same arguments."""
    observe = observed_of_rows if of_rows else observed
    rows = [
        f"| `{one.paths[0].removeprefix('compatlosses.')}` | {' | '.join(observe(one.value))} |"
        for one in own
        if inspect.isfunction(one.value)
    ]
    columns = ("result", "(3, 1) beside (3,)", "int64 targets", "all int64", "float32, float64", "float16")
    if of_rows:
        columns = ("indices", "probabilities", "no class", "int32", "float32, float64", "float16")
    return "\n".join([f"| function | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|", *rows, ""])


def observed(function: Callable[..., Any]) -> list[str]:
    """What a function answers: the shape of its result, what it does with shapes that differ, and dtypes."""
    x, y = np.float32([[0.5, 0.25, 0.75], [0.125, 0.5, 0.25]]), np.float32([[1, 0, 1], [0, 0, 1]])
    return [
        answer(function, x, y, lambda result: str(result.shape)),
        answer(function, x[0], y[0][:, None], lambda result: "broadcasts"),
        answer(function, x, y.astype(np.int64), dtype_of),
        answer(function, y.astype(np.int64), y.astype(np.int64), dtype_of),
        answer(function, x, y.astype(np.float64), dtype_of),
        answer(function, x.astype(np.float16), y.astype(np.float16), dtype_of),
    ]


def observed_of_rows(function: Callable[..., Any]) -> list[str]:
    """What a function of rows answers: the shape of its result from indices and from probabilities, what it
    does with an index that is no class, and dtypes.
    """
    x, q = np.float32([[0.5, 0.25, 0.75], [0.125, 0.5, 0.25]]), np.float32([[1, 0, 0], [0, 0.5, 0.5]])
    y = np.int64([1, 2])
    half = x.astype(np.float16)
    of_indices = answer(function, x, y, dtype_of) == "float32"
    return [
        answer(function, x, y, lambda result: str(result.shape)),
        answer(function, x, q, lambda result: str(result.shape)),
        answer(function, x, y + 1, lambda result: "NaN" if np.isnan(result).any() else "a number"),
        answer(function, x, y.astype(np.int32), dtype_of),
        answer(function, x, q.astype(np.float64), dtype_of),
        answer(function, half, y if of_indices else q.astype(np.float16), dtype_of),
    ]


def dtype_of(result: Any) -> str:
    """The name of a result's dtype."""
    return str(result.dtype)


def answer(function: Callable[..., Any], x: Any, y: Any, show: Callable[[Any], str]) -> str:
    """What a function answers to predictions and targets, or the exception that it raises."""
    parameters = list(inspect.signature(function).parameters.values())
    first, second = parameters[0].name, parameters[1].name
    given = {first: y, second: x} if first in TARGETS else {first: x, second: y}
    for parameter in parameters[2:]:
        if parameter.name == "from_logits":
            given["from_logits"] = True
        elif parameter.name == "delta":
            given["delta"] = 1.0
        elif parameter.default is parameter.empty or "weighted" in function.__name__:
            given[parameter.name] = np.ones(x.shape, x.dtype) if "weight" in parameter.name else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return show(function(**given))
        except (TypeError, ValueError, RuntimeError, IndexError) as error:
            return type(error).__name__


def arguments_of(function: Callable[..., Any]) -> dict[str, str]:
    """What a docstring says of each argument."""
    text = (inspect.getdoc(function) or "").partition("Args:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n     .*)*)", text, re.MULTILINE)
    return {name: " ".join(plain(said).split()) for name, said in found}


def code(name: str, value: Callable[..., Any]) -> str:
    """A call's signature without types."""
    parameters = [
        parameter.replace(annotation=parameter.empty)
        for parameter in inspect.signature(value).parameters.values()
        if parameter.name != "self"
    ]
    signature = f"{name}{inspect.Signature(parameters)}"
    # No language: a formatter would take the line for a call.
    return f"```\n{textwrap.fill(signature, 100, subsequent_indent='    ', break_on_hyphens=False)}\n```\n"


def plain(text: str) -> str:
    """A docstring's marks as Markdown's."""
    return text.replace("``", "`").replace("|", "\\|")


def wrapped(text: str) -> str:
    """A paragraph in lines of at most 100 characters."""
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False) + "\n" if text else ""


def prose(text: str | None) -> str:
    """A docstring's paragraphs as Markdown."""
    paragraphs = [" ".join(part.split()) for part in (text or "").replace("``", "`").split("\n\n")]
    return "\n".join(wrapped(paragraph) for paragraph in paragraphs)


def main() -> None:
    """Write the page, or compare with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 where it is out of date"
    )
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.exit(f"{PAGE} is out of date; run python tools/api.py")


if __name__ == "__main__":
    main()

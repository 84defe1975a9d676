"""What the code of the core keeps to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

CORE = Path(__file__).resolve().parent.parent / "compatlosses"

MORE = {
    "memory.add_run": "compiled by Numba: two places in memory and a run of numbers",
    "definitions.binary_cross_entropy.value": "a definition's: two tensors, a weight, four parameters",
    "definitions.binary_cross_entropy.by_probabilities": "the same",
    "definitions.binary_cross_entropy.by_targets": "the same",
    "definitions.gaussian_nll.value": "a definition's: three tensors, a weight, three parameters",
    "definitions.gaussian_nll.by_means": "the same",
    "definitions.gaussian_nll.by_targets": "the same",
    "definitions.gaussian_nll.by_variances": "the same",
}
"""Functions of more than six arguments, and why."""


def functions() -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    """The functions of the core, by module and name, and whether they are a public call: a function that its
    package offers, whose options are keywords.
    """
    for path in sorted(CORE.rglob("*.py")):
        inside = path.relative_to(CORE)
        if (CORE / inside.parts[0]).is_symlink():
            continue
        module = ".".join(inside.with_suffix("").parts)
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                public = inside.parts[0] == "definitions" and node in tree.body and bool(node.args.kwonlyargs)
                yield f"{module}.{node.name}", node, public


def count(function: ast.FunctionDef) -> int:
    """The arguments of a function; of a method, without the object."""
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_no_function_takes_more_than_six_arguments() -> None:
    long = {name for name, function, public in functions() if not public and count(function) > 6}
    assert long == set(MORE)

"""A case as TOML."""

from __future__ import annotations

import json
from typing import Any

from ..model.case import Case
from ..model.losses import FIRST


def toml(case: Case) -> str:
    """The case as a table of a file of cases. What `cases.load` reads from it is the same case."""
    identifier = case.id.removeprefix(f"{case.loss}/")
    lines = ["[[case]]", f"id = {text(identifier)}", f"clause = {text(case.clause)}"]
    if case.loss != FIRST:
        lines.append(f"losses = {text([case.loss])}")
    for name, tensor in case.tensors.items():
        table: dict[str, Any] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "values": list(tensor.values),
        }
        if tensor.view is not None:
            table["view"] = tensor.view
        if tensor.kind != "tensor":
            table["kind"] = tensor.kind
        lines.append(f"{name} = {text(table)}")
    parts: dict[str, Any] = {
        "options": case.options,
        "differentiate": list(case.differentiate),
        "cotangent": case.cotangent,
        "second": case.second,
        "repeat": {"times": case.repeat.times, "seed": case.repeat.seed} if case.repeat else None,
        "apis": list(case.apis),
        "errors": {api: list(kinds) for api, kinds in case.errors.items()},
        "warns": case.warns,
        "result_dtype": case.result_dtype,
        "call": case.call,
    }
    lines += [
        f"{name} = {text(value)}"
        for name, value in parts.items()
        if value is not None and value is not False and value not in ({}, [])
    ]
    return "\n".join(lines) + "\n"


def text(value: Any) -> str:
    """A value in TOML: floats keep every bit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{bare(key)} = {text(item)}" for key, item in value.items()) + " }"
    return "[" + ", ".join(text(item) for item in value) + "]"


def bare(key: str) -> str:
    """A key, quoted only if it must be."""
    return key if key.replace("_", "").isalnum() and key.isascii() else text(key)

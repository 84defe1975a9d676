"""What a case is and what it comes to, for its page: inputs, the exact outcome, what came back, errors by
element.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..judging.judge import errors_in_ulps, exact_outcome, jsonable
from ..model.case import Case, result_dtype
from ..model.implementations import APIS
from ..oracle.exact import Outcome, rules_of

Table = dict[str, Any]
MOST = 100
"""Elements that are shown of an array."""


def case_data(id: str, case: Case | None, clause: str, apis: Sequence[str]) -> Table:
    """A case for its page, with what it comes to by the documents of these APIs, which have it; of one that
    this version of the suite does not know, the id and clause alone.
    """
    if case is None:
        return {"id": id, "clause": clause}
    tensors = {
        name: {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "values": [shown(value, tensor.dtype) for value in tensor.values[:MOST]],
            **({"view": tensor.view} if tensor.view else {}),
            **({"kind": tensor.kind} if tensor.kind != "tensor" else {}),
        }
        for name, tensor in case.tensors.items()
    }
    table: Table = {"id": id, "clause": case.clause, "tensors": tensors, "options": jsonable(case.options)}
    if case.errors:
        return {**table, "errors": {api: list(kinds) for api, kinds in case.errors.items()}}
    if case.repeat:
        table["repeat"] = case.repeat.times
    if case.cotangent is not None:
        table["cotangent"] = case.cotangent
    by_key = {rules_of(case, APIS[case.loss][api]): api for api in apis}
    table["expected"] = [
        {
            name: [shown(v, dtype_of(case, name)) for v in exact.rounded.tolist()[:MOST]]
            for name, exact in outcomes(case, api).items()
        }
        for api in by_key.values()
    ]
    if len(by_key) > 1:
        table["of"] = {api: list(by_key).index(rules_of(case, APIS[case.loss][api])) for api in apis}
    return table


def outcomes(case: Case, api: str) -> dict[str, Outcome]:
    """The exact outcome by what is checked: 'value', 'gradient/weight', 'second/logits'."""
    names = {"value": "value", "second": case.second_name}
    return {
        names.get(name, f"gradient/{name}"): exact
        for name, exact in exact_outcome(case, APIS[case.loss][api]).items()
    }


def dtype_of(case: Case, what: str) -> str:
    """The dtype in which a quantity is shown."""
    kind, _, name = what.partition("/")
    return case.tensors[name].dtype if kind == "gradient" else result_dtype(case)


def actual(check: Table, case: Case | None, api: str) -> tuple[list[Any], list[Any]]:
    """What came back of a failure and how far each element is from the truth, in ULPs; nothing where it was
    not kept.
    """
    what = check["what"]
    given = check.get("actual") or ()
    if not given or case is None or case.errors:
        return [], []
    exact = outcomes(case, api).get(what)
    if exact is None or len(given) != exact.rounded.size:
        return [], []
    got = np.array([float(value) for value in given])
    errors = [round_to_three(error) for error in errors_in_ulps(got, exact).tolist()]
    return [shown(value, dtype_of(case, what)) for value in got.tolist()], errors


def round_to_three(error: float) -> float | str:
    """An error in ULPs to three digits."""
    return float(f"{error:.3g}") if math.isfinite(error) else "inf"


def shown(value: float, dtype: str) -> float | str:
    """The shortest number that reads back the same in its dtype; as a text what JSON lacks, the negative zero
    too.
    """
    if not math.isfinite(value):
        return str(value)
    if value == 0 and math.copysign(1.0, value) < 0:
        return "-0"
    narrow = {"float16": np.float16, "bfloat16": np.float32, "float32": np.float32}.get(dtype)
    with np.errstate(all="ignore"):
        return float(str(narrow(value))) if narrow is not None else value

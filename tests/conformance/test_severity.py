"""How bad a failure is: read from what the judge says of it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
import runs

from compatlosses.conformance.judging.judge import Check, exact_outcome, judge
from compatlosses.conformance.judging.severity import FEW_ULP, ORDER, is_worse, severity_of, worst
from compatlosses.conformance.model.implementations import Implementation

TORCH = Implementation(runs.NATIVE, "torch", "native", "2.13.0")


def severities(case: str, change: Any) -> dict[str, str]:
    """By check, the severity of what the judge says of exact answers that are changed like this."""
    return {check.id: severity_of(vars(check)) for check in failing(case, change)}


def failing(case: str, change: Any) -> list[Check]:
    """The checks that fail of exact answers that are changed like this."""
    answer = runs.answered(case, "torch", 1.0)
    for array in [answer["value"], *answer["gradients"].values()]:
        values = np.frombuffer(base64.b64decode(array["data"]), "<f8").copy()
        array["data"] = base64.b64encode(np.asarray(change(values), "<f8").tobytes()).decode()
    return [check for check in judge(runs.CASES[case], TORCH, answer).checks if check.status == "fail"]


def test_the_three_worst_elements_are_kept_with_their_places() -> None:
    case = "gradient/float32/+ordinary/label-0/both"
    factors = {1: 3.0, 2: np.nan, 4: 1.5, 5: 1 + 2e-5}

    def change(x: Any) -> Any:
        return [factors.get(place, 1.0) * number for place, number in enumerate(x)]

    check = next(check for check in failing(case, change) if check.id == "exact/gradient/logits")
    exact = exact_outcome(runs.CASES[case], TORCH.api)["logits"].rounded.ravel()
    found = [(place, factors[place] * exact[place], exact[place]) for place in (2, 1, 4)]
    assert str(list(check.worst)) == str([(place, float(got), float(due)) for place, got, due in found])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda x: -x, {"documented/value": "wrong", "exact/value": "digits"}),
        (lambda x: 1.01 * x, {"documented/value": "digits", "exact/value": "digits"}),
        (lambda x: x * (1 + 7e-7), {"exact/value": "rounding"}),
        (lambda x: x * (1 + 2e-5), {"exact/value": "digits"}),
        (lambda x: x * np.nan, {"documented/value": "infinite", "exact/value": "infinite"}),
        (lambda x: x * 0, {"exact/value": "wrong"}),
        (lambda x: x, {}),
    ],
)
def test_a_value(change: Any, expected: dict[str, str]) -> None:
    assert severities(runs.CASE, change) == expected


def test_zeros_for_a_gradient_are_a_gradient_that_is_missing() -> None:
    assert severities("broadcast/mean/both", lambda x: x * 0)["exact/gradient/weight"] == "missing"


def test_a_sign_that_turned_is_told_beside_numbers_that_are_nan() -> None:
    case = "gradient/float32/+ordinary/label-0/both"

    def change(x: Any) -> Any:
        x = -x
        x[-1] = np.nan
        return x

    assert len(runs.CASES[case].first.values) > 1
    assert severities(case, change)["documented/gradient/logits"] == "wrong"


@pytest.mark.parametrize(
    ("check", "severity"),
    [
        (Check("gradient/weight", "documented", "fail", "gradient/weight: None, silently"), "missing"),
        (Check("crash", "documented", "crash", "the process ended"), "crash"),
        (Check("timeout", "documented", "timeout", "no answer within 1 s"), "crash"),
        (Check("error", "documented", "fail", "accepted silently; expected ValueError"), "form"),
        (Check("value/shape", "documented", "fail", "value: shape (1,), expected ()"), "form"),
        (Check("value", "exact", "pass"), ""),
        (Check("value", "exact", "fail", "value: 0.0, exactly inf: inf ULP off (1 of 1)", 9.0), "infinite"),
        (
            Check("value", "exact", "fail", "value: 1.5, exactly 1.0: 17 ULP off (1 of 1)", FEW_ULP),
            "rounding",
        ),
        (
            Check("gradient/x", "exact", "fail", "gradient/x: all zeros, silently; expected [0.0, 1e-40]"),
            "digits",
        ),
        (
            Check("gradient/x", "exact", "fail", "gradient/x: all zeros, silently; expected [nan]"),
            "infinite",
        ),
    ],
)
def test_a_check(check: Check, severity: str) -> None:
    assert severity_of(vars(check)) == severity


def test_the_severities_have_an_order() -> None:
    assert worst(["digits", "", "wrong", "rounding"]) == "wrong"
    assert worst([""]) == ""
    assert is_worse("wrong", "digits") and not is_worse("digits", "wrong")
    assert not is_worse("wrong", "wrong") and not is_worse("wrong", "")
    assert ORDER[0] == "crash" and ORDER[-1] == "rounding"


def test_the_kept_runs_have_a_severity_for_each_failure() -> None:
    from compatlosses.conformance import places
    from compatlosses.conformance.results import results

    found = set()
    for path in places.RUNS.glob("torch*.json"):
        for verdict in results.read(path)["verdicts"]:
            for check in verdict["checks"]:
                assert bool(severity_of(check)) == (check["status"] in ("fail", "crash", "timeout"))
                found.add(severity_of(check))
    assert {"wrong", "infinite", "digits", "rounding"} <= found

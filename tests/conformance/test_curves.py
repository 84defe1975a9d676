"""The curves: what a worker answered, by cell, against the oracle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from compatlosses.conformance.judging import curves
from compatlosses.conformance.judging.run import Run
from compatlosses.conformance.model.implementations import Implementation
from compatlosses.conformance.running.target import Target
from compatlosses.conformance.worker.session import encoded

ZERO = curves.CENTRES.index(0)
NUMPY = Implementation("compatlosses", "numpy", "shim", "1")


def answer(value: Any, gradient: Any) -> dict[str, Any]:
    arrays = {"value": value, "gradient": gradient}
    packed = {name: {"dtype": "float32", "shape": [len(x)], "data": encoded(x)} for name, x in arrays.items()}
    return {"outcome": "value", "value": packed["value"], "gradients": {"logits": packed["gradient"]}}


def test_the_textbook_formula_errs_where_it_must() -> None:
    case = curves.cases()[0]
    x = np.array(case.tensors["logits"].values, "float32")
    with np.errstate(over="ignore"):
        curve = curves.measure(case, NUMPY, answer(np.log(1 + np.exp(x)), 1 / (1 + np.exp(-x))))
    assert curve.value[ZERO + 10] < 5
    # 1 + e^x is 1 below -17: the loss is 0 there, all of its value lost.
    assert curve.value[ZERO - 20] == pytest.approx(2**23, rel=1)
    assert curve.value[ZERO + 100] == math.inf
    assert len(curve.value) == len(curve.gradient) == len(curves.CENTRES)
    assert curve.to_json()["value"][ZERO + 100] == "inf"


def test_what_did_not_come_back_is_told() -> None:
    case = curves.cases()[1]
    refused = {"outcome": "error", "message": "no such kernel"}
    assert curves.measure(case, NUMPY, refused).why == "error: no such kernel"
    short = curves.measure(case, NUMPY, answer([1.0], [1.0]))
    assert short.why and not short.value


def test_a_run_measures_them_beside_its_cases() -> None:
    run = Run([Target("numpy", "shim")], [], lambda i: i.name == "compatlosses", with_curves=True)
    run.go(1)
    assert not run.verdicts
    assert [curve.label for curve in run.curves] == [0.0, 1.0]
    assert all(0 < max(curve.value) < 2 and 0 < max(curve.gradient) < 2 for curve in run.curves)

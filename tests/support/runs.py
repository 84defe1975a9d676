"""Runs for the report's tests: a few real cases on two versions of torch and on the shim, as a worker might
have answered.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from compatlosses.conformance.judging import curves, expectations, judge
from compatlosses.conformance.model import cases
from compatlosses.conformance.model.implementations import APIS, Implementation
from compatlosses.conformance.model.losses import FIRST
from compatlosses.conformance.oracle.exact import Outcome
from compatlosses.conformance.results import results
from compatlosses.conformance.running.target import Target

CASES = {case.id: case for case in cases.load()}
CASE = "value/float32/-ordinary/label-1/plain"
BESIDE = "value/float32/-ordinary/label-0/plain"
TAIL = "gradient/float32/-saturating/label-0/plain"
ERROR = "error/targets-list"
HARMLESS = "documents/torch-example"
MARKUP = (
    "no kernel </script><img src=x onerror=\"document.title='broken'\"><b>bold</b> & 'quoted' {{ 7 * 7 }}"
)
NATIVE = "torch.nn.functional.binary_cross_entropy_with_logits"


def packed(exact: Outcome, factor: float) -> dict[str, Any]:
    values = np.asarray(exact.rounded * factor, "float32").astype("<f8")
    return {
        "dtype": "float32",
        "shape": list(exact.shape),
        "data": base64.b64encode(values.tobytes()).decode(),
    }


def answered(id: str, api: str, factor: float) -> dict[str, Any]:
    """An answer whose every number is the exact one times the factor."""
    found = {
        name: packed(exact, factor)
        for name, exact in judge.exact_outcome(CASES[id], APIS[FIRST][api]).items()
    }
    value = found.pop("value")
    return {"outcome": "value", "value": value, "gradients": found, "warnings": [], "modified": []}


def verdicts_of(implementation: Implementation, answers: dict[str, dict[str, Any]]) -> list[judge.Verdict]:
    return [judge.judge(CASES[id], implementation, answer) for id, answer in answers.items()]


def run_of(
    version: str, tail: float, message: str = MARKUP, known: Sequence[expectations.Expectation] = ()
) -> dict[str, Any]:
    """A run: natively, one case's values are off, the tail by a factor, and one call crashes with that
    message.
    """
    native = Implementation(NATIVE, "torch", "native", version)
    shim = Implementation("compatlosses.torch", "torch", "shim", version)
    natively = {
        CASE: answered(CASE, "torch", 1.00001),
        BESIDE: answered(BESIDE, "torch", 1.0),
        TAIL: answered(TAIL, "torch", tail),
        HARMLESS: {"outcome": "crash", "message": message},
        ERROR: {"outcome": "error", "phase": "call", "kinds": ["TypeError"], "message": "no"},
    }
    targets = [
        Target(
            "torch",
            kind,
            version=version,
            python="3.11.7",
            numpy="1.26.4",
            available={name: None, "gone": MARKUP},
        )
        for kind, name in (("native", NATIVE), ("shim", "compatlosses.torch"))
    ]
    verdicts = verdicts_of(native, natively) + verdicts_of(
        shim, {id: answered(id, "torch", 1.0) for id in (CASE, TAIL, HARMLESS)}
    )
    expectations.apply(verdicts, {"torch": version}, known)
    measured = []
    for case, exact in zip(curves.cases(), curves.exact_outcomes().values(), strict=True):
        for implementation, factor in ((native, tail), (shim, 1.0)):
            answer = {"outcome": "value", "value": packed(exact["value"], factor)}
            measured.append(
                curves.measure(
                    case, implementation, {**answer, "gradients": {"logits": packed(exact["logits"], factor)}}
                )
            )
    data = results.as_json(targets, verdicts, False, measured)
    return {**data, "created": f"2026-01-{version.split('.')[1]:0>2}T00:00:00+00:00"}


def two_versions() -> list[dict[str, Any]]:
    """An older run, whose tail is right, and a newer one, whose tail is not."""
    return [run_of("2.1.0", 1.0), run_of("2.13.0", 1.001)]

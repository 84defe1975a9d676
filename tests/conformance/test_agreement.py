"""Agreement: what two implementations answer beside each other, apart from what is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from compatlosses.conformance.judging import agreement
from compatlosses.conformance.judging.judge import judge
from compatlosses.conformance.model.case import Case, Tensor
from compatlosses.conformance.model.implementations import Implementation
from compatlosses.conformance.worker.session import encoded

SHIM = Implementation("compatlosses.torch", "torch", "shim", "2.13.0")
NATIVE = Implementation("torch.nn.functional.binary_cross_entropy_with_logits", "torch", "native", "2.13.0")
ELSEWHERE = Implementation("compatlosses.torch", "paddle", "shim", "3.3.1")
CASE = Case(
    "a",
    "a clause",
    {"logits": Tensor("float64", (2,), (0.0, -1.0)), "targets": Tensor("float64", (2,), (0.0, 0.0))},
    {"reduction": "none"},
)
RIGHT = [0.6931471805599453, 0.31326168751822286]


def value(numbers: list[float], shape: tuple[int, ...] = (2,), dtype: str = "float64") -> dict[str, Any]:
    array = {"dtype": dtype, "shape": list(shape), "data": encoded(np.array(numbers))}
    return {"outcome": "value", "value": array, "gradients": {}, "warnings": []}


def raised(kind: str, phase: str = "call") -> dict[str, Any]:
    return {"outcome": "error", "phase": phase, "kinds": [kind, "Exception"], "message": "no", "warnings": []}


def between(
    one: dict[str, Any], other: dict[str, Any], case: Case = CASE, native: Implementation = NATIVE
) -> agreement.Pair:
    answers = {(case.id, SHIM): one, (case.id, native): other}
    verdicts = [judge(case, implementation, answer) for (_, implementation), answer in answers.items()]
    (pair,) = agreement.compare([case], answers, verdicts)
    return pair


def test_answers_that_are_alike_do_not_differ() -> None:
    pair = between(value(RIGHT), value([RIGHT[0], np.nextafter(RIGHT[1], 1)]))
    assert (pair.relation, pair.compared, pair.differences) == ("shim and native", 1, [])


def test_a_difference_is_explained_by_the_side_that_errs() -> None:
    pair = between(value(RIGHT), value([0.7, RIGHT[1]]))
    (difference,) = pair.differences
    assert difference.what == "value"
    assert difference.ulps is not None and difference.ulps > 1e13
    assert difference.explained == [f"{NATIVE.name}: exact/value", f"{NATIVE.name}: documented/value"]
    assert pair.to_json()["one"]["implementation"] == "compatlosses.torch"


def test_two_that_err_alike_agree() -> None:
    assert not between(value([0.7, 0.3]), value([0.7, 0.3])).differences


def test_shapes_dtypes_and_outcomes_are_compared() -> None:
    whats = [d.what for d in between(value(RIGHT), value(RIGHT, (2, 1), "float32")).differences]
    assert whats == ["value/shape", "value/dtype"]
    assert [d.what for d in between(value(RIGHT), raised("RuntimeError")).differences] == ["outcome"]


def test_errors_agree_in_type_and_phase() -> None:
    wrong = Case("b", "a clause", CASE.tensors, errors={"torch": ("ValueError",)})
    assert not between(raised("ValueError"), raised("ValueError"), wrong).differences
    for other in (raised("RuntimeError"), raised("ValueError", "gradient")):
        (difference,) = between(raised("ValueError"), other, wrong).differences
        assert difference.explained


def test_what_is_unsupported_is_not_compared() -> None:
    answers = {("a", SHIM): value(RIGHT), ("a", NATIVE): {"outcome": "unsupported", "message": "no"}}
    verdicts = [judge(CASE, implementation, answer) for (_, implementation), answer in answers.items()]
    assert not agreement.compare([CASE], answers, verdicts)


def test_an_edition_is_compared_with_itself_on_another_framework() -> None:
    assert [pair.relation for pair in agreement.pairs_of([SHIM, ELSEWHERE])] == ["frameworks"]


def test_a_difference_that_nothing_explains_is_told() -> None:
    answers = {("a", SHIM): value(RIGHT), ("a", NATIVE): value([0.7, RIGHT[1]])}
    verdicts = [judge(CASE, implementation, value(RIGHT)) for implementation in (SHIM, NATIVE)]
    (pair,) = agreement.compare([CASE], answers, verdicts)
    assert pair.unexplained == pair.differences != []

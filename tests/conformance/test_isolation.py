"""A crash or a hang ends one case; the rest go on in a new process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from compatlosses.conformance import runner
from compatlosses.conformance.cases import Case, Tensor
from compatlosses.conformance.implementations import SHIM

FAULTY = Path(__file__).with_name("faulty_worker.py")


def case(name: str, logit: float) -> Case:
    one = Tensor("float64", (1,), (logit,))
    return Case(name, "a clause", {"logits": one, "targets": Tensor("float64", (1,), (0.0,))}, {"reduction": "none"})


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> runner.Run:
    for name in ("crash", "hang", "chatter"):
        monkeypatch.setitem(SHIM, name, "neutral")
    target = runner.Target("numpy", "shim", command=[sys.executable, str(FAULTY), str(runner.WORKER.parent)])
    return runner.Run([target], [case("a", -800.0), case("b", 13.0), case("c", -800.0)], seconds=5.0)


@pytest.mark.parametrize(("name", "status"), [("crash", "crash"), ("hang", "timeout"), ("chatter", "fail")])
def test_one_case_ends_and_the_rest_go_on(run: runner.Run, name: str, status: str) -> None:
    run.pattern = lambda implementation: implementation.name == name
    run.go(1)
    assert {verdict.case: verdict.status for verdict in run.verdicts} == {"a": "pass", "b": status, "c": "pass"}


def test_a_target_that_does_not_start_says_why(run: runner.Run) -> None:
    run.targets[0].command = [sys.executable, "-c", "raise SystemExit('no framework here')"]
    run.go(1)
    assert "no framework here" in run.targets[0].error
    assert not run.verdicts

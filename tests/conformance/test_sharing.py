"""Two workers share the calls of one target."""

from __future__ import annotations

import pytest

from compatlosses.conformance.judging import run as running
from compatlosses.conformance.judging.judge import Verdict
from compatlosses.conformance.judging.run import Run
from compatlosses.conformance.model import cases as model
from compatlosses.conformance.running.channel import Answer
from compatlosses.conformance.running.target import Target


def of_numpy() -> tuple[Run, list[str]]:
    """A run of the shim on NumPy arrays, and a list for the ends of its targets."""
    cases = [case for case in model.load() if case.id.startswith("cells/float64/")]
    return Run([Target("numpy", "shim")], cases), []


def outcomes(run: Run, ends: list[str], jobs: int) -> dict[tuple[str, str], str]:
    """The status of each call; fails where one was made twice."""

    def notice(target: Target, verdict: Verdict | None, answer: Answer | None) -> None:
        if verdict is None and answer is None:
            ends.append(target.label)

    run.go(jobs, notice)
    assert not run.targets[0].error
    found = {(verdict.case, str(verdict.implementation)): verdict.status for verdict in run.verdicts}
    assert len(found) == len(run.verdicts)
    return found


def test_two_workers_share_a_target(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, ends = of_numpy()
    expected = outcomes(alone, ends, 2)
    assert len(alone.workers) == 1 and len(ends) == 1 and len(expected) > 20
    monkeypatch.setattr(running, "is_shared", lambda target: True)
    shared, ends = of_numpy()
    assert outcomes(shared, ends, 2) == expected
    assert len(shared.workers) == 2 and len(ends) == 1
    single, ends = of_numpy()
    assert outcomes(single, ends, 1) == expected
    assert len(single.workers) == 1 and len(ends) == 1

"""The mutation gate: the suite kills every wrong implementation, where and by what one would expect, and no
right one.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from mutants import CONTROLS, MUTANTS, gate
from mutants.correct import Correct

from compatlosses.conformance.model import cases


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.__name__)
def test_the_control_passes_every_case(control: type[Correct]) -> None:
    judged = list(gate.verdicts(control(), cases.load()))
    assert len(judged) > 800
    assert not [(case.id, verdict.message) for case, verdict in judged if verdict.status != "pass"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_suite_kills(mutant: type[Correct]) -> None:
    judged = gate.verdicts(mutant(), gate.stratum_first(mutant.dies_in))
    killed = next(((case, verdict) for case, verdict in judged if verdict.status != "pass"), None)
    assert killed is not None, "it survives: a stratum is missing"
    case, verdict = killed
    failed = {
        word for check in verdict.checks if check.status == "fail" for word in re.split(r"[ :/]+", check.what)
    }
    assert verdict.status == "fail", verdict.message
    assert fnmatchcase(case.id, mutant.dies_in), (
        f"it survives its stratum and dies in {case.id}: {verdict.message}"
    )
    assert mutant.by in failed, f"{case.id}: {verdict.message}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_no_straw_man(mutant: type[Correct]) -> None:
    others = [case for case in cases.load() if not case.errors and not fnmatchcase(case.id, mutant.dies_in)]
    assert any(verdict.status == "pass" for _, verdict in gate.verdicts(mutant(), others))


def test_there_are_mutants_enough_and_each_says_how_it_comes_about() -> None:
    assert len({mutant.__name__ for mutant in MUTANTS}) == len(MUTANTS) >= 30
    assert all(mutant.__doc__ for mutant in MUTANTS)

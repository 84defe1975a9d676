"""The mutation gate: the suite kills every wrong implementation, where and by what one would expect, and no
right one.
"""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase

import pytest
import torch
from mutants import CONTROLS, MUTANTS, differences, elements, gate, rows
from mutants.correct import Correct

from compatlosses.conformance.judging import expectations
from compatlosses.conformance.model import cases
from compatlosses.conformance.model.losses import LOSSES


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


WRONG = (*differences.MUTANTS, *elements.MUTANTS, *rows.MUTANTS)
Loss = differences.Difference | elements.Element | rows.Rows


def limits_of(loss: str) -> frozenset[str]:
    """The cases in which the library's own loss is known to lose digits: its wrong copies begin with it."""
    own = (f"compatlosses.{loss}", torch.__version__)
    known = [one for one in expectations.load() if one.covers("torch", *own)]
    return frozenset(case.id for case in cases.load() if any(one.checks(case.id) for one in known))


@pytest.mark.parametrize(
    ("control", "loss"),
    [
        *((differences.Difference, loss) for loss in differences.LOSSES),
        *((elements.Element, loss) for loss in elements.LOSSES),
        *((rows.Rows, loss) for loss in rows.LOSSES),
    ],
)
def test_the_control_of_a_loss_passes_every_case(control: type[Loss], loss: str) -> None:
    known = limits_of(loss) if control is elements.Element else frozenset()
    judged = list(gate.verdicts(control(loss), [case for case in cases.load() if case.id not in known]))
    assert len(judged) > 80
    assert not [(case.id, verdict.message) for case, verdict in judged if verdict.status != "pass"]


@pytest.mark.parametrize(("mutant", "loss"), WRONG)
def test_the_suite_kills_a_wrong_loss(mutant: type[Loss], loss: str) -> None:
    chosen = [case for case in cases.load() if fnmatchcase(case.id, f"{loss}/{mutant.dies_in}")]
    judged = gate.verdicts(mutant(loss), chosen)
    killed = next(((case, verdict) for case, verdict in judged if verdict.status != "pass"), None)
    assert killed is not None, "it survives: a stratum is missing"
    failed = {
        word
        for check in killed[1].checks
        if check.status == "fail"
        for word in re.split(r"[ :/]+", check.what)
    }
    by = LOSSES[loss].arguments[0] if mutant.by == "first" else mutant.by
    assert by in failed, f"{killed[0].id}: {killed[1].message}"


@pytest.mark.parametrize(("mutant", "loss"), WRONG)
def test_a_wrong_loss_is_no_straw_man(mutant: type[Loss], loss: str) -> None:
    others = [
        case
        for case in cases.load()
        if case.loss == loss and not case.errors and not fnmatchcase(case.id, f"{loss}/{mutant.dies_in}")
    ]
    assert any(verdict.status == "pass" for _, verdict in gate.verdicts(mutant(loss), others))


def test_each_loss_has_mutants_enough() -> None:
    counted = Counter(loss for _, loss in WRONG)
    assert all(counted[loss] >= 12 for loss in (*differences.LOSSES, *elements.LOSSES, *rows.LOSSES))

"""The modes of `compatlosses conform --mode`: each executes calls as it says, and what goes wrong there is
found.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging import expectations
from compatlosses.conformance.judging.judge import Verdict
from compatlosses.conformance.judging.run import Run
from compatlosses.conformance.model import cases, modes
from compatlosses.conformance.model.losses import FIRST, LOSSES
from compatlosses.conformance.running.target import Target
from compatlosses.conformance.worker import drivers

ALL = {case.id: case for case in cases.load()}
QUICK = (
    ("torch", "func"),
    ("torch", "dtensor"),
    ("paddle", "to_static"),
    ("mindspore", "graph"),
    ("numpy", "big-endian"),
)
"""One of each manner: making other tensors, wrapping the call, differentiating in another way."""


def verdicts(framework: str, mode: str, ids: Sequence[str]) -> list[Verdict]:
    run = Run(
        [Target(framework, "shim", mode=mode)],
        [ALL[id] for id in ids],
        lambda i: i.name == "compatlosses",
    )
    run.go(1)
    assert not run.targets[0].error
    expectations.apply(run.verdicts, {framework: run.targets[0].version}, expectations.load())
    return run.verdicts


@pytest.mark.parametrize(("name", "mode"), QUICK)
def test_gradients_of_all_four_come_out_right(name: str, mode: str) -> None:
    """What each mode does with the rest is `make conformance`'s business."""
    (found,) = verdicts(name, mode, ["incoming/mean"])
    assert found.mode == mode
    assert found.status == ("unsupported" if name == "numpy" else "pass"), found.message


def test_a_mode_of_values_alone_is_judged_by_them() -> None:
    (found,) = verdicts("torch", "inference", ["incoming/mean"])
    assert found.status == "pass" and {check.what for check in found.checks} == {"value"}


def test_every_mode_says_what_it_is() -> None:
    for framework in (*drivers.NAMES, "fluid"):
        for mode, driver in drivers.modes_in(framework).items():
            assert driver.__doc__, (framework, mode)


def test_the_cases_of_modes_are_there() -> None:
    every = (*modes.OF_FIRST, *modes.OF_ROWS, *(f"*_loss/{pattern}" for pattern in modes.OF_DIFFERENCES))
    for pattern in every:
        assert any(fnmatchcase(id, pattern) for id in ALL), pattern
    chosen = [case for case in ALL.values() if modes.in_modes(case.id)]
    assert {name for case in chosen for name in case.differentiate} >= set(LOSSES[FIRST].arguments)
    assert any(case.second for case in chosen) and len(chosen) < 90


def test_an_unknown_mode_is_told_with_those_that_there_are() -> None:
    application = typer.Typer()
    cli.add_commands(application)
    said = CliRunner().invoke(application, ["conform", "--framework", "numpy", "--mode", "compiled"])
    assert said.exit_code == 2 and "'compiled'" in said.output and "read-only (numpy)" in said.output

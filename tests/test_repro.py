"""The scripts for bug reports, run by themselves: 1 while the bug is there, 0 where a framework is right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from frameworks import UNDER_TEST

from compatlosses.conformance.model import cases
from compatlosses.conformance.report.repro import PARTS, ReproError, script

CASES = {case.id: case for case in cases.load()}
WITH_NATIVE = [name for name in UNDER_TEST if name in PARTS]
CONFIDENT = "cross_entropy/confident/float32"
INFINITE, ZERO = "gradient/float32/+inf/label-1/plain", "value/float32/zero/label-0/plain"


@pytest.mark.parametrize("name", WITH_NATIVE)
@pytest.mark.parametrize(
    ("case", "status", "said"),
    [
        (INFINITE, 1, "loss NOT as expected"),
        (ZERO, 0, "loss as expected"),
        (CONFIDENT, 1, "loss NOT as expected"),
    ],
)
def test_a_script_ends_with_1_while_the_bug_is_there(
    name: str, case: str, status: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "bug.py"
    path.write_text(script(CASES[case], name, None))
    assert "compatlosses" not in path.read_text()
    ran = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert ran.returncode == status, ran.stderr
    assert said in ran.stdout


@pytest.mark.parametrize("name", PARTS)
def test_every_case_has_a_script_or_a_reason_why_not(name: str) -> None:
    made = 0
    for id, case in CASES.items():
        if case.group not in ("documents", "error", "history", "reduction"):
            continue
        try:
            compile(script(case, name, None), id, "exec")
            made += 1
        except ReproError as error:
            assert id in str(error)
    assert made > 20


def test_the_main_function_is_the_one_that_takes_the_weight() -> None:
    weighted = CASES["value/float32/+inf/label-1/pos"]
    assert "tensorflow.nn.weighted_cross_entropy_with_logits(" in script(weighted, "tensorflow", None)


@pytest.mark.parametrize(
    ("name", "implementation", "said"),
    [
        ("numpy", None, "expected torch, paddle"),
        (
            "torch",
            "torch.nn.BCEWithLogitsLoss",
            "expected torch.nn.functional.binary_cross_entropy_with_logits",
        ),
        ("tensorflow", "tf.nn.weighted_cross_entropy_with_logits", "demands another"),
    ],
)
def test_what_no_script_can_show_is_refused(name: str, implementation: str | None, said: str) -> None:
    with pytest.raises(ReproError, match=said):
        script(CASES[ZERO], name, implementation)

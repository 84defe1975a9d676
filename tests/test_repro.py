"""The scripts for bug reports, run by themselves: 1 while the bug is there, 0 where a framework is right."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from frameworks import UNDER_TEST

from compatlosses.conformance.judging import expectations
from compatlosses.conformance.judging.reviewed import reviewed
from compatlosses.conformance.model import cases
from compatlosses.conformance.report.parts import PARTS
from compatlosses.conformance.report.repro import ReproError, function_of, script

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


KINDS = {
    "incoming/none": "a factor that comes in",
    "incoming-overflow/float32/zero": "one that overflows",
    "second/float32/+ordinary/labels-all/both": "a second derivative",
    "accumulation/float32/mean/1e4": "a long input",
    "mse_loss/accumulation/float32/sum/1e3": "a long sum",
    "cross_entropy/accumulation/float32/sum/1e3": "many rows",
    "history/mean/after-longer": "a sequence of two calls",
    "view/mean/transposed": "a transposed view",
    "view/none/offset": "a view with an offset",
    "error/doubled-keyword": "an argument given twice",
    "error/logits-foreign": "what is no tensor",
}
"""Cases whose scripts show more than one plain call."""
KNOWN = expectations.load()


@pytest.mark.parametrize("case", KINDS)
@pytest.mark.parametrize("name", [name for name in WITH_NATIVE if name in ("torch", "paddle", "mindspore")])
def test_a_script_says_what_the_suite_says(name: str, case: str, tmp_path: Path) -> None:
    function, _ = function_of(CASES[case], name, None)
    version = reviewed().of(name, CASES[case].loss)[-1]
    known = [check for one in KNOWN if one.covers(name, function, version) for check in one.checks(case)]
    path = tmp_path / "bug.py"
    path.write_text(script(CASES[case], name, None))
    ran = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert ran.returncode == bool(known), ran.stderr + ran.stdout
    assert ran.stdout.startswith(f"{name} {version}") and "Python 3." in ran.stdout
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("mode", PARTS["torch"].modes)
@pytest.mark.skipif("torch" not in UNDER_TEST, reason="torch is not under test")
def test_a_script_shows_a_mode(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "bug.py"
    path.write_text(script(CASES["mse_loss/documents/default"], "torch", None, mode))
    ran = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=180, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    # A script says by torch's own error that inference and ONNX's programs have no gradients.
    assert ("is refused: RuntimeError" in ran.stdout) == (mode in ("inference", "onnx"))


@pytest.mark.skipif("torch" not in UNDER_TEST, reason="torch is not under test")
def test_the_command_makes_the_case_as_small_as_it_fails(tmp_path: Path) -> None:
    case, path = "cells/float32/both", tmp_path / "bug.py"
    command = [sys.executable, "-m", "compatlosses", "repro", case, "--framework", "torch"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert len(made.stdout) < 4000 < len(script(CASES[case], "torch", None))
    path.write_text(made.stdout)
    ran = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert ran.returncode == 1, ran.stderr
    whole = subprocess.run([*command, "--whole"], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert whole.stdout.rstrip() == script(CASES[case], "torch", None).rstrip()


@pytest.mark.skipif("torch" not in UNDER_TEST, reason="torch is not under test")
def test_a_case_that_passes_here_is_shown_as_it_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "compatlosses", "repro", ZERO, "--framework", "torch"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=tmp_path)
    assert made.returncode == 0
    assert "passes it here" in made.stderr
    assert made.stdout.rstrip() == script(CASES[ZERO], "torch", None).rstrip()


def test_every_finding_has_a_script() -> None:
    without = {one.source for one in KNOWN if "://" not in one.source}
    for one in KNOWN:
        if one.source in without and any(map(has_script, calls_of(one))):
            without.remove(one.source)
    assert not without


def calls_of(one: expectations.Expectation) -> Iterator[tuple[str, str, str, str]]:
    """The calls that an expectation speaks of."""
    for part in one.failing:
        for case in filter(part.names, CASES):
            for implementation, mode in itertools.product(one.implementations, one.modes):
                yield case, one.framework, implementation, mode


def has_script(call: tuple[str, str, str, str]) -> bool:
    """Whether a call has one, which Python compiles."""
    case, *whose = call
    try:
        compile(script(CASES[case], *whose), case, "exec")
    except ReproError:
        return False
    return True


def test_a_class_an_operator_and_a_function_of_ours_have_scripts() -> None:
    case = CASES["incoming/mean"]
    assert "torch.nn.BCEWithLogitsLoss(**arguments, **{'reduction': 'mean'})(*given)" in script(
        case, "torch", "torch.nn.BCEWithLogitsLoss"
    )
    assert "import compatlosses.paddle.v2_0" in script(case, "torch", "compatlosses.paddle.v2_0")


def test_the_main_function_is_the_one_that_takes_the_weight() -> None:
    weighted = CASES["value/float32/+inf/label-1/pos"]
    assert "tensorflow.nn.weighted_cross_entropy_with_logits(" in script(weighted, "tensorflow", None)


@pytest.mark.parametrize(
    ("name", "implementation", "said"),
    [
        ("numpy", None, "expected torch, paddle"),
        (
            "torch",
            "torch.nn.MSELoss",
            "expected torch.nn.functional.binary_cross_entropy_with_logits, torch.nn.BCE",
        ),
        ("tensorflow", "tf.nn.weighted_cross_entropy_with_logits", "demands another"),
    ],
)
def test_what_no_script_can_show_is_refused(name: str, implementation: str | None, said: str) -> None:
    with pytest.raises(ReproError, match=said):
        script(CASES[ZERO], name, implementation)

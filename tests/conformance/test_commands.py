"""The commands' exit statuses: what a pipeline relies on."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging import expectations
from compatlosses.conformance.judging.findings import headings
from compatlosses.conformance.judging.judge import Verdict
from compatlosses.conformance.judging.selection import Selection
from compatlosses.conformance.model.implementations import TABLE
from compatlosses.conformance.results import results

APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)
QUICK = ["conform", "--framework", "numpy", "--case", "documents/*"]


def status_of(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APPLICATION, [*arguments])
    return result.exit_code, result.output


def test_a_run_with_nothing_unexpected_ends_with_0_and_writes_what_was_asked_for(tmp_path: Path) -> None:
    run, junit = tmp_path / "run.json", tmp_path / "run.xml"
    status, said = status_of(*QUICK, "--json", str(run), "--junit", str(junit))
    assert status == 0, said
    words = " ".join(said.split())
    assert "ok: nothing new, nothing fails" in words and "exit status 0" in words
    assert not results.read(run)["partial"]
    assert ElementTree.parse(junit).getroot().findall("testsuite/testcase")


def test_an_expectation_that_is_wrong_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {
        "framework": "numpy",
        "implementations": ["compatlosses"],
        "versions": ">=0",
        "failing": [{"checks": ["exact/value"], "cases": ["documents/torch-example"]}],
        "note": "why",
        "finding": "A heading",
    }
    book = expectations.Book((expectations.made(entry, "here"),))
    monkeypatch.setattr(Selection, "book", lambda selection: book)
    status, said = status_of(*QUICK)
    assert status == 1
    assert "the loss passes, though it is expected to fail: 1 case" in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["conform", "--framework", "theano"], "theano"),
        (["conform", "--case", "no/such/case"], "no/such/case"),
        (
            ["conform", "--framework", "numpy", "--json", "/no/such/folder/run.json"],
            "/no/such/folder/run.json",
        ),
        (["conform", "--framework", "numpy", "--implementation", "no.such.function"], "no.such.function"),
        (["conform", "--no-such-option"], "no-such-option"),
        (["repro", "no/such/case", "--framework", "torch"], "no/such/case"),
        (["compare", "/no/such/old.json", "/no/such/new.json"], "/no/such/old.json"),
        (["update-expectations", "/no/such/run.json", "--note", "n", "--finding", "f"], "/no/such/run.json"),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str], said: str) -> None:
    status, output = status_of(*arguments)
    assert status == 2
    assert said in output.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["conform", "--framework", "padle"], "paddle"),
        (["conform", "--case", "mse_los/*"], "mse_loss/*"),
        (["conform", "--framework", "numpy", "--implementation", "shin"], "shim"),
        (["conform", "--framework", "numpy", "--mode", "eagre"], "eager"),
        (["conform", "--function", "math.sin", "--like", "torch.nn.functional.mse_loss"], "math:sin"),
        (["repro", "gradient/float32/zero/label0/plain", "--framework", "torch"], "label-0/plain"),
        (["port", "toch", "paddle"], "torch"),
        (["port", "torch", "paddle", "mseloss"], "mse_loss"),
        (["finding", "Paddle: gradients of label and pos_weight are Nome"], "pos_weight are None"),
    ],
)
def test_a_name_with_a_slip_is_answered_with_the_nearest(arguments: list[str], meant: str) -> None:
    status, output = status_of(*arguments)
    assert status == 2
    assert meant in output.replace("\n", " ").partition("did you mean ")[2]


def test_a_finding_is_printed_in_full() -> None:
    """By words of its heading, and by those of the line that an answer prints."""
    for words in ("LOGIT OF EXACTLY ZERO", "at a logit of exactly 0 has the wrong sign"):
        status, output = status_of("finding", *words.split())
        assert status == 0
        assert output.startswith("Paddle: the gradient at a logit of exactly zero has the wrong value\n")
        assert "Workaround: pass a `pos_weight` of ones." in " ".join(output.split())
    _, listed = status_of("finding")
    assert set(listed.splitlines()) == headings()


@pytest.mark.parametrize("command", [["list"], ["remove", "torch==2.1.0"]])
def test_the_lab_says_what_to_install(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    status, said = status_of("lab", *command)
    assert status == 2
    assert "pip install 'compatlosses[lab]'" in said.replace("\n", " ")


def test_a_target_that_cannot_be_run_ends_with_3() -> None:
    status, said = status_of("conform", "--framework", "numpy", "--implementation", "paddle.fluid.*")
    assert status == 3, said


def test_cases_that_are_about_nothing_that_was_run_end_with_3() -> None:
    case = ["--case", "huber_loss/*", "--implementation", "compatlosses.mse_loss"]
    status, said = status_of("conform", "--framework", "numpy", *case)
    assert status == 3 and "no case that was chosen is about what was run" in said


def test_a_part_of_the_shim_that_cannot_be_called_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(TABLE["compatlosses.torch"], attribute="no_loss")
    monkeypatch.setitem(TABLE, row.name, row)
    status, said = status_of(*QUICK)
    assert status == 3, said
    assert "has no compatlosses.torch: AttributeError" in said.replace("\n", " ")


def test_compare_ends_with_1_when_something_got_worse(tmp_path: Path) -> None:
    paths = []
    for status in ("pass", "fail"):
        path = tmp_path / f"{status}.json"
        path.write_text(
            json.dumps(results.as_json([], [Verdict("a", "f", "torch", "native", status)], False))
        )
        paths.append(str(path))
    assert status_of("compare", *paths)[0] == 1
    assert status_of("compare", *reversed(paths))[0] == 0

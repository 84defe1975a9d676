"""The answer of a run: what is new first, in 40 lines of 80 columns, nothing cut."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import runs
import typer
from rich.console import Console
from typer.testing import CliRunner

from compatlosses.conformance import places
from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.commands import conform
from compatlosses.conformance.judging import expectations, findings
from compatlosses.conformance.judging.selection import Selection
from compatlosses.conformance.model import implementations
from compatlosses.conformance.model.losses import FIRST, loss_of
from compatlosses.conformance.report import answer as shown
from compatlosses.conformance.results import answer, results, support
from compatlosses.conformance.running.target import Target

ROOT = Path(__file__).parents[2]
KEPT = [results.read(path) for path in sorted(places.RUNS.glob("*.json"))]
PLANTED = Path(__file__).with_name("planted_worker.py")
APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)


def lines_of(*tables: dict[str, Any]) -> list[str]:
    return shown.lines(answer.answer_of(tables), shown.Ending(1, ("run.json",)))


def status_of(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APPLICATION, ["conform", *arguments])
    return result.exit_code, result.output


def strangers(count: int) -> dict[str, Any]:
    """A run in which that many cases fail in ways that nobody knows, each with a long message."""
    run = runs.two_versions()[1]
    case = next(verdict for verdict in run["verdicts"] if verdict["status"] == "fail")
    words = "is not so " * 80
    for number in range(count):
        check = {**case["checks"][0], "what": f"gradient/{'x' * number}y", "message": f"{words}{number}"}
        check.update(status="fail", expectation="unexpected")
        run["verdicts"].append({**case, "expectation": "unexpected", "checks": [check]})
    return run


@pytest.mark.parametrize(
    "tables",
    [
        KEPT[-1:],
        KEPT,
        [run for run in KEPT if run["targets"][0]["version"].startswith(("2.13", "3.3", "2.10"))],
        runs.two_versions(),
        [strangers(30)],
        [*KEPT, strangers(30)],
    ],
    ids=["one", "all", "three", "new", "many-new", "everything"],
)
def test_it_has_at_most_40_lines_of_80_columns(tables: list[dict[str, Any]]) -> None:
    said = lines_of(*tables)
    assert len(said) <= shown.LINES
    # A command is never broken within a word; a shell reads its lines as one.
    assert all(len(line) <= shown.WIDTH or "--implementation" in line for line in said)
    assert not any(line.endswith("…") for line in said)
    assert "exit status 1" in " ".join(said[-2:]) and "run.json" in " ".join(said[-2:])


def test_what_is_new_comes_first_and_the_worst_of_it_before_the_rest() -> None:
    run = strangers(3)
    worse = next(verdict for verdict in run["verdicts"] if verdict["status"] == "crash")
    said = lines_of(run)
    assert said[0].startswith("NEW, which no expectation knows, worst first: 6 kinds")
    assert said[1] == "! torch 2.13.0: the process ends: 1 case of binary_cross_entropy_with_logits"
    assert worse["case"] in said[2]
    kinds = sum(line.startswith("! ") for line in said)
    assert f"  and {6 - kinds} more: --verbose has them all" in said


def test_behaviours_are_counted_as_the_readme_counts_them() -> None:
    (run,) = (one for one in KEPT if one["targets"][0]["label"].startswith("torch 2.1.0"))
    run = {**run, "verdicts": [one for one in run["verdicts"] if loss_of(one["case"]) == FIRST]}
    said = lines_of(run)
    found = {column.title: column.passed for column in answer.answer_of([run]).columns}
    tallies = support.tallies(run)
    passed, failed = (getattr(tallies[runs.NATIVE, "gradient-logits"], name) for name in ("passed", "failed"))
    assert 0 < passed < passed + failed
    counts = [line.split()[-1] for line in said if line.startswith("gradients  ")]
    assert counts == [f"{passed}/{passed + failed}"]
    for behaviour in support.behaviours():
        tally = tallies.get((runs.NATIVE, behaviour.id))
        counted = (tally.passed, tally.passed + tally.failed) if tally else (0, 0)
        assert found["torch"].get(behaviour.id, (0, 0)) == counted


def test_rows_that_hold_everywhere_share_a_line_where_there_is_no_room() -> None:
    columns = answer.answer_of([*KEPT[:1], strangers(30)]).columns
    whole, folded = (shown.table(columns, room, shown.WIDTH) for room in (40, 12))
    assert not any(line.startswith("all pass: ") for line in whole)
    assert any(line.startswith("all pass: ") for line in folded) and len(folded) < len(whole)


def test_a_case_of_no_behaviour_is_counted_all_the_same() -> None:
    run = runs.two_versions()[0]
    verdict = next(one for one in run["verdicts"] if one["status"] == "crash")
    run["verdicts"] = [{**verdict, "case": "unheard/of"}]
    assert dict(answer.answer_of([run]).columns[0].passed) == {answer.OTHER: (0, 1)}


@pytest.mark.parametrize("heading", findings.load())
def test_a_finding_has_words_that_fit_a_line_and_an_entry(heading: str) -> None:
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    finding = findings.load()[heading]
    assert f"\n## {heading}\n" in text
    assert len(f"{finding.whose}: {finding.words}") <= 68
    entry = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert finding.since in entry.partition("- **Since:**")[2].partition("- **Case")[0]


def test_a_finding_without_words_speaks_for_itself() -> None:
    assert str(findings.finding_of("torch: something else")) == "torch: something else"
    assert str(findings.finding_of("https://example.org/issue")) == "https://example.org/issue"


def run_of(fault: str, cases: str, monkeypatch: pytest.MonkeyPatch, output: Path) -> list[str]:
    """What `conform` prints of native torch with a planted fault."""
    command = [sys.executable, str(PLANTED), fault, "torch", "native", "eager"]
    monkeypatch.setattr(conform, "targets", lambda *_: [Target("torch", "native", command)])
    status, said = status_of("--framework", "torch", "--case", cases, "--markdown", str(output))
    assert status == 1
    return said.splitlines()


@pytest.mark.parametrize("loss", ["mse_loss", "binary_cross_entropy_with_logits"])
def test_a_sign_that_turned_is_told_within_ten_lines(
    loss: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cases = "mse_loss/[bcp]*" if loss == "mse_loss" else "[bc]*/*"
    said = run_of("turned", cases, monkeypatch, tmp_path / "answer.md")
    first = next(place for place, line in enumerate(said) if line.startswith("NEW"))
    told = " ".join(" ".join(said[first : first + 10]).split())
    name = "predictions" if loss == "mse_loss" else "logits"
    assert f"the gradient by {name} has a wrong value or sign" in told
    assert "! torch 2" in told and loss in told and "exactly" in told
    assert len(said) - first <= shown.LINES
    page = (tmp_path / "answer.md").read_text(encoding="utf-8")
    assert "### New" in page and "has a wrong value or sign" in page


def test_lost_digits_are_told_as_such(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = run_of("inexact", "mse_loss/piece/float32/*", monkeypatch, tmp_path / "answer.md")
    assert any("the loss has lost digits" in line for line in said[:10])


def test_a_run_ends_after_so_many_new_failures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = [sys.executable, str(PLANTED), "turned", "torch", "native", "eager"]
    monkeypatch.setattr(conform, "targets", lambda *_: [Target("torch", "native", command)])
    path = tmp_path / "run.json"
    status, said = status_of("--case", "mse_loss/*", "--maxfail", "2", "--json", str(path))
    run = results.read(path)
    assert status == 1
    assert "ended after" in said and "--maxfail" in said
    assert run["partial"]
    assert 2 <= sum(verdict["expectation"] == "unexpected" for verdict in run["verdicts"]) < 10


def test_a_framework_that_is_not_installed_is_a_sentence_with_the_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = replace(implementations.FRAMEWORKS["torch"], distributions=("no-such-torch",))
    monkeypatch.setitem(implementations.FRAMEWORKS, "torch", absent)
    status, said = status_of("--framework", "torch", "--framework", "numpy", "--case", "documents/t*")
    assert status == 3
    assert "torch is not installed here: pip install no-such-torch" in " ".join(said.split())
    assert "the documents' own examples" in said


def test_a_framework_that_cannot_be_imported_is_a_sentence_with_the_mend(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text('raise ImportError("libtorch.so: no such file")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status, said = status_of("--framework", "torch", "--case", "mse_loss/documents/*")
    words = " ".join(said.split())
    assert status == 3
    assert "torch cannot be imported in this environment: ImportError: libtorch.so: no such file" in words
    assert "pip install --force-reinstall torch" in words
    assert "Traceback" not in said


def test_the_list_has_cases_implementations_and_modes_and_runs_nothing() -> None:
    status, said = status_of(
        "--list", "--framework", "torch", "--implementation", "native", "--case", "mse_loss/doc*"
    )
    assert status == 0
    assert said.splitlines()[:4] == [
        "cases: 2",
        "  mse_loss/documents/default",
        "  mse_loss/documents/third-place-is-size-average",
        "implementations: 2",
    ]
    assert "  torch: eager, compile, compile-dynamic" in said


def test_progress_reaches_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = []
    watched = conform.progress

    def progress() -> Any:
        bars.append(watched())
        return bars[0]

    monkeypatch.setattr(conform, "progress", progress)
    # A few cases in a run that measures curves, as a whole run does.
    few = Selection(("mse_loss/documents/*",)).chosen_cases()
    monkeypatch.setattr(Selection, "chosen_cases", lambda selection: few)
    assert status_of("--framework", "numpy")[0] == 0
    assert [(task.completed, task.finished) for task in bars[0].tasks] == [(bars[0].tasks[0].total, True)]


def test_the_expectations_are_looked_up_once_for_each_implementation() -> None:
    counted = []

    class Counting(tuple[expectations.Expectation, ...]):
        def __iter__(self) -> Any:
            counted.append(1)
            return super().__iter__()

    book = expectations.Book(Counting(expectations.load()))
    for verdict in runs.verdicts_of(
        implementations.Implementation(runs.NATIVE, "torch", "native", "2.13.0"),
        {id: runs.answered(id, "torch", 1.0) for id in (runs.CASE, runs.BESIDE, runs.TAIL)},
    ):
        book.say(verdict, "2.13.0")
    assert len(counted) == 1


def test_a_terminal_that_is_piped_gets_the_same_lines() -> None:
    console = Console(width=30, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    from compatlosses.conformance.commands.terminal import print_lines

    said = lines_of(KEPT[-1])
    print_lines(console, said)
    assert console.export_text().splitlines() == said


def test_a_release_that_nobody_reviewed_is_told_by_which_it_is_judged() -> None:
    run = runs.run_of("2.9.1", 1.0)
    said = lines_of(run)
    assert "torch 2.9.1 was not reviewed: it is judged by 2.6.0 and 2.13.0." in said
    assert not any("was not reviewed" in line for line in lines_of(KEPT[-1]))

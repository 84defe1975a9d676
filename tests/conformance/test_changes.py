"""What changed between two runs: the kinds, what counts as worse, and the command's exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.results import changes, results
from compatlosses.conformance.running.target import Target

NAME = "torch.nn.functional.f"


def run(*verdicts: Verdict, error: str = "", reason: str | None = None) -> dict[str, Any]:
    target = Target("torch", "native", version="2.1.0", available={NAME: reason}, error=error)
    return json.loads(json.dumps(results.as_json([target], verdicts, False)))  # type: ignore[no-any-return]


def verdict(status: str, *failing: str, ulps: float = 0.0, case: str = "a") -> Verdict:
    checks = [Check(what, "exact", "fail", "it is off", ulps) for what in failing] or [
        Check("value", "exact", "pass", ulps=ulps)
    ]
    return Verdict(case, NAME, "torch", "native", status, "it is off" if failing else "", checks)


@pytest.mark.parametrize(
    ("old", "new", "kind", "worse"),
    [
        (verdict("pass"), verdict("fail", "value"), "broken", True),
        (verdict("pass"), verdict("unsupported"), "broken", True),
        (verdict("fail", "value"), verdict("pass"), "fixed", False),
        (verdict("crash"), verdict("fail", "value"), "fixed", False),
        (verdict("fail", "value"), verdict("fail", "value", "gradient/logits"), "broken", True),
        (verdict("fail", "value", "gradient/logits"), verdict("fail", "value"), "fixed", False),
        (verdict("fail", "value", ulps=10), verdict("fail", "value", ulps=30), "changed", True),
        (verdict("fail", "value", ulps=30), verdict("fail", "value", ulps=10), "changed", False),
        (verdict("pass", ulps=0.6), verdict("pass", ulps=2), "changed", False),
        (verdict("pass", ulps=0.2), verdict("pass", ulps=1.1), "unchanged", False),
        (
            verdict("fail", "value", ulps=float("inf")),
            verdict("fail", "value", ulps=float("inf")),
            "unchanged",
            False,
        ),
    ],
)
def test_how_a_case_changed(old: Verdict, new: Verdict, kind: str, worse: bool) -> None:
    found = changes.compare(run(old), run(new))
    counts = {name: 1 if name == kind else 0 for name in ("broken", "fixed", "changed", "unchanged")}
    assert {
        name: getattr(found, name) if name == "unchanged" else len(getattr(found, name)) for name in counts
    } == counts
    assert found.worse is worse


def test_what_one_run_alone_has_is_gone_or_added_and_not_worse() -> None:
    found = changes.compare(
        run(verdict("pass"), verdict("pass", case="b")), run(verdict("pass"), verdict("pass", case="c"))
    )
    assert ([line.split()[-1] for line in (*found.gone, *found.added)], found.worse) == (["b", "c"], False)


@pytest.mark.parametrize("new", [run(error="no module named torch"), run(reason="it was removed")])
def test_what_cannot_be_called_any_more_is_worse(new: dict[str, Any]) -> None:
    found = changes.compare(run(verdict("pass")), new)
    assert len(found.lost) == 1
    assert found.worse


def compared(tmp_path: Path, *runs: dict[str, Any], options: tuple[str, ...] = ()) -> tuple[int, str]:
    application = typer.Typer()
    cli.add_commands(application)
    paths = [tmp_path / f"{number}.json" for number in range(len(runs))]
    for path, one in zip(paths, runs, strict=True):
        path.write_text(json.dumps(one))
    done = CliRunner().invoke(application, ["compare", *map(str, paths), *options])
    return done.exit_code, done.output


def test_the_command_says_it_in_words_and_as_json_and_ends_with_1_when_something_got_worse(
    tmp_path: Path,
) -> None:
    old, new = run(verdict("pass")), run(verdict("fail", "value", ulps=7))
    status, said = compared(tmp_path, old, new)
    assert status == 1
    assert "newly broken: 1" in said and f"{NAME} a: pass -> fail, 0 -> 7 ULP: it is off" in said
    status, said = compared(tmp_path, old, new, options=("--json",))
    assert status == 1
    assert json.loads(said)["broken"][0]["now"] == "fail"
    status, said = compared(tmp_path, new, old)
    assert status == 0
    assert "newly fixed: 1" in said


def test_runs_that_have_nothing_in_common_are_refused(tmp_path: Path) -> None:
    status, said = compared(tmp_path, run(verdict("pass")), run(verdict("pass", case="b")))
    assert status == 2
    assert "in common" in said

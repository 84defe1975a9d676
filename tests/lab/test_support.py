"""Support statements: what they say of runs, and that the ones that are kept say what the kept runs say."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance import places
from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.commands import support as support_cli
from compatlosses.conformance.model import cases
from compatlosses.conformance.results import results, support

ROOT = Path(__file__).parents[2]
RUNS = [results.read(path) for path in sorted(places.RUNS.glob("*.json"))]
IDS = support.described(cases.load())
NAME = "torch.nn.functional.binary_cross_entropy_with_logits"
INCOMING = ["incoming/none", "incoming/mean"]


def run(version: str, statuses: dict[str, str]) -> dict[str, Any]:
    """A run of torch in which these cases came out so; a failure is one of the value."""
    verdicts = [
        {
            "case": case, "implementation": NAME, "framework": "torch", "kind": "native", "mode": "eager",
            "status": status,
            "checks": [{"what": "value", "yardstick": "documented", "status": status, "finding": "why"}],
        }
        for case, status in statuses.items()
    ]  # fmt: skip
    return {"targets": [{"framework": "torch", "version": version}], "verdicts": verdicts}


def said(*histories: tuple[str, str, str]) -> list[dict[str, Any]]:
    """The statements on one behaviour of two cases, from (version, status, status)."""
    runs = [run(version, dict(zip(INCOMING, statuses, strict=True))) for version, *statuses in histories]
    found: list[dict[str, Any]] = support.table_of(runs)["support"][NAME]["incoming"]
    return found


def test_what_holds_in_the_oldest_run_may_hold_for_longer() -> None:
    assert said(("2.1.0", "pass", "pass"), ("2.13.0", "pass", "pass")) == [{"version_added": "≤2.1.0"}]


def test_what_broke_and_was_mended_has_a_statement_for_each_time_the_newest_first() -> None:
    found = said(
        ("1.9", "pass", "pass"), ("1.10", "pass", "fail"), ("2.0", "fail", "fail"), ("2.1", "pass", "pass")
    )
    assert found == [
        {"version_added": "2.1"},
        {"version_added": False, "versions": ["2.0"], "notes": ["2 of 2 cases fail", "see why"]},
        {
            "version_added": "1.10", "version_removed": "2.0", "partial_implementation": True,
            "notes": ["1 of 2 cases fail", "see why"],
        },
        {"version_added": "≤1.9", "version_removed": "1.10"},
    ]  # fmt: skip


def test_unsupported_is_never_support() -> None:
    (found,) = said(("2.1", "unsupported", "unsupported"))
    assert found["version_added"] is False
    (found,) = said(("2.1", "pass", "unsupported"))
    assert found == {"version_added": "≤2.1", "notes": ["1 of 2 cases are unsupported"]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda found: found[0].pop("notes"), "needs a note"),
        (lambda found: found[0].update(version_added="9.9"), "9.9 is no release that was run"),
        (lambda found: found[1].pop("version_removed"), "overlaps"),
        (lambda found: found.reverse(), "newest first"),
        (lambda found: found.pop(), "the runs say otherwise"),
    ],
)
def test_the_linter_tells(change: Any, fault: str) -> None:
    runs = [run(version, {INCOMING[0]: status}) for version, status in (("2.1", "pass"), ("2.2", "fail"))]
    table = support.table_of(runs)
    assert support.lint(table, runs, INCOMING) == []
    broken = copy.deepcopy(table)
    change(broken["support"][NAME]["incoming"])
    assert any(fault in line for line in support.lint(broken, runs, INCOMING))


def test_the_linter_tells_what_is_missing_and_cases_of_no_behaviour() -> None:
    runs = [run("2.1", {INCOMING[0]: "pass"})]
    table = support.table_of(runs)
    assert support.lint({**table, "support": {}}, runs, INCOMING) == [
        f"{NAME}, incoming: the runs have it, the table has not"
    ]
    assert support.lint(table, runs, ["no/such/case"]) == ["no behaviour has the case 'no/such/case'"]


def test_the_kept_table_says_what_the_kept_runs_say() -> None:
    assert support.lint(support.load(), RUNS, IDS) == []
    assert places.SUPPORT.read_text(encoding="utf-8") == support.dumps(support.table_of(RUNS))


def test_the_page_s_table_is_made_from_the_kept_runs() -> None:
    assert f"{support_cli.BEGIN}\n{support_cli.markdown(RUNS)}\n{support_cli.END}" in (
        ROOT / "docs" / "support.md"
    ).read_text("utf-8")


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    application = typer.Typer()
    cli.add_commands(application)
    table, page = tmp_path / "support.json", tmp_path / "support.md"
    page.write_text(f"before\n{support_cli.BEGIN}{support_cli.END}\nafter\n", encoding="utf-8")
    arguments = [
        "support",
        *map(str, sorted(places.RUNS.glob("torch*.json"))),
        "--json",
        str(table),
        "--page",
        str(page),
    ]
    assert CliRunner().invoke(application, arguments).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "| torch 2.13.0 |" in text
    assert CliRunner().invoke(application, [*arguments, "--check"]).exit_code == 0
    page.write_text(text.replace("✓", "✗"), encoding="utf-8")
    done = CliRunner().invoke(application, [*arguments, "--check"])
    assert done.exit_code == 1
    assert "not what the runs say" in done.output

"""What changed between two runs: by check and finding, what counts as worse, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.report import changes as shown
from compatlosses.conformance.results import changes, compact, results, suite
from compatlosses.conformance.running.target import Target

NAME = "torch.nn.functional.mse_loss"
FOUND = "Paddle: the gradient at a logit of exactly zero has the wrong value"


def run(
    *verdicts: Verdict, error: str = "", reason: str | None = None, platform: str = "Linux", **more: Any
) -> dict[str, Any]:
    target = Target(
        "torch", "native", version="2.1.0", available={NAME: reason}, error=error, platform=platform
    )
    table = results.as_json([target], verdicts, False)
    return {**json.loads(json.dumps(table)), **more}


def verdict(
    status: str, *failing: str, ulps: float | None = 0.0, case: str = "a", finding: str = ""
) -> Verdict:
    said = "it is off" if ulps is None else f"value: 1.5, exactly 1.0: {ulps:g} ULP off (1 of 1)"
    checks = [Check(what, "exact", "fail", said, ulps, finding=finding) for what in failing] or [
        Check("value", "exact", "pass", ulps=ulps)
    ]
    return Verdict(case, NAME, "torch", "native", status, said if failing else "", checks)


def element(got: float, exact: float, what: str = "gradient/predictions") -> Verdict:
    """A verdict by which a document's formula fails in an element."""
    said = f"{what}: {got}, exactly {exact}: not the documented formula's value (1 of 1)"
    return Verdict(
        "a", NAME, "torch", "native", "fail", said,
        [Check(what, "documented", "fail", said), Check(what, "exact", "fail", f"{what}: nan, exactly 1.0: "
         "inf ULP off (1 of 1)", float("inf"))],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "kind", "passes"),
    [
        (verdict("pass"), verdict("fail", "value"), "worse", False),
        (verdict("pass"), verdict("unsupported"), "worse", False),
        (verdict("unsupported"), verdict("fail", "value"), "worse", False),
        (verdict("fail", "value"), verdict("crash"), "worse", False),
        (verdict("fail", "value"), verdict("pass"), "better", True),
        (verdict("crash"), verdict("fail", "value"), "better", True),
        (verdict("fail", "value"), verdict("fail", "value", "gradient/logits"), "worse", False),
        (verdict("fail", "value", "gradient/logits"), verdict("fail", "value"), "better", True),
        (verdict("fail", "value", ulps=20), verdict("fail", "value", ulps=50), "worse", False),
        (verdict("fail", "value", ulps=50), verdict("fail", "value", ulps=20), "better", True),
        (verdict("fail", "value", ulps=10), verdict("fail", "value", ulps=18), "worse", False),
        (verdict("pass", ulps=0.6), verdict("pass", ulps=2), "other", True),
        (verdict("pass", ulps=0.2), verdict("pass", ulps=1.1), "unchanged", True),
        (verdict("pass", ulps=None), verdict("pass", ulps=3), "unchanged", True),
        (verdict("pass", ulps=3), verdict("pass", ulps=None), "unchanged", True),
        (element(float("nan"), 1.0), element(-0.5, 0.5), "worse", False),
        (element(-0.5, 0.5), element(float("nan"), 1.0), "better", True),
        (element(-0.5, 0.5), element(-0.5, 0.5), "unchanged", True),
    ],
)
def test_how_a_case_changed(old: Verdict, new: Verdict, kind: str, passes: bool) -> None:
    found = changes.compare(run(old), run(new))
    counts = {
        "worse": len(found.worse),
        "better": len(found.better),
        "other": len(found.other),
        "unchanged": found.unchanged,
    }
    assert counts == {name: int(name == kind) for name in counts}
    assert found.passes is passes


def test_a_change_names_its_check_and_what_each_run_said_of_it() -> None:
    (found,) = changes.compare(run(element(float("nan"), 1.0)), run(element(-0.5, 0.5))).worse
    assert (found.check, found.was, found.now) == ("documented/gradient/predictions", "infinite", "wrong")
    assert "nan, exactly 1.0" in found.before and "-0.5, exactly 0.5" in found.after
    assert found.sentence == "the gradient by predictions has a wrong value or sign"


def test_an_error_that_was_not_kept_is_not_known() -> None:
    found = changes.compare(run(verdict("fail", "value", ulps=None)), run(verdict("fail", "value", ulps=9)))
    (change,) = found.better  # another error than documented, before; a rounding, now
    assert change.ulps_before is None and change.ulps_after == 9
    assert any("? -> 9 ULP" in line for line in shown.lines(found))


def test_a_run_that_has_less_than_the_old_one_does_not_pass() -> None:
    both = run(verdict("pass"), verdict("pass", case="b"))
    found = changes.compare(both, run(verdict("pass"), verdict("pass", case="c")))
    assert ([line.split()[-1] for line in (*found.gone, *found.added)], found.passes) == (["b", "c"], False)
    assert any("lacks 1 of the old one's calls" in line for line in shown.lines(found))
    found = changes.compare(both, {**both, "partial": True})
    assert not found.passes
    assert any("the new run is partial" in line for line in shown.lines(found))
    assert changes.compare({**both, "partial": True}, both).passes


@pytest.mark.parametrize("new", [run(error="no module named torch"), run(reason="it was removed")])
def test_what_cannot_be_called_any_more_is_worse(new: dict[str, Any]) -> None:
    found = changes.compare(run(verdict("pass")), new)
    assert len(found.lost) == 1
    assert not found.passes


def test_changes_are_grouped_by_finding_the_worst_first() -> None:
    old = run(*(verdict("pass", case=f"mse_loss/{case}") for case in "abcd"))
    new = run(
        verdict("fail", "value", ulps=9, case="mse_loss/a"),
        verdict("fail", "value", ulps=9, case="mse_loss/b"),
        verdict("fail", "value", ulps=900, case="mse_loss/c", finding=FOUND),
        Verdict(
            "mse_loss/d",
            NAME,
            "torch",
            "native",
            "crash",
            "it ended",
            [Check("crash", "documented", "crash")],
        ),
    )
    groups = changes.groups(changes.compare(old, new).worse)
    assert [(group.severity, group.cases) for group in groups] == [
        ("crash", 1),
        ("digits", 1),
        ("rounding", 2),
    ]
    assert groups[1].title == "Paddle: the gradient at a logit of exactly 0 has the wrong sign (since 3.0.0)"
    assert groups[2].title == f"{NAME}: the loss is off by a few ULP"
    said = shown.lines(changes.compare(old, new))
    assert said[0] == "WORSE, worst first: 3 findings, 4 calls"
    assert all(len(line) <= 80 for line in said)


def test_better_and_worse_stand_apart() -> None:
    old = run(verdict("pass"), verdict("fail", "value", ulps=9, case="b"))
    new = run(verdict("fail", "value", ulps=9), verdict("pass", case="b"))
    said = shown.lines(changes.compare(old, new))
    worse, better = (said.index(f"{side}, worst first: 1 finding, 1 call") for side in ("WORSE", "BETTER"))
    assert worse < better
    assert said[worse + 1].startswith("! rounding: ") and said[better + 1].startswith("+ rounding: ")


def test_other_suites_and_platforms_are_warned_of() -> None:
    one = run(verdict("pass"))
    assert changes.compare(one, one).warnings == []
    assert one["suite"] == suite.suite()
    other = {**one, "suite": {**one["suite"], "tolerances": "0" * 16}}
    (said,) = changes.compare(one, other).warnings
    assert "two suites: tolerances" in said and "version" not in said
    (said,) = changes.compare(one, run(verdict("pass"), platform="Darwin arm64")).warnings
    assert said == "torch ran on other platforms: Linux, and Darwin arm64"
    unknown = {key: value for key, value in one.items() if key != "suite"}
    (said,) = changes.compare(unknown, one).warnings
    assert "not known which suite" in said


def test_a_hash_is_of_names_and_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "CASES", tmp_path)
    path = tmp_path / "a.toml"
    found = set()
    for name, text in (("a.toml", "x = 1"), ("a.toml", "x = 2"), ("b.toml", "x = 1")):
        path = tmp_path / name
        path.write_text(text)
        found.add(suite.hashed([path]))
    assert len(found) == 3


def test_a_compact_run_says_which_suite_judged_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    one = run(verdict("pass"))
    path.write_text(compact.dumps(one))
    back = results.read(path)
    assert back["suite"] == one["suite"]
    assert back["targets"][0]["platform"] == "Linux"


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
    assert "exact/value: pass -> rounding, 0 -> 7 ULP" in " ".join(said.split())
    assert said.splitlines()[-1] == "not ok: 1 finding got worse; exit status 1"
    status, said = compared(tmp_path, old, new, options=("--json",))
    assert status == 1
    assert json.loads(said)["worse"][0]["now"] == "rounding"
    status, said = compared(tmp_path, new, old)
    assert status == 0
    assert "BETTER" in said and said.splitlines()[-1] == "ok: nothing got worse; exit status 0"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ((), 1),
        (("--case", "a"), 1),
        (("--case", "b"), 0),
        (("--case", "b", "--case", "a"), 1),
        (("--check", "exact/value"), 1),
        (("--check", "exact/gradient/*"), 0),
        (("--implementation", "native"), 1),
        (("--implementation", NAME), 1),
        (("--implementation", "torch.nn.functional.*"), 1),
        (("--severity", "rounding"), 1),
        (("--severity", "digits"), 0),
        (("--severity", "wrong"), 0),
        (("--implementation", "shim"), 2),
        (("--severity", "bad"), 2),
    ],
)
def test_options_select_what_fails_a_run(options: tuple[str, ...], status: int, tmp_path: Path) -> None:
    old = run(verdict("pass"), verdict("pass", case="b"))
    new = run(verdict("fail", "value", ulps=7), verdict("pass", case="b"))
    assert compared(tmp_path, old, new, options=options)[0] == status


def test_a_narrower_run_passes_where_the_rest_is_not_looked_at(tmp_path: Path) -> None:
    old, new = run(verdict("pass"), verdict("pass", case="b")), run(verdict("pass"))
    assert compared(tmp_path, old, new)[0] == 1
    assert compared(tmp_path, old, new, options=("--case", "a"))[0] == 0


def test_runs_that_have_nothing_in_common_do_not_pass(tmp_path: Path) -> None:
    status, said = compared(tmp_path, run(verdict("pass")), run(verdict("pass", case="b")))
    assert status == 1
    assert "lacks 1 of the old one's calls" in " ".join(said.split())
    status, said = compared(tmp_path, run(), run())
    assert status == 2
    assert "in common" in said

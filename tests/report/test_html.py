"""The report as a file: self-contained, the same for the same runs, and deaf to markup."""

from __future__ import annotations

import base64
import copy
import gzip
import html.parser
import json
import re
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import runs
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.judging import judge
from compatlosses.conformance.model.implementations import TABLE, Implementation, applies
from compatlosses.conformance.report.data import page_data
from compatlosses.conformance.report.html import page
from compatlosses.conformance.report.summary import summary_of
from compatlosses.conformance.results import changes, results
from compatlosses.conformance.running.target import Target

APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)


class Tags(html.parser.HTMLParser):
    """The tags of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def two() -> list[dict[str, Any]]:
    return runs.two_versions()


@pytest.fixture(scope="module")
def text(two: list[dict[str, Any]]) -> str:
    return page(two)


def test_markup_that_a_framework_printed_stays_text(text: str) -> None:
    tags = Tags(text).found
    assert not [tag for tag, _ in tags if tag in ("img", "b")]
    assert not [attributes for _, attributes in tags if any(name.startswith("on") for name in attributes)]
    assert text.count("<script") == text.count("</script>") == 2
    assert "&lt;/script&gt;&lt;img" in text, (
        "the reason why something is not there is in the template, escaped"
    )
    assert "{{ 7 * 7 }}" in text


def test_the_data_holds_what_was_printed_word_for_word(text: str) -> None:
    held = re.search(r'id="data">([^<]*)<', text)
    assert held is not None
    data = json.loads(gzip.decompress(base64.b64decode(held[1])))
    assert runs.MARKUP in data["texts"]
    assert "Infinity" not in json.dumps(data, allow_nan=False)


def test_nothing_is_fetched(text: str) -> None:
    for _, attributes in Tags(text).found:
        for name in ("src", "href", "action"):
            assert str(attributes.get(name) or "#").startswith(("#", "data:,"))
    assert "default-src &#39;none&#39;" in text
    assert "@import" not in text and "url(" not in text


def test_the_same_runs_make_the_same_page(two: list[dict[str, Any]], text: str) -> None:
    assert page(copy.deepcopy(two)) == text


def test_a_case_is_there_with_what_was_expected_and_what_came_back(two: list[dict[str, Any]]) -> None:
    data = page_data(two)
    place = [case["id"] for case in data["cases"]].index(runs.CASE)
    case, column = (
        data["cases"][place],
        [c["title"] for c in data["columns"]].index(f"{runs.NATIVE}, torch 2.13.0"),
    )
    _, _, status, _, _, _, _, _, actual, errors, *_ = data["verdicts"][column][place][4][0]
    expected = case["expected"][0]["value"]
    assert data["statuses"][status] == "fail"
    assert actual == pytest.approx([1.00001 * value for value in expected], rel=1e-6)
    assert min(errors) > 60 and max(errors) < 200, (
        "1e-5 is 84 to 168 ULP, from the top of a binade to its bottom"
    )
    script = data["scripts"][runs.NATIVE][runs.CASE]
    compile(script, runs.CASE, "exec")


def test_versions_are_compared_by_the_rule_of_the_command(two: list[dict[str, Any]]) -> None:
    native = next(pair for pair in summary_of(two).pairs if pair.old.kind == "native")
    assert (native.old.version, native.new.version) == ("2.1.0", "2.13.0")
    assert {line.case for group in native.worse for line in group.lines} == {runs.TAIL}
    assert native.changes.unchanged == 4 and not native.better
    assert {change.case for change in changes.compare(*two).worse} == {runs.TAIL}


def test_two_runs_of_one_version_stand_apart_even_if_made_in_the_same_second() -> None:
    before, after = runs.run_of("2.13.0", 1.0), runs.run_of("2.13.0", 1.001)
    assert before["created"] == after["created"]
    for labels, names in (
        (("before", "after"), ["2.13.0 (before)", "2.13.0 (after)"]),
        ((), ["2.13.0 (run 1)", "2.13.0 (run 2)"]),
    ):
        summary = summary_of([before, after], labels)
        assert [one.number for one in summary.releases if one.kind == "native"] == names
        native = next(pair for pair in summary.pairs if pair.old.kind == "native")
        assert [side.number for side in (native.old, native.new)] == names
        assert {line.case for group in native.worse for line in group.lines} == {runs.TAIL}


def test_a_disagreement_stays_with_its_own_run() -> None:
    both = [runs.run_of("2.13.0", 1.0), runs.run_of("2.13.0", 1.0)]
    keys = ("implementation", "framework", "kind", "mode")
    sides = [{key: v[key] for key in keys} for v in (both[1]["verdicts"][0], both[1]["verdicts"][-1])]
    difference = {"case": runs.CASE, "what": "value", "message": "differs", "ulps": 84.0, "explained": []}
    pair = {"one": sides[0], "other": sides[1], "relation": "r", "compared": 1, "differences": [difference]}
    both[1]["agreement"] = [pair]
    data = page_data(both)
    ((one, other, _, _),) = data["agreement"]
    assert {data["columns"][place]["run"] for place in (one, other)} == {1}


def test_a_release_that_could_not_be_run_is_named_before_all_else(two: list[dict[str, Any]]) -> None:
    broken = copy.deepcopy(two[:1])
    for target in broken[0]["targets"]:
        target["error"] = "torch cannot be imported: <no> libcudart"
    broken[0]["verdicts"] = []
    text = page(broken)
    assert text.index("torch cannot be imported: &lt;no&gt; libcudart") < text.index("Releases</h2>")
    assert summary_of(broken).cards[0].says.startswith("It could not be run: torch cannot be imported")


def test_a_card_says_what_is_new_and_what_is_mended() -> None:
    runs_of_both = [runs.run_of("2.1.0", 1.001), runs.run_of("2.13.0", 1.0)]
    summary = summary_of(runs_of_both)
    older, newer = (card for card in summary.cards if card.release.kind == "native")
    assert older.before is None and newer.before is older.release
    assert not newer.new
    assert [entry.title for entry in newer.mended] == ["The gradient by logits has lost digits"]
    assert newer.severity == "crash" and newer.says.startswith("New, which no finding explains: 2 kinds")
    assert "Not safe: calls end the process" in newer.says


def test_a_behaviour_counts_main_functions_and_the_worst_that_counts_against_it(two: list[Any]) -> None:
    rows = {row.id: row for row in summary_of(two).rows}
    cells = {cell.release.title: cell for cell in rows["gradient-logits"].cells}
    assert (cells["torch 2.1.0"].passed, cells["torch 2.1.0"].total) == (1, 1)
    assert (cells["torch 2.13.0"].passed, cells["torch 2.13.0"].total) == (0, 1)
    assert cells["torch 2.13.0"].severity == "digits"
    assert list(cells["torch 2.13.0"].counts) == ["binary_cross_entropy_with_logits"]


def test_a_finding_has_its_text_and_a_command_for_its_script(two: list[dict[str, Any]]) -> None:
    heading = "torch: values and gradients lose accuracy or become NaN in the tails"
    known = copy.deepcopy(two)
    for run in known:
        for check in (check for verdict in run["verdicts"] for check in verdict["checks"]):
            if check["status"] == "fail":
                check.update(expectation="expected", finding=heading)
    entry = next(entry for entry in summary_of(known).entries if entry.known)
    assert {label for label, _ in entry.text} >= {"What", "Since", "Case", "Hurts", "Workaround"}
    assert entry.command.startswith(f"compatlosses repro {runs.CASE} --framework torch")
    assert entry.losses == ["binary_cross_entropy_with_logits"]


def test_every_implementation_has_a_page_for_the_cases_of_its_loss() -> None:
    """APIs differ in the losses that they have, and in the shapes that they take of one."""
    verdicts, cases_of = [], defaultdict(list)
    for case in runs.CASES.values():
        cases_of[case.loss].append(case)
    for name, row in TABLE.items():
        implementation = Implementation(name, "numpy", "shim", "")
        supported = (case for case in cases_of[row.loss] if applies(case, implementation))
        verdicts += [judge.Verdict(case.id, name, "numpy", "shim", "pass") for case in islice(supported, 2)]
    target = Target("numpy", "shim")
    data = page_data([json.loads(json.dumps(results.as_json([target], verdicts, False)))])
    assert {case["loss"] for case in data["cases"]} == set(cases_of)
    assert all(case.get("expected") or case.get("errors") for case in data["cases"])


def test_cases_and_frameworks_of_another_version_of_the_suite_are_shown(two: list[dict[str, Any]]) -> None:
    strange = copy.deepcopy(two[:1])
    for verdict in strange[0]["verdicts"]:
        verdict.update(
            case=verdict["case"] + "-of-old", framework="unheard", implementation="unheard.of", kind="native"
        )
    data = page_data(strange)
    assert {column["framework"] for column in data["columns"]} == {"unheard"}
    assert all("expected" not in case for case in data["cases"])


@pytest.mark.parametrize("name", ["torch", "unheard"])
@pytest.mark.parametrize("version", ["", "nightly", "1.2.3.4.5+cu1", "../.."])
def test_any_version_of_any_framework_has_its_place(
    two: list[dict[str, Any]], name: str, version: str
) -> None:
    strange = copy.deepcopy(two[:1])
    for target in strange[0]["targets"]:
        target.update(framework=name, version=version)
    for verdict in strange[0]["verdicts"]:
        verdict["framework"] = name
    titles = [release.title for release in summary_of([*strange, two[1]]).releases]
    assert len(set(titles)) == 4
    assert f"{name} {version.partition('+')[0]}".strip() in titles


def test_the_commands_write_it(tmp_path: Path, two: list[dict[str, Any]]) -> None:
    paths = []
    for number, run in enumerate(two):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(run))
        paths.append(str(path))
    written = tmp_path / "report.html"
    done = CliRunner().invoke(APPLICATION, ["report", *paths, "--html", str(written)])
    assert done.exit_code == 0, done.output
    assert written.read_text().startswith("<!doctype html>")
    named = [f"{label}={path}" for label, path in zip(("before", "after"), (paths[1], paths[1]), strict=True)]
    done = CliRunner().invoke(APPLICATION, ["report", *named, "--html", str(written)])
    assert done.exit_code == 0, done.output
    assert "torch 2.13.0 (before) → 2.13.0 (after)" in written.read_text()
    of_run = tmp_path / "run.html"
    done = CliRunner().invoke(
        APPLICATION, ["conform", "--framework", "numpy", "--case", "documents/*", "--html", str(of_run)]
    )
    assert done.exit_code == 0, done.output
    assert "compatlosses on numpy" in of_run.read_text()
    for arguments in (
        ["report", str(written), "--html", str(of_run)],
        ["report", *paths, "--html", str(tmp_path)],
        ["report", *paths],
        ["report", *paths, "--site", str(written)],
    ):
        assert CliRunner().invoke(APPLICATION, arguments).exit_code == 2

"""The report as a file: self-contained, the same for the same runs, and deaf to markup."""

from __future__ import annotations

import base64
import copy
import gzip
import html.parser
import json
import re
from pathlib import Path
from typing import Any

import pytest
import runs
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.report.data import page_data
from compatlosses.conformance.report.html import page
from compatlosses.conformance.results import changes

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
    _, _, status, _, _, _, _, _, actual, errors = data["verdicts"][column][place][4][0]
    expected = case["expected"][0]["value"]
    assert data["statuses"][status] == "fail"
    assert actual == pytest.approx([1.00001 * value for value in expected], rel=1e-6)
    assert min(errors) > 60 and max(errors) < 200, (
        "1e-5 is 84 to 168 ULP, from the top of a binade to its bottom"
    )
    script = data["scripts"][runs.NATIVE][runs.CASE]
    compile(script, runs.CASE, "exec")


def test_versions_are_compared_by_the_rule_of_the_command(two: list[dict[str, Any]]) -> None:
    data = page_data(two)
    native = next(pair for pair in data["changes"] if data["columns"][pair["old"]]["kind"] == "native")
    assert [data["columns"][native[side]]["version"] for side in ("old", "new")] == ["2.1.0", "2.13.0"]
    assert [data["cases"][place]["id"] for place in native["broken"]] == [runs.TAIL]
    assert native["unchanged"] == 4 and not native["fixed"]
    assert {change.case for change in changes.compare(*two).worse} == {runs.TAIL}


def test_cases_and_frameworks_of_another_version_of_the_suite_are_shown(two: list[dict[str, Any]]) -> None:
    strange = copy.deepcopy(two[:1])
    for verdict in strange[0]["verdicts"]:
        verdict.update(
            case=verdict["case"] + "-of-old", framework="unheard", implementation="unheard.of", kind="native"
        )
    data = page_data(strange)
    assert {column["framework"] for column in data["columns"]} == {"unheard"}
    assert all("expected" not in case for case in data["cases"])


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
    of_run = tmp_path / "run.html"
    done = CliRunner().invoke(
        APPLICATION, ["conform", "--framework", "numpy", "--case", "documents/*", "--html", str(of_run)]
    )
    assert done.exit_code == 0, done.output
    assert "compatlosses on numpy" in of_run.read_text()
    for arguments in (
        ["report", str(written), "--html", str(of_run)],
        ["report", *paths, "--html", str(tmp_path)],
    ):
        assert CliRunner().invoke(APPLICATION, arguments).exit_code == 2

"""Expectations are ranges: what neighbouring releases share is one, and another release is judged by those
beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from compatlosses.conformance import files, places
from compatlosses.conformance.errors import SuiteError
from compatlosses.conformance.judging import expectations, ranges, update
from compatlosses.conformance.judging.expectations import Book, ExpectationError
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.judging.ranges import Why
from compatlosses.conformance.judging.reviewed import NAME, Reviewed, reviewed
from compatlosses.conformance.model import cases
from compatlosses.conformance.model.losses import FIRST
from compatlosses.conformance.results import results
from compatlosses.conformance.running.target import Target

KNOWN = expectations.load()
RELEASES = reviewed()
THREE = Reviewed({"torch": {"*": ("2.13.0",), FIRST: ("2.1.0", "2.6.0", "2.13.0")}})
FUNCTION = "torch.nn.BCEWithLogitsLoss"
ENTRY = {
    "framework": "torch",
    "implementations": [FUNCTION],
    "versions": "==2.6.0",
    "failing": [{"checks": ["exact/value"], "cases": ["value/*"], "severity": "digits"}],
    "note": "why",
    "finding": "A heading",
}


@pytest.mark.parametrize(
    ("version", "releases", "strict"),
    [
        ("2.1.0", ("2.1.0",), True),
        ("2.6.0+cpu", ("2.6.0",), True),
        ("2.4.1", ("2.1.0", "2.6.0"), False),
        ("2.13.0a0+git123", ("2.6.0", "2.13.0"), False),
        ("2.14.0.dev20261128", ("2.13.0",), False),
        ("1.4", ("2.1.0",), False),
        ("a build of ours", ("2.13.0",), False),
    ],
)
def test_a_release_is_judged_by_itself_or_by_those_beside_it(
    version: str, releases: tuple[str, ...], strict: bool
) -> None:
    assert THREE.standing("torch", FIRST, version) == (releases, strict)


def test_a_loss_without_releases_of_its_own_has_those_of_the_others() -> None:
    assert THREE.standing("torch", "mse_loss", "2.1.0") == (("2.13.0",), False)
    assert THREE.standing("paddle", FIRST, "3.0.0") == (("3.0.0",), True)


def failed(message: str = "value: 1.5, exactly 1.49: 90 ULP off (1 of 1)", status: str = "fail") -> Verdict:
    check = Check("value", "exact", status, message, 90.0)
    return Verdict("value/a", FUNCTION, "torch", "native", status, checks=[check])


def said_of(verdict: Verdict, version: str, versions: str = "==2.6.0") -> str:
    Book([expectations.made({**ENTRY, "versions": versions}, "here")], THREE).say(verdict, version)
    return verdict.expectation


@pytest.mark.parametrize(
    ("version", "versions", "failing", "passing"),
    [
        ("2.6.0", "==2.6.0", "expected", "stale"),
        ("2.1.0", "==2.6.0", "unexpected", ""),
        ("2.3.0", "==2.6.0", "expected", ""),
        ("2.9.0", "==2.6.0", "expected", ""),
        ("2.14.0", "==2.6.0", "unexpected", ""),
        ("2.14.0", ">=2.6.0", "expected", ""),
        ("1.13.1", ">=2.6.0", "unexpected", ""),
        ("1.13.1", ">=2.1.0", "expected", ""),
        ("nightly", ">=2.6.0", "expected", ""),
    ],
)
def test_what_fails_beside_a_release_is_known_and_what_passes_is_held_against_reviewed_ones_alone(
    version: str, versions: str, failing: str, passing: str
) -> None:
    assert said_of(failed(), version, versions) == failing
    assert said_of(failed("", "pass"), version, versions) == passing


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("value: 1.5, exactly 1.49: 90 ULP off (1 of 1)", "expected"),
        ("value: nan, exactly 1.49: inf ULP off (1 of 1)", "unexpected"),
        ("value: all zeros, silently; expected [1.0]", "unexpected"),
    ],
)
def test_a_failure_that_is_worse_than_the_known_one_is_new(message: str, said: str) -> None:
    assert said_of(failed(message), "2.6.0") == said


def why(source: str = "s", severity: str = "digits", note: str = "n") -> Why:
    return Why(note, source, severity)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"1": why()}, [("==1", "digits")]),
        ({"1": why(), "2": why(severity="wrong")}, [(">=1,<=2", "wrong")]),
        ({"1": why(), "2": why(), "3": why()}, [(">=1", "digits")]),
        ({"3": why()}, [(">=3", "digits")]),
        ({"1": why(), "3": why()}, [("==1", "digits"), (">=3", "digits")]),
        ({"1": why("a"), "2": why("b")}, [("==1", "digits"), ("==2", "digits")]),
        ({"1": why(), "2": why(severity="")}, [(">=1,<=2", "")]),
    ],
)
def test_neighbours_that_fail_for_one_reason_are_one_range(
    facts: dict[str, Why], found: list[tuple[str, str]]
) -> None:
    assert [(spec, one.severity) for spec, one in ranges.ranges(facts, ["1", "2", "3"])] == found


def judged(run: dict[str, Any], releases: Reviewed) -> Counter[str]:
    """What is said of a stored run's verdicts."""
    book, found = Book(KNOWN, releases), Counter[str]()
    version = run["targets"][0]["version"]
    for one in run["verdicts"]:
        whose = [one[key] for key in ("case", "implementation", "framework", "kind", "status", "message")]
        checks = [Check(c["what"], c["yardstick"], c["status"], c["message"]) for c in one["checks"]]
        verdict = Verdict(*whose, checks=checks, mode=one["mode"])
        book.say(verdict, version)
        found[verdict.expectation] += 1
    return found


@pytest.mark.parametrize(
    ("path", "least", "new"),
    [
        ("paddlepaddle-3.2.0", 1.0, False),
        ("paddlepaddle-3.0.0", 0.95, True),
        ("mindspore-2.7.0", 0.9, True),
        ("torch-2.13.0", 0.95, True),
        ("torch-2.6.0", 0.95, True),
        ("torch-2.1.0", 0.85, True),  # it has no kernels in half precision for losses that later ones have
    ],
)
def test_a_kept_run_that_nobody_had_reviewed_is_no_wall_of_what_is_new(
    path: str, least: float, new: bool
) -> None:
    run = results.read(places.RUNS / f"{path}.json")
    version = path.rpartition("-")[2]
    without = {
        framework: {loss: tuple(one for one in known if one != version) for loss, known in mine.items()}
        for framework, mine in RELEASES.table.items()
    }
    found = judged(run, Reviewed(without))
    assert found["expected"] >= least * (found["expected"] + found["unexpected"])
    # Of one of them all that fails is known from the releases beside it.
    assert (found["unexpected"] + found["stale"] > 0) == new
    assert set(judged(run, RELEASES)) <= {"", "expected"}


def test_the_expectations_that_ship_are_the_ranges_that_would_be_written() -> None:
    ids = [case.id for case in cases.load()]
    for framework in sorted({one.framework for one in KNOWN}):
        mine = [one for one in KNOWN if one.framework == framework]
        entries = ranges.entries_of(framework, ranges.facts_of(mine, ids, RELEASES), ids, RELEASES)
        written = expectations.expectations_in(update.toml(entries), "again")
        assert ranges.facts_of(written, ids, RELEASES) == ranges.facts_of(mine, ids, RELEASES)


def run_of(version: str, *verdicts: Verdict, folder: Path) -> dict[str, Any]:
    target = Target("torch", "native", version=version, available={FUNCTION: None})
    expectations.apply(verdicts, {"torch": version}, expectations.load(folder), reviewed(folder))
    return json.loads(json.dumps(results.as_json([target], verdicts, False)))  # type: ignore[no-any-return]


def updated(folder: Path, version: str, *verdicts: Verdict, **choice: Any) -> list[expectations.Expectation]:
    """The expectations after a run of a release was reviewed."""
    chosen = update.Choice("why", "A heading", **choice)
    texts, _ = update.updated(run_of(version, *verdicts, folder=folder), folder, chosen)
    files.write_all(texts.items())
    return list(expectations.load(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of expectations in which two releases were reviewed, and nothing fails."""
    (tmp_path / NAME).write_text(Reviewed({"torch": {"*": ("2.1.0", "2.13.0")}}).text())
    return tmp_path


def test_a_reviewed_run_extends_the_range_of_its_neighbour(folder: Path) -> None:
    (one,) = updated(folder, "2.1.0", failed())
    assert (str(one.versions), one.failing[0].severity) == ("==2.1.0", "digits")
    (one,) = updated(folder, "2.13.0", failed())
    assert str(one.versions) == ">=2.1.0"
    (one,) = updated(folder, "2.13.0", failed("", "pass"))
    assert str(one.versions) == "==2.1.0"


def test_a_new_release_is_one_of_the_reviewed_and_takes_over_what_its_neighbours_are_known_for(
    folder: Path,
) -> None:
    updated(folder, "2.1.0", failed())
    (one,) = updated(folder, "2.6.0", failed(), implementation="nothing is new")
    assert reviewed(folder).of("torch", FIRST) == ("2.1.0", "2.6.0", "2.13.0")
    assert set(map(str, one.versions)) == {">=2.1.0", "<=2.6.0"}
    assert reviewed(folder).of("torch", "mse_loss") == ("2.1.0", "2.13.0")


def test_a_new_release_splits_a_range_where_it_passes(folder: Path) -> None:
    for version in ("2.1.0", "2.13.0"):
        updated(folder, version, failed())
    found = updated(folder, "2.6.0", failed("", "pass"))
    assert sorted(str(one.versions) for one in found) == ["==2.1.0", ">=2.13.0"]


def test_a_range_that_has_not_the_run_s_release_is_refused(folder: Path) -> None:
    with pytest.raises(ExpectationError, match=r"has not the run's own torch 2\.13\.0"):
        updated(folder, "2.13.0", failed(), versions="<2.5")
    (one,) = updated(folder, "2.13.0", failed(), versions=">=2.1")
    assert str(one.versions) == ">=2.1.0"


def test_a_worse_failure_is_written_with_its_severity(folder: Path) -> None:
    updated(folder, "2.13.0", failed())
    worse = failed("value: nan, exactly 1.49: inf ULP off (1 of 1)")
    (one,) = updated(folder, "2.13.0", worse, implementation="not that one")
    assert one.failing[0].severity == "digits"
    (one,) = updated(folder, "2.13.0", worse)
    assert one.failing[0].severity == "infinite"


@pytest.mark.parametrize(
    "text", ["torch = 3", "[torch]\nx = 4", "[torch]\nx = ['nightly']", "x = [", "[torch]\nx = [[]]"]
)
def test_a_list_of_releases_that_is_malformed_is_a_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(SuiteError, match=r"releases\.toml"):
        reviewed(tmp_path)


def test_the_releases_that_ship_are_as_they_would_be_written() -> None:
    assert (places.EXPECTATIONS / NAME).read_text(encoding="utf-8") == RELEASES.text()
    kept = {path.stem for path in places.RUNS.glob("*.json")}
    names = {"paddle": "paddlepaddle", "torch": "torch", "mindspore": "mindspore"}
    for framework, distribution in names.items():
        assert {f"{distribution}-{one}" for one in RELEASES.of(framework, FIRST)} <= kept

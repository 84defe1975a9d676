"""The search for the first bad release: which releases there are, and in which order they are run."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from compatlosses.conformance.commands import app as cli
from compatlosses.conformance.commands import bisect as command
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.lab.bisect import Search, State, Trial, trial_of
from compatlosses.conformance.lab.jobs import Finished, Job, not_run
from compatlosses.conformance.lab.published import releases_within
from compatlosses.conformance.lab.recipes import LabError, Release
from compatlosses.conformance.running.target import Target

APPLICATION = typer.Typer()
cli.add_commands(APPLICATION)
ALL = [Release("torch", f"2.{minor}.0") for minor in range(1, 14)]


def found(bad_from: int, unknown: frozenset[int] = frozenset()) -> tuple[Search, list[Trial]]:
    """A search over `ALL` whose releases are bad from a place on; some cannot be judged."""

    def run(release: Release) -> Trial:
        place = ALL.index(release)
        state: State = "unknown" if place in unknown else "bad" if place >= bad_from else "good"
        return Trial(release, state, "")

    search = Search(ALL)
    return search, [*search.go(run)]


@pytest.mark.parametrize("bad_from", range(1, len(ALL)))
def test_the_first_bad_release_is_found_in_few_runs(bad_from: int) -> None:
    search, trials = found(bad_from)
    assert search.answer() == (True, f"first bad: {ALL[bad_from]}; {ALL[bad_from - 1]} is good")
    assert len(trials) <= 2 + 4  # the ends, then halves of the eleven between them


@pytest.mark.parametrize("bad_from", range(1, len(ALL)))
@pytest.mark.parametrize("unknown", [{0}, {12}, {6}, {5, 6, 7}, {0, 3, 9, 12}])
def test_what_cannot_be_judged_is_passed_over_and_told(bad_from: int, unknown: set[int]) -> None:
    search, trials = found(bad_from, frozenset(unknown))
    answered, words = search.answer()
    good = max((p for p in range(bad_from) if p not in unknown), default=None)
    bad = min((p for p in range(bad_from, 13) if p not in unknown), default=None)
    assert len({trial.release for trial in trials}) == len(trials)
    if good is None:
        assert not answered and "begin the range with a good one" in words
    elif bad is None:
        assert answered and words == f"none is bad: {ALL[good]} is good"
    elif bad == good + 1:
        assert answered and words == f"first bad: {ALL[bad]}; {ALL[good]} is good"
    else:
        assert not answered and "cannot be judged" in words
        assert f"{ALL[good]} is good, {ALL[bad]} is bad" in words


def test_ends_that_tell_everything_end_the_search() -> None:
    assert [trial.release for trial in found(13)[1]] == [ALL[-1]]
    assert [trial.release for trial in found(0)[1]] == [ALL[-1], ALL[0]]
    assert found(0)[0].answer()[0] is False
    assert found(0, frozenset(range(13)))[0].answer() == (False, "none of the releases can be judged")


def read(distribution: str, python: str) -> list[str]:
    return {
        "3.7": ["1.8.0", "1.9.1"],
        "3.10": ["1.13.1", "2.0.1", "2.1.0"],
        "3.11": ["2.1.0", "2.2.0", "2.2.0+cpu", "2.3.0rc1", "nonsense"],
    }[python]


def test_the_releases_of_a_range_are_those_of_every_python_without_candidates() -> None:
    assert [each.version for each in releases_within("torch>=1.9", read=read)] == [
        "1.9.1", "1.13.1", "2.0.1", "2.1.0", "2.2.0",
    ]  # fmt: skip
    assert [each.version for each in releases_within("torch>=2.2.0,<=2.3.0rc1", read=read)] == [
        "2.2.0",
        "2.3.0rc1",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("torch>=9", "has none of the 7 releases there are"),
        ("torch==2.2.0", "has torch==2.2.0 of the 7 releases there are"),
        ("requests>=2", "asks for 'requests'"),
        ("torch>=2; python_version<'4'", "is more than a range of versions"),
        ("torch >= x", "is no requirement"),
    ],
)
def test_what_is_no_range_is_refused(text: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        releases_within(text, read=read)


def finished(release: Release, *statuses: str) -> Finished:
    checks = [Check("value", "exact", "fail", "3 ULP off", 3.0)]
    verdicts = [
        Verdict(f"case/{status}", "f", "torch", "native", status, checks=checks * (status == "fail"))
        for status in statuses
    ]
    return Finished(release, [Target("torch", "native")], verdicts)


@pytest.mark.parametrize(
    ("statuses", "state", "why"),
    [
        (("pass", "unsupported"), "good", "its call passes"),
        (("pass", "fail"), "bad", "case/fail: 3 ULP off"),
        (("unsupported",), "unknown", "no call"),
        ((), "unknown", "no call"),
    ],
)
def test_a_release_is_bad_where_a_call_fails(statuses: tuple[str, ...], state: str, why: str) -> None:
    trial = trial_of(finished(ALL[0], *statuses))
    assert trial.state == state and why in trial.why


def test_a_crash_is_bad_and_no_environment_is_unknown() -> None:
    crashed = finished(ALL[0])
    crashed.verdicts = [Verdict("a", "f", "torch", "native", "crash", "the process ended")]
    assert trial_of(crashed) == Trial(ALL[0], "bad", "a: the process ended")
    assert trial_of(not_run(ALL[0], "no wheel")) == Trial(ALL[0], "unknown", "no wheel")


def status_of(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APPLICATION, [*arguments])
    return result.exit_code, " ".join(result.output.split())


def test_the_command_tells_each_release_and_ends_with_the_first_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Job] = []

    def run_job(job: Job, halt: object, notice: object) -> Finished:
        asked.append(job)
        return finished(job.release, "fail" if ALL.index(job.release) >= 4 else "pass")

    monkeypatch.setattr(command, "run_job", run_job)
    monkeypatch.setattr(command, "releases_within", lambda text, own: ALL)
    options = ("--at", "torch>=2.1", "--case", "documents/torch-example", "--first-bad")
    status, said = status_of("conform", *options)
    assert status == 0
    assert "bad torch==2.13.0" in said and "good torch==2.1.0" in said
    assert said.endswith("first bad: torch==2.5.0; torch==2.4.0 is good")
    assert {job.selection.implementations for job in asked} == {("native",)}
    assert {job.remove for job in asked} == {False}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--first-bad",), "--first-bad goes with --at"),
        (("--at", "torch>=2", "--first-bad"), "--first-bad needs --case"),
        (("--at", "torch>=2", "--at", "jax>0", "--first-bad"), "takes one range"),
        (("--at", "torch>=2", "--first-bad", "--json", "x"), "--json does not go with --first-bad"),
    ],
)
def test_a_wrong_call_is_refused(options: tuple[str, ...], said: str) -> None:
    status, output = status_of("conform", *options)
    assert status == 2 and said in output

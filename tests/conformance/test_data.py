"""Cases, expectations and results are data: what is malformed is refused by name, what is hostile costs
nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from compatlosses.conformance import files, places
from compatlosses.conformance.judging import expectations, ranges, update
from compatlosses.conformance.judging.findings import Finding
from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.model import cases
from compatlosses.conformance.model.implementations import TABLE
from compatlosses.conformance.results import results
from compatlosses.conformance.running.target import Target

GOOD = 'clause = "c"\nlogits = { values = [0.5] }\ntargets = { values = [1.0] }\n'


def folder_with(tmp_path: Path, text: str, axes: str | None = None) -> Path:
    (tmp_path / "axes.toml").write_text(
        (places.CASES / "binary_cross_entropy_with_logits" / "axes.toml").read_text()
        if axes is None
        else axes
    )
    (tmp_path / "some.toml").write_text(text)
    return tmp_path


def test_there_are_cases_enough_and_each_has_a_clause() -> None:
    assert len(cases.load()) >= 400
    assert all(case.clause for case in cases.load())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[case]\n", "some.toml"),
        ('[[case]]\nid = "a"\n' + GOOD + "typo = 1\n", "typo"),
        ('[[case]]\nid = "a"\nclause = "c"\nlogits = { values = [1.0] }\n', "no targets"),
        ('[[case]]\nid = "a"\nlogits = { values = [1.0] }\ntargets = { values = [1.0] }\n', "no clause"),
        ('[[case]]\nid = "a"\n' + GOOD + '[[case]]\nid = "a"\n' + GOOD, "twice"),
        (
            '[[case]]\nid = "a"\nclause = "c"\nlogits = { seed = 1, shape = [1000000, 1000000] '
            "}\ntargets = { seed = 1 }\n",
            "10",
        ),
        ('[[case]]\nid = "a"\n' + GOOD + "repeat = { times = 99999999999, seed = 1 }\n", "99999999999"),
        ('[[case]]\nid = "a"\n' + GOOD + "repeat = { times = 2, seed = -1 }\n", "-1"),
        (
            '[[case]]\nid = "a"\nclause = "c"\nlogits = { values = ["__import__"] }\ntargets = { '
            "values = [1.0] }\n",
            "__import__",
        ),
        ('[[family]]\nid = "a"\naxes = ["colour"]\n' + GOOD, "colour"),
        (
            '[[case]]\nid = "a"\noptions = { reductoin = "sum" }\n' + GOOD,
            "did you mean 'reduction' or 'reduce'?",
        ),
        (
            '[[case]]\nid = "a"\nclause = "c"\nlogits = { values = [1.0, 2.0, 3.0] }\n'
            "targets = { values = [1.0, 0.0], shape = [2] }\n",
            "do not broadcast",
        ),
        (
            '[[case]]\nid = "a"\nweight = { values = [1.0, 2.0], shape = [2] }\n' + GOOD,
            "expected one that broad",
        ),
        (
            '[[case]]\nid = "a"\nlosses = ["cross_entropy"]\nclause = "c"\n'
            "logits = { values = [1.0, 2.0], shape = [1, 2] }\n"
            "targets = { values = [0, 0, 0], shape = [3] }\n",
            "expected (1,) or (2,) beside (1, 2)",
        ),
        ('[[case]]\nid = "../a b"\n' + GOOD, "id"),
        ('[[case]]\nid = "a"\ncotangent = "x"\n' + GOOD, "cotangent"),
        ('[[case]]\nid = "a"\ndifferentiate = "logits"\n' + GOOD, "differentiate"),
        ('[[case]]\nid = "a"\napis = ["nobody"]\n' + GOOD, "apis"),
        ('[[case]]\nid = "a"\ncall = { eval = "1" }\n' + GOOD, "call"),
        (
            f'[[case]]\nid = "a"\nclause = "c"\nlogits = {{ grid = {[0.5] * 200} }}\ntargets = '
            f"{{ grid = {[0.5] * 200} }}\n",
            "grids",
        ),
        (
            '[[family]]\nid = "a"\naxes = ["logit", "logit", "logit", "logit", "logit", "logit", "logit"]\n'
            + GOOD,
            "cases",
        ),
    ],
)
def test_a_malformed_case_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(cases.CaseError, match=r"some\.toml") as error:
        cases.load(folder_with(tmp_path, text))
    assert said in str(error.value)


WRONG = (
    "1",
    "-1",
    "1.5",
    "nan",
    "true",
    '"x"',
    "[]",
    "[1]",
    '["x"]',
    "[[1]]",
    "{}",
    "{ x = 1 }",
    "{ values = 1 }",
    "[{ x = 1 }]",
)
PLACES = (
    *(f"{key} = {{}}\n" for key in sorted(cases.KEYS)),
    *(f"logits = {{ values = [1.0], {key} = {{}} }}\n" for key in sorted(cases.TENSOR_KEYS - {"values"})),
    *(f"call = {{ {key} = {{}} }}\n" for key in cases.CALL_KEYS),
    "logits = { values = {} }\n",
    "repeat = { times = {}, seed = 1 }\n",
    "repeat = { times = 1, seed = {} }\n",
)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_value_anywhere_is_an_error_of_the_file_or_none(tmp_path: Path, wrong: str) -> None:
    for table, place in itertools.product(("case", "family"), PLACES):
        line = place.replace("{}", wrong, 1)
        kept = [
            entry
            for entry in ('id = "a"', *GOOD.splitlines())
            if entry.partition(" ")[0] != line.partition(" ")[0]
        ]
        cases.load.cache_clear()
        with contextlib.suppress(cases.CaseError):
            cases.load(folder_with(tmp_path, f"[[{table}]]\n" + "\n".join(kept) + "\n" + line, axes=""))
    cases.load.cache_clear()
    for text in (
        f"case = {wrong}\n",
        f"family = {wrong}\n",
        f"[[family]]\n{GOOD}id = 'a'\naxes = ['a']\nonly = {wrong}\n",
    ):
        cases.load.cache_clear()
        with contextlib.suppress(cases.CaseError):
            cases.load(folder_with(tmp_path, text, axes=f"axes = {wrong}\n"))


ENTRY = {
    "framework": "torch",
    "implementations": ["torch.nn.BCEWithLogitsLoss"],
    "versions": "==2.13.0",
    "failing": [{"checks": ["exact/value"], "cases": ["value/*"]}],
    "note": "why",
    "finding": "A heading",
}


@pytest.mark.parametrize("key", ["framework", "implementations", "versions", "failing", "note", "finding"])
def test_an_expectation_needs_every_part(tmp_path: Path, key: str) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != key}
    (tmp_path / "torch.toml").write_text(update.toml([entry]))
    with pytest.raises(expectations.ExpectationError, match=r"torch\.toml, deviation 1"):
        expectations.load(tmp_path)


def test_overlapping_versions_are_found() -> None:
    one = expectations.made({**ENTRY, "versions": ">=2,<3"}, "one")
    other = expectations.made({**ENTRY, "versions": ">=2.5"}, "other")
    apart = expectations.made({**ENTRY, "versions": ">=3"}, "apart")
    names = ["torch.nn.BCEWithLogitsLoss"]
    assert expectations.lint([one, other], ["value/a"], names)
    assert not expectations.lint([one, apart], ["value/a"], names)
    assert expectations.lint([one], ["gradient/a"], names)
    assert expectations.lint([one], ["value/a"], names, headings=["Another"])


def failed(case: str, *checks: str, status: str = "fail") -> Verdict:
    """A verdict of which these checks failed, and another one passed."""
    parts = [check.split("/", 1) for check in checks]
    found = [Check(what, yardstick, status) for yardstick, what in parts]
    name = "torch.nn.BCEWithLogitsLoss"
    return Verdict(
        case, name, "torch", "native", status, checks=[*found, Check("value", "documented", "pass")]
    )


def test_expectations_are_strict_both_ways_by_check() -> None:
    known = [expectations.made(ENTRY, "one")]
    verdicts = [
        failed("value/a", "exact/value"),
        failed("value/b"),
        failed("gradient/a", "exact/gradient/logits"),
        failed("gradient/b"),
        failed("value/c", "documented/crash", status="crash"),
        failed("value/d", "exact/value", "documented/value/dtype"),
        failed("value/e", "documented/value"),
    ]
    expectations.apply(verdicts, {"torch": "2.13.0+cpu"}, known)
    said = ["expected", "stale", "unexpected", "", "unexpected", "unexpected", "unexpected"]
    assert [v.expectation for v in verdicts] == said
    assert [check.expectation for check in verdicts[5].checks] == ["expected", "unexpected", ""]
    assert [v.stale for v in verdicts] == [[], ["exact/value"], [], [], ["exact/value"], [], ["exact/value"]]
    expectations.apply(verdicts[:1], {"torch": "2.12.0"}, known)
    assert verdicts[0].expectation == "unexpected"


def test_an_unsteady_finding_may_be_passed_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What reads memory that nobody wrote fails in some runs: neither is held against a release."""
    unsteady = Finding("A heading", "words", unsteady=True)
    for module in (expectations, update):
        monkeypatch.setattr(module, "finding_of", lambda source: unsteady)
    verdicts = [failed("value/a", "exact/value"), failed("value/b")]
    expectations.apply(verdicts, {"torch": "2.13.0"}, [expectations.made(ENTRY, "one")])
    assert [v.expectation for v in verdicts] == ["expected", ""]
    files.write_all({tmp_path / "torch.toml": update.toml([ENTRY])}.items())
    run = json.loads(
        json.dumps(results.as_json([Target("torch", "native", version="2.13.0")], verdicts, False))
    )
    _, said = update.updated(run, tmp_path, update.Choice("why", "A heading"))
    assert not any(line.startswith(("torch.toml: new", "torch.toml: dropped")) for line in said)


def test_an_expectation_speaks_of_its_mode_alone() -> None:
    compiled = Verdict("value/a", ENTRY["implementations"][0], "torch", "native", "fail", mode="compile")
    compiled.checks = [Check("value", "exact", "fail")]
    expectations.apply([compiled], {"torch": "2.13.0"}, [expectations.made(ENTRY, "one")])
    assert compiled.expectation == "unexpected"


@pytest.mark.parametrize(
    "failing",
    [[{"checks": ["exact/colour"], "cases": ["a"]}], [{"cases": ["a"]}], [{"checks": [], "cases": []}]],
)
def test_an_expectation_names_checks_that_there_are(failing: list[dict[str, list[str]]]) -> None:
    with pytest.raises(ValueError, match=r"colour|checks and cases"):
        expectations.made({**ENTRY, "failing": failing}, "one")


def test_update_writes_what_a_run_calls_for_and_drops_what_is_stale(tmp_path: Path) -> None:
    target = Target("torch", "native", version="2.13.0+cpu")

    def update_from(*verdicts: Verdict) -> list[expectations.Expectation]:
        expectations.apply(verdicts, {"torch": target.version}, expectations.load(tmp_path))
        run = json.loads(json.dumps(results.as_json([target], verdicts, False)))
        texts, _ = update.updated(run, tmp_path, update.Choice("why", "A heading", check="exact/*"))
        files.write_all(texts.items())
        return list(expectations.load(tmp_path))

    bad = [
        failed("value/x/a", "exact/value", "documented/inputs"),
        failed("value/x/b", "exact/value"),
        failed("value/y/a"),
    ]
    (entry,) = update_from(*bad)
    assert [(part.checks, part.cases) for part in entry.failing] == [(("exact/value",), ("value/x/*",))]
    (entry,) = update_from(*bad[:1], failed("value/x/b"), bad[2])
    assert [(part.checks, part.cases) for part in entry.failing] == [(("exact/value",), ("value/x/a",))]
    assert not update_from(*(failed(v.case) for v in bad))


def test_what_is_no_version_is_in_no_range() -> None:
    assert not expectations.contains(SpecifierSet(">=1"), "nightly")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema": 99}', '{"schema": 1, "targets": [], "verdicts": [{}]}', "[" * 100000]
)
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(results.ResultError, match=r"run\.json"):
        results.read(path)


def test_patterns_hold_failures_alone() -> None:
    assert ranges.compact(["a/x/1", "a/x/2", "a/y/1"], ["a/y/2", "b/1"]) == ["a/x/*", "a/y/1"]


def test_the_expectations_that_ship_are_sound() -> None:
    findings = Path(__file__).parents[2] / "docs" / "findings.md"
    headings = [
        line[3:].strip()
        for line in findings.read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    ]

    ids = [case.id for case in cases.load()]
    assert not expectations.lint(expectations.load(), ids, TABLE, headings)

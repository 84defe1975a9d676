"""Where an implementation errs: verdicts and largest errors by stratum."""

from __future__ import annotations

import io
import math

from rich.console import Console

from compatlosses.conformance.judging.judge import Check, Verdict
from compatlosses.conformance.judging.tally import Tally, by_label, tallies
from compatlosses.conformance.report import text
from compatlosses.conformance.results import compact, results

ZERO, FAR = "logit +0, label 0", "-largest logit, soft label"
DTYPES = {"a": "float32", "b": "float32", "c": "float64"}


def verdict(case: str, **strata: float) -> Verdict:
    check = Check(
        "value",
        "exact",
        "pass",
        limit=2.0,
        strata={{"zero": ZERO, "far": FAR}[name]: u for name, u in strata.items()},
    )
    uncounted = Check("value", "documented", "pass")
    return Verdict(case, "f", "torch", "native", "pass", checks=[check, uncounted])


def test_the_largest_error_of_a_stratum_counts() -> None:
    first, second = tallies(
        [verdict("a", zero=0.5, far=3.0), verdict("b", zero=1.5, far=1.0), verdict("c", zero=9.0)], DTYPES
    )
    assert (first.dtype, first.what, first.failing, first.passing) == (
        "float32",
        "value",
        {FAR: 3.0},
        {ZERO: 1.5},
    )
    assert (second.dtype, second.failing, second.passing) == ("float64", {ZERO: 9.0}, {})


def test_it_is_told_by_label_and_logit() -> None:
    failing = {FAR: math.inf, ZERO: 9.0, "NaN logit, label 0": math.inf}
    assert by_label(failing) == [
        ("label 0", [("+0", 9.0), ("NaN", math.inf)]),
        ("soft label", [("-largest", math.inf)]),
    ]
    said = io.StringIO()
    text.where(
        Console(file=said, width=200),
        [Tally("f", "torch", "native", "eager", "float32", "value", 2.0, failing)],
    )
    assert "value, float32: label 0: +0 9, NaN inf; soft label: -largest inf" in said.getvalue()


def test_a_compact_run_keeps_what_fails() -> None:
    run = results.as_json(
        [], [], False, tallied=tallies([verdict("a", zero=0.5, far=3.0), verdict("c", zero=1.0)], DTYPES)
    )
    assert [tally["passing"] for tally in run["strata"]] == [{ZERO: 0.5}, {ZERO: 1.0}]
    (kept,) = compact.compacted(run)["strata"]
    assert kept["failing"] == {FAR: 3.0} and "passing" not in kept

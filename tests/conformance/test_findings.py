"""docs/findings.md: every entry is whole and names cases that fail for it, and no expectation is without an
entry.
"""

from __future__ import annotations

import fnmatch
import itertools
import re
from pathlib import Path

import pytest

from compatlosses.conformance.judging import expectations
from compatlosses.conformance.model import cases
from compatlosses.conformance.model.implementations import Implementation, applies
from compatlosses.conformance.results import results

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
ENTRIES = {part.partition("\n")[0].strip(): part for part in TEXT.split("\n## ")[1:]}
KNOWN = expectations.load()


@pytest.mark.parametrize("heading", ENTRIES)
def test_an_entry_is_whole(heading: str) -> None:
    for word in ("What", "Since", "Case", "Hurts", "Workaround"):
        assert f"- **{word}:**" in ENTRIES[heading], f"no {word}"
    assert re.search(r"\d", ENTRIES[heading].partition("- **Since")[0]), "no figure"


@pytest.mark.parametrize("heading", ENTRIES)
def test_its_cases_fail_for_it(heading: str) -> None:
    line = re.search(r"- \*\*Case:\*\*(.*?)\n- \*\*", ENTRIES[heading], re.DOTALL)
    assert line
    named = re.findall(r"`([^`]+)`", line[1])
    assert named and set(named) <= {case.id for case in cases.load()}
    mine = [expectation for expectation in KNOWN if expectation.source == heading]
    for case in named:
        # What is mended in the installed version has no expectation: a kept run of an earlier one shows it.
        shown = (
            any(expectation.checks(case) for expectation in mine)
            if mine
            else case in failing_in_kept_runs(heading)
        )
        assert shown, f"{case} is not known to fail"


def failing_in_kept_runs(heading: str) -> set[str]:
    """The cases that fail in the kept runs of the versions that an entry names."""
    since = ENTRIES[heading].partition("- **Since:**")[2].partition("\n")[0]
    kept = [
        path
        for path in (ROOT / "conformance" / "runs").glob("*.json")
        if f" {path.stem.partition('-')[2]}" in since
    ]
    assert kept, "it names no version whose run is kept"
    return {
        v["case"]
        for path in kept
        for v in results.read(path)["verdicts"]
        if v["kind"] == "native" and v["status"] == "fail"
    }


def test_every_expectation_has_an_entry_or_a_link() -> None:
    for expectation in KNOWN:
        assert expectation.source in ENTRIES or expectation.source.startswith("https://"), expectation.place


def test_an_expectation_speaks_of_cases_that_its_implementations_run() -> None:
    every = cases.load()
    for expectation in KNOWN:
        ends = [specifier.version.removesuffix(".*") for specifier in expectation.versions]
        within = [
            v
            for v in ("99999", *ends, *(f"{end}.1" for end in ends))
            if expectations.contains(expectation.versions, v)
        ]
        for name, part in itertools.product(expectation.implementations, expectation.failing):
            kind = "shim" if name.startswith("compatlosses") else "native"
            run_by = [Implementation(name, expectation.framework, kind, version) for version in within]
            run = {
                case.id for case in every if any(applies(case, implementation) for implementation in run_by)
            }
            for pattern in part.cases:
                assert fnmatch.filter(run, pattern), f"{expectation.place}: {name} runs no case {pattern!r}"

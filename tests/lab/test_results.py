"""The committed runs: one for each release of lab.toml, and nothing of the machine that they were made on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compatlosses.conformance.judging import expectations
from compatlosses.conformance.lab.recipes import Release, releases_in
from compatlosses.conformance.results import results

FOLDER = Path(__file__).parents[2] / "conformance"
KNOWN = expectations.load()


@pytest.mark.parametrize("release", releases_in(FOLDER / "lab.toml"), ids=str)
def test_a_release_of_the_lab_has_its_run(release: object) -> None:
    path = FOLDER / "runs" / (str(release).replace("==", "-") + ".json")
    run = results.read(path)
    version = str(release).partition("==")[2]
    assert run["verdicts"] and not run["partial"]
    assert all(
        target["version"].partition("+")[0] == version and not target["error"] for target in run["targets"]
    )
    assert {verdict["expectation"] for verdict in run["verdicts"]} <= {"", "expected"}
    assert not re.search(r"/(?:home|root|tmp|work|Users)/", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("release", releases_in(FOLDER / "lab.toml"), ids=str)
def test_the_expectations_say_what_a_release_s_run_says(release: Release) -> None:
    run = results.read(FOLDER / "runs" / (str(release).replace("==", "-") + ".json"))
    for verdict in run["verdicts"]:
        key = (release.framework, verdict["implementation"], release.version, verdict["mode"])
        known = [one for one in KNOWN if one.covers(*key)]
        spoken = {check for one in known for check in one.checks(verdict["case"])}
        unsteady = {check for one in known if one.unsteady for check in one.checks(verdict["case"])}
        failing = {
            f"{c['yardstick']}/{c['what']}" for c in verdict["checks"] if c["status"] in expectations.FAILURES
        }
        assert spoken - unsteady <= failing <= spoken, f"{verdict['implementation']} {verdict['case']}"

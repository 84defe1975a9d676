"""The reusable workflow: its form, that no input reaches a shell as code, and that its steps do what
docs/ci.md says.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import runs
import yaml
from packaging.version import Version

from compatlosses.conformance.lab import environments, recipes
from compatlosses.conformance.lab.recipes import Release
from compatlosses.conformance.model.implementations import installed

ROOT = Path(__file__).parents[2]
FILE = ROOT / ".github" / "workflows" / "conformance.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    """The file, read. YAML 1.1 takes the key `on` for a boolean."""
    found: dict[Any, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def steps(workflow: dict[Any, Any]) -> dict[str, str]:
    """The shell steps by name."""
    return {step["name"]: step["run"] for step in workflow["jobs"]["conformance"]["steps"] if "run" in step}


def uploaded(workflow: dict[Any, Any]) -> list[str]:
    """The files and folders that the job keeps."""
    (step,) = (s for s in workflow["jobs"]["conformance"]["steps"] if "upload-artifact" in s.get("uses", ""))
    paths: str = step["with"]["path"]
    return paths.split()


def test_it_can_be_called_with_what_the_page_says(workflow: dict[Any, Any]) -> None:
    inputs = workflow[True]["workflow_call"]["inputs"]
    required = {name for name, one in inputs.items() if one.get("required")}
    assert all(
        one["type"] == "string" and ("default" in one) != bool(one.get("required")) for one in inputs.values()
    )
    texts = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.S)
    calls = [yaml.safe_load(text) for text in texts if f"workflows/{FILE.name}" in text]
    assert len(calls) == 2
    for call in calls:
        given = call["jobs"]["losses"]["with"]
        assert required <= set(given) <= set(inputs)
        assert recipes.recipe_for(recipes.release_of(given["baseline"]))


def test_it_offers_the_frameworks_that_have_a_recipe(workflow: dict[Any, Any]) -> None:
    said = workflow[True]["workflow_call"]["inputs"]["framework"]["description"]
    having = {recipes.FRAMEWORK_OF[recipe.distribution] for recipe in recipes.recipes()} - {"numpy"}
    assert set(re.split(r", | or ", said)) == having


STUB = """#!/bin/sh
# pip is not to change this environment; everything else is this Python.
[ "$1 $2" = "-m pip" ] && { echo "$@" >> "$INSTALLED"; exit 0; }
exec "%s" "$@"
"""


def provide(release: Release, cache: Path) -> None:
    """Put this very environment where the lab looks for a release's."""
    environment = environments.environment_of(release, recipes.recipe_for(release))
    place = cache / "compatlosses" / "environments" / environment.name
    python = environments.python_in(place)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (place / environments.MARK).write_text(json.dumps(asdict(environment)))


@pytest.mark.skipif(not installed("torch"), reason="torch is not installed here")
def test_a_job_of_it_runs_by_its_own_shell_steps(workflow: dict[Any, Any], tmp_path: Path) -> None:
    """Every shell step in its order, as a runner runs them. pip is a stub, and the baseline's environment is
    this one, so that nothing is fetched.
    """
    requirement = f"torch=={Version(version('torch')).public}"
    provide(recipes.release_of(requirement), tmp_path / "cache")
    stub = tmp_path / "bin" / "python"
    stub.parent.mkdir()
    stub.write_text(STUB % sys.executable)
    stub.chmod(0o755)
    pips = tmp_path / "pips"
    given = {
        "FRAMEWORK": "torch",
        "REQUIREMENT": requirement,
        "BASELINE": requirement,
        "PIP_OPTIONS": "--no-deps --quiet",
        "PACKAGE": "compatlosses[lab]",
        "CASE": "documents/torch-example",
    }
    assert set(given) == set(workflow["jobs"]["conformance"]["env"])
    folders = (str(stub.parent), str(Path(sys.executable).parent), os.environ["PATH"])
    told = {
        "PATH": os.pathsep.join(folders),
        "INSTALLED": str(pips),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    for name, step in steps(workflow).items():
        done = subprocess.run(
            ["bash", "-e", "-c", step],
            cwd=tmp_path,
            env={**os.environ, **given, **told},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    assert pips.read_text().splitlines() == [
        "-m pip install compatlosses[lab]",
        f"-m pip install --no-deps --quiet {requirement}",
    ]
    assert all((tmp_path / name).stat().st_size for name in ("baseline.json", "run.json", "report.html"))
    assert all((tmp_path / name).exists() for name in uploaded(workflow))
    assert {path.name for path in (tmp_path / "site").glob("*.html")} == {"index.html", "report.html"}
    assert [path.name for path in (tmp_path / "site" / "framework").iterdir()] == ["torch.html"]


def test_no_input_reaches_a_shell_as_code(workflow: dict[Any, Any]) -> None:
    assert not any("${{" in run for run in steps(workflow).values())
    told = workflow["jobs"]["conformance"]["env"]
    used = {name for run in steps(workflow).values() for name in re.findall(r"\$([A-Z_]+)", run)}
    assert used == set(told)


@pytest.mark.parametrize(("order", "status"), [((0, 1), 1), ((1, 0), 0)])
def test_its_last_steps_make_the_page_and_fail_on_what_got_worse(
    workflow: dict[Any, Any], tmp_path: Path, order: tuple[int, int], status: int
) -> None:
    two = runs.two_versions()
    for name, place in zip(("baseline.json", "run.json"), order, strict=True):
        (tmp_path / name).write_text(json.dumps(two[place]))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for name, wanted in (("Report", 0), ("Compare", status)):
        done = subprocess.run(
            ["bash", "-e", "-c", steps(workflow)[name]],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
        )
        assert done.returncode == wanted, done.stderr
    assert (tmp_path / "report.html").stat().st_size > 10_000

"""The reusable workflow: its form, that no input reaches a shell as code, and that its steps do what
docs/ci.md says.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import runs
import yaml

from compatlosses.conformance.lab import recipes

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


def test_it_can_be_called_with_what_the_page_says(workflow: dict[Any, Any]) -> None:
    inputs = workflow[True]["workflow_call"]["inputs"]
    required = {name for name, one in inputs.items() if one.get("required")}
    assert all(
        one["type"] == "string" and ("default" in one) != bool(one.get("required")) for one in inputs.values()
    )
    calls = [
        yaml.safe_load(text)
        for text in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.S)
    ]
    assert len(calls) == 2
    for call in calls:
        given = call["jobs"]["losses"]["with"]
        assert required <= set(given) <= set(inputs)
        assert recipes.recipe_for(recipes.release_of(given["baseline"]))


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

"""A folder that somebody else has filled has no say in what is installed and run: neither its settings nor
its modules.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest
from uv import find_uv_bin

from compatlosses.conformance.judging.selection import Selection
from compatlosses.conformance.lab import environments, pip_settings
from compatlosses.conformance.lab.environments import Environment
from compatlosses.conformance.lab.jobs import Job, run_job
from compatlosses.conformance.lab.recipes import LabError, Release, recipe_for

FAKE = Environment("torch==99.0", "3.11", ("torch==99.0",))
TORCH = Release("torch", "2.13.0")
SETTINGS = 'no-index = true\nfind-links = ["{place}"]\n'
PLANTS = {
    "uv.toml": SETTINGS,
    "pyproject.toml": "[project]\nname = 'x'\nversion = '1'\n[tool.uv]\n" + SETTINGS,
}
MARKER = "open({path!r}, 'a').write(__file__)\n"


def fake_torch(folder: Path) -> None:
    """A wheel that calls itself torch and lies in a folder."""
    folder.mkdir(parents=True)
    info = "torch-99.0.dist-info"
    with zipfile.ZipFile(folder / "torch-99.0-py3-none-any.whl", "w") as archive:
        archive.writestr("torch.py", "__version__ = '99.0'\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 99.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(
            f"{info}/RECORD", f"torch.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has set nothing but that there is no index; a folder to stand in."""
    for name in (*pip_settings.PLACES, "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    folder = tmp_path / "stranger"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("within", [".", "deeper/still"])
@pytest.mark.parametrize("name", PLANTS)
def test_the_settings_of_a_folder_supply_no_framework(
    name: str, within: str, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_torch(alone / "wheels")
    (alone / name).write_text(PLANTS[name].format(place=alone / "wheels"))
    (alone / within).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(alone / within)
    # The plant works on whoever lets it: uv by itself.
    command = [
        find_uv_bin(),
        "pip",
        "install",
        "--dry-run",
        "--python",
        sys.executable,
        "--target",
        str(tmp_path / "t"),
    ]
    bare = subprocess.run([*command, "torch==99.0"], capture_output=True, text=True)
    assert bare.returncode == 0 and "torch==99.0" in bare.stderr
    with pytest.raises(LabError, match=r"torch"):
        environments.made(FAKE, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("how", ["variable", "relative variable", "file of the user"])
def test_what_the_user_has_set_counts(
    how: str, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_torch(alone / "wheels")
    if how == "file of the user":
        own = tmp_path / "home" / ".config" / "uv" / "uv.toml"
        own.parent.mkdir(parents=True)
        own.write_text(SETTINGS.format(place=alone / "wheels"))
    else:
        monkeypatch.setenv(
            "PIP_FIND_LINKS", "wheels" if how == "relative variable" else str(alone / "wheels")
        )
    place = environments.made(FAKE, tmp_path / "cache")
    assert list(place.glob("lib/*/site-packages/torch.py"))


def test_the_modules_of_a_folder_are_not_run(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "ran"
    for name in ("pip", "sitecustomize", "usercustomize", "conftest", "torch", "numpy", "json", "encodings"):
        (alone / f"{name}.py").write_text(MARKER.format(path=str(marker)))
    for name in ("pip", "uv", "python3.11", "python3.7"):
        (alone / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (alone / name).chmod(0o755)
    (alone / ".env").write_text("PIP_FIND_LINKS=wheels\n")
    (alone / ".python-version").write_text("3.7\n")
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.setenv("PATH", f".::{__import__('os').environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environment = environments.environment_of(TORCH, recipe_for(TORCH))
    place = environments.folder() / environment.name
    python = environments.python_in(place)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (place / environments.MARK).write_text(json.dumps(asdict(environment)))
    pip_settings.uv_variables()
    for version in ("3.11", "3.7"):
        environments.interpreter(version)
    found = run_job(Job(TORCH, Selection(("documents/torch-example",), ("native",))))
    assert [target.error for target in found.targets] == [""] and found.verdicts
    assert not marker.exists()
    assert {path.name for path in alone.iterdir() if path.is_dir()} == set()


def test_environments_of_the_time_when_folders_had_a_say_are_not_used_again() -> None:
    import hashlib

    told = hashlib.sha256(json.dumps(asdict(FAKE)).encode()).hexdigest()[:8]
    assert not FAKE.name.endswith(told)

"""Environments: pip's settings reach uv, requirements are parsed, and half an environment is not taken for a
whole one.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from compatlosses.conformance.lab import environments
from compatlosses.conformance.lab.environments import Environment
from compatlosses.conformance.lab.pip_settings import uv_variables
from compatlosses.conformance.lab.recipes import (
    LabError,
    Release,
    recipe_for,
    recipes,
    release_of,
    releases_in,
)

PYTHON = environments.interpreter("3.11")
NEVER = "no-such-package-of-the-lab==1"


def wheel(folder: Path, name: str) -> None:
    """A package that has nothing but a module with a version."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "__version__ = '1.0'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(
            f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment of one small package, which only pip's find-links setting leads to."""
    wheel(tmp_path, "tiny_of_the_lab")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return Environment("tiny_of_the_lab==1.0", "3.11", ("tiny_of_the_lab==1.0",))


def test_an_environment_is_made_once_listed_and_removed(tiny: Environment, tmp_path: Path) -> None:
    within = tmp_path / "cache"
    place = environments.made(tiny, within)
    assert json.loads((place / environments.MARK).read_text())["release"] == "tiny_of_the_lab==1.0"
    written = (place / environments.MARK).stat().st_mtime_ns
    assert environments.made(tiny, within) == place
    assert (place / environments.MARK).stat().st_mtime_ns == written
    assert [(one.path, one.whole) for one in environments.kept(within)] == [(place, True)]
    assert [one.path for one in environments.removed(["tiny_of_the_lab==1.0"], within)] == [place]
    assert environments.kept(within) == []


def test_what_cannot_be_made_says_the_installers_last_words_and_leaves_nothing(
    tiny: Environment, tmp_path: Path
) -> None:
    within = tmp_path / "cache"
    with pytest.raises(LabError, match="no-such-package-of-the-lab"):
        environments.made(Environment(NEVER, "3.11", (NEVER,)), within)
    assert list(within.iterdir()) == []


def test_a_half_made_environment_is_not_taken_for_a_whole_one(tiny: Environment, tmp_path: Path) -> None:
    within = tmp_path / "cache"
    half = within / f"{tiny.name}{environments.MAKING}killed"
    half.mkdir(parents=True)
    (half / environments.MARK).write_text("{}")
    assert [one.whole for one in environments.kept(within)] == [False]
    assert environments.made(tiny, within) != half


def test_a_folder_that_is_in_the_way_is_told(tiny: Environment, tmp_path: Path) -> None:
    (tmp_path / tiny.name).mkdir()
    (tmp_path / tiny.name / "something").touch()
    with pytest.raises(LabError, match="in the way"):
        environments.made(tiny, tmp_path)


def test_pips_settings_become_uvs() -> None:
    said = (
        "global.extra-index-url='https://a/simple https://b/simple'\nglobal.find-links='/x'\n"
        "install.find-links='/y /z'\n:env:.cert='/c'\n"
    )
    found = uv_variables(lambda: said, {"PIP_CERT": "/d", "UV_INDEX": "mine"})
    assert found == {
        "UV_FIND_LINKS": "/y,/z",
        "SSL_CERT_FILE": "/d",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


@pytest.mark.parametrize(
    "text",
    [
        "torch",
        "torch>=2",
        "torch==2.*",
        "torch==2.1.0; rm -rf /",
        "torch @ https://x/y.whl",
        "--index-url=x",
        "requests==1.0",
        "torch[x]==1",
    ],
)
def test_what_names_no_single_version_is_refused(text: str) -> None:
    with pytest.raises(LabError, match="expected"):
        release_of(text)


def test_each_release_of_the_lab_has_one_recipe() -> None:
    folder = Path(__file__).parents[2] / "conformance"
    assert len(recipes()) > 5
    for release in releases_in(folder / "lab.toml"):
        assert recipe_for(release).distribution == release.distribution
    assert recipe_for(Release("paddlepaddle", "1.8.5")).modes == ("eager", "static")

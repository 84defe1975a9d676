"""Which releases of a framework exist: pip says so, of the indexes that its user has set."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from ..running import processes
from .pip_settings import installers_environment
from .recipes import LabError, Release, has_more_than_versions, recipe_for, recipes, requirement_of

SECONDS = 120.0
VERSIONS = "Available versions:"
"""What stands before them in what pip prints."""


def releases_within(
    text: str, own: Path | None = None, read: Callable[[str, str], Iterable[str]] | None = None
) -> list[Release]:
    """The releases of a range such as ``torch>=2.1`` that have a recipe, the oldest first.

    Pre-releases are among them where the range names one.

    Raises:
        LabError: no range of a framework's versions, or fewer than two releases in it.
    """
    distribution, versions = range_of(text)
    known = [*(recipes(own) if own is not None else ()), *recipes()]
    pythons = {recipe.python for recipe in known if recipe.distribution == distribution}
    if not pythons:
        raise LabError(f"no recipe speaks of {distribution}; --recipes takes a file of your own")
    found = {
        Version(version.public)
        for python in sorted(pythons)
        for version in versions_in((read or published)(distribution, python))
    }
    chosen = [Release(distribution, str(version)) for version in sorted(versions.filter(found))]
    chosen = [release for release in chosen if has_recipe(release, own)]
    if len(chosen) < 2:
        named = ", ".join(map(str, chosen)) or "none"
        raise LabError(
            f"{text} has {named} of the {len(found)} releases there are; expected a range of two or more"
        )
    return chosen


def range_of(text: str) -> tuple[str, SpecifierSet]:
    """The distribution and the range of versions that a requirement names."""
    name, requirement = requirement_of(text, "expected a range, such as torch>=2.1")
    if has_more_than_versions(requirement):
        raise LabError(f"{text!r:.200} is more than a range of versions; expected such as torch>=2.1,<2.8")
    return name, requirement.specifier


def versions_in(texts: Iterable[str]) -> Iterator[Version]:
    """The texts that are versions."""
    for text in texts:
        try:
            yield Version(text)
        except InvalidVersion:
            continue


def has_recipe(release: Release, own: Path | None) -> bool:
    """Whether a recipe speaks of a release."""
    try:
        recipe_for(release, own)
    except LabError:
        return False
    return True


def published(distribution: str, python: str) -> list[str]:
    """The versions of a distribution that have a wheel for a Python here.

    Raises:
        LabError: nobody can be asked.
    """
    said = "there is no pip"
    for pip in pips():
        command = [*pip, "index", "versions", distribution, "--pre", "--only-binary", ":all:"]
        try:
            done = processes.run(
                [*command, "--python-version", python], SECONDS, installers_environment(os.environ)
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            said = str(error)
            continue
        for line in done.output.splitlines():
            if line.startswith(VERSIONS):
                return [version.strip() for version in line.removeprefix(VERSIONS).split(",")]
        if "No matching distribution" in done.errors:
            return []
        said = done.errors.strip()[-600:] or f"pip ended with status {done.status}"
    raise LabError(f"which releases of {distribution} exist cannot be asked: {said}")


def pips() -> Iterator[list[str]]:
    """Commands that run pip: this Python's, that of the path, and the one that uv fetches."""
    yield [sys.executable, "-P", "-m", "pip"]
    yield ["pip"]
    try:
        from uv import find_uv_bin
    except ImportError:
        return
    yield [find_uv_bin(), "tool", "run", "pip"]

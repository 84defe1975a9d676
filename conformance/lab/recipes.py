"""What a person asks for, ``torch==2.1.0``, and what that version needs: recipes.toml, and files such as
lab.toml.
"""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from ..errors import SuiteError
from ..files import ResultError, read_text
from ..judging.expectations import contains, overlap
from ..model.implementations import FRAMEWORKS
from ..places import RECIPES

SHIM_PYTHON = (3, 11)
LARGEST_FILE = 1_000_000
FRAMEWORK_OF = {known.distributions[0]: name for name, known in FRAMEWORKS.items() if known.distributions}


class LabError(SuiteError):
    """Something of the lab that cannot be used as it was given: says what it was, what was expected, how to
    mend it.
    """


@dataclass(frozen=True)
class Recipe:
    """What a range of a distribution's versions needs."""

    distribution: str
    versions: SpecifierSet
    python: str
    pins: tuple[str, ...] = ()
    modes: tuple[str, ...] = ("eager",)

    @property
    def shim(self) -> bool:
        """Whether the shim runs there."""
        return tuple(int(part) for part in self.python.split(".")) >= SHIM_PYTHON


@dataclass(frozen=True)
class Release:
    """One version of one framework."""

    distribution: str
    version: str

    @property
    def framework(self) -> str:
        return FRAMEWORK_OF[self.distribution]

    def __str__(self) -> str:
        return f"{self.distribution}=={self.version}"


def release_of(text: str) -> Release:
    """The release that a requirement such as ``torch==2.1.0`` names.

    Raises:
        LabError: no requirement, an unknown distribution, or one without exactly one version.
    """
    wanted = "expected an exact version, such as torch==2.1.0"
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        raise LabError(f"{text!r:.200} is no requirement; {wanted}") from error
    name = canonicalize_name(requirement.name)
    if name not in FRAMEWORK_OF:
        raise LabError(f"{text!r} asks for {name!r}; expected one of {', '.join(FRAMEWORK_OF)}")
    specifiers = list(requirement.specifier)
    plain = not (requirement.url or requirement.extras or requirement.marker)
    if (
        not plain
        or len(specifiers) != 1
        or specifiers[0].operator != "=="
        or specifiers[0].version.endswith("*")
    ):
        raise LabError(f"{text!r} does not name one version; {wanted}")
    try:
        return Release(name, str(Version(specifiers[0].version)))
    except ValueError as error:
        raise LabError(f"{text!r:.200} does not name one version; {wanted}") from error


@cache
def recipes(path: Path = RECIPES) -> tuple[Recipe, ...]:
    """The recipes of a file.

    Raises:
        LabError: an entry that is not as it must be, or two that speak of one version.
    """
    found = []
    for number, entry in enumerate(table_of(path).get("recipe", []), 1):
        try:
            pins = tuple(str(Requirement(pin)) for pin in entry.get("pins", ()))
            modes = tuple(entry.get("modes", ("eager",)))
            found.append(
                Recipe(entry["distribution"], SpecifierSet(entry["versions"]), entry["python"], pins, modes)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise LabError(f"{path.name}, recipe {number}: {error}") from error
    for one, other in itertools.combinations(found, 2):
        if one.distribution == other.distribution and overlap(one.versions, other.versions):
            raise LabError(f"{path.name}: {one.versions} and {other.versions} of {one.distribution} overlap")
    return tuple(found)


def recipe_for(release: Release) -> Recipe:
    """The recipe that speaks of a release."""
    for recipe in recipes():
        if recipe.distribution == release.distribution and contains(recipe.versions, release.version):
            return recipe
    raise LabError(f"no recipe speaks of {release}; {RECIPES.name} says which versions have one")


def releases_in(path: Path) -> list[Release]:
    """The releases that a file such as lab.toml lists as ``targets``."""
    targets = table_of(path).get("targets")
    if not isinstance(targets, list) or not targets or not all(isinstance(target, str) for target in targets):
        raise LabError(f'{path} lists no targets; expected targets = ["torch==2.1.0", ...]')
    return [release_of(target) for target in targets]


def table_of(path: Path) -> dict[str, Any]:
    """A TOML file's table."""
    try:
        return tomllib.loads(read_text(path, LARGEST_FILE))
    except ResultError as error:
        raise LabError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise LabError(f"{path} is no TOML: {error}") from error

"""What a person asks for, ``torch==2.1.0``, and what that version needs: recipes.toml, and files such as
lab.toml.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from ..errors import SuiteError
from ..files import ResultError, read_text
from ..judging.expectations import contains, overlap
from ..model.implementations import FRAMEWORKS
from ..places import RECIPES

SHIM_PYTHON = (3, 11)
LARGEST_FILE = 1_000_000
FRAMEWORK_OF = {
    each: name for name, known in FRAMEWORKS.items() for each in (*known.distributions, *known.functions)
}
WHEEL = ".whl"
BUILT_FOR = re.compile(r"cp(\d)(\d+)")


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
    """One version of one framework: as the indexes have it, or a wheel."""

    distribution: str
    version: str
    wheel: str = ""
    """The wheel's URL, with the hash of what it holds."""
    python: str = ""
    """The Python that the wheel is built for; empty where it is for several."""

    @property
    def framework(self) -> str:
        return FRAMEWORK_OF[self.distribution]

    @property
    def requirement(self) -> str:
        """What an installer is given."""
        return f"{self.distribution} @ {self.wheel}" if self.wheel else str(self)

    def __str__(self) -> str:
        return f"{self.distribution}=={self.version}"


def release_of(text: str) -> Release:
    """The release that a requirement such as ``torch==2.1.0`` or a wheel's path names.

    Raises:
        LabError: no requirement, an unknown distribution, or one without exactly one version; no wheel.
    """
    if text.endswith(WHEEL):
        return release_in(Path(text))
    wanted = "expected an exact version, such as torch==2.1.0, or a wheel's path"
    name, requirement = requirement_of(text, wanted)
    specifiers = list(requirement.specifier)
    if (
        has_more_than_versions(requirement)
        or len(specifiers) != 1
        or specifiers[0].operator != "=="
        or specifiers[0].version.endswith("*")
    ):
        raise LabError(f"{text!r} does not name one version; {wanted}")
    try:
        return Release(name, str(Version(specifiers[0].version)))
    except ValueError as error:
        raise LabError(f"{text!r:.200} does not name one version; {wanted}") from error


def requirement_of(text: str, wanted: str) -> tuple[str, Requirement]:
    """The known distribution that a requirement names, and the requirement.

    ``wanted``: the end of an error, which says what was expected.

    Raises:
        LabError: no requirement, or an unknown distribution.
    """
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        raise LabError(f"{text!r:.200} is no requirement; {wanted}") from error
    name = canonicalize_name(requirement.name)
    check_distribution(name, text)
    return name, requirement


def has_more_than_versions(requirement: Requirement) -> bool:
    """Whether a requirement has an address, extras or a marker."""
    return bool(requirement.url or requirement.extras or requirement.marker)


def release_in(path: Path) -> Release:
    """The release that a wheel holds, by its name.

    Raises:
        LabError: no file of that name, no wheel's name, or an unknown distribution.
    """
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise LabError(
            f"{str(path)!r:.200} has no wheel's name ({error}); expected a wheel's path"
        ) from error
    check_distribution(name, str(path))
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}; expected a wheel's path") from error
    built = [BUILT_FOR.fullmatch(tag.interpreter) for tag in tags if tag.abi != "abi3"]
    pythons = {f"{one[1]}.{one[2]}" for one in built if one}
    python = pythons.pop() if len(pythons) == 1 else ""
    return Release(name, str(version), f"{path.resolve().as_uri()}#sha256={digest}", python)


def check_distribution(name: str, text: str) -> None:
    """Refuse a distribution that is no framework's."""
    if name not in FRAMEWORK_OF:
        raise LabError(f"{text!r} asks for {name!r}; expected one of {', '.join(FRAMEWORK_OF)}")


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


def recipe_for(release: Release, own: Path | None = None) -> Recipe:
    """The recipe that speaks of a release: of a file of one's own, else of the suite's; on the Python that a
    wheel is built for.
    """
    for recipe in (*(recipes(own) if own is not None else ()), *recipes()):
        if recipe.distribution == release.distribution and contains(recipe.versions, release.version):
            return replace(recipe, python=release.python or recipe.python)
    raise LabError(
        f"no recipe speaks of {release}; {RECIPES.name} says which versions have one, and --recipes takes "
        "a file of your own"
    )


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

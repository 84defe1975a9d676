"""The releases whose runs a person reviewed, and by which of them another release is judged."""

from __future__ import annotations

import tomllib
from bisect import bisect
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from ..errors import SuiteError
from ..files import ResultError, read_text
from ..places import EXPECTATIONS

NAME = "releases.toml"
ANY = "*"
"""The losses that have no releases of their own."""


class Standing(NamedTuple):
    """The releases by which a version is judged."""

    releases: tuple[str, ...]
    strict: bool
    """Whether it is one of them: what it passes is then held against it too."""


@dataclass(frozen=True)
class Reviewed:
    """Releases by framework and loss, the oldest first."""

    table: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def of(self, framework: str, loss: str) -> tuple[str, ...]:
        """The releases of a framework whose runs of a loss were reviewed."""
        mine = self.table.get(framework, {})
        return mine.get(loss, mine.get(ANY, ()))

    def has_any(self, framework: str, versions: SpecifierSet) -> bool:
        """Whether a range has one of a framework's releases."""
        mine = self.table.get(framework, {}).values()
        return any(versions.contains(release, prereleases=True) for releases in mine for release in releases)

    def standing(self, framework: str, loss: str, version: str) -> Standing:
        """By which releases a version is judged: by itself if it was reviewed, else by those beside it.

        What has no place among versions, such as a private build, is judged as the newest is.
        """
        known = self.of(framework, loss)
        try:
            public = Version(Version(version).public)
        except InvalidVersion:
            return Standing(known[-1:] or (version,), False)
        versions = [*map(Version, known)]
        if not known or public in versions:
            return Standing((str(public),), True)
        place = bisect(versions, public)
        return Standing(known[max(place - 1, 0) : place + 1], False)

    def with_release(self, framework: str, losses: set[str], version: str) -> Reviewed:
        """The same with a release that was reviewed for some losses."""
        mine = dict(self.table.get(framework, {ANY: ()}))
        for loss in sorted(losses):
            found = self.of(framework, loss)
            if version not in found:
                mine[loss] = tuple(sorted({*found, version}, key=Version))
        return Reviewed({**self.table, framework: mine})

    def text(self) -> str:
        """As TOML."""
        lines = [
            "# The releases whose runs were reviewed, by framework and loss; * stands for losses without",
            "# any of their own. Expectations are strict for these; another is judged by those beside it.",
        ]
        for framework, mine in sorted(self.table.items()):
            lines += ["", f"[{framework}]"]
            for loss, releases in sorted(mine.items()):
                listed = ", ".join(f'"{release}"' for release in releases)
                lines.append(f'"{loss}" = [{listed}]' if loss == ANY else f"{loss} = [{listed}]")
        return "\n".join(lines) + "\n"


def reviewed(folder: Path = EXPECTATIONS) -> Reviewed:
    """The releases that a folder of expectations names; none where it names none.

    Raises:
        SuiteError: the file is not as it must be.
    """
    path = folder / NAME
    if not path.exists():
        return Reviewed()
    try:
        table = tomllib.loads(read_text(path))
        return Reviewed(
            {
                framework: {
                    loss: tuple(sorted(map(str, releases), key=Version)) for loss, releases in mine.items()
                }
                for framework, mine in table.items()
            }
        )
    except (ResultError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SuiteError(f"{NAME}: {error}; expected lists of releases by framework and loss") from error

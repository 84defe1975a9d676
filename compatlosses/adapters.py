"""The adapters that are installed here, read once from the entry-point group ``compatlosses.adapters``.

An entry point names a small module that says what an adapter offers without importing its framework: see
`Adapter`. The adapters of this project and those of outside packages arrive the same way.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Protocol

from .libraries import Library

GROUP = "compatlosses.adapters"


class Adapter(Protocol):
    """What is known of a framework without importing it. A module with these names fulfils it."""

    @property
    def NAME(self) -> str:
        """The framework's name, as a person would say it."""

    @property
    def MODULE(self) -> str:
        """The framework's top-level module."""

    @property
    def DISTRIBUTIONS(self) -> tuple[str, ...]:
        """The distributions that bring the framework; the first that is installed counts."""

    def cautions(self, installed: Mapping[str, str], /) -> tuple[str, ...]:
        """What to beware of beside the installed frameworks, given as versions by name."""

    def loaded(self) -> bool:
        """Whether the framework has been imported, so that its tensors can exist."""

    def library(self) -> Library:
        """The adapter's library, which registers itself when it is first imported.

        Asked for only when loaded.
        """


def broken(name: str, error: Exception) -> None:
    """Warn of an adapter that cannot be used: one broken package must not take the working frameworks down
    with it.
    """
    warnings.warn(
        f"the adapter for {name} cannot be used: {error!r}. Mend or uninstall the package that brings it.",
        RuntimeWarning,
        stacklevel=3,
    )


def _load() -> tuple[Adapter, ...]:
    adapters: list[Adapter] = []
    for entry_point in entry_points(group=GROUP):
        try:
            adapters.append(entry_point.load())
        except Exception as error:
            broken(f"{entry_point.name} ({entry_point.value})", error)
    return tuple(adapters)


ADAPTERS: tuple[Adapter, ...] = _load()

"""What a command runs: the targets, cases and implementations that its options name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase

from ..errors import SuiteError
from ..judging import expectations as known
from ..lab.recipes import recipes
from ..model import cases
from ..model.case import Case
from ..model.implementations import FRAMEWORKS, KINDS, TABLE, installed, possible, wanted
from ..running.target import Target
from ..worker.drivers import modes_of


def targets(
    frameworks: Sequence[str], implementations: Sequence[str] = (), modes: Sequence[str] = ("eager",)
) -> list[Target]:
    """The targets that hold one of the implementations: of these frameworks, or of all that are installed."""
    for name in frameworks:
        if name not in FRAMEWORKS:
            raise SuiteError(f"unknown framework {name!r}; expected {', '.join(FRAMEWORKS)}")
    chosen = frameworks or [name for name in FRAMEWORKS if installed(name)]
    check_modes(chosen, modes)
    return [
        Target(name, kind, mode=mode, error="" if installed(name) else not_installed(name))
        for name in chosen
        for kind in KINDS
        for mode in modes_of(name)
        if any(fnmatchcase(mode, pattern) for pattern in modes)
        and any(wanted(candidate, implementations) for candidate in possible(name, kind, mode))
    ]


def not_installed(framework: str) -> str:
    """That a framework is not installed, and how to mend it."""
    name = FRAMEWORKS[framework].distributions[0]
    lab = f", or run a release of it: compatlosses conform --at {name}==VERSION"
    known = any(recipe.distribution == name for recipe in recipes())
    return f"{framework} is not installed here: pip install {name}{lab if known else ''}"


def check_modes(frameworks: Sequence[str], patterns: Sequence[str]) -> None:
    """Refuse a pattern that names no mode of these frameworks."""
    there = {"eager": "eager"}
    there.update((f"{mode} ({name})", mode) for name in frameworks for mode in modes_of(name)[1:])
    for pattern in patterns:
        if not any(fnmatchcase(mode, pattern) for mode in there.values()):
            raise SuiteError(f"no mode here is named {pattern!r}; expected {', '.join(there)}")


def selected(patterns: Sequence[str]) -> list[Case]:
    """The cases of these ids, or all of them."""
    everything = cases.load()
    for pattern in patterns:
        if not any(fnmatchcase(case.id, pattern) for case in everything):
            raise SuiteError(
                f"no case is named {pattern!r}; ids look like {everything[0].id!r}, and * stands for anything"
            )
    return [c for c in everything if not patterns or any(fnmatchcase(c.id, p) for p in patterns)]


def check_implementations(patterns: Sequence[str]) -> None:
    """Refuse a pattern that names no implementation."""
    for pattern in patterns:
        if pattern not in KINDS and not any(fnmatchcase(name, pattern) for name in TABLE):
            names = ", ".join(sorted(TABLE))
            raise SuiteError(
                f"no implementation is named {pattern!r}; expected native, shim, or among {names}"
            )


def check_timeout(seconds: float) -> None:
    """Refuse what is no number of seconds."""
    if not math.isfinite(seconds):
        raise SuiteError(f"--timeout is {seconds}; expected a number of seconds")


def expectations() -> tuple[known.Expectation, ...]:
    """The expectations, linted."""
    found = known.load()
    faults = known.lint(found, [case.id for case in cases.load()], TABLE)
    if faults:
        raise SuiteError("; ".join(faults[:5]))
    return found

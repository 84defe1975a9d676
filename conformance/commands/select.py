"""What a command runs: the targets, cases and implementations that its options name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from ..errors import SuiteError, instead
from ..judging import expectations as known
from ..judging.selection import Selection
from ..lab.recipes import recipes
from ..model import cases
from ..model.implementations import FRAMEWORKS, KINDS, TABLE, Row, installed, possible, wanted
from ..places import CASES, EXPECTATIONS, RECIPES, Folders
from ..running.interpreter import Interpreter
from ..running.target import Machine, Target
from ..worker.drivers import modes_of


def check(selection: Selection) -> None:
    """Refuse what names nothing, and files that are not as they must be."""
    check_timeout(selection.seconds)
    check_implementations(selection.implementations)
    check_cases(selection.cases, selection.folders.cases or CASES)
    if selection.folders.cases is None:
        expectations(selection.folders.expectations or EXPECTATIONS)
    selection.book()
    if selection.folders.recipes is not None:
        recipes(selection.folders.recipes)


def selection_of(
    patterns: Iterable[Sequence[str] | None], seconds: float, folders: Folders, machine: Machine
) -> Selection:
    """What the options choose: by patterns of cases, implementations and modes, in this order."""
    cases_named, implementations, modes = (tuple(given or ()) for given in patterns)
    return Selection(cases_named, implementations, modes, seconds, folders, machine)


def folders_of(cases_in: Path | None, expectations_in: Path | None, recipes_in: Path | None) -> Folders:
    """The folders that options name.

    Raises:
        SuiteError: one that is none.
    """
    for option, path in (("--cases", cases_in), ("--expectations", expectations_in)):
        if path is not None and not path.is_dir():
            raise SuiteError(f"{option} {path} is no folder; expected one that holds files of TOML")
    if recipes_in is not None and recipes_in.is_dir():
        recipes_in /= RECIPES.name
    return Folders(cases_in, expectations_in, recipes_in)


def targets(
    frameworks: Sequence[str],
    implementations: Sequence[str] = (),
    modes: Sequence[str] = ("eager",),
    interpreter: Interpreter | None = None,
) -> list[Target]:
    """The targets that hold one of the implementations: of these frameworks, or of all that are installed,
    here or where another interpreter is.
    """
    for name in frameworks:
        if name not in FRAMEWORKS:
            raise SuiteError(f"unknown framework {name!r}{instead(name, FRAMEWORKS, ', '.join(FRAMEWORKS))}")
    there = [*filter(installed, FRAMEWORKS)] if interpreter is None else interpreter.frameworks
    chosen = frameworks or there
    check_modes(chosen, modes)
    return [
        Target(
            name,
            kind,
            interpreter.command(name, kind, mode) if interpreter else (),
            mode=mode,
            error="" if name in there else not_installed(name, interpreter),
        )
        for name in chosen
        for kind in (KINDS if interpreter is None or interpreter.shim else ("native",))
        for mode in modes_of(name)
        if any(fnmatchcase(mode, pattern) for pattern in modes)
        and any(wanted(candidate, implementations) for candidate in possible(name, kind, mode))
    ]


def own_targets(
    row: Row, modes: Sequence[str] = ("eager",), interpreter: Interpreter | None = None
) -> list[Target]:
    """The targets that hold a function of one's own, in each mode."""
    return [
        replace(target, own=row)
        for target in targets([row.framework], (), modes, interpreter)
        if target.kind == "native"
    ]


def not_installed(framework: str, interpreter: Interpreter | None = None) -> str:
    """That a framework is not installed, and how to mend it."""
    name = next(iter(FRAMEWORKS[framework].distributions), framework)
    if interpreter is not None:
        python = interpreter.path
        return f"{framework} is not installed for {python}: {python} -m pip install {name}"
    lab = f", or run a release of it: compatlosses conform --at {name}==VERSION"
    known = any(recipe.distribution == name for recipe in recipes())
    return f"{framework} is not installed here: pip install {name}{lab if known else ''}"


def check_modes(frameworks: Sequence[str], patterns: Sequence[str]) -> None:
    """Refuse a pattern that names no mode of these frameworks."""
    there = {"eager": "eager"}
    there.update((f"{mode} ({name})", mode) for name in frameworks for mode in modes_of(name)[1:])
    for pattern in patterns:
        if not any(fnmatchcase(mode, pattern) for mode in there.values()):
            raise SuiteError(
                f"no mode here is named {pattern!r}{instead(pattern, there.values(), ', '.join(there))}"
            )


def check_cases(patterns: Sequence[str], folder: Path = CASES) -> None:
    """Refuse a pattern that names no case, and a folder that has none."""
    everything = cases.load(folder)
    if not everything:
        raise SuiteError(f"{folder} holds no case; expected files of TOML with [[case]] or [[family]]")
    for pattern in patterns:
        if not any(fnmatchcase(case.id, pattern) for case in everything):
            known = [
                *dict.fromkeys(f"{case.loss}/*" for case in everything),
                *(case.id for case in everything),
            ]
            form = f"an id such as {everything[0].id!r}, in which * stands for anything"
            raise SuiteError(f"no case is named {pattern!r}{instead(pattern, known, form)}")


def check_implementations(patterns: Sequence[str]) -> None:
    """Refuse a pattern that names no implementation."""
    for pattern in patterns:
        if pattern not in KINDS and not any(fnmatchcase(name, pattern) for name in TABLE):
            names = "native, shim, or a name or pattern of those that --list prints"
            raise SuiteError(
                f"no implementation is named {pattern!r}{instead(pattern, (*KINDS, *TABLE), names)}"
            )


def check_timeout(seconds: float) -> None:
    """Refuse what is no number of seconds."""
    if not math.isfinite(seconds):
        raise SuiteError(f"--timeout is {seconds}; expected a number of seconds")


def expectations(folder: Path = EXPECTATIONS) -> tuple[known.Expectation, ...]:
    """The expectations, linted."""
    found = known.load(folder)
    faults = known.lint(found, [case.id for case in cases.load()], TABLE)
    if faults:
        raise SuiteError("; ".join(faults[:5]))
    return found

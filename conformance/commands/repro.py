"""The command ``repro``: a case as a script for a bug report, made as small as it fails here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import typer

from ..errors import SuiteError, instead
from ..fuzz.shrink import shrunk
from ..judging.judge import Check, judge
from ..judging.severity import ORDER, is_worse, severity_of
from ..model import cases
from ..model.case import Case
from ..model.implementations import FRAMEWORKS, TABLE, Implementation, installed
from ..report.repro import ReproError, function_of, script
from ..running.line import Line
from ..running.target import Target, TargetError
from .terminal import print_error

MOST_TRIES = 150
MOST_ELEMENTS = 1000
"""Of a call that is made small: a long one is shown as it is."""


def repro(
    case: Annotated[str, typer.Argument(help="The case's id.")],
    framework: Annotated[str, typer.Option(help="The framework whose function has the bug.")],
    implementation: Annotated[
        str | None, typer.Option(help="The function; by default the framework's main one.")
    ] = None,
    mode: Annotated[str, typer.Option(help="How the call is run: eager, compile, jit ...")] = "eager",
    whole: Annotated[
        bool, typer.Option("--whole", help="The case as it is: do not run it to make it small.")
    ] = False,
) -> None:
    """Print a standalone script for a bug report: it needs that framework and NumPy, and exits 1 while the
    bug is there. Where the framework is installed, the case is run, and made as small as it still fails.
    """
    everything = {c.id: c for c in cases.load()}
    if case not in everything:
        raise SuiteError(
            f"no case is named {case!r}{instead(case, everything, f'an id such as {min(everything)!r}')}"
        )
    chosen = everything[case]
    name, _ = function_of(chosen, framework, implementation)
    text = script(chosen, framework, name, mode)
    if not whole and framework in FRAMEWORKS and installed(framework):
        text = script(smaller(chosen, framework, name, mode), framework, name, mode)
    print(text)


def smaller(case: Case, framework: str, name: str, mode: str) -> Case:
    """The case as small as the function here still fails it, by the same check and as badly; itself, where it
    passes or cannot be run.
    """
    target = Target(framework, TABLE[name].kind, mode=mode)
    try:
        line = Line(target)
    except TargetError as error:
        print_error(f"the case is shown as it is: {error}")
        return case
    try:
        found = [each for each in target.implementations() if each.name == name]
        worst = gravest(line, found[0], case) if found else None
        if worst is None:
            print_error(f"the case is shown as it is: {name} passes it here, in {target.label}")
            return case
        if case.repeat or len(case.first.values) > MOST_ELEMENTS:
            return case
        return replace(
            shrunk(case, failing_like(line, found[0], worst, (framework, name, mode)), MOST_TRIES), id=case.id
        )
    finally:
        line.close()


def gravest(line: Line, implementation: Implementation, case: Case) -> Check | None:
    """The gravest check that fails; None where all pass."""
    line.send(implementation, case)
    checks = judge(case, implementation, line.receive()).checks
    failed = [check for check in checks if check.status == "fail"]
    return min(failed, key=lambda check: ORDER.index(severity_of(vars(check))), default=None)


def failing_like(
    line: Line, implementation: Implementation, wanted: Check, shown: tuple[str, str, str]
) -> Callable[[Case], bool]:
    """Whether a smaller call fails by the same check, as badly, and has a script."""
    severity = severity_of(vars(wanted))

    def fails(case: Case) -> bool:
        try:
            script(case, *shown)
            line.send(implementation, case)
            checks = judge(case, implementation, line.receive()).checks
        except (ReproError, ZeroDivisionError):
            # A mean over weights whose sum is 0 has no exact outcome.
            return False
        return any(
            check.id == wanted.id
            and check.status == "fail"
            and not is_worse(severity, severity_of(vars(check)))
            for check in checks
        )

    return fails

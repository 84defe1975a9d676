"""The command ``fuzz``: random calls, what failed of them, and an offer to save it."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .. import files
from ..fuzz.campaign import LARGEST_COUNT, Failure, Fuzz, new_ones
from ..fuzz.toml import toml
from ..judging.reviewed import reviewed
from ..judging.severity import FAILURES
from ..model.implementations import wanted
from ..printable import shown
from ..running.line import CASE_SECONDS
from .options import DEFAULT_JOBS, Frameworks, Implementations, Jobs, Modes, Timeout
from .select import check_implementations, check_timeout, expectations, targets
from .terminal import progress, terminal, terminating


def fuzz(
    count: Annotated[int, typer.Argument(min=1, max=LARGEST_COUNT, help="How many calls.")],
    framework: Frameworks = None,
    implementation: Implementations = None,
    mode: Modes = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="What the calls are drawn from.")] = 0,
    save: Annotated[
        Path | None, typer.Option(help="Save the unexpected failures, made small, as cases in this file.")
    ] = None,
    jobs: Jobs = DEFAULT_JOBS,
    timeout: Timeout = CASE_SECONDS,
) -> None:
    """Draw random calls over the strata of the cases, and print the kinds of failure, each made small.

    The shim's functions are called, unless --implementation names others.
    """
    check_timeout(timeout)
    patterns = implementation or ["shim"]
    check_implementations(patterns)
    if save is not None:
        files.check_writable(save)
    drawn = Fuzz(
        targets(framework or [], patterns, mode or ["eager"]),
        seed,
        count,
        partial(wanted, patterns=patterns),
        expectations(),
        reviewed(),
        timeout,
    )
    with terminating():
        status = fuzzed(drawn, jobs, save)
    raise typer.Exit(status)


def fuzzed(fuzz: Fuzz, jobs: int, save: Path | None) -> int:
    """Fuzz and print what came of it; the exit status."""
    console = terminal()
    interrupted = False
    try:
        watched(fuzz, jobs)
    except KeyboardInterrupt:
        interrupted = True
    show(console, fuzz)
    unexpected = [failure for failure in fuzz.failures if not failure.known]
    keep(console, unexpected, save, fuzz.seed)
    if interrupted:
        console.print("[bold yellow]interrupted: the rest was not drawn[/]")
        return 130
    if any(target.error for target in fuzz.targets) or not fuzz.statuses:
        return 3
    return 1 if unexpected else 0


def watched(fuzz: Fuzz, jobs: int) -> None:
    """Fuzz with a line of progress."""
    with progress() as lines:
        task = lines.add_task(f"seed {fuzz.seed}", total=fuzz.count)
        fuzz.go(jobs, lambda target: lines.advance(task))


def show(console: Console, fuzz: Fuzz) -> None:
    """Print the failures, one of each kind, and the counts."""
    for target in fuzz.targets:
        if target.error:
            console.print(f"[bold red]{shown(target.label)} could not be run:[/] {shown(target.error)}")
    for failure in new_ones(fuzz.failures):
        console.print(
            f"[bold red]{failure.severity}[/], {failure.count} calls: {shown(failure.implementation.label)}: "
            f"{', '.join(sorted(failure.checks))}",
            soft_wrap=True,
        )
        console.print(shown(failure.message), soft_wrap=True)
        console.print(shown(toml(failure.case)), soft_wrap=True)
    known: Counter[str] = Counter()
    for failure in fuzz.failures:
        known.update({failure.implementation.label: failure.count if failure.known else 0})
    for label, number in known.items():
        if number:
            console.print(
                f"{number} calls fail in ways that are known of {shown(label)}: by these checks, in these "
                "strata, as badly",
                soft_wrap=True,
            )
    total: Counter[str] = Counter()
    for (_, status), number in fuzz.statuses.items():
        total[status] += number
    failed = sum(total[status] for status in FAILURES)
    where = ", ".join(target.label for target in fuzz.targets)
    console.print(
        f"{sum(total.values())} calls, seed {fuzz.seed}, {shown(where)}: {total['pass']} pass,"
        f" {total['unsupported']} unsupported, {sum(known.values())} of a known kind, "
        f"{failed - sum(known.values())} unexpected",
        soft_wrap=True,
    )


def keep(console: Console, failures: list[Failure], save: Path | None, seed: int) -> None:
    """Save the small calls as cases: in a file that was named, or after a question."""
    if not failures:
        return
    if save is None:
        if not sys.stdin.isatty() or not typer.confirm("Save the calls above as cases?"):
            return
        save = Path(typer.prompt("To which file", default=f"fuzz-{seed}.toml"))
    try:
        files.check_writable(save)
        files.write(save, "\n".join(toml(failure.case) for failure in failures))
    except files.ResultError as error:
        console.print(f"[bold red]{shown(str(error))}[/]")
        return
    console.print(
        f"{len(failures)} cases saved to {shown(str(save))}; in a folder of cases they run with the others"
    )

"""The command line of a fuzz: progress, what failed, and an offer to save it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from . import results, worker
from .expectations import FAILURES, Expectation
from .fuzz import toml
from .fuzzing import Failure, Fuzz
from .implementations import Implementation
from .printable import shown
from .runner import Target


def run(
    targets: list[Target],
    wanted: Callable[[Implementation], bool],
    expectations: Sequence[Expectation],
    count: int,
    seed: int,
    jobs: int,
    timeout: float,
    save: Path | None,
) -> int:
    """Fuzz and print what came of it. The result is the exit status."""
    console = Console(highlight=False, emoji=False)
    # A target without a function that is wanted would be dealt a share of the calls, and make none.
    targets = [target for target in targets if any(wanted(candidate) for candidate in possible(target))]
    fuzz = Fuzz(targets, seed, count, wanted, expectations, timeout)
    interrupted = False
    try:
        watched(fuzz, jobs)
    except KeyboardInterrupt:
        interrupted = True
    told(console, fuzz)
    unexpected = [failure for failure in fuzz.failures if not failure.known]
    keep(console, unexpected, save, seed)
    if interrupted:
        console.print("[bold yellow]interrupted: the rest was not drawn[/]")
        return 130
    if any(target.error for target in targets) or not fuzz.statuses:
        return 3
    return 1 if unexpected else 0


def possible(target: Target) -> list[Implementation]:
    """What a worker of this target looks for."""
    names = worker.SHIM if target.kind == "shim" else worker.NATIVE.get(target.framework, {})
    return [Implementation(name, target.framework, target.kind, target.version) for name in names]


def watched(fuzz: Fuzz, jobs: int) -> None:
    """Fuzz with a line of progress."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"seed {fuzz.seed}", total=fuzz.count)
        fuzz.go(jobs, lambda target: progress.advance(task))


def told(console: Console, fuzz: Fuzz) -> None:
    """Print the failures, one of each kind, and the counts."""
    for target in fuzz.targets:
        if target.error:
            console.print(f"[bold red]{shown(target.label)} could not be run:[/] {shown(target.error)}")
    for failure in sorted(fuzz.failures, key=lambda f: (f.known, f.implementation.label, sorted(f.checks))):
        what = "of a known kind" if failure.known else "[bold red]unexpected[/]"
        console.print(
            f"{failure.count}x {what}: {shown(failure.implementation.label)}: "
            f"{', '.join(sorted(failure.checks))}"
        )
        if not failure.known:
            console.print(shown(failure.message), soft_wrap=True)
            console.print(shown(toml(failure.case)), soft_wrap=True)
    if any(target.kind == "native" for target in fuzz.targets):
        console.print(
            "Of a known kind is a native failure by checks that expectations/ name for that function; all "
            "others are counted"
            " as unexpected, though many have the cause of a known one.",
            soft_wrap=True,
        )
    total: Counter[str] = Counter()
    for (_, status), number in fuzz.statuses.items():
        total[status] += number
    failed = sum(total[status] for status in FAILURES)
    known = sum(failure.count for failure in fuzz.failures if failure.known)
    where = ", ".join(target.label for target in fuzz.targets)
    console.print(
        f"{sum(total.values())} calls, seed {fuzz.seed}, {shown(where)}: {total['pass']} pass,"
        f" {total['unsupported']} unsupported, {known} of a known kind, {failed - known} unexpected",
        soft_wrap=True,
    )


def keep(console: Console, failures: list[Failure], save: Path | None, seed: int) -> None:
    """Save the small calls as cases: where that is asked for, or after asking."""
    if not failures:
        return
    if save is None:
        if not sys.stdin.isatty() or not typer.confirm("Save the calls above as cases?"):
            return
        save = Path(typer.prompt("To which file", default=f"fuzz-{seed}.toml"))
    try:
        results.check_writable(save)
        results.write(save, "\n".join(toml(failure.case) for failure in failures))
    except results.ResultError as error:
        console.print(f"[bold red]{shown(str(error))}[/]")
        return
    console.print(
        f"{len(failures)} cases saved to {shown(str(save))}; in a folder of cases they run with the others"
    )

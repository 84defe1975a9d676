"""The commands: conform, report, repro, compare, update-expectations.

Exit status: 0 nothing unexpected, 1 something unexpected, 2 the call is wrong, 3 a target could not be run at
all, 70 an internal error.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from functools import wraps
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from . import agreement, changes, fuzz_command, lab_cli, results, support_cli
from . import cases as data
from . import expectations as known
from .failures import internal_error
from .fuzzing import LARGEST_COUNT
from .implementations import DISTRIBUTIONS, FRAMEWORKS, OUTSIDE, Implementation
from .judge import Answer, Verdict
from .lab import Job
from .modes import MODES
from .printable import printable, shown
from .recipes import LabError
from .report import text
from .runner import CASE_SECONDS, Run, Target
from .strata import census
from .tally import tallies


def add_commands(app: typer.Typer) -> None:
    """Add the suite's commands to an application."""
    for name, command in (
        ("conform", conform),
        ("report", report),
        ("repro", repro),
        ("compare", compare),
        ("support", support_cli.make_support),
        ("update-expectations", update_expectations),
    ):
        app.command(name)(guarded(command))
    app.add_typer(lab_cli.lab, name="lab")


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command, whose internal errors end with a status of their own: 1 means a finding."""

    def call(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except (
            typer.Exit,
            typer.Abort,
            typer.BadParameter,
            ModuleNotFoundError,
        ):  # what is not installed is told elsewhere
            raise
        except Exception:
            raise typer.Exit(internal_error()) from None

    return wraps(command)(call)


def wrong(message: str) -> NoReturn:
    """Say what is wrong with the call, and end with status 2."""
    Console(stderr=True, emoji=False).print(
        f"[bold red]error:[/] {shown(message)}", highlight=False, soft_wrap=True
    )
    raise typer.Exit(2)


def installed(framework: str) -> bool:
    """Whether a framework is installed, by its distribution; nothing is imported."""
    if framework in OUTSIDE:
        return True
    # TensorFlow's build for the CPU has a name of its own.
    for name in (DISTRIBUTIONS[framework], f"{DISTRIBUTIONS[framework]}-cpu"):
        with suppress(PackageNotFoundError):
            distribution(name)
            return True
    return False


def targets_of(
    frameworks: list[str], implementation: list[str], patterns: Sequence[str] = ("eager",)
) -> list[Target]:
    """The targets that are asked for: by default every installed framework, native and shim, in
    eager mode.
    """
    from . import worker

    for name in frameworks:
        if name not in FRAMEWORKS:
            wrong(f"unknown framework {name!r}; expected {', '.join(FRAMEWORKS)}")
    chosen = frameworks or [name for name in FRAMEWORKS if installed(name)]
    kinds = [kind for kind in ("native", "shim") if wants_kind(kind, implementation)]
    for pattern in patterns:
        there = [(mode, framework) for framework, mode in MODES if framework in chosen]
        if not fnmatchcase("eager", pattern) and not any(fnmatchcase(mode, pattern) for mode, _ in there):
            told = ", ".join(["eager", *(f"{mode} ({framework})" for mode, framework in there)])
            wrong(f"no mode here is named {pattern!r}; expected {told}")
    return [
        Target(name, kind, mode=mode)
        for name in chosen
        for kind in kinds
        if worker.implementations(name, kind)
        for mode in ("eager", *(mode for framework, mode in MODES if framework == name))
        if any(fnmatchcase(mode, pattern) for pattern in patterns)
    ]


def wants_kind(kind: str, implementation: list[str]) -> bool:
    """Whether a target of this kind can hold what is asked for; patterns of names can only be told by the
    name.
    """
    if not implementation:
        return True
    return any(
        p == kind or (p not in ("native", "shim") and p.startswith(("compatlosses", "*")) >= (kind == "shim"))
        for p in implementation
    )


def selected(patterns: list[str]) -> list[data.Case]:
    """The cases that are asked for."""
    try:
        everything = data.load()
    except data.CaseError as error:
        wrong(str(error))
    if not patterns:
        return list(everything)
    for pattern in patterns:
        if not any(fnmatchcase(case.id, pattern) for case in everything):
            wrong(
                f"no case is named {pattern!r}; ids look like {everything[0].id!r}, and * stands for anything"
            )
    return [case for case in everything if any(fnmatchcase(case.id, pattern) for pattern in patterns)]


def check_implementations(patterns: list[str]) -> None:
    """Refuse what names no implementation."""
    names = sorted(known_implementations())
    for pattern in patterns:
        if pattern not in ("native", "shim") and not any(fnmatchcase(name, pattern) for name in names):
            wrong(
                f"no implementation is named {pattern!r}; expected native, shim, or among {', '.join(names)}"
            )


def loaded_expectations() -> tuple[known.Expectation, ...]:
    """The expectations, linted."""
    try:
        found = known.load()
    except known.ExpectationError as error:
        wrong(str(error))
    faults = known.lint(found, [case.id for case in data.load()], known_implementations())
    if faults:
        wrong("; ".join(faults[:5]))
    return found


def known_implementations() -> set[str]:
    """Every implementation's name."""
    from . import worker

    return {
        name
        for framework in FRAMEWORKS
        for kind in ("native", "shim")
        for name in worker.implementations(framework, kind)
    }


def conform(
    framework: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(FRAMEWORKS)}; may be given often.")
    ] = None,
    implementation: Annotated[
        list[str] | None, typer.Option(help="native, shim, or a name; * stands for anything.")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(help="A case's id; * stands for anything: 'gradient/*'.")
    ] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option(help="How calls are run: eager unless told, or compile, static, jit ...; * for all."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Targets that run at a time.")] = min(
        2, os.cpu_count() or 1
    ),
    timeout: Annotated[float, typer.Option(min=0.01, help="Seconds that one case may take.")] = CASE_SECONDS,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the run as JSON to this file.")
    ] = None,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", help="Write the run as JUnit XML to this file.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a report to this file: a page that opens from disk.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print every unexpected verdict, not one of each kind.")
    ] = False,
    at: Annotated[
        list[str] | None,
        typer.Option(help="A release to run instead, such as torch==2.1.0; may be given often."),
    ] = None,
    lab: Annotated[Path | None, typer.Option(help="A file that lists such releases.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--results", help="Write a compact file for each release here.")
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove each release's environment after its run.")
    ] = False,
    dask: Annotated[
        str | None,
        typer.Option(help="Run releases on the Dask cluster at this address, such as tcp://scheduler:8786."),
    ] = None,
    fuzz: Annotated[
        int | None,
        typer.Option(
            min=1, max=LARGEST_COUNT, help="Draw so many random calls instead; of the shim if not told."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="What --fuzz draws from.")] = 0,
    save: Annotated[
        Path | None, typer.Option(help="Save the unexpected failures of --fuzz, made small, as cases.")
    ] = None,
    strata: Annotated[
        bool,
        typer.Option(
            "--strata", help="Run nothing: list the strata's cells, and exit 1 if one lacks a case."
        ),
    ] = False,
) -> None:
    """Run the cases against every framework installed here, native and shim, and print where each falls
    short.

    With --at or --lab, against releases that are not installed here, each in an environment that is made for
    it.
    """
    console = Console(emoji=False)
    if strata:
        counted = census(selected(case or []))
        text.cells(console, counted)
        raise typer.Exit(1 if any(grid.missing for grid in counted) else 0)
    if not math.isfinite(timeout):
        wrong(f"--timeout is {timeout}; expected a number of seconds")
    began = time.monotonic()
    patterns = implementation or (["shim"] if fuzz else [])
    check_implementations(patterns)
    if at or lab:
        if framework or mode:
            wrong(
                "--framework and --mode choose among what is installed here; with --at or --lab name releases"
            )
        if fuzz:
            wrong("--fuzz draws calls for what is installed here; expected it without --at and --lab")
        selected(case or [])
        loaded_expectations()
        outputs = lab_cli.Outputs(json_file, junit_file, html_file, folder)
        try:
            jobs_of = [
                Job(one, tuple(case or ()), tuple(patterns), timeout, remove)
                for one in lab_cli.planned(at or [], lab)
            ]
            with terminating():
                status = lab_cli.conform_releases(jobs_of, outputs, verbose, jobs, dask)
        except (LabError, results.ResultError) as error:
            wrong(str(error))
        raise typer.Exit(status)
    if folder or remove or dask:
        wrong("--results, --remove and --dask go with --at or --lab")
    targets = targets_of(framework or [], patterns, mode or ["eager"])
    chosen = selected(case or [])
    expected = loaded_expectations()
    files = [path for path in (json_file, junit_file, html_file, save) if path is not None]
    checked_paths(files)
    if html_file is not None:
        from .report import html  # noqa: F401 -- what it needs is missed now, not after the run

    def wanted(candidate: Implementation) -> bool:
        usual = candidate.mode == "eager" or candidate.at_home
        return any(
            usual if p in ("*", candidate.kind) else fnmatchcase(candidate.name, p) for p in patterns or ["*"]
        )

    if fuzz:
        if case or json_file or junit_file or html_file:
            wrong(
                "--fuzz draws its own calls and writes no results; expected it without --case, --json, "
                "--junit and --html"
            )
        with terminating():
            status = fuzz_command.run(targets, wanted, expected, fuzz, seed, jobs, timeout, save)
        raise typer.Exit(status)
    if save or seed:
        wrong("--seed and --save go with --fuzz")
    run = Run(targets, chosen, wanted, timeout, with_curves=not case, whole=False)
    interrupted = False
    try:
        with terminating():
            watched(run, jobs)
    except KeyboardInterrupt:
        interrupted = True
    known.apply(
        run.verdicts, {target.framework: target.version for target in targets if target.version}, expected
    )
    pairs = agreement.compare(chosen, run.answers, run.verdicts)
    seconds = time.monotonic() - began
    compared = [pair.to_json() for pair in pairs]
    tallied = tallies(run.verdicts, {case.id: case.dtype for case in chosen})
    table = results.as_json(
        targets, run.verdicts, interrupted, run.curves, chosen, compared, seconds, tallied
    )
    if any(map(results.is_standard_output, files)):
        console = Console(stderr=True)
    try:
        text.matrix(console, targets, run.verdicts)
        text.details(console, targets, run.verdicts, verbose)
        text.where(console, tallied, verbose)
        text.agreement(console, pairs)
        text.summary(console, run.verdicts, len(chosen), seconds)
    finally:
        write_results(table, run.verdicts, (json_file, junit_file, html_file))
    if interrupted:
        console.print(
            "[bold yellow]interrupted: the results are partial[/]"
            + (f"; {json_file} says so" if json_file else "")
        )
        raise typer.Exit(130)
    if not any(
        implementation
        for target in targets
        for implementation in target.implementations()
        if wanted(implementation)
    ):
        console.print("[bold red]nothing that was asked for could be run[/]")
        raise typer.Exit(3)
    if any(target.error or target.missing or not target.implementations() for target in targets):
        raise typer.Exit(3)
    if any(verdict.expectation in text.WRONG for verdict in run.verdicts) or any(
        pair.unexplained for pair in pairs
    ):
        raise typer.Exit(1)


@contextmanager
def terminating() -> Iterator[None]:
    """Make a request to end (SIGTERM) an interruption like any other, so that what is done is saved."""

    def interrupt(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def watched(run: Run, jobs: int) -> None:
    """Run with a line of progress for each target."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[int, TaskID] = {}
        for target in run.targets:
            tasks[id(target)] = progress.add_task(printable(target.label), total=None, start=False)

        def notice(target: Target, verdict: Verdict | None, answer: Answer | None) -> None:
            task = tasks[id(target)]
            if verdict is None:
                progress.stop_task(task)
                return
            if progress.tasks[task].total is None:
                progress.start_task(task)
                progress.update(task, total=len(run.work(target)), description=printable(target.label))
            progress.advance(task)

        run.go(jobs, notice)


def checked_paths(paths: Sequence[Path]) -> None:
    """Refuse paths that cannot be written before the run, not after."""
    try:
        results.check_all_writable(paths)
    except results.ResultError as error:
        wrong(str(error))


def write_results(
    table: dict[str, Any], verdicts: list[Verdict], files: tuple[Path | None, Path | None, Path | None]
) -> None:
    """Write what was asked for, as JSON, JUnit and a page: everything that can be written."""

    def texts() -> Iterator[tuple[Path, str]]:
        json_file, junit_file, html_file = files
        if json_file is not None:
            yield json_file, json.dumps(table, ensure_ascii=False) + "\n"
        if junit_file is not None:
            yield junit_file, results.junit(verdicts)
        if html_file is not None:
            yield html_file, page_of([table])

    try:
        results.write_all(texts())
    except results.ResultError as error:
        wrong(str(error))


def report(
    runs: Annotated[list[Path], typer.Argument(help="Runs' JSON, of any targets and versions.")],
    html_file: Annotated[
        Path, typer.Option("--html", help="Write the report to this file: a page that opens from disk.")
    ],
) -> None:
    """Show runs as one page: a matrix, each case with inputs, outcome and script, error curves, versions
    compared.
    """
    checked_paths([html_file])
    try:
        results.write(html_file, page_of([results.read(path) for path in runs]))
    except results.ResultError as error:
        wrong(str(error))


def page_of(runs: list[dict[str, Any]]) -> str:
    """The page of some runs. What it is made with is imported when a page is asked for."""
    from .report.html import page

    return page(runs)


def repro(
    case: Annotated[str, typer.Argument(help="The case's id.")],
    framework: Annotated[str, typer.Option(help="The framework whose function has the bug.")],
    implementation: Annotated[
        str | None, typer.Option(help="The function; by default the framework's main one.")
    ] = None,
) -> None:
    """Print a standalone script for a bug report: it needs that framework and NumPy, and exits 1 while the
    bug is there.
    """
    from .repro import ReproError, script

    everything = {c.id: c for c in selected([])}
    found = everything.get(case)
    if found is None:
        wrong(f"no case is named {case!r}; ids look like {min(everything)!r}")
    try:
        print(script(found, framework, implementation))
    except ReproError as error:
        wrong(str(error))


def compare(
    old: Annotated[Path, typer.Argument(help="The earlier run's JSON.")],
    new: Annotated[Path, typer.Argument(help="The later run's JSON.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print every case, not the first of each kind.")
    ] = False,
) -> None:
    """Tell what changed between two runs, by case; exit 1 if something got worse: it broke, or fails by more
    than before.
    """
    try:
        before, after = results.read(old), results.read(new)
    except results.ResultError as error:
        wrong(str(error))
    found = changes.compare(before, after)
    if not (found.unchanged or found.broken or found.fixed or found.changed or found.lost):
        wrong(f"{old} and {new} have no case of one implementation in common")
    if as_json:
        json.dump(
            found.to_json(), sys.stdout, indent=2
        )  # In ASCII: no terminal obeys it, and no encoding lacks it.
        print()
    else:
        for run, path in ((before, old), (after, new)):
            if run.get("partial"):
                Console(stderr=True, emoji=False).print(
                    f"[yellow]{shown(str(path))} is partial[/]", soft_wrap=True
                )
        text.changes(Console(soft_wrap=True, highlight=False, emoji=False), found, verbose)
    raise typer.Exit(1 if found.worse else 0)


def update_expectations(
    run: Annotated[Path, typer.Argument(help="A run's JSON that a person has reviewed.")],
    note: Annotated[str, typer.Option(help="What the deviation is, for the new entries.")],
    finding: Annotated[
        str, typer.Option(help="The heading in docs/findings.md, or a link, for the new entries.")
    ],
    implementation: Annotated[
        str, typer.Option(help="Of these implementations alone; * stands for anything.")
    ] = "*",
    case: Annotated[str, typer.Option(help="Of these cases alone; * stands for anything.")] = "*",
    check: Annotated[str, typer.Option(help="Of these checks alone, such as 'exact/gradient/*'.")] = "*",
    message: Annotated[str, typer.Option(help="Of checks whose message holds this text alone.")] = "",
    versions: Annotated[
        str | None, typer.Option(help="The range of versions; by default the run's own.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the expectations lie.")] = known.EXPECTATIONS,
) -> None:
    """Write the expectations that a reviewed run calls for, and take out those that it shows to be stale."""
    from .update import Choice, updated

    choice = Choice(note, finding, implementation, case, check, message, versions)
    try:
        found = results.read(run)
        ids = [case.id for case in data.load()]
        # Another folder than the suite's may speak of cases of its own.
        ids += [] if folder == known.EXPECTATIONS else [verdict["case"] for verdict in found["verdicts"]]
        changed = updated(
            found, folder, choice, lambda entries: known.lint(entries, ids, known_implementations())
        )
    except (results.ResultError, known.ExpectationError) as error:
        wrong(str(error))
    for line in changed:
        print(printable(line))


if __name__ == "__main__":
    application = typer.Typer(no_args_is_help=True, add_completion=False)
    add_commands(application)
    application()

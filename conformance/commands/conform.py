"""The command ``conform``: every case on every target, and where each falls short."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated

import typer

from ..judging import agreement
from ..judging import expectations as known
from ..judging.judge import Verdict
from ..judging.run import Run
from ..judging.tally import tallies
from ..model.implementations import wanted
from ..printable import printable
from ..report import text
from ..results import results
from ..running.channel import Answer
from ..running.line import CASE_SECONDS
from ..running.target import Target
from . import lab
from .options import (
    DEFAULT_JOBS,
    Cases,
    Frameworks,
    HtmlFile,
    Implementations,
    Jobs,
    JsonFile,
    JunitFile,
    Modes,
    Timeout,
    Verbose,
)
from .outputs import Outputs
from .select import check_implementations, check_timeout, expectations, selected, targets
from .terminal import progress, terminal, terminating


def conform(
    framework: Frameworks = None,
    implementation: Implementations = None,
    case: Cases = None,
    mode: Modes = None,
    jobs: Jobs = DEFAULT_JOBS,
    timeout: Timeout = CASE_SECONDS,
    json_file: JsonFile = None,
    junit_file: JunitFile = None,
    html_file: HtmlFile = None,
    verbose: Verbose = False,
    at: Annotated[
        list[str] | None,
        typer.Option(help="A release to run instead, such as torch==2.1.0, as `lab run` does."),
    ] = None,
) -> None:
    """Run the cases against every framework installed here, native and shim, and print where each falls
    short.
    """
    if at:
        lab.check_alone(framework, mode)
        lab.run(
            at, None, case, implementation, jobs, timeout, json_file, junit_file, html_file, verbose=verbose
        )
    check_timeout(timeout)
    check_implementations(implementation or [])
    outputs = Outputs(json_file, junit_file, html_file)
    outputs.check()
    chosen, expected = selected(case or []), expectations()
    run = Run(
        targets(framework or [], implementation or [], mode or ["eager"]),
        chosen,
        partial(wanted, patterns=implementation or []),
        timeout,
        with_curves=not case,
        whole=False,
    )
    raise typer.Exit(conformed(run, expected, outputs, jobs, verbose))


def conformed(
    run: Run, expected: tuple[known.Expectation, ...], outputs: Outputs, jobs: int, verbose: bool
) -> int:
    """Run, print and write what came of it; the exit status."""
    began = time.monotonic()
    interrupted = False
    try:
        with terminating():
            watched(run, jobs)
    except KeyboardInterrupt:
        interrupted = True
    known.apply(
        run.verdicts, {target.framework: target.version for target in run.targets if target.version}, expected
    )
    pairs = agreement.compare(run.cases, run.answers, run.verdicts)
    seconds = time.monotonic() - began
    compared = [pair.to_json() for pair in pairs]
    tallied = tallies(run.verdicts, {case.id: case.dtype for case in run.cases})
    table = results.as_json(
        run.targets, run.verdicts, interrupted, run.curves, run.cases, compared, seconds, tallied
    )
    console = terminal(stderr=outputs.take_standard_output)
    try:
        text.matrix(console, run.targets, run.verdicts)
        text.details(console, run.targets, run.verdicts, verbose)
        text.where(console, tallied, verbose)
        text.agreement(console, pairs)
        text.summary(console, run.verdicts, len(run.cases), seconds)
    finally:
        outputs.write([table], run.verdicts)
    if interrupted:
        said = f"; {outputs.json} says so" if outputs.json else ""
        console.print(f"[bold yellow]interrupted: the results are partial[/]{said}")
        return 130
    if not any(run.pattern(found) for target in run.targets for found in target.implementations()):
        console.print("[bold red]nothing that was asked for could be run[/]")
        return 3
    if any(target.error or target.missing or not target.implementations() for target in run.targets):
        return 3
    wrong = any(verdict.expectation in text.WRONG for verdict in run.verdicts)
    return 1 if wrong or any(pair.unexplained for pair in pairs) else 0


def watched(run: Run, jobs: int) -> None:
    """Run with a line of progress for each target."""
    with progress() as lines:
        tasks = {
            id(target): lines.add_task(printable(target.label), total=None, start=False)
            for target in run.targets
        }

        def notice(target: Target, verdict: Verdict | None, answer: Answer | None) -> None:
            task = tasks[id(target)]
            if verdict is None:
                lines.stop_task(task)
                return
            if lines.tasks[task].total is None:
                lines.start_task(task)
                lines.update(task, total=len(run.work(target)), description=printable(target.label))
            lines.advance(task)

        run.go(jobs, notice)

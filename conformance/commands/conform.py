"""The command ``conform``: every case on every target; what is new, what holds, what is known."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Annotated

import typer

from ..errors import SuiteError
from ..judging import agreement
from ..judging import expectations as known
from ..judging.judge import Verdict
from ..judging.run import Run
from ..judging.tally import tallies
from ..model.implementations import own_row
from ..printable import printable
from ..report import answer as answers
from ..report import text
from ..results import results
from ..results.answer import Answer, answer_of
from ..running.channel import Answer as Answered
from ..running.interpreter import interpreter_at
from ..running.line import CASE_SECONDS
from ..running.target import CPU, Machine, Target
from . import bisect, lab, listing, select
from .options import (
    DEFAULT_JOBS,
    Cases,
    CasesFolder,
    Device,
    ExpectationsFolder,
    Frameworks,
    HtmlFile,
    Implementations,
    Jobs,
    JsonFile,
    JunitFile,
    MarkdownFile,
    Modes,
    Python,
    RecipesFile,
    Threads,
    Timeout,
    Verbose,
)
from .outputs import Outputs
from .select import folders_of, own_targets, selection_of, targets
from .terminal import print_lines, progress, terminal, terminating


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
    markdown_file: MarkdownFile = None,
    verbose: Verbose = False,
    maxfail: Annotated[
        int | None, typer.Option(min=1, help="End the run after so many new failures.")
    ] = None,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the cases, implementations and modes; run nothing.")
    ] = False,
    at: Annotated[
        list[str] | None,
        typer.Option(help="A release to run instead, such as torch==2.1.0, or a wheel's path."),
    ] = None,
    first_bad: Annotated[
        bool,
        typer.Option(
            "--first-bad", help="Find the first release of a range, --at 'torch>=2.1', in which a case fails."
        ),
    ] = False,
    function: Annotated[
        str | None, typer.Option(help="Run a function of your own instead, such as my_package:my_loss.")
    ] = None,
    like: Annotated[
        str | None, typer.Option(help="The implementation as which --function is called and judged.")
    ] = None,
    python: Python = None,
    cases: CasesFolder = None,
    expectations: ExpectationsFolder = None,
    recipes: RecipesFile = None,
    device: Device = CPU,
    threads: Threads = None,
) -> None:
    """Run the cases against every framework installed here, native and shim, and tell what is new, how much
    of each behaviour holds, and which known findings were met.
    """
    outputs = lab.ReleaseOutputs(json_file, junit_file, html_file, markdown_file)
    folders = folders_of(cases, expectations, recipes)
    selection = selection_of((case, implementation, mode), timeout, folders, Machine(device, threads))
    if at:
        refuse(
            "goes with what is installed; --at names releases",
            {
                "--framework": framework,
                "--python": python,
                "--maxfail": maxfail,
                "--list": list_only,
                "--function": function,
            },
        )
        if first_bad:
            named = {"--json": json_file, "--junit": junit_file, "--html": html_file}
            refuse("does not go with --first-bad", {**named, "--markdown": markdown_file})
            bisect.first_bad(at, selection)
        lab.run_releases(lab.jobs_of(lab.planned(at, None), selection), outputs, verbose, jobs)
    refuse("goes with --at", {"--recipes": recipes, "--first-bad": first_bad})
    refuse("goes with --function", {"--like": like if function is None else None})
    select.check(selection)
    outputs.check()
    chosen, elsewhere = selection.chosen_cases(), interpreter_at(python) if python is not None else None
    if function is not None:
        refuse("does not go with --function", {"--implementation": implementation})
        if like is None:
            raise SuiteError("--function needs --like: the implementation as which it is called and judged")
        row = own_row(function, like, (framework or [""])[0])
        there = own_targets(row, mode or ["eager"], elsewhere)
    else:
        there = targets(framework or [], implementation or [], mode or ["eager"], elsewhere)
    there = [replace(target, machine=selection.machine) for target in there]
    if list_only:
        listing.show(terminal(), there, chosen, implementation or [])
        raise typer.Exit
    run = Run(
        there,
        chosen,
        selection.wants,
        timeout,
        with_curves=selection.whole,
        whole=False,
    )
    raise typer.Exit(conformed(run, Watch(selection.book(), maxfail), outputs, jobs, verbose))


def refuse(why: str, options: dict[str, object]) -> None:
    """Refuse options that are given where they have no meaning."""
    for name, value in options.items():
        if value:
            raise SuiteError(f"{name} {why}")


@dataclass
class Watch:
    """What is known to fail, and when the run is to end for what is not."""

    book: known.Book
    maxfail: int | None = None
    failures: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def full(self) -> bool:
        """Whether as many failures are new as the run is to bear."""
        return self.maxfail is not None and self.failures >= self.maxfail

    def take(self, verdict: Verdict, version: str) -> None:
        """Say on a verdict what the expectations say of it, and count it if it is new."""
        with self.lock:
            self.book.say(verdict, version)
            self.failures += verdict.expectation == "unexpected"


def conformed(run: Run, watch: Watch, outputs: Outputs, jobs: int, verbose: bool) -> int:
    """Run, print and write what came of it; the exit status."""
    began = time.monotonic()
    stopped = ""
    try:
        with terminating():
            watched(run, watch, jobs)
    except KeyboardInterrupt:
        stopped = "interrupted: the results are partial"
    if watch.full and not stopped:
        stopped = f"ended after {watch.failures} new failures (--maxfail): the results are partial"
    pairs = agreement.compare(run.cases, run.answers, run.verdicts)
    seconds = time.monotonic() - began
    compared = [pair.to_json() for pair in pairs]
    tallied = tallies(run.verdicts, {case.id: case.dtype for case in run.cases})
    data = results.as_json(
        run.targets, run.verdicts, bool(stopped), run.curves, run.cases, compared, seconds, tallied
    )
    found = answer_of([data])
    status = 130 if stopped.startswith("interrupted") else status_of(run, found)
    ending = answers.Ending(status, outputs.names, seconds, stopped)
    console = terminal(stderr=outputs.take_standard_output)
    try:
        if verbose:
            text.matrix(console, run.targets, run.verdicts)
            text.details(console, run.targets, run.verdicts)
            text.where(console, tallied)
            text.agreement(console, pairs)
        print_lines(console, answers.lines(found, ending))
    finally:
        outputs.write([data], answers.markdown(found, ending))
    return status


def status_of(run: Run, found: Answer) -> int:
    """The exit status of a run that was not interrupted."""
    called = any(run.pattern(each) for target in run.targets for each in target.implementations())
    if (
        not called
        or not run.verdicts
        or any(t.error or t.missing or not t.implementations() for t in run.targets)
    ):
        return 3
    return 1 if found.new or found.differing else 0


def watched(run: Run, watch: Watch, jobs: int) -> None:
    """Run with a line of progress for each target, which reaches its end when the target does."""
    with progress() as lines:
        tasks = {
            id(target): lines.add_task(printable(target.label), total=None, start=False)
            for target in run.targets
        }

        def notice(target: Target, verdict: Verdict | None, answer: Answered | None) -> None:
            task = tasks[id(target)]
            if verdict is not None:
                watch.take(verdict, target.version)
                if watch.full:
                    run.stopped.set()
            if verdict is None and answer is None:
                if lines.tasks[task].total is None:
                    lines.update(task, total=0, description=printable(f"{target.label}: not run"))
                lines.stop_task(task)
                return
            if lines.tasks[task].total is None:
                lines.start_task(task)
                lines.update(task, total=len(run.work(target)), description=printable(target.label))
            lines.advance(task)

        run.go(jobs, notice)
